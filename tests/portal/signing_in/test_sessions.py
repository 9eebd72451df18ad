"""Sessions: where somebody is signed in, ending one's own, and an administrator ending those of others."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accesscontrol.access.engine import AccessDenied
from accesscontrol.accounts.models import User
from accesscontrol.accounts.signing_in import Session
from accesscontrol.audit.models import Event
from accesscontrol.services.signing_in.live_sessions import end_all_sessions, end_session, live_sessions
from portal.signed_in.agents import browser_in_words
from tests.portal.signing_in.factors import fields_of, is_in
from tests.portal.signing_in.sessions import grow_old
from tests.world import PASSWORD

OWN = "/profile/sessions/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Safari/604.1"


def signed_in(username: str, agent: str = FIREFOX, address: str = "198.51.100.7") -> Client:
    """A browser of this kind, signed in by the form."""
    client = Client(headers={"User-Agent": agent}, REMOTE_ADDR=address)
    assert client.post("/sign-in/", {"login": username, "password": PASSWORD}).status_code == 302
    assert is_in(client)
    return client


def told(client: Client) -> list[str]:
    """What the sign-in page says to a browser whose session is over."""
    answer = client.get("/")
    assert answer["Location"].startswith("/sign-in/")
    return [str(one) for one in client.get(answer["Location"]).context["messages"]]


def rows(client: Client, path: str = OWN) -> list[tuple[str, str, bool]]:
    return [(one["browser"], one["address"], one["is_this"]) for one in client.get(path).context["sessions"]]


@pytest.mark.checklist("S06")
def test_a_person_sees_where_they_are_signed_in(cast):
    here = signed_in("anna")
    signed_in("anna", SAFARI, "203.0.113.9")
    signed_in("otto")
    assert sorted(rows(here)) == [
        ("Firefox on Windows", "198.51.100.7", True), ("Safari on iPhone", "203.0.113.9", False),
    ]  # fmt: skip


@pytest.mark.checklist("S06")
def test_one_session_is_ended_and_its_browser_reads_why(cast):
    here, there, third = (signed_in("anna") for _ in range(3))
    gone = Session.objects.get(session_key=there.cookies["session"].value)
    url = next(one["end_url"] for one in here.get(OWN).context["sessions"] if str(gone.public) in one["end_url"])
    assert here.post(url)["Location"] == OWN
    assert told(there) == ["You ended this session from another one. Sign in again to go on."]
    assert (is_in(here), is_in(third), is_in(there)) == (True, True, False)
    assert Event.objects.filter(action="user.sessions.end").count() == 1


@pytest.mark.checklist("S06")
@pytest.mark.checklist("S01")
def test_all_others_are_ended_and_this_one_goes_on_under_a_new_name(cast):
    here, there, third = (signed_in("anna") for _ in range(3))
    before = here.cookies["session"].value
    assert here.post(f"{OWN}~others/")["Location"] == OWN
    assert here.cookies["session"].value != before
    assert (is_in(here), len(told(there)), len(told(third))) == (True, 1, 1)
    assert len(rows(here)) == 1


@pytest.mark.checklist("S06")
@pytest.mark.checklist("S07")
def test_ending_asks_freshly(cast):
    here, there = signed_in("anna"), signed_in("anna")
    grow_old(here)
    assert "confirm-password" in fields_of(here.post(f"{OWN}~others/"))
    assert is_in(there)
    here.post(f"{OWN}~others/", {"confirm-password": PASSWORD})
    assert (is_in(here), is_in(there)) == (True, False)


@pytest.mark.checklist("S06")
def test_an_administrator_ends_the_sessions_of_whom_they_manage(browse, cast):
    anna, otto = signed_in("anna"), signed_in("otto")
    adam = browse("adam")
    assert rows(adam, "/users/anna/sessions/") == [("Firefox on Windows", "198.51.100.7", False)]
    assert adam.post("/users/anna/sessions/~all/")["Location"] == "/users/anna/sessions/"
    assert told(anna) == ["An administrator ended your sessions. Sign in again to go on."]
    assert is_in(otto)
    assert is_in(signed_in("anna")), "and may sign in again"


@pytest.mark.checklist("S06")
@pytest.mark.parametrize(
    ("who", "whom", "answers"), [("anna", "otto", 404), ("carla", "nora", 404), ("adam", "nora", 403)]
)
def test_nobody_ends_the_sessions_of_whom_they_do_not_manage(browse, cast, who, whom, answers):
    other = signed_in(whom)
    assert browse(who).post(f"/users/{whom}/sessions/~all/").status_code == answers
    assert is_in(other)
    with pytest.raises(AccessDenied):
        end_all_sessions(cast.actor(who), cast.people[whom])


@pytest.mark.checklist("E04")
def test_nothing_wakes_a_session_that_was_ended(cast):
    """Not even a request that was under way."""
    anna = signed_in("anna")
    under_way = anna.session
    assert under_way["_auth_user_id"] == str(cast.people["anna"].pk)
    [row] = live_sessions(cast.people["anna"])
    end_session(cast.actor("anna"), cast.people["anna"], row.public)
    under_way["something"] = "written late"
    with pytest.raises(UpdateError):
        under_way.save()
    assert Session.objects.get(session_key=row.session_key).ended == "oneself"
    assert not is_in(anna)


@pytest.mark.checklist("S02")
def test_who_signs_out_leaves_nothing_that_the_cookie_opens(cast):
    anna = signed_in("anna")
    stolen = Client()
    stolen.cookies["session"] = anna.cookies["session"].value
    anna.post("/sign-out/")
    assert stolen.get("/")["Location"] == "/sign-in/?next=/"
    assert live_sessions(cast.people["anna"]) == []


def test_a_session_keeps_its_name_for_people_when_its_key_changes(cast):
    anna = signed_in("anna")
    [before] = live_sessions(cast.people["anna"])
    anna.get("/")
    grow_old(anna)
    anna.post(f"{OWN}~others/", {"confirm-password": PASSWORD})
    [after] = live_sessions(cast.people["anna"])
    assert (after.public, after.started_at) == (before.public, before.started_at)
    assert after.session_key != before.session_key


def test_no_page_and_no_answer_shows_a_key(cast):
    here = signed_in("anna")
    key = here.cookies["session"].value
    assert key not in here.get(OWN).content.decode()
    client = APIClient()
    client.force_login(cast.people["adam"])
    assert key not in client.get("/api/v1/users/anna/sessions/").content.decode()


def test_over_rest_they_are_listed_and_ended(cast):
    anna, other = signed_in("anna"), signed_in("anna", SAFARI)
    client = APIClient()
    client.force_login(cast.people["adam"])
    listed = client.get("/api/v1/users/anna/sessions/").json()
    assert sorted(one["browser"] for one in listed) == ["Firefox on Windows", "Safari on iPhone"]
    phone = next(one for one in listed if "iPhone" in one["browser"])
    assert client.delete(f"/api/v1/users/anna/sessions/{phone['id']}/").status_code == 204
    assert (is_in(anna), is_in(other)) == (True, False)
    assert client.delete(f"/api/v1/users/anna/sessions/{phone['id']}/").status_code == 409
    assert client.delete("/api/v1/users/anna/sessions/").status_code == 204
    assert not is_in(anna)


@pytest.mark.checklist("S04")
def test_who_is_disabled_reads_at_the_next_click_that_access_was_stopped(cast):
    anna = signed_in("anna")
    User.objects.filter(username="anna").update(is_active=False)
    assert told(anna) == ["You were signed out, since access was stopped meanwhile. Sign in again to go on."]


def test_sessions_that_are_over_are_not_listed(cast):
    here, there = signed_in("anna"), signed_in("anna", SAFARI)
    over = Session.objects.filter(session_key=there.cookies["session"].value)
    over.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert len(rows(here)) == 1


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (SAFARI, "Safari on iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0", "Edge on Linux"),
        ("curl/8.5.0", "curl"),
        ("", "an unknown browser"),
        ("<script>alert(1)</script>", "an unknown browser"),
    ],
)
def test_a_browser_is_told_in_words(agent: str, words: str):
    assert browser_in_words(agent) == words


def test_the_statements_of_the_page_do_not_grow_with_its_rows(browse, cast):
    client = browse("anna")
    client.get(OWN)
    with CaptureQueriesContext(connection) as one:
        client.get(OWN)
    signed_in("anna")
    signed_in("anna", SAFARI)
    with CaptureQueriesContext(connection) as three:
        client.get(OWN)
    assert len(one) == len(three)
