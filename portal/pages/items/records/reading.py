"""Reading the records of an item's section: the list by time, what narrows it, the same rows as file and as points."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypedDict

from django.db.models import QuerySet
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import gettext as _

from accesscontrol import catalogue
from accesscontrol.access.doors.records import Shown, visible_records
from accesscontrol.items.models import Record
from accesscontrol.services.frame.errors import Invalid
from portal.frame.shown.parts import Action, Empty, Pagination, Pair, RecordLine, Words
from portal.pages.items.page import ItemPage, ItemTab, section_label
from portal.pages.items.records import samples
from portal.pages.items.records.files import csv_file
from portal.pages.items.records.paging import page_of, wrong_places
from portal.pages.items.records.range_forms import QUICK, TEXT_SPAN, RecordFilterForm

TONES = {"queued": "info", "sent": "info", "done": "success", "failed": "danger"}
PAIRS = 8
#: Parameters that are drawn first where there are many, and how many are drawn at once.
FIRST_DRAWN = ("speed", "temperature", "humidity", "fuel", "battery", "mileage")
DRAWN, MOST_DRAWN = 3, 8


def plain(value: Any) -> str:
    """A value of a record in words."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return "" if value is None else str(value)


class Quick(TypedDict):
    """A time range by one click."""

    label: Words
    url: str
    active: bool


class Reading(TypedDict):
    """The latest value of a parameter."""

    name: str
    value: str
    unit: object
    time: datetime


class Drawn(TypedDict):
    """A parameter that can be drawn, and whether it is."""

    name: str
    on: bool


class Chart(TypedDict):
    """tools/chart.html: what the chart's form and script need."""

    url: str
    parameters: Sequence[Drawn]
    quick: Sequence[Quick]
    last: str
    zone: str


class RecordsTab(ItemTab):
    """items/records.html: the rows of a section, and what narrows them."""

    records: Sequence[RecordLine]
    readings: Sequence[Reading] | None
    chart: Chart | None
    pagination: Pagination | None
    history_note: str
    span: RecordFilterForm | None
    quick: Sequence[Quick]
    cut_note: str
    export_url: str
    empty: Empty


