"""Rows of a section: filtered by text, parameter and time, sampled for charts, and saved as a file."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accesscontrol.items.models import Item, Record
from accesscontrol.services.people.users import change_user
from portal.pages.items.records import samples
from portal.pages.items.records.files import cell
from portal.pages.items.records.range_forms import Comparison, read_comparison
from tests.world import CONSOLE, Cast

TRUCK = "/items/device/truck-7/"


def message(item: Item, minutes: int = 0, *, section: str = "messages", name: str = "", **data: Any) -> Record:
    return Record.objects.create(
        item=item, section=section, at=timezone.now() - timedelta(minutes=minutes), name=name, data=data
    )


def lines(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


# --- Filters


@pytest.fixture
def filled(cast: Cast) -> Item:
    """A device whose messages differ, the newest first: n = 0 … 5."""
    truck = cast.items["truck_7"]
    message(truck, 1, n=0, speed=80, ignition=True)
    message(truck, 30, n=1, speed=60, driver="Zoë")
    message(truck, 60 * 3, n=2, speed=61.5, event="error")
    message(truck, 60 * 30, n=3, ignition=False)
    message(truck, 60 * 24 * 8, n=4, speed=120, event="Error 17")
    message(truck, 60 * 24 * 40, n=5, speed=5, event="error")
    return truck


FILTERS = [
    ("", [0, 1, 2, 3, 4, 5]),
    ("last=1h", [0, 1]),
    ("last=24h", [0, 1, 2]),
    ("last=7d", [0, 1, 2, 3]),
    ("last=30d", [0, 1, 2, 3, 4]),
    ("q=error", [2, 4]),
    ("q=error&since=2020-01-01T00:00", [2, 4, 5]),
    ("q=Zo%C3%AB", [1]),
    ("q=speed+%3E+60", [0, 2, 4]),
    ("q=speed>=60&last=7d", [0, 1, 2]),
    ("q=speed<61.5", [1]),
    ("q=ignition=true", [0]),
    ("q=ignition!=true", [3]),
    ("q=event=error", [2]),
    ("q=nobody", []),
    ("q=nobody>1", []),
    ("q=%25", []),
    ("q=a__b=1", []),
]


def shown(page: Any) -> list[int]:
    return [int(row["pairs"][0]["value"]) for row in page.context["records"]]


@pytest.mark.both
@pytest.mark.parametrize(("query", "numbers"), FILTERS)
def test_messages_are_filtered_by_text_parameter_and_time_and_the_file_has_the_same_rows(
    browse, filled, query, numbers
):
    nora = browse("nora")
    page = nora.get(f"{TRUCK}messages/?{query}")
    assert shown(page) == numbers
    rows = lines(nora.get(page.context["export_url"]))
    place = rows[0].index("n") if numbers else 0
    assert [int(row[place]) for row in rows[1:]] == numbers


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("last=nonsense", "last: Select a valid choice. nonsense is not one of the available choices."),
        ("lst=1h", "“lst” is no filter here. Take it off."),
        ("last=1h&last=7d", "“last” takes one value. Take the others off."),
        ("since=yesterday", "From: This is not a time. Write one such as 2027-03-01T00:00:00Z."),
    ],
)
def test_a_filter_that_nobody_understands_is_told_and_shows_nothing(browse, filled, query, sentence):
    """Neither as a page, nor as file, points or track: all rows would look like an answer."""
    nora = browse("nora")
    page = nora.get(f"{TRUCK}messages/?{query}")
    assert (page.status_code, shown(page), page.context["wrong_address"]) == (400, [], [sentence])
    assert 'role="alert"' in page.text
    assert (nora.get(f"{TRUCK}track/?{query}").status_code) == 400
    for rest in ("messages/~csv/", "messages/~points/", "track/~points/"):
        answer = nora.get(f"{TRUCK}{rest}?{query}")
        assert (answer.status_code, answer.context["reason"]) == (400, sentence), rest


def test_a_place_in_the_list_that_is_none_is_told_and_the_newest_rows_are_shown(browse, filled):
    page = browse("nora").get(f"{TRUCK}messages/?before=nonsense")
    assert (page.status_code, page.context["wrong_address"]) == (400, ["“nonsense” is no place in this list."])
    assert shown(page) == [0, 1, 2, 3, 4, 5]


def test_a_text_without_a_time_is_looked_for_in_the_last_days_and_the_page_says_so(browse, filled):
    page = browse("nora").get(f"{TRUCK}messages/?q=error")
    assert page.context["cut_note"] == "Looked through the last 31 days. Choose a time range to look further back."
    assert browse("nora").get(f"{TRUCK}messages/?q=error&last=7d").context["cut_note"] == ""


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("speed>60", Comparison("speed", ">", 60)),
        (" position.speed <= 1.5 ", Comparison("position.speed", "<=", 1.5)),
        ('name = "60"', Comparison("name", "=", "60")),
        ("name=null", Comparison("name", "=", "null")),
        ("name=NaN", Comparison("name", "=", "NaN")),
        ("n=99999999999999999999", Comparison("n", "=", "99999999999999999999")),
        ("a text", None),
        ("=5", None),
        ("speed>", None),
    ],
)
def test_a_comparison_is_read_as_people_write_it(text, read):
    assert read_comparison(text) == read


def test_the_file_is_streamed_with_a_column_for_each_parameter(browse, cast):
    truck = cast.items["truck_7"]
    message(truck, 2, speed=-3, note="x")
    message(truck, 1, speed=5.5, on=True, nested={"a": [1]}, empty=None)
    answer = browse("nora").get(f"{TRUCK}messages/~csv/")
    assert answer.streaming
    assert (answer["Content-Type"], answer["Content-Disposition"]) == (
        "text/csv; charset=utf-8", 'attachment; filename="truck-7-messages.csv"',
    )  # fmt: skip
    head, newest, older = lines(answer)
    assert head == ["time", "name", "state", "device", "empty", "nested", "note", "on", "speed", "more"]
    assert newest[1:] == ["", "", "", "", '{"a": [1]}', "", "true", "5.5", ""]
    assert older[1:] == ["", "", "", "", "", "x", "", "-3", ""]
    assert datetime.fromisoformat(newest[0]).utcoffset() == timedelta(0)


@pytest.mark.checklist("W13")
@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\x00"])
def test_a_cell_is_never_a_formula(first):
    assert cell(f"{first}1+1") == f"'{first}1+1"
    assert cell("1=1") == "1=1"


@pytest.mark.checklist("W13")
def test_names_and_values_of_a_file_are_escaped(browse, cast):
    message(cast.items["truck_7"], 1, **{"=cmd": "@SUM(1)", "longitude": -13.4})
    head, row = lines(browse("nora").get(f"{TRUCK}messages/~csv/"))
    assert (head[4:], row[4:]) == (["'=cmd", "longitude", "more"], ["'@SUM(1)", "-13.4", ""])


def test_a_file_goes_as_far_back_as_the_list(browse, cast):
    for days in (1, 40):
        message(cast.items["truck_7"], days * 1440, age=days)
    change_user(CONSOLE, cast.people["sam"], history_days=7)
    assert [row[4] for row in lines(browse("sam").get(f"{TRUCK}messages/~csv/"))] == ["age", "1"]
    assert browse("lee").get(f"{TRUCK}messages/~csv/").status_code == 403
    assert browse("alma").get(f"{TRUCK}messages/~csv/").status_code == 404


# --- Samples


@pytest.mark.both
def test_a_chart_gets_no_more_points_than_it_can_draw(cast, browse):
    truck, now = cast.items["truck_7"], timezone.now()
    rows = [
        Record(item=truck, section="messages", at=now - timedelta(seconds=number), data={"speed": number})
        for number in range(4500)
    ]
    Record.objects.bulk_create(rows, 1000)
    found = browse("nora").get(f"{TRUCK}messages/~points/?p=speed&p=ignition").json()
    speeds = found["series"]["speed"]
    assert (found["count"], found["step"], len(found["times"])) == (4500, 3, 1500)
    assert (speeds[0], speeds[-1], set(found["series"]["ignition"])) == (4497, 0, {None})
    assert found["times"] == sorted(found["times"])
    assert samples.MOST == 2000


def test_a_very_long_range_is_cut_to_its_newest_messages(cast, browse, monkeypatch):
    monkeypatch.setattr(samples, "MOST_READ", 10)
    for minutes in range(20):
        message(cast.items["truck_7"], minutes, n=minutes)
    found = browse("nora").get(f"{TRUCK}messages/~points/?p=n").json()
    assert (found["cut"], found["series"]["n"]) == (True, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
