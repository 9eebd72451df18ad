"""Tokens as weapons: stronger or longer ones, other people's, keys in the open, sessions that should be over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accesscontrol.accounts.models import User
from accesscontrol.audit.models import Event
from accesscontrol.services.frame.errors import Invalid
from accesscontrol.services.grants import grants
from accesscontrol.services.items import sections
from accesscontrol.services.tokens import tokens
from accesscontrol.services.tokens.refusals import refusals
from accesscontrol.services.tokens.specs import TokenRuleSpec, TokenSpec, TopicSpec
from accesscontrol.tokens.models import Token
from tests.portal.knowing import KnowingClient
from tests.portal.telling import told_at
from tests.world import CONSOLE, PASSWORD, Cast

pytestmark = pytest.mark.django_db
TOKENS = "/api/v1/tokens/"


@pytest.fixture(autouse=True)
def _uncounted_calls() -> None:
    """Refused keys count in memory, which no rollback empties."""
    refusals.forget()


def later(days: int = 1) -> str:
    return (timezone.now() + timedelta(days=days)).isoformat()


def by_key(secret: str) -> APIClient:
    client = KnowingClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


@pytest.fixture
def holder(cast: Cast) -> Callable[[str], Client]:
    """A browser in which somebody has signed in by this key."""

    def client(secret: str) -> Client:
        signed_in = Client(raise_request_exception=False)
        assert signed_in.post("/sign-in/token/", {"key": secret}).status_code == 302
        return signed_in

    return client


def issue(cast: Cast, account: str = "northwind", **fields: Any) -> tokens.Issued:
    given = {"type": "acl", "expires_at": timezone.now() + timedelta(days=9), "name": "Made here", **fields}
    return tokens.create_token(CONSOLE, cast.accounts[account], **given)


# --- Stronger and longer ones


@pytest.mark.checklist("T12")
def test_a_token_passes_its_topics_on_in_its_own_account_only(cast):
    """Each account has a topic space of its own: a rule on one space says nothing about another."""
    issuer = TokenRuleSpec(kind="token", verbs=("view", "create"))
    account = TokenRuleSpec(kind="account", verbs=("view",))
    topics = (TopicSpec(filter="#", actions=("publish", "subscribe")),)
    board = issue(cast, rules=(issuer, account), topics=topics)
    asked = {"account": "contoso", "type": "acl", "name": "Mine", "expires_at": later(), "rules": [],
             "topics": [{"filter": "#", "actions": ["publish"]}]}  # fmt: skip
    refused = by_key(board.secret).post(TOKENS, asked, format="json")
    assert (refused.status_code, list(told_at(refused))) == (400, ["topics"])
    assert by_key(board.secret).post(TOKENS, {**asked, "account": "northwind"}, format="json").status_code == 201


@pytest.mark.checklist("T12")
def test_a_token_does_not_strengthen_or_prolong_itself_or_others(cast):
    own = TokenRuleSpec(kind="token", verbs=("view", "create", "change"), reach="all")
    weak = issue(cast, rules=(own, TokenRuleSpec(kind="device", verbs=("view",))), allowed_addresses=("127.0.0.0/8",))
    client, address = by_key(weak.secret), f"{TOKENS}{weak.token.key}/"
    end = weak.token.expires_at + timedelta(seconds=1)
    rules = [{"kind": "device", "verbs": ["view", "delete"]}]
    for change in ({"expires_at": end.isoformat()}, {"expires_at": None, "idle_ttl": 300}, {"rules": rules},
                   {"allowed_addresses": []}, {"allowed_addresses": ["0.0.0.0/0"]},
                   {"topics": [{"filter": "#", "actions": ["publish"]}]}):  # fmt: skip
        assert (change, client.patch(address, change, format="json").status_code) == (change, 400)
    for strong in ("t-master", "t-standard", "t-of-anna", "t-delegate"):
        for act, sent in (("rotate/", {}), ("", {"expires_at": later(99)})):
            answer = (client.post if act else client.patch)(f"{TOKENS}{strong}/{act}", sent, format="json")
            assert (strong, act, answer.status_code) == (strong, act, 400)
            assert b"secret" not in answer.content
    for kind in ("master", "standard"):
        asked = {"account": "northwind", "type": kind, "name": "More", "expires_at": later(),
                 "allowed_addresses": ["127.0.0.1/32"]}  # fmt: skip
        for user in ({}, {"user": "anna"}, {"user": "nora"}):
            answer = client.post(TOKENS, {**asked, **user}, format="json")
            assert (kind, user, answer.status_code) == (kind, user, 400)


@pytest.mark.checklist("T12")
def test_who_may_act_as_an_account_for_a_while_makes_no_token_there_that_stays(cast, call):
    """A supporter of one day would keep a master key for ever: no token outlives its maker's access."""
    day = timezone.now() + timedelta(days=1)
    shared = grants.create_grant(
        CONSOLE, cast.accounts["northwind"], covers="account", levels=("edit", "operate-as"), accepted=True,
        grantees=[cast.accounts["acme"]], expires_at=day,
    )  # fmt: skip
    alma, as_northwind = call("alma"), {"X-Account-Id": "northwind"}
    asked = {"account": "northwind", "type": "master", "name": "Stays"}
    for end in (
        {"expires_at": later(30)},
        {"idle_ttl": 3600},
        {"expires_at": (day + timedelta(seconds=1)).isoformat()},
    ):
        refused = alma.post(TOKENS, {**asked, **end}, format="json", headers=as_northwind)
        assert (refused.status_code, list(told_at(refused))) == (400, ["expires_at"])
    made = alma.post(TOKENS, {**asked, "expires_at": day.isoformat()}, format="json", headers=as_northwind)
    assert made.status_code == 201
    address = f"{TOKENS}{made.json()['key']}/"
    assert alma.patch(address, {"expires_at": later(9)}, format="json", headers=as_northwind).status_code == 400
    assert alma.post(f"{TOKENS}t-master/rotate/", {}, format="json", headers=as_northwind).status_code == 400
    grants.extend_grant(CONSOLE, shared, None)
    assert alma.patch(address, {"expires_at": later(9)}, format="json", headers=as_northwind).status_code == 200
    below = {**asked, "account": "contoso", "idle_ttl": 3600}
    as_contoso = {"X-Account-Id": "contoso"}
    assert call("nora").post(TOKENS, below, format="json", headers=as_contoso).status_code == 201


