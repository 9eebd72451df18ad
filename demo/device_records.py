"""What the sections of a device hold in the demo: messages, telemetry, commands, outputs, media, properties, logs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from accesscontrol.items.models import Item, Record
from demo.names import FLEETS
from demo.places import home_of
from demo.tracks import Journey, Message, sensor_days

UNITS = {"speed": "km/h", "battery": "V", "mileage": "km", "temperature": "°C", "humidity": "%", "rssi": "dBm"}
COMMANDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("get_position", {}),
    ("restart", {"delay": 5}),
    ("set_interval", {"seconds": 30}),
    ("request_log", {"lines": 200}),
    ("update_firmware", {"version": "03.29.00"}),
    ("set_geofence", {"radius": 250}),
)
OUTCOMES = ("done", "done", "done", "sent", "queued", "failed")
LOGS = (
    ("Connected", {"event": "connected"}),
    ("Disconnected", {"event": "disconnected", "reason": "timeout"}),
    ("Settings sent", {"event": "settings", "result": "accepted"}),
    ("Bad checksum", {"event": "error", "code": 17}),
    ("Firmware checked", {"event": "firmware", "result": "up to date"}),
)
FOCUS_DAYS, DAYS, LAST_DAY = 12, 3, 1


class DeviceRecords:
    """The records of one device. first: whether people will look at it first, so that it has two weeks of history."""

    def __init__(self, item: Item, random: Random, now: datetime, first: bool):
        self.item, self.random, self.now = item, random, now
        chance = random.random()
        self.silent, self.stale = not first and chance < 0.12, not first and 0.12 <= chance < 0.2
        self.days = FOCUS_DAYS if first else DAYS if chance < 0.4 else LAST_DAY
        self.is_sensor = not item.ident

    def rows(self) -> Iterator[Record]:
        """Every record of the device."""
        yield from self._properties()
        yield from self._logs()
        if self.silent:
            return
        last = None
        for last in self._messages():
            yield self._row("messages", *last)
        yield from self._telemetry(last)
        yield from self._commands()
        if not self.is_sensor:
            yield from self._outputs()
            yield from self._media()

    def _row(self, section: str, at: datetime, data: dict[str, Any], name: str = "", state: str = "") -> Record:
        return Record(item=self.item, section=section, at=at, data=data, name=name, state=state)

    def _ago(self, hours: float) -> datetime:
        return self.now - timedelta(hours=self.random.uniform(0.1, hours))

    def _messages(self) -> Iterator[Message]:
        until = self._ago(24) - timedelta(days=self.random.randrange(8, 26)) if self.stale else self.now
        if self.is_sensor:
            return sensor_days(self.random, until, self.days, self.item.name)
        home = home_of(self.item.account.key)
        journey = Journey(self.random, home, FLEETS[home.fleet][2], self.random.uniform(2_000, 260_000))
        return journey.days(until, self.days)

    def _telemetry(self, last: Message | None) -> Iterator[Record]:
        if last is None:
            return
        at, values = last
        for name, value in values.items():
            unit = {"unit": UNITS[name]} if name in UNITS else {}
            yield self._row("telemetry", at, {"value": value, **unit}, name)

    def _commands(self) -> Iterator[Record]:
        for _ in range(self.random.choice((0, 0, 1, 2)) if self.days != FOCUS_DAYS else 6):
            name, data = self.random.choice(COMMANDS)
            state = self.random.choice(OUTCOMES)
            answer = {"answer": "no connection"} if state == "failed" else {}
            yield self._row("commands", self._ago(12 if state == "queued" else 400), {**data, **answer}, name, state)

    def _outputs(self) -> Iterator[Record]:
        if self.random.random() < 0.35:
            for name in ("Engine lock", "Horn")[: self.random.choice((1, 2))]:
                yield self._row("outputs", self._ago(200), {"on": self.random.random() < 0.2}, name)

    def _media(self) -> Iterator[Record]:
        if self.random.random() < 0.08:
            for number in range(1, 4):
                at = self._ago(220)
                data = {"seconds": self.random.randrange(10, 60), "kilobytes": self.random.randrange(900, 9000)}
                yield self._row("media", at, data, f"front-{at:%Y%m%d}-{number}.mp4")

    def _properties(self) -> Iterator[Record]:
        if self.random.random() < 0.5:
            date = (self.now - timedelta(days=self.random.randrange(30, 900))).date().isoformat()
            yield self._row("properties", self._ago(900), {"value": date}, "installed_on")
            yield self._row(
                "properties",
                self._ago(900),
                {"value": self.random.choice(("Driver's side", "Dashboard", "OBD"))},
                "mounted",
            )

    def _logs(self) -> Iterator[Record]:
        for _ in range(self.random.randrange(1, 4) if self.days != FOCUS_DAYS else 12):
            text, data = self.random.choice(LOGS)
            yield self._row("logs", self._ago(500), {"text": text, **data})
