"""Who calls: the same 401 for every key that does not open, sessions with their CSRF key, operate-as by header."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accesscontrol.accounts.models import Account
from accesscontrol.audit.models import Event
from accesscontrol.services import keys
from accesscontrol.tokens.models import Token

ITEMS = "/api/v1/items/"
WHOAMI = "/api/v1/whoami"


def call(secret: str | None, path: str = WHOAMI, **headers: str):
    if secret is not None:
        headers["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    return APIClient().get(path, **headers)


def refusal(answer) -> tuple[int, str, str]:
    return answer.status_code, answer.json()["detail"], answer["WWW-Authenticate"]


@pytest.mark.checklist("T06")
def test_every_key_that_does_not_open_gets_the_same_answer(cast):
    alive = cast.tokens["master"]
    wrong_end = alive.secret[:-1] + ("a" if alive.secret[-1] != "a" else "b")
    answers = [call(None), call("nonsense"), call(wrong_end), call(keys.new_secret("master")), call("ü")]
    answers.append(APIClient().get(WHOAMI, HTTP_AUTHORIZATION="Basic bm9yYTpub3Jh"))
    for change in (
        {"enabled": False},
        {"enabled": True, "expires_at": timezone.now() - timedelta(seconds=1)},
        {"expires_at": timezone.now() + timedelta(days=1), "allowed_addresses": ["10.0.0.0/8"]},
    ):
        assert call(alive.secret).status_code == 200, "the token was alive before"
        Token.objects.filter(pk=alive.token.pk).update(**change)
        answers.append(call(alive.secret))
        Token.objects.filter(pk=alive.token.pk).update(
            enabled=True, allowed_addresses=[], expires_at=timezone.now() + timedelta(days=1)
        )
    Account.objects.filter(key="northwind").update(blocked=True)
    answers.append(call(alive.secret))
    first = refusal(answers[0])
    assert (first[0], first[2]) == (401, 'Bearer realm="access control"')
    assert [refusal(answer) for answer in answers] == [first] * len(answers)


@pytest.mark.checklist("T11")
def test_a_token_bound_to_addresses_opens_from_there_only(cast):
    Token.objects.filter(key="t-master").update(allowed_addresses=["192.0.2.0/24"])
    secret = cast.tokens["master"].secret
    assert call(secret, REMOTE_ADDR="192.0.2.7").status_code == 200
    assert call(secret, REMOTE_ADDR="198.51.100.7").status_code == 401
    assert call(secret, REMOTE_ADDR="198.51.100.7", HTTP_X_FORWARDED_FOR="192.0.2.7").status_code == 401


@pytest.mark.checklist("T05")
def test_a_key_in_the_address_is_refused_and_recorded(cast):
    secret = cast.tokens["master"].secret
    for name in ("token", "access_token", "anything"):
        answer = call(secret, f"{WHOAMI}?{name}={secret}")
        assert (answer.status_code, "never in an address" in answer.json()["detail"]) == (401, True)
    assert Event.objects.filter(action="token.exposed").count() == 3
    event = Event.objects.filter(action="token.exposed").first()
    assert (event.thing_type, event.thing_id, event.account_id) == (
        "token",
        cast.tokens["master"].token.pk,
        cast.accounts["northwind"].pk,
    )
    assert secret not in repr(event.detail.__dict__)


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
        "account": "northwind", "acting_as": None, "address": "127.0.0.1",
    }  # fmt: skip
    assert bearer("of_anna").get(WHOAMI).json() == {
        "type": "token", "key": cast.tokens["of_anna"].token.key, "name": "of_anna", "authority": "developer",
        "token_type": "master", "account": "northwind", "acting_as": None, "address": "127.0.0.1",
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
    monkeypatch.setattr("portal.api.authentication.TokenRateThrottle.THROTTLE_RATES", {"token": "2/min"})
    client = bearer("master")
    codes = [client.get(WHOAMI).status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    assert int(client.get(WHOAMI)["Retry-After"]) > 0
    assert bearer("standard").get(WHOAMI).status_code == 200


@pytest.mark.checklist("W04")
def test_wrong_keys_are_counted_too(db, monkeypatch):
    monkeypatch.setattr("rest_framework.throttling.AnonRateThrottle.THROTTLE_RATES", {"anon": "2/min"})
    codes = [call("nonsense", REMOTE_ADDR="203.0.113.9").status_code for _ in range(3)]
    assert codes == [401, 401, 429]


@pytest.mark.checklist("W02")
def test_plain_http_is_refused_where_the_portal_is_secure(cast, settings):
    settings.SECURE_SSL_REDIRECT = True
    secret = cast.tokens["master"].secret
    assert call(secret).status_code == 403
    assert call(secret, **{"wsgi.url_scheme": "https"}).status_code == 200
