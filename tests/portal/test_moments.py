"""A time always carries its zone: programs write it, and on pages it is that of the person, to the microsecond."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.serializers import ValidationError as Refused
from rest_framework.test import APIClient

from accesscontrol.accounts.models import User
from accesscontrol.moments import NO_ZONE, SKIPPED, TWICE, MomentFault, possible, read_moment
from accesscontrol.services.people.users import change_user
from accesscontrol.services.world.applying import try_out
from accesscontrol.services.world.planning import make_plan
from portal.frame.forms.fields import MomentField
from tests.accesscontrol.world_files import FULL, writer
from tests.portal.api.asking import ask, question
from tests.portal.attacks.test_dates import filter_fields, payload_fields
from tests.portal.browser import Browser
from tests.portal.telling import told_at
from tests.world import CONSOLE, Cast, build_cast

BERLIN = ZoneInfo("Europe/Berlin")
NAIVE = ("2027-03-01T00:00:00", "2027-03-01 00:00", "2027-03-01")
#: 02:30 comes twice, and on another day never.
TWICE_AT, NEVER_AT = "2030-10-27T02:30", "2030-03-31T02:30"
FIRST, SECOND = datetime(2030, 10, 27, 0, 30, tzinfo=UTC), datetime(2030, 10, 27, 1, 30, tzinfo=UTC)


@pytest.fixture
def cast(db: None) -> Cast:
    return build_cast()


@pytest.fixture
def nora(cast: Cast) -> Browser:
    """A browser of somebody who lives in Berlin."""
    User.objects.filter(username="nora").update(time_zone="Europe/Berlin")
    client = Browser()
    client.force_login(User.objects.get(username="nora"))
    return client


# --- Programs and files


@pytest.mark.parametrize("text", NAIVE)
def test_every_payload_and_filter_asks_for_the_zone(text):
    payloads, filters = payload_fields(), filter_fields()
    assert len(payloads) >= 7
    assert len(filters) >= 3
    with timezone.override(BERLIN):
        for name, field in payloads.items():
            with pytest.raises(Refused) as refused:
                field.run_validation(text)
            assert [str(one) for one in refused.value.detail] == [str(NO_ZONE())], name
        for name, field in filters.items():
            with pytest.raises(ValidationError) as wrong:
                field.clean(text)
            assert wrong.value.messages == [str(NO_ZONE())], name


@pytest.mark.parametrize("text", NAIVE)
def test_rest_and_decisions_refuse_it_at_its_place(cast, text):
    program = APIClient()
    program.force_login(cast.people["nora"])
    refused = program.patch("/api/v1/users/sam/", {"expires_at": text}, format="json")
    assert (refused.status_code, told_at(refused)) == (400, {"expires_at": [str(NO_ZONE())]})
    listed = program.get("/api/v1/grants/", {"ends_before": text})
    assert (listed.status_code, told_at(listed)) == (400, {"ends_before": [str(NO_ZONE())]})
    asked = ask(program, question("sam", context={"at": text}))
    assert asked.status_code == 400
    assert str(NO_ZONE()) in asked.content.decode()


@pytest.mark.parametrize("text", NAIVE)
def test_a_file_refuses_it_with_its_line(db, tmp_path, text):
    path = writer(tmp_path)(FULL.replace("2027-06-30T00:00:00Z", text))
    [fault] = try_out(CONSOLE, make_plan(path))
    line = FULL.splitlines().index("    expires_at: 2027-06-30T00:00:00Z") + 1
    assert (fault.line, str(NO_ZONE()) in fault.sentence) == (line, True)


# --- What clocks show twice, or never


@given(moment=st.datetimes(datetime(1950, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC)),
       zone=st.sampled_from(sorted(available_timezones() - {"localtime"})))  # fmt: skip
def test_a_moment_is_among_those_that_its_clock_may_mean(moment, zone):
    there = ZoneInfo(zone)
    local = moment.astimezone(there).replace(tzinfo=None, fold=0)
    meant = possible(local, there)
    assert moment in meant
    assert {one.astimezone(there).replace(tzinfo=None, fold=0) for one in meant} == {local}
    text = moment.astimezone(there).isoformat()
    if moment.astimezone(there).utcoffset() % timedelta(minutes=1) == timedelta():
        assert read_moment(text, there) == moment
    if len(meant) == 1:
        assert read_moment(local.isoformat(), there) == moment


@pytest.mark.parametrize(("text", "code"), [(TWICE_AT, TWICE.code), (NEVER_AT, SKIPPED.code)])
def test_such_a_time_is_told_with_a_sentence(text, code):
    with pytest.raises(MomentFault) as fault:
        read_moment(text, BERLIN)
    assert fault.value.said.code == code
    assert "Europe/Berlin" in str(fault.value)


def one_of(name: str, page: bytes) -> list[str]:
    """The inputs and selects of a field, as they stand in a page."""
    wanted = rf'<input[^>]*name="{name}"[^>]*>|<select[^>]*name="{name}".*?</select>'
    return re.findall(wanted, page.decode(), re.DOTALL)


def test_the_page_asks_which_of_two_is_meant_and_takes_the_answer(nora, cast):
    change = "/users/sam/change/"
    fields = {"username": "sam", "authority": "user", "enabled": "on", "verified": "on", "email": "sam@x.example"}
    asked = nora.post(change, fields | {"expires_at": TWICE_AT})
    assert [TWICE.code] == [error.code for error in asked.context["form"].errors.as_data()["expires_at"]]
    text, select = one_of("expires_at", asked.content)
    assert 'value="2030-10-27T02:30:00"' in text
    assert re.findall(r'value="([^"]*)"', select) == ["", "+02:00", "+01:00"]
    for offset, moment in (("+01:00", SECOND), ("+02:00", FIRST)):
        assert nora.post(change, fields | {"expires_at": [TWICE_AT, offset]}).status_code == 302
        assert User.objects.get(username="sam").expires_at == moment
    _text, select = one_of("expires_at", nora.get(change).content)
    assert re.findall(r'value="([^"]*)"\s+selected', select) == ["+02:00"]


def test_a_time_that_never_comes_is_refused_and_kept_as_typed(nora, cast):
    fields = {"username": "sam", "authority": "user", "enabled": "on", "verified": "on", "expires_at": NEVER_AT}
    refused = nora.post("/users/sam/change/", fields)
    assert [SKIPPED.code] == [error.code for error in refused.context["form"].errors.as_data()["expires_at"]]
    [text] = one_of("expires_at", refused.content)
    assert 'value="2030-03-31T02:30:00"' in text


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (["2030-10-28T02:30", "+02:00"], datetime(2030, 10, 28, 1, 30, tzinfo=UTC)),  # the day was changed afterwards
        ([f"{TWICE_AT}:00+01:00"], SECOND),  # as who has no such input may write it
        ([TWICE_AT, "+05:00"], None),
        ([TWICE_AT, ""], None),
        (["2030-06-01 12:00"], datetime(2030, 6, 1, 10, tzinfo=UTC)),
        ([""], ""),
    ],
)
def test_an_offset_counts_for_the_hour_that_it_is_of(sent, expected):
    data = QueryDict(mutable=True)
    data.setlist("at", sent)
    with timezone.override(BERLIN):
        form = Timed(data)
        assert form.is_valid() == (expected is not None)
        if form.is_valid():
            assert form.cleaned_data["at"] == (expected or None)


class Timed(forms.Form):
    at = MomentField()


# --- What nobody touched


@pytest.mark.parametrize(
    "moment",
    [datetime(2030, 1, 2, 3, 4, 5, 678901, tzinfo=UTC), FIRST, FIRST.replace(microsecond=7),
     SECOND.replace(microsecond=999_999)],
)  # fmt: skip
@pytest.mark.parametrize("zone", [BERLIN, UTC, ZoneInfo("America/St_Johns"), ZoneInfo("Asia/Kathmandu")])
def test_a_form_gives_back_the_moment_that_it_was_shown(moment, zone):
    with timezone.override(zone):
        shown = MomentField().widget.format_value(moment)
        data = QueryDict(mutable=True)
        data.setlist("at", shown if isinstance(shown, list) else [shown])
        form = Timed(data, initial={"at": moment})
        assert form.is_valid(), form.errors
        assert form.cleaned_data["at"] == moment


def test_a_page_keeps_an_untouched_end_to_the_microsecond(nora, cast):
    end = (timezone.now() + timedelta(days=9)).replace(microsecond=123457)
    change_user(CONSOLE, cast.people["sam"], expires_at=end)
    page = nora.get("/users/sam/change/")
    form = page.context["form"]
    sent = {name: form[name].value() for name in form.fields if form[name].value() not in (None, "", False)}
    shown = end.astimezone(BERLIN).strftime("%Y-%m-%dT%H:%M:%S")
    assert f'value="{shown}"' in one_of("expires_at", page.content)[0]
    assert nora.post("/users/sam/change/", sent | {"expires_at": shown, "phone": "+49 30 1"}).status_code == 302
    sam = User.objects.get(username="sam")
    assert (sam.phone, sam.expires_at) == ("+49 30 1", end)


# --- Zones


@pytest.mark.parametrize("zone", ["US/Pacific", "Etc/GMT+3", "EST", "UTC", "Europe/Kiev", "Asia/Calcutta"])
def test_no_form_empties_a_zone_that_it_does_not_list(nora, cast, zone):
    User.objects.filter(username__in=["nora", "sam"]).update(time_zone=zone)
    for page, name in (("/profile/", "nora"), ("/users/sam/change/", "sam")):
        form = nora.get(page).context["form"]
        sent = {field: form[field].value() for field in form.fields if form[field].value() not in (None, "", False)}
        assert nora.post(page, sent | {"phone": "+49 30 2"}).status_code == 302
        person = User.objects.get(username=name)
        assert (person.phone, person.time_zone) == ("+49 30 2", zone)
        assert f'<option value="{zone}" selected>' in str(form["time_zone"])


def test_a_zone_of_another_database_does_not_stop_a_save(nora, cast):
    User.objects.filter(username="sam").update(time_zone="Mars/Base")
    assert change_user(CONSOLE, User.objects.get(username="sam"), phone="1").time_zone == "Mars/Base"