@pytest.mark.checklist("T12")
def test_administrators_and_developers_leave_other_peoples_tokens_alone(cast, call):
    noras = issue(cast, type="master", user=cast.people["nora"], name="Noras", rules=()).token
    adam, anna = call("adam"), call("anna")
    address = f"{TOKENS}{noras.key}/"
    assert adam.get(address).status_code == 200
    assert adam.patch(address, {"name": "Mine"}, format="json").status_code == 403
    assert adam.post(f"{address}rotate/", {}, format="json").status_code == 403
    assert adam.delete(address).status_code == 403
    many = adam.post(f"{TOKENS}revoke/", {"user": "nora"}, format="json").json()
    assert (many["done"], many["left"]) == (0, [noras.key])
    for user in ("nora", "anna"):
        asked = {"account": "northwind", "type": "acl", "name": "For them", "expires_at": later(), "user": user,
                 "rules": [{"kind": "device", "verbs": ["view"]}]}  # fmt: skip
        assert (user, adam.post(TOKENS, asked, format="json").status_code) == (user, 400 if user == "nora" else 201)
    assert anna.get(address).status_code == 404
    asked = {"account": "northwind", "type": "master", "name": "For otto", "expires_at": later(), "user": "otto"}
    assert anna.post(TOKENS, asked, format="json").status_code == 400
    assert Token.objects.filter(pk=noras.pk, enabled=True, name="Noras").exists()


