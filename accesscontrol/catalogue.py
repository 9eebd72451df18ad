"""The one list of kinds, sections, verbs, links, rights, levels and presets.

Plain data on the ground floor: pages, forms, role editor, token rules, API, world files, engine and tests read it, so
that a new kind, section, right or preset is one entry here and nothing else. `check()` runs when Django starts (see
`accesscontrol.checks`). An icon is the name of a drawing in `static/vendor/icons/sprite.svg`.
Source: the catalogue of the design, drawn from the panels of flespi (F), Thinger.io (T) and Navixy (N).
"""

from __future__ import annotations

from dataclasses import dataclass, field

VERBS = ("view", "create", "change", "delete")
#: Letters as the tables below abbreviate verbs.
_LETTERS = {"v": "view", "c": "create", "h": "change", "d": "delete"}
MASK_BITS = 62


#: How a `user` reaches the items of a kind, besides those that are assigned to them (access model §3, 6).
ASSIGNED = "assigned"  # in no other way
BY_DEVICE = "by device"  # a device assigned to them is linked to it; or they made it and no device is linked to it yet
BY_DEVICE_OR_FREE = "by device or free"  # a device assigned to them is linked to it, or no device at all
BY_MEMBER = "by member"  # anything assigned to them is linked to it
ALL = "all"  # every one of their account
MADE = "made"  # those they made, and never by an assignment
WAYS = (ASSIGNED, BY_DEVICE, BY_DEVICE_OR_FREE, BY_MEMBER, ALL, MADE)


@dataclass(frozen=True)
class Kind:
    """A kind of thing: its own verbs, its sections with their verbs, how people call it, draw it and reach it.

    reached: one of `WAYS`. holds: the kinds that may be linked to it. has_ident: whether each may carry an ident, its
    IMEI, serial or name on the wire, unique within its account.
    """

    name: str
    label: str
    plural: str
    family: str
    icon: str
    sections: dict[str, tuple[str, ...]] = field(default_factory=dict)
    verbs: tuple[str, ...] = VERBS
    origin: str = ""
    about: str = ""
    reached: str = ASSIGNED
    holds: tuple[str, ...] = ()
    has_ident: bool = False

    @property
    def is_item(self) -> bool:
        return self.family != MANAGEMENT

    @property
    def permissions(self) -> tuple[str, ...]:
        """Every permission of this kind, in catalogue order; the position is the bit in a mask."""
        own = [f"{self.name}:{verb}" for verb in self.verbs]
        return tuple(own + [f"{self.name}.{s}:{verb}" for s, verbs in self.sections.items() for verb in verbs])


@dataclass(frozen=True)
class Section:
    """A part of a thing, the same under this name in every kind.

    named, needs_name: whether its records may, or must, carry a name. stays: they stay as they are until somebody
    changes them, so that they are listed by name and not by time. clipped: history depth clips them.
    """

    name: str
    label: str
    icon: str
    named: bool = False
    needs_name: bool = False
    stays: bool = False
    clipped: bool = False


@dataclass(frozen=True)
class Right:
    """One right of a role: its code, its label, the patterns it permits; with words and icon where it can be given."""

    code: str
    label: str
    permits: tuple[str, ...]
    about: str = ""
    icon: str = ""


@dataclass(frozen=True)
class Preset:
    """A card that fills the token form: one device rule and topics.

    tabs: the tabs of a device's page that serve as its tool, the one that opens first in front.
    """

    code: str
    label: str
    about: str
    icon: str
    verbs: tuple[str, ...] = ()
    sections: dict[str, tuple[str, ...]] = field(default_factory=dict)
    topics: tuple[tuple[str, tuple[str, ...]], ...] = ()
    tabs: tuple[str, ...] = ()


TELEMATICS, IOT, FLEET, MANAGEMENT = "telematics", "iot", "fleet", "management"
FAMILIES = {
    TELEMATICS: "Telematics",
    IOT: "IoT resources",
    FLEET: "Fleet",
    MANAGEMENT: "Access management",
}


def _sections(text: str) -> dict[str, tuple[str, ...]]:
    """Read 'settings vhd, telemetry v' as {'settings': ('view', 'change', 'delete'), 'telemetry': ('view',)}."""
    pairs = (part.split() for part in text.split(",") if part.strip())
    return {name: tuple(_LETTERS[letter] for letter in letters) for name, letters in pairs}


