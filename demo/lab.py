"""Northwind's IoT lab: developers with sensors, buckets, dashboards, endpoints and products, and the pilot project."""

from __future__ import annotations

from demo.draft import Draft, Entry
from demo.fleets import point
from demo.places import home_of

SENSORS = (
    "Cold room",
    "Greenhouse",
    "Pump station",
    "Loading ramp",
    "Silo",
    "Roof",
    "Server room",
    "Charging point",
    "Water tank",
    "Workshop air",
    "Parking gate",
    "Compressor",
)
PRODUCTS = (
    ("Cold chain logger", "ESP32"),
    ("Gate counter", "STM32"),
    ("Air quality box", "ESP32"),
    ("Pump monitor", "LoRa"),
)
BOARDS = ("Overview", "Cold rooms", "Energy", "Water", "Alarms today", "Customer view", "Air quality", "Battery levels")
CALLS = (
    ("Send to Slack", "https://hooks.example/slack"),
    ("Mail the shift leader", "mailto:shift@northwind.example"),
    ("Open a ticket", "https://tickets.example/new"),
    ("Forward to the ERP", "https://erp.example/iot"),
)
ALARMS = ("Too warm", "Too cold", "Door open", "Battery low", "No data", "Pump dry")
DEVELOPERS = {"dev.anna": 30, "dev.otto": 24, "dev.mila": 18, "dev.jun": 12}


def add_lab(above: Draft, scale: float) -> Draft:
    """The lab below Northwind."""
    limits = {
        "developer": 6,
        "administrator": 3,
        "user": 50,
        "device": 250,
        "project": 10,
        "token": 20,
        "history_days": 365,
    }
    draft = above.account("northwind-lab", "Northwind IoT lab", limits=limits)
    draft.user("olga.lab", "administrator")
    draft.user("ravi.lab", "administrator", enabled=False)
    for name, number in DEVELOPERS.items():
        draft.user(name, "developer", **({"expires_at": draft.clock.at(40)} if name == "dev.jun" else {}))
        _add_bench(draft, name, max(4, round(number * scale)))
    _add_shared(draft)
    _add_guests(draft)
    _add_pilot(draft)
    _add_field_trial(draft)
    _add_tokens(draft)
    return draft