def test_no_token_changes_a_password_or_an_e_mail(cast, holder):
    """Access model §4: that takes the person, freshly signed in. Through REST, pages and a session by token."""
    of_nora = issue(cast, type="master", user=cast.people["nora"], rules=())
    doors = [by_key(one) for one in (cast.tokens["master"].secret, of_nora.secret)]
    before = {user.pk: (user.email, user.password) for user in User.objects.all()}
    for door in doors:
        for username in ("nora", "anna", "carla"):
            answer = door.patch(f"/api/v1/users/{username}/", {"email": "x@evil.example"}, format="json")
            assert (username, answer.status_code in (400, 403)) == (username, True)
            answer = door.patch(f"/api/v1/users/{username}/", {"password": PASSWORD + "x"}, format="json")
            assert (username, answer.status_code in (400, 403)) == (username, True)
    for secret in (cast.tokens["master"].secret, of_nora.secret):
        browser = holder(secret)
        form = {
            "username": "anna",
            "email": "x@evil.example",
            "first_name": "A",
            "last_name": "B",
            "password": "x" * 20,
        }
        for address in ("/users/anna/change/", "/profile/"):
            assert browser.post(address, form).status_code in (200, 403, 404)
    assert {user.pk: (user.email, user.password) for user in User.objects.all()} == before


# --- Sessions


def test_a_session_by_token_takes_nothing_over_from_the_one_before(cast, browse):
    """S01: neither the id nor whom the person acted as, and nobody is both."""
    nora = browse("nora")
    assert nora.post("/act-as/", {"account": "contoso"}).status_code == 302
    before = nora.session.session_key
    assert nora.post("/sign-in/token/", {"key": cast.tokens["viewer"].secret}).status_code == 302
    assert nora.session.session_key != before
    assert set(nora.session.keys()) <= {"token", "started"}
    old = Client()
    old.cookies["session"] = before
    assert old.get("/").status_code == 302
    # A password over a session by token does not stack up either.
    nora.post("/sign-in/", {"login": "adam", "password": PASSWORD})
    assert nora.get("/api/v1/whoami").json()["type"] == "token"
    cast.tokens["viewer"].token.delete()
    assert nora.get("/").status_code == 302
    nora.post("/sign-in/", {"login": "adam", "password": PASSWORD})
    assert nora.get("/api/v1/whoami").json()["key"] == "adam"
    assert "token" not in nora.session


def test_sign_in_by_token_needs_the_form_of_this_site(cast):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/sign-in/token/", {"key": cast.tokens["viewer"].secret}).status_code == 403
    assert "sessionid" not in strict.cookies and "session" not in strict.cookies
    signed_in = Client(enforce_csrf_checks=True)
    page = signed_in.get("/sign-in/token/")
    sent = {"key": cast.tokens["master"].secret, "csrfmiddlewaretoken": page.context["csrf_token"]}
    assert signed_in.post("/sign-in/token/", sent, HTTP_ORIGIN="http://testserver").status_code == 302
    body = {"account": "northwind", "type": "master", "name": "CSRF", "expires_at": later()}
    answer = signed_in.post(TOKENS, body, content_type="application/json")
    assert answer.status_code == 403
    assert not Token.objects.filter(name="CSRF").exists()


@pytest.mark.checklist("W11")
@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "https:evil.example", "javascript:alert(1)",
     "http://testserver@evil.example/", "\t//evil.example", "/%09/evil.example"],
)  # fmt: skip
def test_signing_in_by_token_leads_to_this_host_only(cast, elsewhere):
    for headers in ({}, {"Accept": "application/json"}):
        sent = {"key": cast.tokens["viewer"].secret, "next": elsewhere}
        answer = Client().post("/sign-in/token/", sent, headers=headers)
        to = answer.json()["next"] if headers else answer["Location"]
        assert to.startswith("/") and to[1:2] not in ("/", "\\")
        assert "evil" not in to or to == elsewhere == "/%09/evil.example"