def _kind(name: str, label: str, family: str, sections: str = "", holds: str = "", **rest) -> Kind:
    """holds: names of kinds, or `*` for any but groups. Without an icon it is the drawing of its own name."""
    words = {"plural": f"{label}s", "icon": name, **rest}
    return Kind(name, label, family=family, sections=_sections(sections), holds=tuple(holds.split()), **words)


_SECTIONS = (
    Section("settings", "Settings", "settings"),
    Section("telemetry", "Telemetry", "telemetry", stays=True),
    Section("messages", "Messages", "messages", clipped=True),
    Section("commands", "Commands", "command", named=True),
    Section("outputs", "Outputs", "output", stays=True),
    Section("media", "Media", "media", named=True, needs_name=True, clipped=True),
    Section("properties", "Properties", "property", named=True, needs_name=True, stays=True),
    Section("logs", "Logs", "log"),
    Section("items", "Items", "items"),
    Section("connections", "Connections", "link"),
    Section("idents", "Idents", "fingerprint"),
    Section("intervals", "Intervals", "intervals", clipped=True),
    Section("files", "Files", "file", named=True, needs_name=True),
    Section("data", "Data", "data", named=True),
    Section("tags", "Tags", "tag", named=True, stays=True),
    Section("calls", "Calls", "send"),
    Section("events", "Events", "bell", clipped=True),
    Section("fields", "Fields", "property", named=True, needs_name=True, stays=True),
    Section("forms", "Forms", "list", named=True, needs_name=True, stays=True),
    Section("limits", "Limits", "limits"),
    Section("assignments", "Assignments", "items"),
    Section("sessions", "Sessions", "login"),
    Section("members", "Members", "users"),
    Section("invoices", "Invoices", "file"),
)
#: Every section by name.
SECTIONS: dict[str, Section] = {section.name: section for section in _SECTIONS}

