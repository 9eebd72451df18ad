"""The catalogue once more, transcribed by hand for the oracle, so that a slip in the product's catalogue shows.

Nothing here imports from the product: design/catalogue.md is the only source.
"""

from __future__ import annotations

VERBS = {"v": "view", "c": "create", "ch": "change", "d": "delete"}

# kind: "section(verbs) section(verbs) …", letters as in the catalogue's table
_ITEM_SECTIONS = {
    "device": "settings(v ch d) telemetry(v) messages(v c d) commands(v c d) outputs(v ch) media(v c d) "
    "properties(v c ch d) logs(v)",
    "channel": "items(v c d) messages(v c) connections(v d) idents(v) logs(v)",
    "stream": "items(v c d) logs(v)",
    "calculator": "items(v c d) intervals(v) logs(v)",
    "plugin": "items(v c d) logs(v)",
    "group": "items(v c d) logs(v)",
    "modem": "logs(v)",
    "container": "messages(v c d) logs(v)",
    "cdn": "files(v c d) logs(v)",
    "asset": "intervals(v) logs(v)",
    "bucket": "data(v c d) tags(v)",
    "dashboard": "",
    "endpoint": "calls(c)",
    "storage": "files(v c ch d)",
    "product": "properties(v c ch d)",
    "alarm": "events(v)",
    "geofence": "logs(v)",
    "place": "fields(v c ch d)",
    "alert_rule": "events(v)",
    "report": "files(v)",
    "task": "forms(v c ch d)",
    "maintenance": "",
    "form_template": "",
    "employee": "",
    "department": "",
    "vehicle": "",
    "garage": "",
    "tag": "",
    "custom_field": "",
}
_MANAGEMENT = {
    "account": ("view create change delete operate", "limits(v ch) logs(v)"),
    "user": ("view create change delete", "assignments(v ch) sessions(v d)"),
    "token": ("view create change delete", "logs(v)"),
    "grant": ("view create change delete", "logs(v)"),
    "role": ("view create change delete", ""),
    "project": ("view create change delete", "members(v c ch d) items(v c d)"),
    "subscription": ("view change", "invoices(v)"),
    "event": ("view", ""),
}


def _sections(text: str) -> dict[str, frozenset[str]]:
    """Read "logs(v) items(v c d)" into {section: verbs}."""
    found = {}
    for part in text.replace(") ", ")|").split("|"):
        if part:
            name, letters = part.rstrip(")").split("(")
            found[name] = frozenset(VERBS[letter] for letter in letters.split())
    return found


ITEM_KINDS = tuple(_ITEM_SECTIONS)
MANAGEMENT_KINDS = tuple(_MANAGEMENT)
SECTIONS = {kind: _sections(text) for kind, text in _ITEM_SECTIONS.items()}
SECTIONS.update({kind: _sections(text) for kind, (_, text) in _MANAGEMENT.items()})
KIND_VERBS = {kind: frozenset(VERBS.values()) for kind in ITEM_KINDS}
KIND_VERBS.update({kind: frozenset(verbs.split()) for kind, (verbs, _) in _MANAGEMENT.items()})

# A permission is (kind, section or None, verb).
PERMISSIONS = frozenset(
    [(kind, None, verb) for kind, verbs in KIND_VERBS.items() for verb in verbs]
    + [(kind, name, verb) for kind, parts in SECTIONS.items() for name, verbs in parts.items() for verb in verbs]
)

# member kind → containers it may be linked to
_DEVICE_CONTAINERS = (
    "channel",
    "calculator",
    "stream",
    "plugin",
    "group",
    "alert_rule",
    "alarm",
    "vehicle",
    "employee",
    "task",
    "maintenance",
    "report",
)
LINKS: dict[str, set[str]] = {kind: {"group", "tag"} for kind in ITEM_KINDS if kind != "group"}
LINKS["group"] = set()
LINKS["device"].update(_DEVICE_CONTAINERS)
LINKS["channel"].add("stream")
LINKS["asset"].update(("calculator", "group"))
LINKS["employee"].add("department")
LINKS["vehicle"].update(("garage", "maintenance"))

ONE_DEVICE_ONLY = ("vehicle", "employee")


def _permission(text: str) -> tuple[str, str | None, str]:
    """Read "device.messages:view" into its three parts."""
    thing, verb = text.split(":")
    kind, _, section = thing.partition(".")
    return kind, section or None, verb


BASIC_RIGHTS = frozenset(
    _permission(text)
    for text in (
        "device:view device.telemetry:view device.messages:view device.settings:view device.outputs:view "
        "device.properties:view group:view group.items:view vehicle:view employee:view task:view task.forms:view "
        "maintenance:view tag:view alert_rule:view alert_rule.events:view alarm:view alarm.events:view"
    ).split()
)

_ALL = "view create change delete"
_ADDITIONAL = {
    "payment_create": {"subscription": "view", "subscription.invoices": "view"},
    "tracker_register": {"device": "create"},
    "tracker_configure": {"device.settings": "change", "device.commands": "create"},
    "tracker_update": {"device": "change", "device.properties": _ALL},
    "tracker_set_output": {"device.outputs": "change"},
    "tracker_rule_update": {"alert_rule": "create change delete"},
    "reports": {"report": _ALL, "report.files": "view"},
    "zone_update": {"geofence": _ALL},
    "place_update": {"place": _ALL},
    "task_update": {"task": "create change delete", "task.forms": "create change delete"},
    "form_template_update": {"form_template": _ALL},
    "employee_update": {"employee": _ALL, "department": _ALL},
    "vehicle_update": {"vehicle": _ALL, "garage": _ALL, "maintenance": _ALL},
    "tag_update": {"tag": "create change delete"},
    "places_custom_fields_update": {"custom_field": _ALL, "place.fields": _ALL},
    "video_monitoring": {"device.media": "view"},
}
ADDITIONAL_RIGHTS = {
    code: frozenset(_permission(f"{thing}:{verb}") for thing, verbs in gives.items() for verb in verbs.split())
    for code, gives in _ADDITIONAL.items()
}
