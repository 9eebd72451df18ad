"""From a request to its actor: the address, the session's age, acting as another account."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client, RequestFactory

from accesscontrol.accounts.signing_in import Session
from accesscontrol.services.accounts.accounts import block_account, move_account
from accesscontrol.services.people.users import set_enabled
from portal.actors import OPERATES, STARTED, client_address
from tests.world import CONSOLE, Cast, build_cast


@pytest.fixture
def cast(db: None) -> Cast:
    return build_cast()


def signed_in(cast: Cast, username: str) -> Client:
    client = Client()
    client.force_login(cast.people[username])
    return client


def set_session(client: Client, **values) -> None:
    session = client.session
    session.update(values)
    session.save()


@pytest.mark.checklist("W03")
@pytest.mark.checklist("T11")
@pytest.mark.parametrize(
    ("trusted", "remote", "forwarded", "expected"),
    [
        ([], "203.0.113.9", "198.51.100.1", "203.0.113.9"),
        (["10.0.0.0/8"], "203.0.113.9", "198.51.100.1", "203.0.113.9"),
        (["10.0.0.0/8"], "10.0.0.1", "198.51.100.1", "198.51.100.1"),
        (["10.0.0.0/8"], "10.0.0.1", "1.2.3.4, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        (["10.0.0.0/8"], "10.0.0.1", "198.51.100.1, nonsense", None),
        (["10.0.0.0/8"], "10.0.0.1", "", "10.0.0.1"),
        (["2001:db8::/32"], "2001:db8::1", "::ffff:198.51.100.1", "198.51.100.1"),
        ([], "", "", None),
    ],
)
def test_the_address_is_the_first_that_no_trusted_proxy_vouches_for(settings, trusted, remote, forwarded, expected):
    settings.TRUSTED_PROXIES = trusted
    request = RequestFactory().get("/", REMOTE_ADDR=remote, headers={"X-Forwarded-For": forwarded})
    assert client_address(request) == expected


@pytest.mark.checklist("S03")
def test_a_session_ends_after_twelve_hours_whatever_happens_in_it(cast):
    client = signed_in(cast, "nora")
    assert client.get("/items/device/").status_code == 200
    set_session(client, **{STARTED: time.time() - 12 * 3600 - 5})
    response = client.get("/items/device/")
    assert response.url == "/sign-in/?next=/items/device/"
    assert client.get("/items/device/").status_code == 302


@pytest.mark.checklist("S03")
def test_a_session_is_renewed_once_a_minute_and_what_others_wrote_meanwhile_stays(cast):
    client = signed_in(cast, "nora")
    client.get("/items/device/")
    ends = Session.objects.get().expire_date
    assert "session" not in client.get("/items/device/").cookies
    assert Session.objects.get().expire_date == ends
    late = ends - timedelta(minutes=29)
    Session.objects.update(expire_date=late)

    def beside(execute, sql, *rest):
        """Another request of this session writes between this one's read and its renewal."""
        if sql.startswith('UPDATE "accounts_session"') and not written:
            written.append(sql)
            set_session(client, **{OPERATES: {"account": cast.accounts["contoso"].pk, "since": 1}})
            Session.objects.update(expire_date=late)
        return execute(sql, *rest)

    written: list[str] = []
    with connection.execute_wrapper(beside):
        response = client.get("/items/device/")
    assert response.cookies["session"]["max-age"] == 30 * 60
    assert Session.objects.get().expire_date >= ends
    assert client.session[OPERATES]["account"] == cast.accounts["contoso"].pk


@pytest.mark.checklist("S03")
def test_a_session_that_nobody_used_for_thirty_minutes_is_over(cast):
    client = signed_in(cast, "nora")
    assert client.get("/items/device/").status_code == 200
    Session.objects.update(expire_date=F("expire_date") - timedelta(minutes=30, seconds=1))
    assert client.get("/items/device/").status_code == 302


@pytest.mark.checklist("S04")
def test_a_disabled_user_is_out_at_the_next_request(cast):
    client = signed_in(cast, "sam")
    assert client.get("/items/device/").status_code == 200
    set_enabled(CONSOLE, cast.people["sam"], False)
    assert client.get("/items/device/").status_code == 302


def acting(cast: Cast, username: str, account: str) -> Client:
    client = signed_in(cast, username)
    set_session(client, **{OPERATES: {"account": cast.accounts[account].pk, "since": int(time.time())}})
    return client


def test_operating_as_an_account_shows_what_it_sees_and_says_so(cast):
    client = acting(cast, "nora", "contoso")
    response = client.get("/items/device/")
    assert [row.record.name for row in response.context["table"].page.object_list] == ["Scooter", "Van 1"]
    assert response.context["operating_as"]["account"]["label"] == "Contoso"
    assert "You are <strong>nora</strong> and act as <strong>Contoso</strong>" in response.content.decode()


def test_operating_as_a_foreign_account_gives_ones_own_back(cast):
    response = acting(cast, "carla", "fabrikam").get("/items/device/")
    assert [row.record.name for row in response.context["table"].page.object_list] == ["Scooter", "Van 1"]
    assert "operating_as" not in response.context
    assert "You can no longer act as that account." in response.content.decode()


@pytest.mark.parametrize("act", ["move", "block"])
def test_what_ends_operating_ends_it_at_the_next_request(cast, act):
    client = acting(cast, "carla", "shop")
    assert client.get("/items/device/").context["operating_as"]["account"]["label"] == "Shop"
    if act == "move":
        move_account(CONSOLE, cast.accounts["shop"], cast.accounts["fabrikam"])
    else:
        block_account(CONSOLE, cast.accounts["shop"])
    response = client.get("/items/device/")
    assert "operating_as" not in response.context
    assert OPERATES not in client.session


def test_times_are_shown_in_the_zone_of_the_person(cast):
    person = cast.people["nora"]
    person.time_zone = "Asia/Tokyo"
    person.save()
    page = signed_in(cast, "nora").get("/items/device/truck-7/").content.decode()
    assert "JST" in page
    person.time_zone = "Nowhere/Nothing"
    person.save()
    assert "UTC" in signed_in(cast, "nora").get("/items/device/truck-7/").content.decode()
