"""What the sections of the other items hold in the demo. A row about a device names it, and shows only with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from accesscontrol.items.models import Item, Record

LOG_TEXTS = ("Started", "Settings changed", "Restarted", "Slow answer", "Limit reached, waiting")
FIELDS = (("Contact person", "Reception"), ("Opening hours", "08:00–17:00"), ("Gate code", "ask the driver"))


@dataclass
class ItemRecords:
    """The records of one item that is no device. devices: those linked to it."""

    item: Item
    devices: list[Item]
    random: Random
    now: datetime
    made: list[Record] = field(default_factory=list)

    def rows(self) -> list[Record]:
        """Every record of the item, by the habits of its kind."""
        habit = HABITS.get(self.item.kind)
        if habit is not None:
            habit(self)
        return self.made

    def add(self, section: str, at: datetime, data: dict[str, Any], name: str = "", device: Item | None = None) -> None:
        self.made.append(Record(item=self.item, section=section, at=at, data=data, name=name, device=device))

    def ago(self, hours: float) -> datetime:
        return self.now - timedelta(hours=self.random.uniform(0.1, hours))

    def some_devices(self, number: int) -> Iterator[Item]:
        for _ in range(number if self.devices else 0):
            yield self.random.choice(self.devices)

    def logs(self, number: int = 3) -> None:
        for _ in range(number):
            self.add("logs", self.ago(400), {"text": self.random.choice(LOG_TEXTS)})

    def channel(self) -> None:
        for device in self.some_devices(8):
            address = f"198.51.100.{self.random.randrange(1, 250)}"
            ident = device.ident or device.key
            self.add("connections", self.ago(6), {"address": address, "ident": ident}, device=device)
            self.add("messages", self.ago(2), {"ident": ident, "bytes": self.random.randrange(40, 400)}, device=device)
        for device in self.devices[:6]:
            self.add("idents", self.ago(48), {"ident": device.ident or device.key}, device=device)
        self.logs()

    def calculator(self) -> None:
        for device in self.some_devices(min(70, 4 * len(self.devices))):
            begin, minutes = self.ago(300), self.random.randrange(4, 95)
            data = {
                "begin": f"{begin:%Y-%m-%d %H:%M}",
                "minutes": minutes,
                "km": round(minutes * self.random.uniform(0.2, 1.1), 1),
            }
            self.add("intervals", begin + timedelta(minutes=minutes), data, device=device)
        self.logs()

    def asset(self) -> None:
        for _ in range(5):
            self.add("intervals", self.ago(300), {"hours": round(self.random.uniform(0.5, 9), 1)})
        self.logs(2)

    def alerts(self) -> None:
        for device in self.some_devices(min(18, 2 * len(self.devices))):
            self.add(
                "events",
                self.ago(330),
                {"text": f"{self.item.name}: {device.name}", **self.item.settings},
                device=device,
            )

    def container(self) -> None:
        for number in range(40):
            self.add("messages", self.ago(200), {"cell": 26200 + number, "bytes": self.random.randrange(20, 90)})
        self.logs()

    def files(self, *names: str) -> None:
        for name in names:
            self.add("files", self.ago(700), {"kilobytes": self.random.randrange(12, 4200)}, name)

    def cdn(self) -> None:
        self.files("fmc130-03.29.00.bin", "fmb920-03.28.07.bin", "truck.svg", "van.svg")
        self.logs()

    def storage(self) -> None:
        self.files("firmware-2.4.1.bin", "firmware-2.5.0.bin", "calibration.csv", "readme.txt")

    def report(self) -> None:
        day = (self.now - timedelta(days=self.now.weekday() + 1)).date().isoformat()
        self.files(f"{self.item.name} {day}.pdf", f"{self.item.name} {day}.xlsx")

    def bucket(self) -> None:
        for number in range(60):
            data = {"temperature": round(self.random.uniform(2, 8), 1), "humidity": self.random.randrange(45, 75)}
            self.add("data", self.now - timedelta(hours=4 * number + 1), data)
        self.add("tags", self.ago(900), {"value": "cold-chain"}, "topic")

    def product(self) -> None:
        for name, value in (("chip", "ESP32"), ("calibration", "factory"), ("warranty_months", 24)):
            self.add("properties", self.ago(900), {"value": value}, name)

    def place(self) -> None:
        for name, value in FIELDS[: self.random.randrange(3)]:
            self.add("fields", self.ago(900), {"value": value}, name)

    def task(self) -> None:
        if self.random.random() < 0.4:
            self.add(
                "forms",
                self.ago(90),
                {"Signature": "yes", "Remarks": self.random.choice(("", "Gate was closed"))},
                "Delivery note",
            )

    def endpoint(self) -> None:
        for number in range(4):
            self.add("calls", self.now - timedelta(hours=20 * number + 3), {"text": "Cold room 1 is at 9.2 °C"})


HABITS: dict[str, Callable[[ItemRecords], None]] = {
    "channel": ItemRecords.channel,
    "calculator": ItemRecords.calculator,
    "asset": ItemRecords.asset,
    "alert_rule": ItemRecords.alerts,
    "alarm": ItemRecords.alerts,
    "container": ItemRecords.container,
    "cdn": ItemRecords.cdn,
    "storage": ItemRecords.storage,
    "report": ItemRecords.report,
    "bucket": ItemRecords.bucket,
    "product": ItemRecords.product,
    "place": ItemRecords.place,
    "task": ItemRecords.task,
    "endpoint": ItemRecords.endpoint,
    "stream": ItemRecords.logs,
    "plugin": ItemRecords.logs,
    "group": ItemRecords.logs,
    "modem": ItemRecords.logs,
    "geofence": ItemRecords.logs,
}