_ITEM_KINDS = (
    _kind("device", "Device", TELEMATICS,
          "settings vhd, telemetry v, messages vcd, commands vcd, outputs vh, media vcd, properties vchd, logs v",
          origin="F T N", about="A tracker, sensor or gateway that sends data.", has_ident=True),
    _kind("channel", "Channel", TELEMATICS, "items vcd, messages vc, connections vd, idents v, logs v", origin="F",
          about="An entry point that devices of one protocol connect to.", holds="device"),
    _kind("stream", "Stream", TELEMATICS, "items vcd, logs v", origin="F",
          about="Forwards messages of its devices and channels to another system.", holds="device channel"),
    _kind("calculator", "Calculator", TELEMATICS, "items vcd, intervals v, logs v", origin="F",
          about="Turns messages of its devices into intervals such as trips or idling.", holds="device asset"),
    _kind("plugin", "Plugin", TELEMATICS, "items vcd, logs v", origin="F T",
          about="Extends the messages of its devices.", holds="device"),
    _kind("group", "Group", TELEMATICS, "items vcd, logs v", origin="F T N", about="A named set of things.",
          reached=BY_MEMBER, holds="*"),
    _kind("modem", "Modem", TELEMATICS, "logs v", origin="F", about="Sends SMS commands to devices.", has_ident=True),
    _kind("container", "Container", TELEMATICS, "messages vcd, logs v", origin="F",
          about="A time-series store for free messages."),
    _kind("cdn", "CDN", TELEMATICS, "files vcd, logs v", plural="CDNs", origin="F", about="Serves files."),
    _kind("asset", "Asset", TELEMATICS, "intervals v, logs v", origin="F T",
          about="A physical thing that devices follow.", has_ident=True),
    _kind("bucket", "Bucket", IOT, "data vcd, tags v", origin="T", about="Stores data that devices write."),
    _kind("dashboard", "Dashboard", IOT, origin="T", about="Shows data as charts and controls."),
    _kind("endpoint", "Endpoint", IOT, "calls c", origin="T", about="Something outside that can be called."),
    _kind("storage", "Storage", IOT, "files vchd", plural="Storages", origin="T", about="A file store."),
    _kind("product", "Product", IOT, "properties vchd", origin="T", about="A device type with shared properties."),
    _kind("alarm", "Alarm", IOT, "events v", origin="T", about="Watches its devices and raises events.",
          reached=BY_DEVICE, holds="device"),
    _kind("geofence", "Geofence", FLEET, "logs v", origin="F N", about="An area on the map.", reached=ALL),
    _kind("place", "Place", FLEET, "fields vchd", origin="N", about="A point of interest (POI).", reached=ALL),
    _kind("alert_rule", "Alert rule", FLEET, "events v", origin="N", about="Raises an alert for its devices.",
          reached=BY_DEVICE, holds="device"),
    _kind("report", "Report", FLEET, "files v", origin="N",
          about="A report over devices; each subuser sees their own.", reached=MADE, holds="device"),
    _kind("task", "Task", FLEET, "forms vchd", origin="N", about="Something to be done, by or at a device.",
          reached=BY_DEVICE_OR_FREE, holds="device"),
    _kind("maintenance", "Maintenance", FLEET, plural="Maintenance", origin="N", about="A service task of a vehicle.",
          reached=BY_DEVICE_OR_FREE, holds="device vehicle"),
    _kind("form_template", "Form template", FLEET, origin="N", about="The form that a task asks for.", reached=ALL),
    _kind("employee", "Employee", FLEET, origin="N", about="A driver or field worker.", reached=BY_DEVICE_OR_FREE,
          holds="device"),
    _kind("department", "Department", FLEET, origin="N", about="Employees that belong together.", reached=ALL,
          holds="employee"),
    _kind("vehicle", "Vehicle", FLEET, origin="N", about="A vehicle that carries a device.",
          reached=BY_DEVICE_OR_FREE, holds="device"),
    _kind("garage", "Garage", FLEET, origin="N", about="Vehicles that belong together.", reached=ALL,
          holds="vehicle"),
    _kind("tag", "Tag", FLEET, origin="N", about="A label on things.", reached=ALL, holds="*"),
    _kind("custom_field", "Custom field", FLEET, origin="N", about="A field of its own on places.", reached=ALL),
)  # fmt: skip
_MANAGEMENT_KINDS = (
    _kind("account", "Account", MANAGEMENT, "limits vh, logs v", verbs=(*VERBS, "operate"),
          about="A customer, client or department; it owns items and people."),
    _kind("user", "User", MANAGEMENT, "assignments vh, sessions vd", about="A person who signs in."),
    _kind("token", "Token", MANAGEMENT, "logs v", about="A key that acts for an account or a user."),
    _kind("grant", "Grant", MANAGEMENT, "logs v", about="Access that one account gives to others."),
    _kind("role", "Role", MANAGEMENT, about="A named set of rights for an account's users."),
    _kind("project", "Project", MANAGEMENT, "members vchd, items vcd",
          about="Items shared with members by allow and deny."),
    _kind("subscription", "Subscription", MANAGEMENT, "invoices v", verbs=("view", "change"),
          about="Plan, add-ons and period of an account."),
    _kind("event", "Event", MANAGEMENT, verbs=("view",), about="One line of the audit log."),
)  # fmt: skip

#: Every kind by name, items first, in catalogue order.
KINDS: dict[str, Kind] = {kind.name: kind for kind in (*_ITEM_KINDS, *_MANAGEMENT_KINDS)}
ITEM_KINDS: tuple[str, ...] = tuple(kind.name for kind in _ITEM_KINDS)
ITEM_KIND_CHOICES: list[tuple[str, str]] = [(kind.name, kind.label) for kind in _ITEM_KINDS]
#: Kinds whose items may carry an ident.
WITH_IDENT: tuple[str, ...] = tuple(kind.name for kind in _ITEM_KINDS if kind.has_ident)
MANAGEMENT_KINDS: tuple[str, ...] = tuple(kind.name for kind in _MANAGEMENT_KINDS)
#: Kinds whose permissions are asked of the account, because a row of theirs is not a thing of its own.
ASKED_OF_ACCOUNT = ("event", "subscription")

#: How a `user` reaches items → the kinds reached so; and the kinds that can be assigned.
REACHED: dict[str, tuple[str, ...]] = {
    way: tuple(kind.name for kind in _ITEM_KINDS if kind.reached == way) for way in WAYS
}
ASSIGNABLE: tuple[str, ...] = tuple(name for name in ITEM_KINDS if name not in REACHED[MADE])


def _containers(name: str) -> tuple[str, ...]:
    anywhere = name != "group"
    return tuple(kind.name for kind in _ITEM_KINDS if name in kind.holds or ("*" in kind.holds and anywhere))


