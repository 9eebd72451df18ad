"""Lindholm City Buses: a fleet with an owner, roles, subusers, assigned devices, rules and a project of its own."""

from __future__ import annotations

from demo.clients import add_tokens, new_name
from demo.draft import Draft
from demo.fleets import fill

ROLES = {
    "dispatcher": ("Dispatcher", ["reports", "zone_update", "tracker_rule_update", "task_update", "tag_update"], 90),
    "installer": (
        "Installer",
        ["tracker_register", "tracker_configure", "tracker_update", "tracker_set_output", "video_monitoring"],
        30,
    ),
    "yard": ("Yard manager", ["vehicle_update", "employee_update", "place_update", "places_custom_fields_update"], 60),
    "planner": ("Route planner", ["zone_update", "place_update", "task_update", "form_template_update"], None),
    "accounting": ("Accounting", ["payment_create", "reports"], 180),
}


def add_buses(above: Draft, scale: float) -> Draft:
    """The bus company below Northwind."""
    limits = {"device": 200, "user": 60, "token": 15, "account": 5, "history_days": 180}
    draft = above.account("buses", "Lindholm City Buses", limits=limits)
    devices = fill(draft, max(24, round(110 * scale)))
    for key, (name, rights, days) in ROLES.items():
        draft.roles.append({"key": f"buses-{key}", "name": name, "rights": rights, "history_days": days})
    _add_people(draft, devices)
    _add_what_subusers_made(draft, devices)
    _add_project(draft, devices)
    add_tokens(draft)
    draft.token("buses-milo", "Milo's laptop", "master", user="milo.lindholm", idle_ttl=14 * 24 * 3600)
    return draft


def _add_people(draft: Draft, devices: list[str]) -> None:
    clock, groups = draft.clock, draft.keys("group")
    draft.user("milo.lindholm", "owner")
    draft.user("astrid.berg", "administrator")
    line_4 = devices[:12]
    draft.user(
        "sam.dispatch",
        role="buses-dispatcher",
        history_days=30,
        assigned=[*line_4, groups[0], {"item": devices[20], "expires_at": clock.at(3)}],
        shares=[
            {"item": devices[0], "permissions": ["logs_item"]},
            {"item": devices[1], "permissions": ["command_item"]},
        ],
    )
    draft.user("rosa.reyes", assigned=devices[10:14])
    draft.user("ines.installer", role="buses-installer", assigned=devices[12:22])
    draft.user("yngve.yard", role="buses-yard", assigned=[*devices[4:8], *devices[14:20]])
    draft.user("petra.planner", role="buses-planner", assigned=devices[:6])
    draft.user("kurt.cash", role="buses-accounting")
    draft.user("olle.leaver", role="buses-dispatcher", assigned=devices[:4])
    draft.user("tilda.temp", role="buses-installer", assigned=devices[8:10], expires_at=clock.at(2))
    draft.user("gone.seasonal", assigned=devices[9:12], expires_at=clock.at(-30))
    draft.user("nils.new", role="buses-dispatcher", verified=False)
    for number in range(8):
        draft.user(new_name(draft), role="buses-dispatcher" if number % 2 else None, assigned=draft.some(devices, 6))


def _add_what_subusers_made(draft: Draft, devices: list[str]) -> None:
    """Reports that only their maker sees, rules and vehicles of people who may."""
    for name in ("Trips of line 4", "Speeding on line 4", "Idling at the terminus"):
        draft.item("report", name, made_by="sam.dispatch", links=[], settings={"period": "this week"})
    draft.item("report", "Invoices by depot", made_by="kurt.cash", settings={"period": "last month"})
    rule = draft.item("alert_rule", "Line 4 leaves its route", made_by="sam.dispatch", settings={"type": "route_exit"})
    for device in devices[:5]:
        draft.link(device, rule)
    draft.item("alert_rule", "Draft: door open while driving", made_by="sam.dispatch", settings={"type": "door_open"})
    garage = draft.item("garage", "Depot Kungsgatan")
    for number in range(1, 6):
        draft.item(
            "vehicle", f"Spare bus {number}", made_by="yngve.yard", links=[garage], settings={"year": 2012 + number}
        )
    draft.item("task", "Check the spare buses", made_by="petra.planner", settings={"until": draft.clock.at(4)})


def _add_project(draft: Draft, devices: list[str]) -> None:
    """A trial for which people get a little more, or a little less, for a while."""
    clock, trial = draft.clock, devices[8:16]
    draft.projects.append(
        {
            "key": "night-line",
            "name": "Night line trial",
            "items": trial,
            "roles": [
                {"key": "watcher", "name": "Watcher", "allow": [{"permissions": ["*:view", "device.telemetry:view"]}]},
                {
                    "key": "controller",
                    "name": "Controller",
                    "allow": [
                        {"kind": "device", "permissions": ["device:view", "device.*:view", "device.commands:create"]}
                    ],
                },
            ],
            "members": [
                {
                    "user": "sam.dispatch",
                    "roles": ["controller"],
                    "deny": [{"item": trial[1], "permissions": ["device.messages:view"]}],
                },
                {"user": "rosa.reyes", "roles": ["watcher"], "expires_at": clock.at(6)},
                {"user": "petra.planner", "roles": ["watcher"], "starts_at": clock.at(9)},
                {"user": "yngve.yard", "roles": ["watcher"], "expires_at": clock.at(-5)},
            ],
        }
    )
