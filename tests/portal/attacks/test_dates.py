"""Dates at the ends of the calendar, in every zone, and dates that are none: told with a sentence by every door.

The fields are found, not listed: of forms, of filters of pages and lists, of payloads, of world files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_filters import FilterSet
from rest_framework import serializers

from accesscontrol.moments import FAR, LATEST_YEAR, NO_MOMENT, NO_ZONE, MomentFault, far, read_moment
from portal.api.frame.payloads import Payload
from portal.api.urls import urlpatterns as _rest  # noqa: F401  (so that all endpoints and pages are there to be found)
from portal.pages.urls import urlpatterns as _pages  # noqa: F401
from tests.accesscontrol.world_files import FULL, writer
from tests.portal.api.asking import MANY, ONE, question
from tests.portal.telling import told_at
from tests.portal.walking import addresses

AHEAD, BEHIND = ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Pacific/Pago_Pago")
#: Each with the zone in which it passes an end of the calendar, if it does.
ENDS = {
    "0001-01-01T00:00": AHEAD,
    "0001-01-01T00:00:00+14:00": UTC,
    "0001-01-01": AHEAD,
    "9999-12-31T23:59": BEHIND,
    "9999-12-31T23:59:59-14:00": UTC,
    "9999-12-31": BEHIND,
}
NONSENSE = (
    "soon", "99999-01-01", "2027-02-30T00:00", "²⁰²⁷-01-01", "2027-01-01T25:00", "0000-00-00", "2027-01-01T00:00+99:99",
    "-0001-01-01T00:00:00Z", "2027-01-01T00:00 Europe/Kyiv", "2027-01-01\x00", "1" * 5000, "9" * 20 + "-01-01",
)  # fmt: skip
FAR_SAID = str(FAR(first=1900, last=LATEST_YEAR))


def shown_everywhere(value: Any) -> bool:
    """Whether each zone can show it: a page, a mail, the other side's page."""
    if isinstance(value, datetime):
        return all(value.astimezone(zone) for zone in (UTC, AHEAD, BEHIND))
    return isinstance(value, date)


# --- One reading


@pytest.mark.parametrize("text", ENDS)
def test_a_moment_near_an_end_of_the_calendar_is_not_taken(text):
    with pytest.raises(MomentFault) as fault:
        read_moment(text, ENDS[text])
    assert fault.value.said.code == FAR.code


@pytest.mark.parametrize("text", NONSENSE)
def test_what_is_no_moment_is_not_taken(text):
    with pytest.raises(MomentFault) as fault:
        read_moment(text)
    assert fault.value.said.code == NO_MOMENT.code


def test_a_moment_is_read_in_its_zone_and_in_the_one_that_is_meant():
    assert read_moment("2027-01-31T08:00:00+14:00") == datetime(2027, 1, 30, 18, tzinfo=UTC)
    assert read_moment("2027-01-31T08:00", AHEAD) == datetime(2027, 1, 30, 18, tzinfo=UTC)
    with pytest.raises(MomentFault) as fault:
        read_moment("2027-01-31T08:00", None)
    assert fault.value.said.code == NO_ZONE.code
    for last in (datetime(LATEST_YEAR - 1, 12, 31, 23, 59, tzinfo=AHEAD), datetime(1900, 1, 1, tzinfo=BEHIND)):
        assert far(last) is None
        assert shown_everywhere(last)


# --- Every field


def all_of(kind: type) -> Iterator[type]:
    for one in kind.__subclasses__():
        if one.__module__.startswith("portal."):
            yield one
        yield from all_of(one)


def form_fields() -> dict[str, forms.Field]:
    found = {}
    for form in all_of(forms.BaseForm):
        for name, field in form.base_fields.items():
            if isinstance(field, forms.DateField | forms.DateTimeField):
                found[f"{form.__name__}.{name}"] = field
    return found | filter_fields(forms.DateField | forms.DateTimeField)


def filter_fields(kinds: Any = forms.DateTimeField) -> dict[str, forms.Field]:
    return {
        f"{filters.__name__}.{name}": one.field
        for filters in all_of(FilterSet)
        for name, one in filters.base_filters.items()
        if issubclass(one.field_class, kinds)
    }


def payload_fields() -> dict[str, serializers.Field]:
    return {
        f"{payload.__name__}.{name}": field
        for payload in all_of(Payload)
        for name, field in payload._declared_fields.items()
        if isinstance(field, serializers.DateTimeField | serializers.DateField) and not field.read_only
    }


@pytest.mark.parametrize("text", [*ENDS, *NONSENSE])
def test_every_field_of_forms_and_filters_takes_what_can_be_shown_or_says_what_is_wrong(text):
    fields = form_fields()
    assert len(fields) >= 20
    for zone in (UTC, AHEAD, BEHIND):
        for name, field in fields.items():
            with timezone.override(zone):
                try:
                    value = field.clean(text)
                except ValidationError:
                    continue
                is_bound = isinstance(value, datetime) and value.tzinfo is UTC  # of a filter: is compared, never shown
                assert is_bound or shown_everywhere(value), name


@pytest.mark.parametrize("text", [*ENDS, *NONSENSE])
def test_every_field_of_payloads_says_what_is_wrong(text):
    fields = payload_fields()
    assert len(fields) >= 6
    for zone in (UTC, AHEAD, BEHIND):
        for name, field in fields.items():
            with timezone.override(zone), pytest.raises(serializers.ValidationError):
                raise AssertionError(f"{name} takes {field.run_validation(text)}")