#: Member kind → the kinds of container it may be linked to.
LINKS: dict[str, tuple[str, ...]] = {name: _containers(name) for name in ITEM_KINDS if _containers(name)}

OWNER_RIGHTS = (
    Right("user_information", "Edit user information", ("user:*", "role:*")),
    Right("group_management", "Group management", ("group:create", "group:change", "group:delete")),
    Right("tracker_removal", "Tracker removal", ("device:delete",)),
    Right("data_forwarding", "Data forwarding", ("stream:*", "stream.items:*")),
    Right("tariff_change", "Tariff change", ("subscription:change",)),
    Right("user_creation", "User creation", ("user:create", "token:*", "grant:*")),
    Right("owner_plugins", "“Web locator” and “Courier on the map” plugins",
          ("plugin:create", "plugin:change", "plugin:delete")),
)  # fmt: skip
BASIC_RIGHTS = (
    Right("map_tools", "Map tools", ("device:view", "group:view", "group.items:view", "tag:view")),
    Right("history", "Tracks and events history",
          ("device.messages:view", "alert_rule:view", "alert_rule.events:view", "alarm:view", "alarm.events:view")),
    Right("maintenance_tasks", "Maintenance tasks", ("maintenance:view", "task:view", "task.forms:view")),
    Right("widgets", "Widgets", ("device.telemetry:view", "device.outputs:view")),
    Right("tracker_information", "Tracker related info (view only)",
          ("device.settings:view", "device.properties:view", "vehicle:view", "employee:view")),
)  # fmt: skip


def _write(kind: str) -> tuple[str, ...]:
    return tuple(f"{kind}:{verb}" for verb in ("create", "change", "delete"))


def _all(kind: str) -> tuple[str, ...]:
    return tuple(f"{kind}:{verb}" for verb in VERBS)


ADDITIONAL_RIGHTS = (
    Right("payment_create", "Billing", ("subscription:view", "subscription.invoices:view"), "Payments and invoices.",
          "subscription"),
    Right("tracker_register", "Device activation", ("device:create",), "Register new devices.", "plus"),
    Right("tracker_configure", "Device settings (hardware related)",
          ("device.settings:change", "device.commands:create"),
          "Tracking mode, phone number and other settings of the hardware.", "settings"),
    Right("tracker_update", "Device settings (platform related)", ("device:change", "device.properties:*"),
          "Name, statuses, parking detection and other settings of the platform.", "property"),
    Right("tracker_set_output", "Device outputs management", ("device.outputs:change",), "Switch outputs.", "output"),
    Right("tracker_rule_update", "Alert rules", _write("alert_rule"),
          "Create and edit rules and link devices to them.", "alert_rule"),
    Right("reports", "Reports", (*_all("report"), "report.files:view"), "Each user sees only their own reports.",
          "report"),
    Right("zone_update", "Geofences", _all("geofence"), "Create and edit geofences.", "geofence"),
    Right("place_update", "POI", _all("place"), "Create and edit points of interest.", "place"),
    Right("task_update", "Tasks", (*_write("task"), "task.forms:create", "task.forms:change", "task.forms:delete"),
          "Create and edit tasks and their forms.", "task"),
    Right("form_template_update", "Form templates", _all("form_template"), "Create and edit form templates.",
          "form_template"),
    Right("employee_update", "Employees", (*_all("employee"), *_all("department")), "Employees and departments.",
          "employee"),
    Right("vehicle_update", "Vehicles", (*_all("vehicle"), *_all("garage"), *_all("maintenance")),
          "Vehicles, garages and their maintenance.", "vehicle"),
    Right("tag_update", "Tags", _write("tag"), "Create and edit tags.", "tag"),
    Right("places_custom_fields_update", "Custom fields in places", (*_all("custom_field"), "place.fields:*"),
          "Add, edit and delete fields of places.", "custom_field"),
    Right("video_monitoring", "Video", ("device.media:view",), "View video, online and recorded.", "media"),
)  # fmt: skip
#: Assignable rights by code.
RIGHTS: dict[str, Right] = {right.code: right for right in ADDITIONAL_RIGHTS}

