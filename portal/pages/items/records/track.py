"""The tab *Track* of a device: where it has been, drawn from the positions in its messages, without any map server."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from django.db.models import QuerySet
from django.http import HttpResponse, JsonResponse
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import gettext as _

from accesscontrol.access.doors.records import Shown, visible_records
from portal.frame.screens import Route
from portal.frame.shown.parts import Empty
from portal.pages.items.page import ItemTab
from portal.pages.items.records import samples
from portal.pages.items.records.range_forms import RecordFilterForm
from portal.pages.items.records.reading import Quick, RecordReading

#: The table beside the drawing holds so many positions, the newest first.
IN_TABLE = 50
MESSAGES = "messages"


class Position(TypedDict):
    """Where a device was. speed: as its message says it."""

    time: datetime
    latitude: float
    longitude: float
    speed: object


class TrackTab(ItemTab):
    """items/track.html. day: the range that was taken where none was asked for."""

    points_url: str
    zone: str
    quick: Sequence[Quick]
    span: RecordFilterForm
    day: tuple[datetime, datetime] | None
    history_note: str
    positions: Sequence[Position]
    empty: Empty


class ItemTrackScreen(RecordReading):
    """Where a device has been; asks what its messages ask."""

    routes = (
        Route("track", "<str:key>/track/", "messages:view", section=MESSAGES),
        Route("track_points", "<str:key>/track/~points/", "messages:view", section=MESSAGES),
    )

    @classmethod
    def routes_of(cls, kind: str) -> tuple[Route, ...]:
        return cls.routes if kind == "device" else ()

    def track_page(self) -> HttpResponse:
        """GET ?last=24h (or since, until): the drawing's place, and the same positions as a table."""
        shown = visible_records(self.look, self.thing, MESSAGES)
        rows, day = self.in_range(shown)
        tab: TrackTab = {
            "points_url": self.with_query(self.to("track_points")), "zone": get_current_timezone_name(),
            "quick": self.quick(), "span": self.narrowed, "day": day,
            "wrong_address": list(self.narrowed.wrong.values()),
            "history_note": self.history_note(shown) if self.reaches_back(shown) else "",
            "positions": self.in_table(rows), "empty": self.nowhere(),
        }  # fmt: skip
        return self.item_page("items/track.html", "track", tab)

    def track_points_page(self) -> HttpResponse:
        """The positions of the time range as JSON: [time, latitude, longitude, speed], at most as many as are drawn."""
        shown = visible_records(self.look, self.thing, MESSAGES)
        self.asked_rows(shown)
        rows, _day = self.in_range(shown)
        taken = samples.sample(rows)
        return JsonResponse({"points": samples.positions(taken.rows), "unit": self.unit(), **taken.told()})

    def in_range(self, shown: Shown) -> tuple[QuerySet, tuple[datetime, datetime] | None]:
        """The messages of the range asked for, else of the 24 hours up to the last message, which are given too."""
        rows = self.narrowed.narrow(shown.rows)
        if self.is_ranged():
            return rows, None
        day = samples.latest_day(rows)
        return (rows.filter(at__gte=day[0]) if day else rows), day

    def reaches_back(self, shown: Shown) -> bool:
        """Whether the range asked for begins before what history depth lets see."""
        if shown.since is None or not self.is_ranged():
            return False
        since, _until = self.narrowed.span()
        return since is None or since < shown.since

    @staticmethod
    def in_table(rows: QuerySet) -> list[Position]:
        newest = list(rows.values_list("at", "data")[:IN_TABLE])
        placed = [(at, data, samples.place_of(data)) for at, data in newest if isinstance(data, dict)]
        return [
            {"time": at, "latitude": place[0], "longitude": place[1],
             "speed": next((data[name] for name in samples.SPEEDS if name in data), "")}
            for at, data, place in placed if place is not None
        ]  # fmt: skip

    def unit(self) -> str:
        """The unit of the speed, as the telemetry names it."""
        units = self.units()
        return next((units[name] for name in samples.SPEEDS if name in units), "km/h")

    def nowhere(self) -> Empty:
        text = _("No message of this time says where %(name)s was. Choose another time.") % {"name": self.thing.name}
        return {"icon": "place", "title": _("No positions"), "text": text}
