"""The grants of the demo: one of every sort, alive, ending, over, paused, to come and not accepted."""

from __future__ import annotations

from typing import Any

from demo.draft import Clock, Draft, Entry

_TIMES = {"starts": "starts_at", "ends": "expires_at"}
NOTES = {
    "hub-for-clients": "Devices connect here.",
    "worktime-trial": "Free of charge until the trial ends.",
    "support-harbor": "Contract 2214: full support.",
    "support-meadow": "For the move to the new trackers.",
    "support-swift": "Paused after the complaint.",
    "audit-harbor": "Annual audit.",
    "install-harbor": "Forty new trucks.",
    "reefers-for-harbor": "Three reefers on loan.",
    "hub-for-contoso": "Shared MQTT hub.",
    "calculators-for-contoso": "An offer; Contoso has not accepted yet.",
    "fleet-for-northwind": "For a comparison of prices.",
}


def find(draft: Draft, key: str) -> Draft | None:
    """The account of this key in a draft's branch."""
    if draft.key == key:
        return draft
    return next((found for one in draft.below if (found := find(one, key)) is not None), None)


def account(roots: list[Draft], key: str) -> Draft:
    """The account of this key. Raises KeyError."""
    for root in roots:
        found = find(root, key)
        if found is not None:
            return found
    raise KeyError(f"The demo has no account {key}.")


def grants(roots: list[Draft], clock: Clock) -> list[Entry]:
    """Every grant of the demo; the members' own links into shared containers are added on the way."""
    harbor, meadow, contoso = (account(roots, key) for key in ("harbor", "meadow", "contoso"))
    for key in ("harbor", "meadow", "swift", "buses"):
        client = account(roots, key)
        for device in client.keys("device")[:6]:
            client.link(device, "calc-mileage", "hub-mqtt")
    meadow.users[-1]["assigned"] = [*meadow.users[-1].get("assigned", []), harbor.keys("device")[0]]
    given = [
        *_from_northwind(),
        *_for_support(),
        *_for_auditors(),
        *_for_installers(),
        *_between_clients(harbor, meadow),
        *_with_contoso(contoso),
    ]
    return [_with_times(entry, clock) for entry in given]


def _with_times(entry: Entry, clock: Clock) -> Entry:
    """The grant with its note, and its days from now as moments."""
    times = {field: clock.at(entry.pop(days)) for days, field in _TIMES.items() if days in entry}
    return entry | times | {"note": NOTES.get(entry["key"], "")}


def _grant(key: str, giver: str, to: str, covers: Any, levels: str = "", **fields: Any) -> Entry:
    """A grant. levels: separated by blanks; starts, ends: days from now."""
    return {"key": key, "from": giver, "to": to.split(), "covers": covers, "levels": levels.split(), **fields}


def _from_northwind() -> list[Entry]:
    everybody = "harbor meadow swift buses baltic cleanway bluestar titan riverside"
    return [
        _grant("hub-for-clients", "northwind", everybody, {"items": ["hub-mqtt", "hub-teltonika"]}),
        _grant("mileage-for-clients", "northwind", "harbor meadow swift buses", {"items": ["calc-mileage"]}),
        _grant("worktime-trial", "northwind", "harbor alpine", {"items": ["calc-worktime"]}, ends=9),
        _grant("plugins-for-harbor", "northwind", "harbor swift", {"kind": "plugin"}),
        _grant("firmware-for-partners", "northwind", "iberia nordfleet", {"items": ["cdn-firmware"]}, "edit"),
        _grant("iberia-channel", "iberia", "olivar sierra", {"items": ["iberia-channel-1"]}),
        _grant("board-for-support", "northwind-lab", "support", {"kind": "dashboard"}),
    ]


def _for_support() -> list[Entry]:
    return [
        _grant("support-harbor", "harbor", "support", "account", "edit command operate-as", include_subaccounts=True),
        _grant("support-buses", "buses", "support", "account", "edit operate-as", ends=20),
        _grant("support-meadow", "meadow", "support", "account", "edit", ends=5),
        _grant("support-cleanway", "cleanway", "support", {"kind": "device"}, "edit command"),
        _grant("support-baltic", "baltic", "support", "account", "edit", ends=-8),
        _grant("support-swift", "swift", "support", "account", "edit operate-as", enabled=False),
        _grant("support-delta", "delta", "support", "account", "edit"),
    ]


def _for_auditors() -> list[Entry]:
    return [
        _grant("audit-harbor", "harbor", "hartmann", "account", include_subaccounts=True),
        _grant("audit-buses", "buses", "hartmann", "account", ends=60),
        _grant("audit-meadow", "meadow", "hartmann", {"kind": "device"}, include_subaccounts=True),
        _grant("audit-iberia", "iberia", "hartmann", "account", include_subaccounts=True, ends=2),
        _grant("audit-swift", "swift", "hartmann", {"kind": "vehicle"}, starts=7, ends=40),
    ]


def _for_installers() -> list[Entry]:
    return [
        _grant("install-harbor", "harbor", "fieldline", "account", "create-device create-vehicle", ends=3),
        _grant("install-buses", "buses", "fieldline", "account", "create-device"),
        _grant("install-cleanway", "cleanway", "fieldline", {"kind": "device"}, "edit command", ends=14),
        _grant("install-bluestar", "bluestar", "fieldline", "account", "create-device", ends=-25),
    ]


def _between_clients(harbor: Draft, meadow: Draft) -> list[Entry]:
    reefers = meadow.keys("device")[:3]
    return [
        _grant(
            "reefers-for-harbor", "meadow", "harbor", {"items": [*reefers, meadow.keys("group")[0]]}, "command", ends=30
        ),
        _grant("trucks-for-meadow", "harbor", "meadow", {"items": harbor.keys("device")[:2]}, "edit"),
        _grant("zones-for-riverside", "swift", "riverside", {"kind": "geofence"}),
        _grant(
            "cars-for-bluestar",
            "baltic",
            "bluestar",
            {"items": ["baltic-device-1", "baltic-device-2"]},
            "command delete",
            ends=1,
        ),
        _grant("tractors-for-olivar", "oakfield", "olivar", {"items": ["oakfield-device-1"]}, "edit", enabled=False),
        _grant("mill-for-olivar", "olivar", "olivar-mill", {"items": ["olivar-calculator-1"]}),
    ]


def _with_contoso(contoso: Draft) -> list[Entry]:
    trailers = contoso.keys("device")
    return [
        _grant("hub-for-contoso", "northwind", "contoso", {"items": ["hub-mqtt"]}, "edit", ends=120),
        _grant("calculators-for-contoso", "northwind", "contoso", {"kind": "calculator"}, accepted=False),
        _grant(
            "trailers-for-harbor", "contoso", "harbor", {"items": [*trailers[:3], "contoso-lent"]}, "command", ends=12
        ),
        _grant("fleet-for-northwind", "contoso", "northwind", {"kind": "device"}, accepted=False),
        _grant("boards-for-lab", "contoso", "northwind-lab", {"items": ["cem-board-1", "cem-data"]}, "edit command"),
    ]