#: Levels of a grant besides `read`, which is always there; `create-<kind>` and `operate-as` need the whole account.
LEVELS = {
    "read": "See and use it",
    "edit": "Change its configuration, see its logs",
    "delete": "Delete it",
    "command": "Send commands and settings to devices, call endpoints",
    "operate-as": "Act as the whole account",
}
LEVELS_ON_ITEMS = ("edit", "delete", "command")
CREATE_LEVELS: dict[str, str] = {f"create-{name}": name for name in ITEM_KINDS}


#: Guardian's object permissions on one item, and what each means.
def spoken(name: str) -> str:
    """How the name of a kind, or of a limit, is said inside a sentence: “alert rule”."""
    return name.replace("_", " ")


SHARE_CODENAMES = {
    "view_item": "See it",
    "change_item": "Change it",
    "command_item": "Send it commands",
    "logs_item": "Read its logs",
    "delete_item": "Delete it",
}

AUTHORITIES = {
    "owner": "Owner",
    "administrator": "Administrator",
    "developer": "Developer",
    "user": "User",
}
#: Those who have everything that their account has.
MANAGERS = ("owner", "administrator")
TOKEN_TYPES = {"standard": "Standard", "master": "Master", "acl": "ACL"}

PRESETS = (
    Preset("toolbox", "Toolbox", "Messages and logs of devices.", "log", ("view",),
           {"logs": ("view",), "messages": ("view",)}, tabs=("messages", "logs")),
    Preset("setbox", "Setbox", "Settings of devices.", "settings", ("view",),
           {"settings": ("view", "change", "delete")}, tabs=("settings",)),
    Preset("trackit", "TrackIt", "Tracks and telemetry of devices.", "chart", ("view",),
           {"messages": ("view",), "telemetry": ("view",)}, tabs=("track", "telemetry", "messages")),
    Preset("mqtt-board", "MQTT board", "Publish and subscribe to topics.", "messages",
           topics=(("#", ("publish", "subscribe")),)),
)  # fmt: skip


def history_clips(section: str | None) -> bool:
    """Whether history depth clips the rows of this section."""
    return section is not None and SECTIONS[section].clipped


def icons() -> list[tuple[str, str]]:
    """Every entry that pages draw, in words, and the drawing that it names."""
    return [
        *((f"Kind {kind.name}", kind.icon) for kind in KINDS.values()),
        *((f"Section {section.name}", section.icon) for section in SECTIONS.values()),
        *((f"Right {right.code}", right.icon) for right in ADDITIONAL_RIGHTS),
        *((f"Preset {preset.code}", preset.icon) for preset in PRESETS),
    ]


def check() -> list[str]:
    """Every contradiction of this page as a sentence; empty when it is sound."""
    problems = []
    for kind in KINDS.values():
        if len(kind.permissions) > MASK_BITS:
            problems.append(f"Kind {kind.name} has {len(kind.permissions)} permissions; a mask holds {MASK_BITS}.")
        if len(set(kind.permissions)) != len(kind.permissions):
            problems.append(f"Kind {kind.name} names a permission twice.")
        problems += [
            f"Kind {kind.name} names the unknown section {name}." for name in kind.sections if name not in SECTIONS
        ]
    return problems + _unreachable() + _unknown_permits()


def _unreachable() -> list[str]:
    """Kinds that hold what is no item, and kinds reached by what they cannot hold."""
    problems = []
    for kind in _ITEM_KINDS:
        unknown = [name for name in kind.holds if name not in (*ITEM_KINDS, "*")]
        problems += [f"Kind {kind.name} holds the unknown kind {name}." for name in unknown]
        if kind.reached not in WAYS:
            problems.append(f"Kind {kind.name} is reached by {kind.reached}; there are {', '.join(WAYS)}.")
        if kind.reached in (BY_DEVICE, BY_DEVICE_OR_FREE) and not {"device", "*"} & set(kind.holds):
            problems.append(f"Kind {kind.name} is reached by its devices, but holds none.")
    return problems


def _unknown_permits() -> list[str]:
    problems = []
    for right in (*OWNER_RIGHTS, *BASIC_RIGHTS, *ADDITIONAL_RIGHTS):
        for pattern in right.permits:
            head, _, verb = pattern.partition(":")
            kind = KINDS.get(head.split(".")[0])
            if kind is None or not any(
                p == pattern or (verb == "*" and p.startswith(f"{head}:")) for p in kind.permissions
            ):
                problems.append(f"Right {right.code} permits the unknown {pattern}.")
    return problems