# --- Every door


def sent(client: Any, path: str, text: str) -> int:
    times = ("since", "until", "created_from", "created_to", "at")
    asked = dict.fromkeys(times, text) | {"before": f"{text}_1", "after": f"{text}_1"}
    return client.get(path, asked).status_code


@pytest.mark.django_db
@pytest.mark.parametrize("zone", [AHEAD, BEHIND], ids=["ahead", "behind"])
def test_no_page_breaks_on_a_date_in_its_address(cast, browse, zone):
    nora = cast.people["nora"]
    nora.time_zone = zone.key
    nora.save(update_fields=["time_zone"])
    keys = {"users": "sam", "accounts": "northwind", "projects": "pilot", "tokens": "master", "events": "1",
            "grants": cast.hub_grant.key, "roles": "dispatcher"}  # fmt: skip
    client, walked = browse("nora"), 0
    for address in addresses():
        first = address.pattern.split("/")[0]
        if address.endpoint or address.parts - {"key"} or first not in {*keys, "items", "access", ""}:
            continue
        if first == "items" and not address.pattern.startswith("items/device/"):
            continue
        path = address.at(key=keys.get(first, "truck-7"))
        for text in (text for text, passes in ENDS.items() if passes == zone):
            walked += 1
            assert sent(client, path, text) < 500, (path, text)
    assert walked > 80


@pytest.mark.django_db
@pytest.mark.parametrize("text", [*ENDS, "soon"])
def test_the_explorer_says_at_its_field_which_times_can_be_asked_about(cast, browse, text):
    nora = cast.people["nora"]
    nora.time_zone = getattr(ENDS.get(text), "key", "UTC")
    nora.save(update_fields=["time_zone"])
    asked = {"caller": "user:sam", "permission": "device:view", "thing": "device:truck-7", "at": text}
    for path in ("/access/", "/access/who/", "/access/matrix/"):
        answer = browse("nora").get(path, asked)
        said = str(NO_MOMENT()) if text == "soon" else FAR_SAID
        assert (answer.status_code, answer.context["problem_field"], answer.context["problem"]) == (400, "at", said)
        assert answer.context["form"]["at"].value() == text, "what was typed stays"


@pytest.mark.django_db
@pytest.mark.parametrize("text", [*ENDS, *NONSENSE])
def test_a_question_about_such_a_time_is_an_error_of_that_question(cast, call, text):
    nora = call("nora")
    about = question("sam", context={"at": text})
    asked_for = FAR_SAID if text.endswith(("+14:00", "-14:00")) else str(NO_ZONE())
    said = f"“context.at”: {asked_for if text in ENDS else NO_MOMENT()}"
    answer = nora.post(ONE, about, format="json")
    assert (answer.status_code, answer.json()) == (400, said)
    answer = nora.post(MANY, {"evaluations": [question("sam"), about]}, format="json")
    assert [one["context"].get("error") for one in answer.json()["evaluations"]] == [
        None, {"status": 400, "message": said},
    ]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "8999-12-31T23:59:59-14:00"])
def test_payloads_and_forms_store_no_such_time(cast, call, browse, text):
    nora, page = call("nora"), browse("nora")
    for method, path, body, field in (
        ("patch", "/api/v1/users/sam/", {"expires_at": text}, "expires_at"),
        ("patch", f"/api/v1/grants/{cast.hub_grant.key}/", {"expires_at": text}, "expires_at"),
        ("patch", f"/api/v1/tokens/{cast.tokens['master'].token.key}/", {"expires_at": text}, "expires_at"),
        ("post", "/api/v1/items/truck-7/messages/", {"data": {}, "at": text}, "at"),
    ):
        answer = getattr(nora, method)(path, body, format="json")
        is_far = far(datetime.fromisoformat(text)) is not None
        assert answer.status_code < 500
        assert (answer.status_code == 400 and field in told_at(answer)) == is_far, path
    for path, body in (
        ("/users/sam/assign/", {"items": ["truck-8"], "expires_at": text[:16]}),
        (f"/grants/{cast.hub_grant.key}/extend/", {"expires_at": text[:16]}),
        ("/items/device/truck-7/messages/~clear/", {"before": text[:16], "sure": "on"}),
    ):
        assert page.post(path, body).status_code < 500, path


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00:00+14:00", "9999-12-31T00:00:00Z", "9999-12-31", "99999-01-01", "soon"]
)
def test_every_time_of_a_world_file_is_judged_at_its_line(db, tmp_path, text):
    write = writer(tmp_path)
    places = list(re.finditer(r"(\w+_at): ([0-9][^,}\s]*)", FULL))
    assert {place[1] for place in places} == {"expires_at", "starts_at"}
    for place in places:
        file = write(f"{FULL[: place.start(2)]}{text}{FULL[place.end(2) :]}")
        line = FULL.count("\n", 0, place.start()) + 1
        told = StringIO()
        with pytest.raises(CommandError):
            call_command("world", "plan", file, stdout=StringIO(), stderr=told)
        [fault] = [one for one in told.getvalue().splitlines() if not one.startswith("Warning")]
        assert fault.startswith(f"{file}:{line}: “{place[1]}” of ")
        assert (FAR_SAID in fault) == (text[-6:] in ("+14:00", "00:00Z"))
        assert (str(NO_ZONE()) in fault) == (text == "9999-12-31")
