"""Who calls: the same 401 for every key that does not open, sessions with their CSRF key, operate-as by header."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import Account, User
from accesscontrol.audit.models import Event
from accesscontrol.services.tokens import keys
from accesscontrol.services.tokens.doors import open_with_key
from accesscontrol.services.tokens.refusals import Refusals, refusals
from accesscontrol.services.tokens.tokens import rotate_token
from accesscontrol.tokens.models import Token
from tests.factories import TokenFactory

ITEMS = "/api/v1/items/"
WHOAMI = "/api/v1/whoami"


@pytest.fixture(autouse=True)
def _unknown_to_the_door() -> Iterator[None]:
    """What this process remembers of bad keys is of no other test."""
    refusals.forget()
    yield
    refusals.forget()


def call(secret: str | None, path: str = WHOAMI, **headers: str):
    if secret is not None:
        headers["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    return APIClient().get(path, **headers)


def refusal(answer) -> tuple[int, str, str]:
    return answer.status_code, answer.json()["detail"], answer["WWW-Authenticate"]


def ways_to_fail(cast) -> dict[str, tuple[str, dict]]:
    """A key for everything that can be wrong with a well-formed one, and the address to call from."""
    master = {"account": cast.accounts["northwind"], "type": "master"}
    past, ahead = timezone.now() - timedelta(seconds=1), timezone.now() + timedelta(days=1)
    found: dict[str, tuple[str, dict]] = {"unknown": (keys.new_secret("master"), {})}
    rows = {
        "expired": {"expires_at": past},
        "disabled": {"enabled": False},
        "unused for too long": {"idle_ttl": 600, "last_used_at": timezone.now() - timedelta(seconds=600)},
        "of a disabled user": {"user": cast.people["otto"]},
        "of a blocked account": {"account": cast.accounts["shop"]},
        "from elsewhere": {"expires_at": ahead, "allowed_addresses": ["10.0.0.0/8"]},
        "revoked": {},
    }
    for name, fields in rows.items():
        secret = keys.new_secret("master")
        TokenFactory(**{**master, **fields}, secret=secret)
        found[name] = (secret, {})
    User.objects.filter(username="otto").update(is_active=False)
    Account.objects.filter(key="contoso").update(blocked=True)
    Token.objects.filter(digest=keys.digest(found["revoked"][0])).delete()
    rotated = rotate_token(Actor.system(), cast.tokens["viewer"].token)
    assert call(rotated.secret).status_code == 200
    found["rotated away"] = (cast.tokens["viewer"].secret, {})
    return found


@pytest.mark.both
@pytest.mark.checklist("T06")
@pytest.mark.parametrize("path", [WHOAMI, "/access/v1/evaluation"])
def test_every_key_that_does_not_open_gets_the_same_bytes_and_runs_the_same_statements(cast, path):
    """Twice each, since a first call may fill what is kept in memory."""
    client, seen = APIClient(), {}
    send = client.get if path == WHOAMI else partial(client.post, data={}, format="json")
    for name, (secret, headers) in ways_to_fail(cast).items():
        for number in (1, 2):
            with CaptureQueriesContext(connection) as caught:
                answer = send(path, HTTP_AUTHORIZATION=f"Bearer {secret}", **headers)
            request_id = answer["X-Request-ID"]
            shown = answer.content.decode().replace(request_id, "…")
            told = {header: value for header, value in answer.items() if header != "X-Request-ID"}
            seen[name, number] = answer.status_code, shown, told, [plain(query["sql"]) for query in caught]
    first = seen["unknown", 1]
    assert {name: found for name, found in seen.items() if found != first} == {}
    assert (first[0], first[2]["WWW-Authenticate"], len(first[3])) == (401, 'Bearer realm="access control"', 1)


def plain(statement: str) -> str:
    """A statement without its values."""
    return re.sub(r"'[^']*'|\b\d+\b", "?", statement)


@pytest.mark.checklist("T02")
@pytest.mark.checklist("T06")
def test_what_cannot_be_a_key_runs_no_statement_and_gets_the_same_answer(cast):
    alive = cast.tokens["master"]
    wrong_end = alive.secret[:-1] + ("a" if alive.secret[-1] != "a" else "b")
    expected = refusal(call(keys.new_secret("master")))
    headers = [f"Bearer {key}" for key in ("nonsense", wrong_end, alive.secret + "0", alive.secret[:-1], "ü", "")]
    headers += ["Basic bm9yYTpub3Jh", alive.secret, "Bearer", f"Token {alive.secret}"]
    with CaptureQueriesContext(connection) as caught:
        answers = [APIClient().get(WHOAMI, HTTP_AUTHORIZATION=header) for header in headers]
    assert [refusal(answer) for answer in answers] == [expected] * len(headers)
    assert refusal(call(None)) == expected, "nor is no key at all told apart"
    assert list(caught) == []


def test_a_door_that_opens_costs_one_statement(cast):
    with CaptureQueriesContext(connection) as caught:
        assert open_with_key(cast.tokens["master"].secret, "127.0.0.1") == cast.tokens["master"].token
    assert len(caught) == 1


# --- Floods


def flood(number: int, address: str, secret: str | None = None) -> list[int]:
    return [call(secret or keys.new_secret("acl"), REMOTE_ADDR=address).status_code for _ in range(number)]


@pytest.mark.checklist("W04")
@pytest.mark.checklist("L05")
def test_a_flood_of_bad_keys_is_answered_429_without_a_statement_and_is_one_line_of_the_log(cast, settings, caplog):
    settings.TOKEN_REFUSALS_A_MINUTE = 3
    known, address = cast.tokens["master"].secret, "203.0.113.9"
    assert call(known, REMOTE_ADDR=address).status_code == 200
    assert flood(3, address) == [401, 401, 401]
    with CaptureQueriesContext(connection) as caught:
        assert flood(20, address) + flood(2, address, "nonsense") == [429] * 22
    assert list(caught) == []
    answer = call(keys.new_secret("master"), REMOTE_ADDR=address)
    assert 0 < int(answer["Retry-After"]) <= 60
    assert "request_id" in answer.json()
    assert call(known, REMOTE_ADDR=address).status_code == 200, "who works there goes on working"
    assert flood(1, "203.0.113.10") == [401], "another address is no part of it"
    lines = [record for record in caplog.records if "token_refusals" in record.getMessage()]
    assert len(lines) == 1
    assert known not in caplog.text


def test_a_known_key_that_is_revoked_is_refused_in_a_flood_too(cast, settings):
    settings.TOKEN_REFUSALS_A_MINUTE = 2
    known, address = cast.tokens["master"].secret, "203.0.113.11"
    assert call(known, REMOTE_ADDR=address).status_code == 200
    assert flood(3, address) == [401, 401, 429]
    Token.objects.filter(key="t-master").delete()
    assert call(known, REMOTE_ADDR=address).status_code == 401


def test_the_minute_ends_and_a_network_of_ipv6_is_one_caller(settings, monkeypatch):
    settings.TOKEN_REFUSALS_A_MINUTE = 2
    now, found = 1000.0, Refusals()
    monkeypatch.setattr("accesscontrol.services.tokens.refusals.time.monotonic", lambda: now)
    key = keys.new_secret("acl")
    assert [found.refused("2001:db8::1"), found.refused("2001:db8::2"), found.refused("2001:db8::3")] == [
        False, True, False,
    ]  # fmt: skip
    assert (found.wait("2001:db8::4", key), found.wait("2001:db8:0:1::1", key), found.wait(None, key)) == (
        60,
        None,
        None,
    )
    now = 1059.5
    assert found.wait("2001:db8::4", key) == 1
    now = 1060.0
    assert found.wait("2001:db8::4", key) is None
    assert found.refused("2001:db8::4") is False


# --- Addresses


@pytest.mark.checklist("T11")
def test_a_token_bound_to_addresses_opens_from_there_only(cast):
    Token.objects.filter(key="t-master").update(allowed_addresses=["192.0.2.0/24"])
    secret = cast.tokens["master"].secret
    assert call(secret, REMOTE_ADDR="192.0.2.7").status_code == 200
    assert call(secret, REMOTE_ADDR="198.51.100.7").status_code == 401
    assert call(secret, REMOTE_ADDR="198.51.100.7", HTTP_X_FORWARDED_FOR="192.0.2.7").status_code == 401


def exposed(answer) -> bool:
    return answer.status_code == 401 and "never in an address or a form" in str(answer.json())


@pytest.mark.checklist("T05")
@pytest.mark.parametrize("path", [WHOAMI, "/access/v1/evaluation", "/api/v1/tokens/"])
def test_a_key_in_an_address_or_a_form_is_refused_and_recorded(cast, path):
    issued = cast.tokens["master"]
    secret, client = issued.secret, APIClient()
    form = "application/x-www-form-urlencoded"
    answers = [
        call(secret, f"{path}?token={secret}"),
        call(None, f"{path}?anything={secret.replace('_', '%5F')}"),
        client.post(path, f"access_token={secret}", content_type=form),
        client.post(path, f"t={secret.replace('_', '%5f')}", content_type=form, HTTP_AUTHORIZATION=f"Bearer {secret}"),
        client.post(path, {"token": secret}, format="multipart"),
    ]
    assert [exposed(answer) for answer in answers] == [True] * 5
    lines = Event.objects.filter(action="token.exposed").select_related("detail")
    assert [(line.thing_type, line.thing_id, line.account_id) for line in lines] == [
        ("token", issued.token.pk, cast.accounts["northwind"].pk)
    ] * 5
    assert secret not in repr([line.detail.__dict__ for line in lines])
    unknown = call(None, f"{path}?token={keys.new_secret('acl')}")
    assert exposed(unknown) and Event.objects.filter(action="token.exposed").count() == 5


@pytest.mark.checklist("L07")
def test_a_key_in_a_path_is_refused_and_kept_out_of_the_log(cast, caplog):
    secret = cast.tokens["master"].secret
    assert exposed(call(secret, f"/api/v1/tokens/{secret}/"))
    form = next(one.formatter for one in logging.getLogger().handlers if one.formatter is not None)
    log = "".join(form.format(record) for record in caplog.records)
    assert "Unauthorized: /api/v1/tokens/[removed]/" in log
    assert secret[4:44] not in log


@pytest.mark.checklist("T13")
def test_use_is_stamped_at_most_once_a_minute(cast):
    token, secret = cast.tokens["master"].token, cast.tokens["master"].secret
    call(secret, REMOTE_ADDR="192.0.2.7")
    token.refresh_from_db()
    first = token.last_used_at
    assert (first is not None, token.last_used_address) == (True, "192.0.2.7")
    call(secret, REMOTE_ADDR="192.0.2.8")
    token.refresh_from_db()
    assert (token.last_used_at, token.last_used_address) == (first, "192.0.2.7")
    Token.objects.filter(pk=token.pk).update(last_used_at=first - timedelta(seconds=61))
    call(secret, REMOTE_ADDR="192.0.2.9")
    token.refresh_from_db()
    assert token.last_used_address == "192.0.2.9"


@pytest.mark.checklist("S08")
def test_a_session_needs_its_csrf_key_to_change_something(cast):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(cast.people["nora"])
    path = f"/api/v1/accounts/{cast.accounts['shop'].key}/"
    assert client.get(path).status_code == 200
    refused = client.patch(path, {"name": "Forged"}, format="json")
    assert refused.status_code == 403
    assert "CSRF" in refused.json()["detail"]
    assert Account.objects.get(key="shop").name == "Shop"


def test_a_session_ends_with_the_account(cast, person):
    client = person("nora")
    assert client.get(WHOAMI).status_code == 200
    Account.objects.filter(key="northwind").update(blocked=True)
    assert client.get(WHOAMI).status_code == 401


def test_whoami_tells_caller_and_account(person, bearer, cast):
    assert person("nora").get(WHOAMI).json() == {
        "type": "user", "key": "nora", "name": "nora", "authority": "owner", "token_type": None,
        "account": "northwind", "acting_as": None, "address": "127.0.0.1", "acts_for": None, "may": None,
        "expires_at": None, "idle_ends_at": None,
    }  # fmt: skip
    told = bearer("of_anna").get(WHOAMI).json()
    names = ("type", "key", "name", "authority", "token_type", "account", "acting_as")
    assert {name: told[name] for name in names} == {
        "type": "token", "key": cast.tokens["of_anna"].token.key, "name": "of_anna", "authority": "developer",
        "token_type": "master", "account": "northwind", "acting_as": None,
    }  # fmt: skip


def test_a_caller_operates_as_the_account_of_the_header(person, cast):
    nora = person("nora")
    everything = {row["key"] for row in nora.get(ITEMS).json()["results"]}
    as_contoso = {row["key"] for row in nora.get(ITEMS, HTTP_X_ACCOUNT_ID="contoso").json()["results"]}
    assert {"truck-7", "hub", "scooter"} <= everything
    assert as_contoso == {"van-1", "trips", "scooter", "hub"}
    by_number = nora.get(WHOAMI, HTTP_X_ACCOUNT_ID=str(cast.accounts["contoso"].pk)).json()
    assert by_number["acting_as"] == "contoso"


@pytest.mark.checklist("Z03")
def test_an_account_that_one_may_not_operate_as_answers_like_none(person, cast):
    for caller, foreign in (("nora", "acme"), ("sam", "contoso"), ("anna", "contoso")):
        found = []
        for key in (foreign, "nowhere"):
            answer = person(caller).get(ITEMS, HTTP_X_ACCOUNT_ID=key)
            found.append((answer.status_code, answer.json()["detail"].replace(key, "…")))
        assert found[0] == found[1]
        assert found[0][0] == 403


def test_answers_are_never_kept_by_browsers_or_proxies(person):
    assert person("nora").get(ITEMS)["Cache-Control"] == "no-store"
    assert APIClient().get(ITEMS)["Cache-Control"] == "no-store"


@pytest.mark.checklist("W04")
def test_calls_are_counted_for_each_token(bearer, monkeypatch):
    monkeypatch.setattr("portal.api.frame.authentication.TokenRateThrottle.THROTTLE_RATES", {"token": "2/min"})
    client = bearer("master")
    codes = [client.get(WHOAMI).status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    assert int(client.get(WHOAMI)["Retry-After"]) > 0
    assert bearer("standard").get(WHOAMI).status_code == 200


@pytest.mark.checklist("W02")
def test_plain_http_is_refused_where_the_portal_is_secure(cast, settings):
    settings.SECURE_SSL_REDIRECT = True
    secret = cast.tokens["master"].secret
    assert call(secret).status_code == 403
    assert call(secret, **{"wsgi.url_scheme": "https"}).status_code == 200