def test_a_key_in_addresses_fills_no_log_without_end(cast, settings):
    """A line of the chain for each request would let whoever holds any old key write as much as they like."""
    settings.TOKEN_REFUSALS_A_MINUTE = 5
    issued = issue(cast, rules=(), enabled=False)
    anybody = Client()
    for _number in range(12):
        assert anybody.get(f"/sign-in/token/?key={issued.secret}").status_code in (400, 429)
        assert anybody.get(f"/tools/open/?key={issued.secret}").status_code in (400, 429)
    assert Event.objects.filter(action="token.exposed").count() <= 5


@pytest.mark.checklist("T05")
def test_a_key_in_the_address_of_any_page_is_refused_and_passed_on_nowhere(cast, browse):
    issued = issue(cast, rules=())
    for path in ("/", "/search/", "/tokens/", "/items/device/"):
        sent = Client().get(f"{path}?q={issued.secret}")
        assert (sent.status_code, issued.secret in sent["Location"]) == (302, False)
        shown = browse("nora").get(f"{path}?q={issued.secret}")
        assert (shown.status_code, issued.secret in shown.content.decode()) == (400, False)
    assert Event.objects.filter(action="token.exposed", thing_id=issued.token.pk).count() == 8


# --- Names of keys


@pytest.mark.parametrize("key", ["leaked", "disable", "revoke"])
def test_a_token_is_not_named_like_an_address_of_the_interface(cast, key):
    """It could neither be read nor revoked over REST."""
    spec = TokenSpec(account=cast.accounts["northwind"], type="acl", key=key, idle_ttl=300)
    with pytest.raises(Invalid) as refused:
        tokens.create_tokens(CONSOLE, [spec])
    assert list(refused.value.errors) == ["key"]


# --- Forms


@pytest.mark.parametrize("field", ["rule-0-origin", "do:remove:rule:", "do:refresh:", "idle_amount", "start"])
def test_numbers_of_thousands_of_digits_break_no_token_page(cast, browse, field):
    digits = "9" * 5000
    nora = browse("nora")
    form = {"account": "northwind", "type": "acl", "name": "N", "rule-0-kind": "device", "rule-0-reach": "all",
            "rule-0-verbs": "view", "idle_amount": "1", "idle_unit": "86400"}  # fmt: skip
    if field.startswith("do:"):
        form["do"] = field[3:] + digits
    else:
        form[field] = digits
    for address in ("/tokens/~new/", "/tokens/t-viewer/change/"):
        assert nora.post(address, form).status_code in (200, 302)
    assert nora.get(f"/tokens/t-viewer/logs/?start={digits}").status_code == 200


def test_a_filter_of_records_breaks_nothing_whatever_is_typed(cast, browse):
    nora = browse("nora")
    sections.add_record(CONSOLE, cast.items["truck_7"], "messages", data={'a"b': 1, "x": [1], "0": None, "😀": "'"})
    odd = ['a"b = 1', "a'b = 1", "a\\b > 2", '"] = 1', "0 = 1", "a b = [1]", "x = null", "x = {}", "x != true",
           "%s = 1", "x = 1e400", "x < NaN", "x > 9999999999999999999999", "x = \x00", "😀 = 1", "=", "a = '", "$ = 1",
           "a[0] = 1", "* > 1", 'x = "', "%", "'; DROP TABLE x; --"]  # fmt: skip
    for text in odd:
        for address in ("messages/", "messages/~points/", "messages/~csv/", "track/~points/"):
            answer = nora.get(f"/items/device/truck-7/{address}", {"q": text, "p": text})
            understood = 400 if "\x00" in text else 200  # what nobody can mean is named
            assert (text, address, answer.status_code) == (text, address, understood)
            assert b"".join(answer) != b""