class RecordReading(ItemPage):
    """What a section holds, as far as the caller may see it and as the address bar narrows it."""

    @property
    def section(self) -> str:
        return self.route.section

    @cached_property
    def narrowed(self) -> RecordFilterForm:
        """The time range and the filter of the address bar."""
        return RecordFilterForm(self.request.GET or None)

    def shown(self) -> Shown:
        """What may be read here."""
        return visible_records(self.look, self.thing, self.section)

    def shown_if_any(self) -> Shown | None:
        """The same; None in a section that has no view, such as an endpoint's calls."""
        return self.shown() if "view" in self.noun.sections[self.section] else None

    def records_page(self) -> HttpResponse:
        """The rows of a section, newest first; named ones by name."""
        shown = self.shown_if_any()
        stays = catalogue.SECTIONS[self.section].stays
        page = page_of(self.request, self.narrowed.narrow(shown.rows), stays) if shown else None
        by_time = shown is not None and not stays
        tab: RecordsTab = {
            "records": [self.record(row) for row in page.rows] if page else [],
            "readings": self.readings(page.rows) if page and self.section == "telemetry" else None,
            "chart": self.chart(),
            "wrong_address": [*self.narrowed.wrong.values(), *wrong_places(self.request)],
            "pagination": page.links if page else None,
            "history_note": self.history_note(shown),
            "span": self.narrowed if by_time else None,
            "quick": self.quick() if by_time else [],
            "cut_note": self.cut_note() if by_time else "",
            "export_url": self.with_query(self.to(f"{self.section}_export")) if by_time else "",
            "actions": self.acts(), "empty": self.empty_section(),
        }  # fmt: skip
        return self.item_page("items/records.html", self.section, tab)

    def export_page(self) -> StreamingHttpResponse:
        """The same rows as a CSV file."""
        return csv_file(self.thing, self.section, self.asked_rows(self.shown()))

    def points_page(self) -> HttpResponse:
        """GET ?p=speed&p=battery&last=24h: the values of parameters over time, as JSON for a chart."""
        rows = self.asked_rows(self.shown())
        if not self.is_ranged():
            day = samples.latest_day(rows)
            rows = rows.filter(at__gte=day[0]) if day else rows
        taken = samples.sample(rows)
        names = list(dict.fromkeys(self.request.GET.getlist("p")))[:MOST_DRAWN]
        times = [at.timestamp() for at, _data in taken.rows]
        return JsonResponse(
            {"times": times, "series": samples.series(taken.rows, names), "units": self.units(), **taken.told()}
        )

    # --- What narrows the rows

    def asked_rows(self, shown: Shown) -> QuerySet:
        """The rows as file or points, where nothing else could say what is wrong. Raises Invalid."""
        if self.narrowed.wrong:
            raise Invalid({name: [sentence] for name, sentence in self.narrowed.wrong.items()})
        return self.narrowed.narrow(shown.rows)

    def is_ranged(self) -> bool:
        """Whether the address bar names a time range."""
        data = self.narrowed.cleaned_data if self.narrowed.is_bound and self.narrowed.is_valid() else {}
        return any(data.get(name) for name in ("since", "until", "last"))

    def quick(self) -> list[Quick]:
        """Links to the last hour, day, week and month; each keeps the rest of the filter."""
        asked = self.request.GET.get("last", "")
        found: list[Quick] = []
        for name, _span, words in QUICK:
            query = self.request.GET.copy()
            for old in ("since", "until", "before", "after"):
                query.pop(old, None)
            query["last"] = name
            found.append({"label": words, "url": f"?{query.urlencode()}", "active": name == asked})
        return found

    def cut_note(self) -> str:
        if not self.narrowed.is_cut():
            return ""
        days = {"days": TEXT_SPAN.days}
        return _("Looked through the last %(days)s days. Choose a time range to look further back.") % days

    def with_query(self, url: str) -> str:
        """Another address with the filter of this one."""
        query = self.request.GET.copy()
        for old in ("before", "after"):
            query.pop(old, None)
        return f"{url}?{query.urlencode()}" if query else url

    def history_note(self, shown: Shown | None) -> str:
        if shown is None or shown.since is None:
            return ""
        days = shown.decision.history_days
        return _("Your access reaches %(days)s days back. Older rows are not shown.") % {"days": days}

    # --- Rows for people

    def record(self, row: Record) -> RecordLine:
        """One row for people: time, name, state, values, and what may be done with it."""
        pairs = [(name, value) for name, value in row.data.items() if not isinstance(value, dict | list)][:PAIRS]
        shown: list[Pair] = [{"label": name, "value": plain(value)} for name, value in pairs]
        if row.device is not None and row.device_id != self.thing.pk:
            shown.insert(0, {"label": _("Device"), "value": row.device.name})
        return {
            "time": row.at,
            "label": row.name,
            "state": {"label": row.get_state_display(), "tone": TONES[row.state]} if row.state else None,
            "pairs": shown,
            "json": json.dumps(row.data, indent=2, ensure_ascii=False) if len(shown) < len(row.data) else "",
            "actions": self.record_acts(row),
        }

    def record_acts(self, row: Record) -> list[Action]:  # noqa: ARG002  (asked by the screens that write)
        """What may be done with one row; screens that write say more."""
        return []

    def acts(self) -> list[Action]:
        """What may be done with the section as a whole; screens that write say more."""
        return []

    @staticmethod
    def readings(rows: list[Record]) -> list[Reading]:
        """The latest value of each parameter."""
        newest: dict[str, Record] = {}
        for row in rows:
            newest.setdefault(row.name, row)
        return [
            {"name": row.name, "value": plain(row.data.get("value")), "unit": row.data.get("unit", ""), "time": row.at}
            for row in newest.values()
        ]

    def empty_section(self) -> Empty:
        label = section_label(self.section)
        if "view" not in self.noun.sections[self.section]:
            return {"icon": "eye_off", "title": label, "text": _("What is here can be written, but not read back.")}
        text = _("Nothing in %(name)s that you may see.") % {"name": label}
        if not catalogue.SECTIONS[self.section].stays and (self.is_ranged() or self.request.GET.get("q")):
            text = _("Nothing in %(name)s for this time and filter.") % {"name": label}
            action: Action = {"label": _("Show all"), "url": self.to(self.section)}
            return {"icon": "search", "title": _("Nothing found"), "text": text, "action": action}
        return {"icon": "search", "title": _("Nothing here"), "text": text}

    # --- Charts

    def charted(self) -> bool:
        """Whether the tab shows a chart: telemetry does, and messages where the kind has no telemetry."""
        tab = "telemetry" if "telemetry" in self.noun.sections else "messages"
        return self.section == tab and "messages" in self.noun.sections and self.has("messages:view")

    def chart(self) -> Chart | None:
        """What the chart's form and script need; None where nothing can be drawn."""
        if not self.charted():
            return None
        names = samples.parameters(visible_records(self.look, self.thing, "messages").rows)
        if not names:
            return None
        asked = [name for name in self.request.GET.getlist("p") if name in names][:MOST_DRAWN]
        first = [name for name in FIRST_DRAWN if name in names] or names
        chosen = asked or first[:DRAWN]
        url = reverse(f"{self.kind_name}_messages_points", kwargs={"key": self.thing.key})
        query = self.request.GET.copy()
        query.setlist("p", chosen)
        return {
            "url": f"{url}?{query.urlencode()}",
            "parameters": [{"name": name, "on": name in chosen} for name in names],
            "quick": self.quick(),
            "last": self.request.GET.get("last", ""),
            "zone": get_current_timezone_name(),
        }

    def units(self) -> dict[str, str]:
        """The units that the telemetry names, for who may see it."""
        if "telemetry" not in self.noun.sections or not self.has("telemetry:view"):
            return {}
        rows = visible_records(self.look, self.thing, "telemetry").rows
        return {name: str(data["unit"]) for name, data in rows.values_list("name", "data")[:200] if data.get("unit")}
