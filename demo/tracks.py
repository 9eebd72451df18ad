"""Where the demo's devices have been: trips every day, hours in the yard, and sensors that stand still."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from demo.places import Home

Message = tuple[datetime, dict[str, Any]]
KM_A_DEGREE = 111.2
POINTS = 9
SUNDAY = 6


@dataclass
class Journey:
    """A vehicle on its way: where it is, where it heads, how far it has come."""

    random: Random
    home: Home
    top_speed: int
    mileage: float

    def __post_init__(self) -> None:
        self.latitude, self.longitude = self.home.latitude, self.home.longitude
        self.heading = self.random.uniform(0, 2 * math.pi)

    def days(self, now: datetime, number: int) -> Iterator[Message]:
        """The messages of so many times 24 hours up to now, oldest first: two trips a day, on Sundays one."""
        since = now - timedelta(days=number)
        return (message for message in self._days(now, number) if message[0] >= since)

    def _days(self, now: datetime, number: int) -> Iterator[Message]:
        for back in range(number, -1, -1):
            midnight = (now - timedelta(days=back)).replace(hour=0, minute=0, second=0, microsecond=0)
            yield from self._parked(midnight, now, 2)
            for hour in (9,) if midnight.weekday() == SUNDAY else (6, 14):
                begin = midnight + timedelta(
                    hours=hour, minutes=self.random.randrange(90), seconds=self.random.randrange(60)
                )
                yield from self._trip(begin, now)
            yield from self._parked(midnight + timedelta(hours=20), now, 2)

    def _trip(self, at: datetime, now: datetime) -> Iterator[Message]:
        """Out and, in the second half, back towards the depot."""
        for step in range(POINTS):
            minutes = self.random.uniform(2, 6)
            at += timedelta(minutes=minutes)
            if at >= now:
                return
            ramp = math.sin(math.pi * (step + 0.5) / POINTS)
            speed = round(self.top_speed * ramp * self.random.uniform(0.7, 1.04))
            self._move(speed * minutes / 60, homewards=step > POINTS // 2)
            yield at, self._message(speed, ignition=True)

    def _move(self, kilometres: float, homewards: bool) -> None:
        self.heading += self.random.uniform(-0.5, 0.5)
        if homewards:
            self.heading = math.atan2(
                self.home.longitude - self.longitude, self.home.latitude - self.latitude
            ) + self.random.uniform(-0.3, 0.3)
        self.latitude += math.cos(self.heading) * kilometres / KM_A_DEGREE
        self.longitude += math.sin(self.heading) * kilometres / KM_A_DEGREE / math.cos(math.radians(self.home.latitude))
        self.mileage += kilometres

    def _parked(self, at: datetime, now: datetime, times: int) -> Iterator[Message]:
        for _ in range(times):
            at += timedelta(minutes=self.random.randrange(50, 110))
            if at < now:
                yield at, self._message(0, ignition=False)

    def _message(self, speed: int, ignition: bool) -> dict[str, Any]:
        volts = self.random.uniform(13.6, 14.3) if ignition else self.random.uniform(12.2, 12.7)
        return {
            "latitude": round(self.latitude, 5),
            "longitude": round(self.longitude, 5),
            "speed": speed,
            "direction": round(math.degrees(self.heading)) % 360,
            "ignition": ignition,
            "battery": round(volts, 2),
            "satellites": self.random.randrange(7, 15),
            "mileage": round(self.mileage, 1),
        }


def sensor_days(random: Random, now: datetime, number: int, name: str) -> Iterator[Message]:
    """What a sensor that stands still has measured, every four hours or so; cold rooms are cold."""
    level, at = (4.0 if "Cold" in name else 21.0), now - timedelta(days=number)
    battery = random.uniform(3.6, 4.1)
    while (at := at + timedelta(minutes=random.randrange(170, 290))) < now:
        swing = math.sin((at.hour - 9) / 24 * 2 * math.pi)
        battery -= 0.001
        yield (
            at,
            {
                "temperature": round(level + 2.5 * swing + random.uniform(-0.6, 0.6), 1),
                "humidity": round(58 - 9 * swing + random.uniform(-3, 3)),
                "battery": round(battery, 2),
                "rssi": random.randrange(-97, -60),
            },
        )
