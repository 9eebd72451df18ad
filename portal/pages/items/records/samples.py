"""Some of many messages, evenly, so that a chart or a track gets what it can draw and no more."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypedDict

from django.db.models import F, QuerySet, Window
from django.db.models.functions import Mod, RowNumber

from accesscontrol.accounts.names import order_of
from accesscontrol.json_data import JsonObject

#: A chart gets no more points than this.
MOST = 2000
#: Of a longer range only the newest so many rows are read.
MOST_READ = 200_000
DAY = timedelta(hours=24)
#: How messages call where they were sent from.
PLACES = (
    ("latitude", "longitude"),
    ("position.latitude", "position.longitude"),
    ("lat", "lon"),
    ("lat", "lng"),
)
SPEEDS = ("speed", "position.speed")


class Told(TypedDict):
    """What a page tells of a sample. step: every so manieth row was taken; cut: only the newest rows were read."""

    count: int
    step: int
    cut: bool


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows as (time, data), oldest first. count: how many there are; every `step`th of them is here."""

    rows: list[tuple[datetime, JsonObject]]
    count: int
    step: int
    is_cut: bool

    def told(self) -> Told:
        """What the page tells about it."""
        return {"count": self.count, "step": self.step, "cut": self.is_cut}


def latest_day(rows: QuerySet) -> tuple[datetime, datetime] | None:
    """The 24 hours up to the newest row, for a page that was asked for no range; None where there is no row."""
    newest = rows.values_list("at", flat=True).first()
    return None if newest is None else (newest - DAY, newest)


def sample(rows: QuerySet, most: int = MOST) -> Sample:
    """At most so many of the rows (which come newest first), with the newest among them; two or three statements."""
    count = rows.order_by()[: MOST_READ + 1].count()
    is_cut = count > MOST_READ
    if is_cut:
        rows, count = rows.filter(at__gt=rows.values_list("at", flat=True)[MOST_READ]), MOST_READ
    step = max(1, math.ceil(count / most))
    if step > 1:
        place = Window(RowNumber(), order_by=[F("at").desc(), F("id").desc()])
        rows = rows.annotate(place=place).annotate(rest=Mod(F("place"), step)).filter(rest=1)
    found = [(at, data) for at, data in rows.values_list("at", "data") if isinstance(data, dict)]
    return Sample(found[::-1], count, step, is_cut)


def series(rows: Sequence[tuple[datetime, JsonObject]], names: Sequence[str]) -> dict[str, list[float | None]]:
    """For each parameter its values, one a row; None where a row has none."""
    return {name: [number(data.get(name)) for _at, data in rows] for name in names}


def number(value: Any) -> float | None:
    """A value as a chart draws it: true is 1, false 0, text is nothing."""
    if isinstance(value, bool):
        return int(value)
    return value if isinstance(value, int | float) and math.isfinite(value) else None


def parameters(rows: QuerySet, looked_at: int = 50) -> list[str]:
    """The parameters of the newest rows that can be drawn."""
    found: dict[str, None] = {}
    for data in rows.values_list("data", flat=True)[:looked_at]:
        if isinstance(data, dict):
            found.update((name, None) for name, value in data.items() if number(value) is not None)
    return sorted(found, key=order_of)


def positions(rows: Sequence[tuple[datetime, JsonObject]]) -> list[list[float | None]]:
    """[time, latitude, longitude, speed] of the rows that say where they were sent from."""
    found = []
    for at, data in rows:
        place = place_of(data)
        if place is not None:
            speed = next((data[name] for name in SPEEDS if name in data), None)
            found.append([at.timestamp(), *place, number(speed)])
    return found


def place_of(data: JsonObject) -> tuple[float, float] | None:
    """Latitude and longitude of a message, or None."""
    for north, east in PLACES:
        latitude, longitude = number(data.get(north)), number(data.get(east))
        if latitude is not None and longitude is not None and abs(latitude) <= 90 and abs(longitude) <= 180:
            return latitude, longitude
    return None
