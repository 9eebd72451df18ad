"""Northwind Telematics itself: its hub, its departments, and those who work for it from outside."""

from __future__ import annotations

from demo.draft import Draft, device_rule
from demo.fleets import fill

DAY = 24 * 3600


def add_company(draft: Draft, scale: float) -> None:
    """What Northwind holds at the top: the shared channels, calculators and plugins, people and tokens."""
    draft.fields = {"limits": {"device": 10_000, "developer": 12, "token": 500, "account": 60, "history_days": 365}}
    hub = draft.item("channel", "MQTT hub", key="hub-mqtt", settings={"protocol": "mqtt", "port": 8883})
    draft.item("channel", "Teltonika gateway", key="hub-teltonika", settings={"protocol": "teltonika", "port": 20100})
    draft.item("calculator", "Mileage", key="calc-mileage", settings={"selector": "mileage", "min_duration": 60})
    draft.item(
        "calculator", "Working time", key="calc-worktime", settings={"selector": "ignition", "min_duration": 300}
    )
    draft.item("plugin", "Fuel analytics", key="plugin-fuel")
    draft.item("plugin", "Reverse geocoding", key="plugin-geocoding")
    stream = draft.item("stream", "Data warehouse", key="stream-warehouse", settings={"protocol": "kafka"})
    draft.link(hub, stream)
    for number in range(1, 4):
        draft.item("modem", f"SMS modem {number}", settings={"phone": f"+4940{number}000{number}"})
    draft.item("container", "Cell towers", key="store-towers")
    draft.item("cdn", "Firmware files", key="cdn-firmware")
    draft.item("cdn", "Icons", key="cdn-icons")
    devices = fill(draft, max(6, round(20 * scale)))
    for device in devices[:8]:
        draft.link(device, "calc-mileage", "plugin-geocoding")
    rights = ["tracker_register", "tracker_configure", "tracker_update", "reports"]
    draft.roles.append({"key": "northwind-installer", "name": "Installer (all clients)", "rights": rights})
    draft.roles.append({"key": "northwind-viewer", "name": "Viewer (all clients)", "rights": [], "history_days": 30})
    draft.user("nora.lind", "owner")
    draft.user("adam.stone", "administrator")
    draft.user("dev.nils", "developer", verified=False, invited=True, limits={"device": 25, "token": 3})
    draft.user("wanda.workshop", role="northwind-installer", assigned=devices[:6])
    draft.user("vic.viewer", role="northwind-viewer", assigned=devices[3:9])
    _add_tokens(draft, devices)


def _add_tokens(draft: Draft, devices: list[str]) -> None:
    clock, office = draft.clock, ["10.20.0.0/16", "192.0.2.0/24"]
    draft.token("northwind-master", "Provisioning", "master", expires_at=clock.at(90))
    draft.token("northwind-office", "Head office only", "master", expires_at=clock.at(365), allowed_addresses=office)
    draft.token("northwind-erp", "ERP interface", "standard", idle_ttl=30 * DAY)
    rules = [device_rule(devices[:4], messages=["view"], telemetry=["view"])]
    draft.token(
        "northwind-trackit", "TrackIt for visitors", "acl", preset="trackit", expires_at=clock.at(30), rules=rules
    )
    rules = [{"kind": "user", "items": "all", "verbs": ["create"]}]
    draft.token("northwind-signup", "Sign-up form (creates users)", "acl", expires_at=clock.at(200), rules=rules)
    topics = [{"filter": "fleet/#", "actions": ["subscribe"]}]
    draft.token("northwind-board", "MQTT board", "acl", expires_at=clock.at(2), topics=topics)
    draft.token("northwind-old", "Old billing script", "standard", expires_at=clock.at(-90))
    draft.token("northwind-leaked", "Pasted into a ticket", "master", expires_at=clock.at(100), enabled=False)


def add_friends(above: Draft) -> None:
    """The support desk, the auditors, the integrator and the telematics applications: nothing of their own to see."""
    support = above.account("support", "Northwind support desk", limits={"device": 5, "account": 0})
    support.user("sue.support", "administrator")
    support.user("ben.support", "administrator")
    support.user("tom.trainee", "developer")
    support.item("dashboard", "Open tickets", key="support-tickets")
    support.item("dashboard", "Devices without data", key="support-silent", owner="tom.trainee")
    audit = above.account("hartmann", "Hartmann & Partner auditors", limits={"device": 0, "account": 0})
    audit.user("audrey.hartmann", "owner")
    audit.user("felix.hartmann", "administrator", expires_at=above.clock.at(6))
    fieldline = above.account("fieldline", "Fieldline Installations", limits={"device": 50, "token": 5})
    fieldline.user("ivan.fieldline", "owner")
    fieldline.user("kim.fieldline", role="northwind-installer")
    for number in range(1, 6):
        fieldline.item("device", f"Test tracker {number}", settings={"model": "Teltonika FMC130", "interval": 10})
    fieldline.item("group", "On the bench", key="fieldline-bench", settings={"colour": "#f76707"})
    fieldline.token("fieldline-app", "Installer's app", "standard", expires_at=above.clock.at(60))