def _add_bench(draft: Draft, owner: str, number: int) -> None:
    """What one developer builds: sensors, their data, boards to look at them, things to call."""
    random, short = draft.random, owner.removeprefix("dev.")
    product, chip = PRODUCTS[len(draft.keys("product")) % len(PRODUCTS)]
    firmware = f"2.{random.randrange(9)}.1"
    draft.item("product", product, owner=owner, settings={"chip": chip, "firmware": firmware})
    sensors = _add_sensors(draft, owner, product, number)
    for name in BOARDS[: 3 + number // 6]:
        settings = {"widgets": random.randrange(3, 12), "shows": draft.some(sensors, 3)}
        draft.item("dashboard", name, key=f"{short}-board-{_slug(name)}", owner=owner, settings=settings)
    for name, address in CALLS[: 2 + number // 12]:
        settings = {"address": address, "method": "POST"}
        draft.item("endpoint", name, key=f"{short}-call-{_slug(name)}", owner=owner, settings=settings)
    draft.item("storage", "Firmware", key=f"{short}-storage", owner=owner, settings={"public": False})


def _slug(name: str) -> str:
    return name.lower().replace(" ", "-")


def _add_sensors(draft: Draft, owner: str, product: str, number: int) -> list[str]:
    random, home, short = draft.random, home_of(draft.key), owner.removeprefix("dev.")
    alarms = [
        draft.item("alarm", name, owner=owner, settings={"after_minutes": 5}) for name in random.sample(ALARMS, 2)
    ]
    sensors = []
    for index in range(number):
        name = f"{SENSORS[index % len(SENSORS)]} {index // len(SENSORS) + 1}"
        settings = {"product": product, "interval": random.choice((30, 60, 300)), **point(draft, home, 0.03)}
        key = draft.item("device", name, key=f"{short}-sensor-{index + 1}", owner=owner, settings=settings)
        draft.link(key, *([alarms[index % 2]] if index % 3 == 0 else []))
        sensors.append(key)
        if index % 2 == 0:
            bucket, settings = f"{short}-bucket-{index // 2 + 1}", {"source": key, "retention_days": 365}
            draft.item("bucket", f"{name} data", key=bucket, owner=owner, settings=settings)
    return sensors


def _add_shared(draft: Draft) -> None:
    """What belongs to the lab itself."""
    group = draft.item("group", "Cold rooms", settings={"colour": "#206bc4"})
    for sensor in [key for key in draft.keys("device") if draft.entries[key]["name"].startswith("Cold room")]:
        draft.link(sensor, group)
    gateway = draft.item("device", "LoRa gateway roof", key="lab-gateway", settings={"protocol": "lorawan"})
    draft.link(
        gateway, draft.item("channel", "MQTT broker", key="lab-mqtt", settings={"protocol": "mqtt", "port": 8883})
    )
    draft.item("plugin", "Weather", key="lab-weather", settings={"source": "https://weather.example"})
    draft.item("container", "Raw frames", key="lab-frames", settings={"retention_days": 30})
    draft.item("bucket", "Energy of the building", key="lab-energy")
    draft.item("dashboard", "Wall screen", key="lab-wall")


def _add_guests(draft: Draft) -> None:
    clock = draft.clock
    draft.user("guest.mara", shares=[{"item": "lab-wall", "permissions": ["view_item"]}])
    draft.user("guest.theo", assigned=["lab-gateway"])
    draft.user("guest.iris", expires_at=clock.at(20))
    draft.user("guest.pablo", expires_at=clock.at(-2))
    draft.users.append(
        {
            "username": "guest.nina",
            "authority": "user",
            "email": "guest.nina@northwind.example",
            "verified": False,
        }
    )
    shares = [
        {"item": "otto-storage", "permissions": ["view_item", "change_item"]},
        {"item": "otto-sensor-1", "permissions": ["view_item", "command_item", "logs_item"]},
    ]
    anna = next(user for user in draft.users if user["username"] == "dev.anna")
    anna["shares"] = shares


def _add_pilot(draft: Draft) -> None:
    """The pilot with Contoso: things of one developer, members who may more or less, one of another company."""
    sensors = [key for key in draft.keys("device") if key.startswith("anna-")][:8]
    buckets = [key for key in draft.keys("bucket") if key.startswith("anna-")][:4]
    look = ["device:view", "device.telemetry:view", "device.messages:view", "device.properties:view"]
    control = {"kind": "device", "permissions": [*look, "device.commands:*"]}
    call = {"kind": "endpoint", "permissions": ["endpoint:view", "endpoint.calls:create"]}
    draft.projects.append(
        {
            "key": "cold-chain-pilot",
            "name": "Cold chain pilot with Contoso",
            "owner": "dev.anna",
            "items": [*sensors, *buckets, "anna-board-overview", "anna-call-send-to-slack"],
            "roles": [
                {"key": "viewer", "name": "Viewer", "allow": [{"permissions": ["*:view", "*.*:view"]}]},
                {"key": "operator", "name": "Operator", "allow": [control, call]},
            ],
            "members": _pilot_members(draft, sensors),
        }
    )


def _pilot_members(draft: Draft, sensors: list[str]) -> list[Entry]:
    clock = draft.clock
    no_settings = [{"kind": "device", "permissions": ["device.settings:view"]}]
    return [
        {
            "user": "lee.guest",
            "roles": ["viewer"],
            "expires_at": clock.at(45),
            "allow": [{"kind": "device", "item": sensors[0], "permissions": ["device.commands:create"]}],
            "deny": [
                {"item": sensors[1], "permissions": ["device.messages:view"]},
                {"kind": "bucket", "permissions": ["bucket.data:view"]},
            ],
        },
        {"user": "guest.mara", "roles": ["operator"]},
        {"user": "guest.theo", "roles": ["viewer"], "deny": no_settings},
        {"user": "guest.iris", "roles": ["viewer"], "expires_at": clock.at(4)},
        {"user": "guest.pablo", "roles": ["operator"], "expires_at": clock.at(-10)},
        {"user": "cora.contoso", "roles": ["operator"], "accepted": False},
    ]


def _add_field_trial(draft: Draft) -> None:
    """A second, smaller project of the lab itself."""
    draft.projects.append(
        {
            "key": "weather-study",
            "name": "Weather study",
            "items": ["lab-gateway", "lab-energy", "lab-wall", "otto-sensor-2"],
            "roles": [
                {"key": "student", "name": "Student", "allow": [{"permissions": ["*:view", "device.telemetry:view"]}]}
            ],
            "members": [
                {"user": "guest.iris", "roles": ["student"]},
                {
                    "user": "dev.jun",
                    "roles": ["student"],
                    "allow": [
                        {"kind": "bucket", "permissions": ["bucket:view", "bucket.data:view", "bucket.data:create"]}
                    ],
                },
            ],
        }
    )


def _add_tokens(draft: Draft) -> None:
    clock, sensors = draft.clock, draft.keys("device")
    draft.token("lab-ci", "Continuous integration", "standard", user="dev.anna", expires_at=clock.at(120))
    draft.token("lab-anna-laptop", "Anna's laptop", "master", user="dev.anna", idle_ttl=7 * 24 * 3600)
    draft.token("lab-otto-script", "Nightly script", "standard", user="dev.otto", expires_at=clock.at(-20))
    draft.token(
        "lab-sensor-write",
        "Sensors write data",
        "acl",
        expires_at=clock.at(365),
        rules=[
            {
                "kind": "bucket",
                "items": ["anna-bucket-1", "anna-bucket-2"],
                "verbs": [],
                "sections": {"data": ["create"]},
            },
            {"kind": "device", "items": sensors[:6], "verbs": [], "sections": {"messages": ["create"]}},
        ],
        topics=[{"filter": "lab/+/data", "actions": ["publish"]}],
    )
    draft.token(
        "lab-mqtt-board",
        "MQTT board",
        "acl",
        preset="mqtt-board",
        expires_at=clock.at(30),
        topics=[{"filter": "#", "actions": ["publish", "subscribe"]}],
    )
