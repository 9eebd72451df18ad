"""Ends in the past at the doors where people type: every form and payload that takes an end refuses it at its field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accesscontrol.accounts.models import User
from accesscontrol.services.frame.errors import Invalid
from accesscontrol.services.frame.fields import ENDS_BEFORE_START, IN_THE_PAST
from accesscontrol.services.grants.grants import extend_grant
from accesscontrol.services.projects.members import change_member
from tests.portal.browser import Browser
from tests.portal.telling import told_at
from tests.world import CONSOLE, Cast, build_cast

SAID, CROSSED = str(IN_THE_PAST()), str(ENDS_BEFORE_START())

pytestmark = pytest.mark.checklist("E03")


@pytest.fixture
def cast(db: None) -> Cast:
    return build_cast()


def member(cast: Cast) -> str:
    return f"/projects/pilot/members/{cast.pilot.members.get().pk}/change/"


USER = {"account": "northwind", "authority": "user", "enabled": "on"}
GRANT = {"account": "northwind", "grantees": ["fabrikam"], "covers": "account", "ends": "date", "confirmed": "1"}
PAGES: dict[str, tuple[str | Callable[[Cast], str], dict[str, Any]]] = {
    "a user": ("/users/~new/", {**USER, "username": "late"}),
    "a user's end": ("/users/lee/change/", {**USER, "username": "lee"}),
    "a token": ("/tokens/~new/", {"account": "northwind", "name": "Late", "type": "standard"}),
    "a token's end": ("/tokens/t-viewer/change/", {"name": "Late", "type": "standard"}),
    "a grant": ("/grants/~new/", GRANT),
    "a grant's end": ("/grants/hub-for-contoso/extend/", {}),
    "an assignment": ("/users/lee/assign/", {"items": ["truck-8"]}),
    "a membership": ("/projects/pilot/members/~new/", {"user": "sam", "allow": "device:view"}),
    "a membership's end": (member, {"allow": "device:view"}),
}


@pytest.mark.parametrize("what", PAGES)
def test_a_page_refuses_an_end_in_the_past_and_keeps_what_was_typed(cast: Cast, what: str) -> None:
    address, sent = PAGES[what]
    browser = Browser()
    browser.force_login(cast.people["nora"])
    end = timezone.localtime(timezone.now() - timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%S")
    page = browser.post(address if isinstance(address, str) else address(cast), {**sent, "expires_at": end})
    assert page.status_code == 200
    text = page.content.decode()
    assert SAID in text
    assert f'value="{end}"' in text


NEW = {"account": "northwind"}
CALLS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a user": ("post", "users/", {**NEW, "username": "late"}),
    "a user's end": ("patch", "users/lee/", {}),
    "a token": ("post", "tokens/", {**NEW, "type": "standard", "name": "Late"}),
    "a token's end": ("patch", "tokens/t-viewer/", {}),
    "a grant": ("post", "grants/", {**NEW, "grantees": ["fabrikam"], "covers": "account"}),
    "a grant's end": ("patch", "grants/hub-for-contoso/", {}),
    "an assignment": ("post", "users/lee/assignments/", {"items": ["truck-8"]}),
}


@pytest.mark.parametrize("what", CALLS)
def test_a_program_is_refused_an_end_in_the_past(cast: Cast, what: str) -> None:
    method, address, sent = CALLS[what]
    client = APIClient()
    client.force_login(cast.people["nora"])
    end: datetime = timezone.now() - timedelta(seconds=1)
    answer = getattr(client, method)(f"/api/v1/{address}", {**sent, "expires_at": end.isoformat()}, format="json")
    assert answer.status_code == 400, answer.content
    assert told_at(answer) == {"expires_at": [SAID]}
    assert answer.json()["errors"][0]["code"] == IN_THE_PAST.code
    assert not User.objects.filter(username="late").exists()


#: What begins as well: a page, and what is sent of it besides.
SPANS: dict[str, tuple[str | Callable[[Cast], str], dict[str, Any]]] = {
    "a grant": PAGES["a grant"],
    "a grant's start": ("/grants/hub-for-contoso/change/", {"ends": "date", "confirmed": "1"}),
    "a membership": PAGES["a membership"],
    "a membership's start": PAGES["a membership's end"],
}


def in_days(number: int) -> datetime:
    return timezone.now() + timedelta(days=number)


@pytest.mark.parametrize("what", SPANS)
def test_a_page_refuses_what_begins_after_it_ends(cast: Cast, what: str) -> None:
    address, sent = SPANS[what]
    browser = Browser()
    browser.force_login(cast.people["nora"])
    times = {name: timezone.localtime(in_days(days)).strftime("%Y-%m-%dT%H:%M:%S")
             for name, days in (("starts_at", 3), ("expires_at", 2))}  # fmt: skip
    page = browser.post(address if isinstance(address, str) else address(cast), {**sent, **times})
    assert (page.status_code, CROSSED in page.content.decode()) == (200, True)


@pytest.mark.parametrize("what", ["a grant", "a grant's end"])
def test_a_program_is_refused_what_begins_after_it_ends(cast: Cast, what: str) -> None:
    method, address, sent = CALLS[what]
    client = APIClient()
    client.force_login(cast.people["nora"])
    times = {"starts_at": in_days(3).isoformat(), "expires_at": in_days(2).isoformat()}
    answer = getattr(client, method)(f"/api/v1/{address}", {**sent, **times}, format="json")
    assert (answer.status_code, told_at(answer)) == (400, {"expires_at": [CROSSED]})


def test_a_start_is_moved_behind_an_end_that_stands_by_no_door(cast: Cast) -> None:
    """The end is not sent, and counts all the same."""
    extend_grant(CONSOLE, cast.hub_grant, in_days(2))
    client, later = APIClient(), {"starts_at": in_days(3).isoformat()}
    client.force_login(cast.people["nora"])
    answer = client.patch("/api/v1/grants/hub-for-contoso/", later, format="json")
    assert (answer.status_code, told_at(answer)) == (400, {"expires_at": [CROSSED]})
    member = change_member(CONSOLE, cast.pilot.members.get(), expires_at=in_days(2))
    with pytest.raises(Invalid) as refused:
        change_member(cast.actor("nora"), member, starts_at=in_days(3))
    assert [one.code for one in refused.value.problems] == [ENDS_BEFORE_START.code]
