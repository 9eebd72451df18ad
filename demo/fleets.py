"""Fills an account of the demo with the things of a fleet: trackers, vehicles, drivers, zones, tasks, rules."""

from __future__ import annotations

from typing import Any

from demo import names
from demo.draft import Draft
from demo.places import Home, home_of


def fill(draft: Draft, size: int) -> list[str]:
    """Give the account so many trackers and what goes with them; gives the trackers' keys."""
    home = home_of(draft.key)
    groups = add_groups(draft, min(len(names.SHIFTS), 2 + size // 15))
    channels = [
        draft.item("channel", f"{protocol} {home.town}", settings={"protocol": protocol, "port": 20100 + index})
        for index, protocol in enumerate(("Teltonika", "Queclink")[: 1 + size // 25])
    ]
    devices = [add_tracker(draft, home, number, groups, channels) for number in range(1, size + 1)]
    _add_calculators(draft, devices)
    _add_map(draft, home, size)
    _add_people(draft, devices)
    _add_vehicles(draft, home, devices)
    _add_rules(draft, devices)
    _add_work(draft, home, devices)
    return devices


def add_groups(draft: Draft, number: int) -> list[str]:
    """Groups, each with a colour."""
    return [
        draft.item("group", names.SHIFTS[index], settings={"colour": names.COLOURS[index % len(names.COLOURS)]})
        for index in range(number)
    ]


def add_tracker(draft: Draft, home: Home, number: int, groups: list[str], channels: list[str]) -> str:
    """A device in a vehicle, in a group and behind a channel."""
    random = draft.random
    word, _models, _speed = names.FLEETS[home.fleet]
    model, protocol = random.choice(names.TRACKERS)
    ident = f"86{random.randrange(10**12, 10**13)}"
    settings: dict[str, Any] = {
        "model": model,
        "protocol": protocol,
        "interval": random.choice((10, 30, 30, 60, 120)),
        "phone": f"+88{random.randrange(10**9, 10**10)}",
        "apn": "iot.northwind.example",
    }
    links = [random.choice(groups), random.choice(channels)]
    fields: dict[str, Any] = {"history_days": random.choice((90, 180))} if random.random() < 0.15 else {}
    return draft.item("device", f"{word} {number}", links=links, ident=ident, settings=settings, **fields)


def _add_calculators(draft: Draft, devices: list[str]) -> None:
    for name in draft.random.sample(names.CALCULATORS, min(len(names.CALCULATORS), 1 + len(devices) // 30)):
        key = draft.item("calculator", name, settings={"selector": name.lower(), "min_duration": 60})
        for device in draft.some(devices, len(devices) // 2):
            draft.link(device, key)
    if len(devices) >= 30:
        key = draft.item("stream", "Export to the ERP", settings={"protocol": "http", "uri": "https://erp.example/in"})
        for device in draft.some(devices, len(devices) // 3):
            draft.link(device, key)
    for name in ("Load carrier", "Cooling unit", "Fuel tank")[: len(devices) // 20]:
        draft.item("asset", name, links=draft.keys("calculator")[:1], settings={"bought": 2019 + len(name) % 6})


def point(draft: Draft, home: Home, spread: float = 0.2) -> dict[str, float]:
    """Somewhere around the depot."""
    return {
        "latitude": round(home.latitude + draft.random.uniform(-spread, spread), 5),
        "longitude": round(home.longitude + draft.random.uniform(-spread, spread), 5),
    }


def _add_map(draft: Draft, home: Home, size: int) -> None:
    random = draft.random
    for name in random.sample(names.AREAS, min(len(names.AREAS), 3 + size // 10)):
        shape = {"shape": "circle", "radius": random.choice((120, 250, 400, 900)), **point(draft, home)}
        draft.item("geofence", name, settings=shape)
    tags = [
        draft.item("tag", name, settings={"colour": random.choice(names.COLOURS)})
        for name in random.sample(names.TAGS, 2 + size // 30)
    ]
    for number in range(4 + size // 8):
        street = random.choice(names.STREETS)
        settings = {"address": f"{street} {random.randrange(1, 90)}, {home.town}", **point(draft, home)}
        draft.item(
            "place",
            f"{names.PLACES[number % len(names.PLACES)]} {street}",
            settings=settings,
            links=[random.choice(tags)] if number % 3 == 0 else [],
        )
    if size >= 30:
        draft.item("custom_field", "Contact person", settings={"type": "text"})
        draft.item("custom_field", "Opening hours", settings={"type": "text"})


def person(draft: Draft) -> str:
    """Somebody's name."""
    return f"{draft.random.choice(names.FIRST_NAMES)} {draft.random.choice(names.LAST_NAMES)}"


def _add_people(draft: Draft, devices: list[str]) -> None:
    random = draft.random
    departments = [draft.item("department", name) for name in names.DEPARTMENTS[: 1 + len(devices) // 20]]
    for number in range(2 + len(devices) // 3):
        key = draft.item(
            "employee",
            person(draft),
            links=[random.choice(departments)],
            settings={
                "phone": f"+88{random.randrange(10**9, 10**10)}",
                "licence": random.choice(("B", "C", "CE", "D")),
            },
        )
        if devices and number % 5:  # a driver without a tracker is seen by everybody
            draft.link(devices[number % len(devices)], key)


def _add_vehicles(draft: Draft, home: Home, devices: list[str]) -> None:
    random = draft.random
    word, models, speed = names.FLEETS[home.fleet]
    garages = [
        draft.item("garage", f"Garage {home.town}" if not number else f"Workshop {number}")
        for number in range(1 + len(devices) // 40)
    ]
    for number in range(len(devices) * 3 // 5 + 1):
        plate = f"{home.town[:2].upper()}-{random.randrange(100, 1000)}-{random.choice('ABCDEFGHKLMNPRSTVXZ')}"
        settings = {
            "plate": plate,
            "model": random.choice(models),
            "year": random.randrange(2014, 2026),
            "max_speed": speed,
        }
        key = draft.item("vehicle", f"{word} {plate}", settings=settings, links=[random.choice(garages)])
        if number < len(devices) and number % 9:
            draft.link(devices[number], key)
        if number % 6 == 0:
            _add_service(draft, key, devices[number] if number < len(devices) else None)


def _add_service(draft: Draft, vehicle: str, device: str | None) -> None:
    random = draft.random
    due = draft.clock.at(random.randrange(-20, 60))[:10]
    key = draft.item(
        "maintenance", random.choice(names.SERVICES), settings={"due": due, "cost": random.randrange(80, 900)}
    )
    draft.link(vehicle, key)
    if device is not None:
        draft.link(device, key)


def _add_rules(draft: Draft, devices: list[str]) -> None:
    for name, settings in draft.random.sample(names.ALERTS, min(len(names.ALERTS), 2 + len(devices) // 20)):
        key = draft.item("alert_rule", name, settings=settings)
        for device in draft.some(devices, 3 + len(devices) // 4):
            draft.link(device, key)
    for name in draft.random.sample(names.REPORTS, min(len(names.REPORTS), 1 + len(devices) // 20)):
        key = draft.item("report", f"{name} last week", settings={"type": name.lower(), "period": "last week"})
        for device in draft.some(devices, 4):
            draft.link(device, key)


def _add_work(draft: Draft, home: Home, devices: list[str]) -> None:
    random = draft.random
    form = draft.item("form_template", "Delivery note", settings={"fields": ["Signature", "Photo", "Remarks"]})
    for number in range(2 + len(devices) // 6):
        street = random.choice(names.STREETS)
        settings = {
            "address": f"{street} {random.randrange(1, 90)}, {home.town}",
            "form": form,
            "until": draft.clock.at(random.randrange(-6, 9)),
        }
        key = draft.item("task", f"{random.choice(names.ERRANDS)} {street}", settings=settings)
        if devices and number % 4:
            draft.link(random.choice(devices), key)
