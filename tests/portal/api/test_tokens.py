"""Tokens over REST: issue, change, rotate, switch off, revoke, one and many, logs; and what a key shows of itself."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core import serializers
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.audit.models import Event, EventDetail
from accesscontrol.services.tokens import keys
from accesscontrol.tokens.models import Token, TokenRule, TokenTopic
from tests.factories import TokenFactory, TokenRuleFactory
from tests.portal.telling import told_at

TOKENS = "/api/v1/tokens/"
WHOAMI = "/api/v1/whoami"
RULE = {"kind": "device", "reach": "list", "verbs": ["view"], "sections": {"messages": ["view"]}, "items": ["truck-7"]}


def later(days: int = 1) -> str:
    return (timezone.now() + timedelta(days=days)).isoformat()


def body(**fields) -> dict:
    return {"account": "northwind", "type": "acl", "name": "Tracker", "expires_at": later(), "rules": [RULE], **fields}


def by_key(secret: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


@pytest.mark.checklist("T04")
def test_a_token_is_issued_and_its_key_shown_once(person):
    nora = person("nora")
    made = nora.post(TOKENS, body(topics=[{"filter": "fleet/#", "actions": ["publish"]}]), format="json")
    assert made.status_code == 201, made.content
    shown = made.json()
    secret = shown.pop("secret")
    assert keys.well_formed(secret) and secret.startswith("pta_")
    assert (shown["rules"], shown["topics"]) == ([RULE], [{"filter": "fleet/#", "actions": ["publish"]}])
    again = nora.get(f"{TOKENS}{shown['key']}/")
    assert again.json() == shown
    assert "secret" not in nora.get(TOKENS).json()["results"][0]
    for answer in (again, nora.get(TOKENS), nora.get(f"{TOKENS}{shown['key']}/logs/")):
        assert secret[4:44] not in answer.content.decode()
    assert shown["hint"] == keys.hint(secret)
    assert {row["key"] for row in by_key(secret).get("/api/v1/items/").json()["results"]} == {"truck-7"}


@pytest.mark.checklist("T03")
def test_no_key_stands_in_any_row(person):
    """Whatever is written while a token lives: its key and the random part of it are in no column of any table."""
    made = person("nora").post(TOKENS, body(), format="json").json()
    secret = made["secret"]
    turned = (
        person("nora").post(f"{TOKENS}{made['key']}/rotate/", {"overlap_seconds": 60}, format="json").json()["secret"]
    )
    by_key(turned).get(WHOAMI)
    by_key(secret).get(f"{WHOAMI}?token={secret}")
    dump = "".join(
        serializers.serialize("json", model.objects.all())
        for model in (Token, TokenRule, TokenTopic, Event, EventDetail)
    )
    assert Event.objects.filter(action__startswith="token.").count() >= 3
    for key in (secret, turned):
        assert key[4:44] not in dump
        assert keys.digest(key) in dump, "what is stored is the digest"


def test_a_token_is_changed_and_revoked(person):
    nora = person("nora")
    made = nora.post(TOKENS, body(), format="json").json()
    address, client = f"{TOKENS}{made['key']}/", by_key(made["secret"])
    end = later(3)
    changes = {"name": "Renamed", "expires_at": end, "idle_ttl": 600, "allowed_addresses": ["127.0.0.0/8"],
               "rules": [{"kind": "channel", "verbs": ["view"]}], "topics": []}  # fmt: skip
    changed = nora.patch(address, changes, format="json")
    assert changed.status_code == 200, changed.content
    told = changed.json()
    assert (told["name"], told["idle_ttl"], told["allowed_addresses"]) == ("Renamed", 600, ["127.0.0.0/8"])
    assert datetime.fromisoformat(told["expires_at"]) == datetime.fromisoformat(end)
    assert told["rules"] == [{"kind": "channel", "reach": "all", "verbs": ["view"], "sections": {}, "items": []}]
    assert {row["key"] for row in client.get("/api/v1/items/").json()["results"]} == {"hub"}
    assert nora.patch(address, {"enabled": False}, format="json").json()["enabled"] is False
    assert client.get(WHOAMI).status_code == 401
    assert nora.patch(address, {"enabled": True}, format="json").json()["enabled"] is True
    assert client.get(WHOAMI).status_code == 200
    assert nora.delete(address).status_code == 204
    assert (client.get(WHOAMI).status_code, nora.get(address).status_code) == (401, 404)


@pytest.mark.checklist("T10")
def test_a_rotated_key_counts_for_the_overlap(person, monkeypatch):
    nora = person("nora")
    made = nora.post(TOKENS, body(expires_at=later(30)), format="json").json()
    address = f"{TOKENS}{made['key']}/rotate/"
    moment = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: moment)
    turned = nora.post(address, {"overlap_seconds": 3600}, format="json")
    assert turned.status_code == 200
    old, new = by_key(made["secret"]), by_key(turned.json()["secret"])
    found = []
    for seconds in (0, 3599, 3600, 3601):
        monkeypatch.setattr(timezone, "now", lambda seconds=seconds: moment + timedelta(seconds=seconds))
        found.append((old.get(WHOAMI).status_code, new.get(WHOAMI).status_code))
    assert found == [(200, 200), (200, 200), (401, 200), (401, 200)]
    monkeypatch.setattr(timezone, "now", lambda: moment)
    last = nora.post(address, {}, format="json").json()["secret"]
    assert (new.get(WHOAMI).status_code, by_key(last).get(WHOAMI).status_code) == (401, 200)
    wrong = nora.post(address, {"overlap_seconds": 7 * 86400 + 1}, format="json")
    assert list(told_at(wrong)) == ["overlap_seconds"]


@pytest.mark.checklist("W05")
@pytest.mark.checklist("Z05")
def test_what_cannot_be_set_is_refused_by_name(person):
    nora, address = person("nora"), f"{TOKENS}t-viewer/"
    for field in ("key", "digest", "hint", "type", "account", "user", "secret", "last_used_at", "preset", "surprise"):
        answer = nora.patch(address, {"name": "Changed", field: "x"}, format="json")
        assert (answer.status_code, list(told_at(answer))) == (400, [field])
    assert Token.objects.get(key="t-viewer").name == "viewer"
    for field in ("key", "digest", "secret", "surprise"):
        assert list(told_at(nora.post(TOKENS, body(**{field: "x"}), format="json"))) == [field]
    inner = nora.post(TOKENS, body(rules=[{**RULE, "extra": 1}]), format="json")
    assert told_at(inner) == {
        "rules/0/extra": ["“extra” cannot be set here. Valid: kind, reach, verbs, sections, items."]
    }


def test_wrong_rules_are_told_where_they_stand(person):
    nora = person("nora")
    for rules, place, sentence in (
        (
            [RULE, {"kind": "subscription", "verbs": ["view"]}],
            "rules",
            "“subscription” is not a kind that a token rule can name",
        ),
        ([{**RULE, "items": ["rover"]}], "rules/0/items", "There is no item “rover” here."),
        ([{**RULE, "items": ["absent"]}], "rules/0/items", "There is no item “absent” here."),
        (
            [RULE, {"kind": "user", "reach": "list", "verbs": ["view"], "items": ["alma"]}],
            "rules/1/items",
            "There is no user “alma” here.",
        ),
        ([{**RULE, "sections": "some"}], "rules", "“some”"),
        ([{**RULE, "sections": {"messages": "view"}}], "rules/0/sections", "Enter “all”"),
        ([{**RULE, "verbs": ["view", {}]}], "rules/0/verbs/1", "Not a valid string."),
        ([{**RULE, "verbs": ["operate"]}], "rules", "“operate”"),
        ("all", "rules", "Enter a list"),
        ([1], "rules", "Enter a list"),
    ):
        answer = nora.post(TOKENS, body(rules=rules), format="json")
        told = told_at(answer)
        assert (answer.status_code, list(told)) == (400, [place]), told
        assert sentence in told[place][0], told
    assert Token.objects.filter(name="Tracker").count() == 0


def test_rules_on_access_management_name_people(person):
    rule = {"kind": "user", "reach": "list", "verbs": ["view"], "sections": {}, "items": ["lee", "sam"]}
    made = person("nora").post(TOKENS, body(rules=[rule]), format="json").json()
    assert made["rules"] == [rule]
    found = by_key(made["secret"]).get("/api/v1/users/").json()["results"]
    assert {row["username"] for row in found} == {"sam", "lee"}


@pytest.mark.checklist("T12")
def test_a_token_issues_no_stronger_and_no_longer_token(bearer, cast):
    delegate = bearer("delegate")
    end = cast.tokens["delegate"].token.expires_at
    good = {"kind": "device", "verbs": ["view"], "sections": {"messages": ["view"]}}
    fine = delegate.post(TOKENS, body(rules=[good], expires_at=end.isoformat()), format="json")
    assert fine.status_code == 201, fine.content
    for fields, wrong in (
        ({"type": "master", "rules": []}, "type"),
        ({"type": "standard", "rules": []}, "type"),
        ({"rules": [{**good, "verbs": ["view", "change"]}]}, "rules"),
        ({"rules": [{**good, "sections": "all"}]}, "rules"),
        ({"rules": [good], "expires_at": (end + timedelta(seconds=1)).isoformat()}, "expires_at"),
        ({"rules": [good], "topics": [{"filter": "#", "actions": ["publish"]}]}, "topics"),
    ):
        answer = delegate.post(TOKENS, body(**fields), format="json")
        assert (answer.status_code, list(told_at(answer))) == (400, [wrong]), fields
    own = f"{TOKENS}t-delegate/"
    for changes in (
        {"expires_at": (end + timedelta(seconds=1)).isoformat()},
        {"rules": [{**good, "verbs": ["view", "delete"]}]},
        {"expires_at": None, "idle_ttl": 600},
    ):
        assert delegate.patch(own, changes, format="json").status_code == 400
    assert delegate.post(f"{TOKENS}t-master/rotate/", {}, format="json").status_code == 400
    assert delegate.delete(own).status_code == 403, "it has no delete"


@pytest.mark.checklist("Z03")
def test_a_foreign_token_and_none_answer_alike(person):
    routes = [("get", ""), ("patch", ""), ("delete", ""), ("post", "rotate/"), ("get", "logs/")]
    for method, rest in routes:
        answers = [getattr(person("carla"), method)(f"{TOKENS}{key}/{rest}", {}, format="json")
                   for key in ("t-master", "t-of-anna", "absent")]  # fmt: skip
        assert [(one.status_code, one.json()["detail"]) for one in answers] == [(404, "Not found.")] * 3, (method, rest)
    for act in ("disable", "revoke"):
        found = [told_at(person("carla").post(f"{TOKENS}{act}/", {"keys": [key]}, format="json"))["keys"]
                 for key in ("t-master", "absent")]  # fmt: skip
        assert found == [["There is no token “t-master” here."], ["There is no token “absent” here."]]


# --- Many at once


@pytest.mark.checklist("T09")
def test_one_all_of_a_user_or_all_of_an_account_are_ended_at_once(person, cast, bearer):
    nora, anna = person("nora"), cast.people["anna"]
    clients = {name: bearer(name) for name in cast.tokens}
    more = [TokenFactory(account=cast.accounts["northwind"], user=anna, type="standard") for _ in range(2)]
    contosos = TokenFactory(account=cast.accounts["contoso"])
    assert {name: client.get(WHOAMI).status_code for name, client in clients.items()} == dict.fromkeys(clients, 200)

    one = nora.post(f"{TOKENS}revoke/", {"keys": ["t-viewer"]}, format="json").json()
    assert one == {"done": 1, "left": [], "more": False}
    assert clients["viewer"].get(WHOAMI).status_code == 401
    of_user = nora.post(f"{TOKENS}disable/", {"user": "anna"}, format="json").json()
    assert of_user == {"done": 3, "left": [], "more": False}
    assert clients["of_anna"].get(WHOAMI).status_code == 401
    assert Token.objects.filter(pk__in=[row.pk for row in more], enabled=True).count() == 0
    of_account = nora.post(f"{TOKENS}revoke/", {"account": "northwind"}, format="json").json()
    assert of_account == {"done": 6, "left": [], "more": False}
    assert {client.get(WHOAMI).status_code for client in clients.values()} == {401}
    assert list(Token.objects.all()) == [contosos], "an account below has its own"
    assert Event.objects.filter(action="token.revoke").count() == 7


def test_those_that_one_may_only_view_are_left(person, cast):
    own = TokenFactory(account=cast.accounts["northwind"], user=cast.people["nora"])
    adam = person("adam")
    answer = adam.post(f"{TOKENS}revoke/", {"keys": [own.key, "t-viewer"]}, format="json").json()
    assert answer == {"done": 1, "left": [own.key], "more": False}
    assert Token.objects.filter(pk=own.pk).exists()
    assert adam.post(f"{TOKENS}disable/", {"user": "nora"}, format="json").json()["left"] == [own.key]
    for wrong in ({}, {"keys": ["t-master"], "user": "anna"}, {"user": "absent"}, {"account": "acme"}, {"all": True}):
        assert adam.post(f"{TOKENS}revoke/", wrong, format="json").status_code == 400


def test_very_many_are_done_in_several_calls(person, cast, monkeypatch):
    monkeypatch.setattr("portal.api.tokens.tokens.MOST_AT_ONCE", 2)
    nora = person("nora")
    answers = [nora.post(f"{TOKENS}disable/", {"account": "northwind"}, format="json").json() for _ in range(4)]
    assert [(one["done"], one["more"]) for one in answers] == [(2, True), (2, True), (1, False), (0, False)]


# --- Logs, lists, whoami


def test_the_log_of_a_token_tells_what_was_done_to_it_and_with_it(person, bearer):
    nora = person("nora")
    nora.patch(f"{TOKENS}t-delegate/", {"name": "Helper"}, format="json")
    bearer("delegate").post("/api/v1/users/", {"account": "northwind", "username": "made"}, format="json")
    lines = nora.get(f"{TOKENS}t-delegate/logs/").json()["results"]
    assert [line["action"] for line in lines] == ["user.create", "token.change", "token.create"]
    only = nora.get(f"{TOKENS}t-delegate/logs/?action=token.change").json()["results"]
    assert [line["changes"] for line in only] == [{"name": ["delegate", "Helper"]}]
    assert nora.get(f"{TOKENS}t-delegate/logs/?surprise=1").status_code == 400
    assert bearer("delegate").get(f"{TOKENS}t-delegate/logs/").status_code == 403


@pytest.mark.checklist("T13")
def test_unused_tokens_are_found(person, cast):
    long_ago = timezone.now() - timedelta(days=100)
    Token.objects.update(created_at=long_ago)
    Token.objects.filter(key="t-master").update(last_used_at=timezone.now())
    Token.objects.filter(key="t-viewer").update(last_used_at=long_ago)
    since = (timezone.now() - timedelta(days=90)).strftime("%Y-%m-%dT%H:%M:%SZ")
    nora = person("nora")

    def found(query: str) -> set[str]:
        return {row["key"] for row in nora.get(f"{TOKENS}?{query}").json()["results"]}

    assert found(f"unused_since={since}") == {"t-standard", "t-viewer", "t-delegate", "t-of-anna"}
    assert found("user=anna") == {"t-of-anna"}
    assert found("type=acl&enabled=true&ordering=-name") == {"t-viewer", "t-delegate"}
    assert found(f"ends_before={since}") == set()
    assert found("user=alma") == set()


@pytest.mark.both
def test_the_number_of_statements_does_not_grow_with_the_tokens(person, cast):
    nora = person("nora")

    def statements(address: str) -> int:
        with CaptureQueriesContext(connection) as caught:
            assert nora.get(address).status_code == 200
        return len(caught)

    token = TokenFactory(account=cast.accounts["northwind"], type="acl")
    TokenRuleFactory(token=token)
    for address in (TOKENS, f"{TOKENS}{token.key}/"):
        statements(address)
        before = statements(address)
        for _ in range(3):
            TokenRuleFactory(token=token)
            TokenRuleFactory(token=TokenFactory(account=cast.accounts["northwind"], type="acl"))
        statements(address)
        assert statements(address) == before


def test_whoami_tells_what_a_token_may_and_when_it_ends(bearer, person, cast):
    told = {name: bearer(name).get(WHOAMI).json() for name in cast.tokens}
    assert {name: (one["acts_for"], one["may"]) for name, one in told.items()} == {
        "master": ("account", ["Everything that its account may."]),
        "standard": ("account", ["Everything that its account may, without access management."]),
        "viewer": ("account", ["Devices (all): view; messages: view."]),
        "delegate": ("account", ["Devices (all): view; messages: view.", "Users (all): view, create, change.",
                                 "Tokens (all): view, create, change."]),
        "of_anna": ("user", ["Everything that its user may."]),
    }  # fmt: skip
    end = cast.tokens["viewer"].token.expires_at
    assert datetime.fromisoformat(told["viewer"]["expires_at"]) == end
    assert told["viewer"]["idle_ends_at"] is None
    made = person("nora").post(TOKENS, body(rules=[], idle_ttl=600, expires_at=None), format="json").json()
    answer = by_key(made["secret"]).get(WHOAMI).json()
    assert answer["may"] == ["Nothing: it has no rules."]
    token = Token.objects.get(key=made["key"])
    assert datetime.fromisoformat(answer["idle_ends_at"]) >= token.created_at + timedelta(seconds=600)


@pytest.mark.checklist("T08")
def test_an_acl_token_without_rules_may_nothing(person, cast):
    made = person("nora").post(TOKENS, body(rules=[]), format="json").json()
    client = by_key(made["secret"])
    for noun in ("accounts", "items", "users", "roles", "tokens", "grants", "projects", "events"):
        answer = client.get(f"/api/v1/{noun}/").json()
        assert answer["results"] == []
    actor = Actor.of(Token.objects.get(key=made["key"]))
    assert {amount for kind in engine.look(actor).access.values() for amount in kind.values()} == {"none"}


# --- Keys in the open


def test_the_answer_to_leaked_keys_says_nothing_about_them(cast, mailoutbox, django_capture_on_commit_callbacks):
    ours, nobodys = cast.tokens["viewer"].secret, keys.new_secret("master")
    broken = nobodys[:-1] + ("a" if nobodys[-1] != "a" else "b")
    stranger, address = APIClient(), f"{TOKENS}leaked/"
    with django_capture_on_commit_callbacks(execute=True):
        answers = [stranger.post(address, {"text": f"key={key};"}, format="json") for key in (ours, nobodys, ours)]
    assert [(one.status_code, one.json()) for one in answers] == [(202, {"well_formed": 1})] * 3
    assert stranger.post(address, {"text": f"{broken} {nobodys}{nobodys}"}, format="json").json() == {"well_formed": 1}
    assert by_key(ours).get(WHOAMI).status_code == 401
    assert len(mailoutbox) == 2, "nora and adam, once"
    assert stranger.post(address, {"text": "x", "where": "y"}, format="json").status_code == 400
    assert stranger.get(address).status_code == 405


@pytest.mark.checklist("W04")
def test_reports_of_leaked_keys_are_counted(db, monkeypatch):
    monkeypatch.setattr("rest_framework.throttling.AnonRateThrottle.THROTTLE_RATES", {"anon": "2/min"})
    codes = [
        APIClient().post(f"{TOKENS}leaked/", {"text": "x"}, format="json", REMOTE_ADDR="203.0.113.7").status_code
        for _ in range(3)
    ]
    assert codes == [202, 202, 429]
