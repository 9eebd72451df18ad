"""A token's access = access of whom it acts for ∩ its type and rules: over random worlds, in checks, lists and REST.

What a type or rule lets through is the oracle's reading of the design; whom the token acts for is asked of the engine.
"""

from __future__ import annotations

import os
from random import Random

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.compiled import keeping as freshness
from accesscontrol.access.decision import Question
from accesscontrol.access.law.limits import wrong_address
from accesscontrol.access.permissions import permission_on
from accesscontrol.accounts.models import Account, User
from accesscontrol.grants.models import Grant
from accesscontrol.items.models import Item
from accesscontrol.services.tokens import keys
from accesscontrol.services.tokens.doors import open_with_key
from accesscontrol.tokens.models import Token
from tests import world_rows
from tests.oracle.asking import all_questions
from tests.oracle.oracle import Oracle
from tests.oracle.questions import parse_permission
from tests.oracle.vocabulary import ITEM_KINDS
from tests.oracle.worlds import NOW, random_world
from tests.world import Cast, build_cast

DEEP = os.environ.get("DEEP") == "1"
WORLDS = 60 if DEEP else 5
#: Of each token, so many checks and lists.
CHECKS, LISTS = (2_000, 40) if DEEP else (150, 4)
NOUNS = {"accounts": "account", "users": "user", "tokens": "token", "grants": "grant", "projects": "project"}


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands at the worlds' moment."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


class World:
    """A random world in the tables, with its oracle, and a key for each token."""

    def __init__(self, seed: int) -> None:
        document = random_world(seed)
        self.oracle, self.rows = Oracle(document, NOW), world_rows.load(document, NOW)
        self.random = Random(seed)
        self.secrets = {name: keys.new_secret(row.type) for name, row in self.rows["token"].items()}
        for name, row in self.rows["token"].items():
            Token.objects.filter(pk=row.pk).update(digest=keys.digest(self.secrets[name]))
        self.asked = sorted(
            {(one["resource"]["type"], one["resource"]["id"], one["action"]["name"])
             for one in all_questions(document, contexts=False, topics=False)}
        )  # fmt: skip

    def holder(self, name: str) -> Actor:
        """Whom a token acts for."""
        row = self.rows["token"][name]
        return Actor.of(row.user or row.account, at=NOW)

    def from_within(self, name: str) -> str:
        """An address that the token may be used from."""
        networks = self.rows["token"][name].allowed_addresses
        return networks[0].partition("/")[0] if networks else "192.0.2.1"

    def is_alive(self, name: str, address: str | None) -> bool:
        return self.oracle.limit_12_alive(self.oracle.facts.tokens[name], {"address": address})

    def lets_through(self, name: str, action: str, kind: str, key: str) -> bool:
        """What the token's type and rules say, by the oracle, whoever holds it."""
        token, wanted = self.oracle.facts.tokens[name], parse_permission(action, kind)
        if token.type == "master":
            return True
        if token.type == "standard":
            return wanted[0] in ITEM_KINDS
        if wanted[0] == "subscription" or wanted == ("account", None, "operate"):
            return False
        thing = self.oracle.things[kind][key]
        return any(self.oracle.rule_lists(rule, wanted, thing) for rule in token.rules)

    def expected(self, name: str, asked: list[tuple[str, str, str]]) -> list[bool]:
        """Alive, held by whom it acts for, and let through."""
        held = engine.decide_many(self.questions(self.holder(name), asked))
        alive = self.is_alive(name, self.from_within(name))
        return [
            alive and decision.allowed and self.lets_through(name, action, kind, key)
            for decision, (kind, key, action) in zip(held, asked, strict=True)
        ]

    def questions(self, actor: Actor, asked: list[tuple[str, str, str]]) -> list[Question]:
        return [Question(actor, permission_on(action, kind), self.rows.find(kind, key)) for kind, key, action in asked]


@pytest.mark.checklist("Z11")
@pytest.mark.django_db
@pytest.mark.both
@pytest.mark.checklist("T08")
@pytest.mark.parametrize("seed", range(WORLDS))
def test_a_token_has_what_its_holder_has_and_its_rules_let_through(seed: int, still: None) -> None:
    freshness.forget()
    world = World(seed)
    allowed = 0
    for name, row in world.rows["token"].items():
        actor = Actor.of(row, address=world.from_within(name))
        asked = world.random.sample(world.asked, min(CHECKS, len(world.asked)))
        expected = world.expected(name, asked)
        got = [decision.allowed for decision in engine.decide_many(world.questions(actor, asked))]
        wrong = [one for one, want, is_ in zip(asked, expected, got, strict=True) if want != is_]
        assert wrong == [], name
        allowed += sum(got)
        check_door(world, name)
        check_lists(world, name, actor)
        check_rest(world, name)
    assert allowed > 0, "a world is not all no"


def check_door(world: World, name: str) -> None:
    """The door opens to exactly those tokens that the engine gives anything."""
    token, secret = world.rows["token"][name], world.secrets[name]
    for address in (world.from_within(name), "203.0.113.250", None):
        scope = engine.look(Actor.of(token)).scope
        is_open = scope is not None and scope.dead is None and wrong_address(scope.networks, address) is None
        assert (open_with_key(secret, address) is not None) == is_open == world.is_alive(name, address)


def check_lists(world: World, name: str, actor: Actor) -> None:
    """Of some permissions: the rows listed are those for which the rule above says yes."""
    kinds = sorted({(kind, action) for kind, _, action in world.asked if not action.startswith(("event", "subscr"))})
    for kind, action in world.random.sample(kinds, LISTS):
        wanted = permission_on(action, kind)
        if wanted.kind in ("event", "subscription"):
            continue
        things = [(kind, key, action) for key in world.oracle.things[kind]]
        yes = [key for (_, key, _), is_ in zip(things, world.expected(name, things), strict=True) if is_]
        listed = {row.pk for row in engine.visible(actor, wanted)}
        assert listed == {world.rows.find(kind, key).pk for key in yes}, (name, str(wanted))


def check_rest(world: World, name: str) -> None:
    """The lists of the REST interface, and 401 for who has nothing."""
    client = APIClient(REMOTE_ADDR=world.from_within(name))
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {world.secrets[name]}")
    listed = {}
    for noun in (*NOUNS, "items"):
        answer = client.get(f"/api/v1/{noun}/?limit=200")
        if not world.is_alive(name, world.from_within(name)):
            assert answer.status_code == 401
            continue
        column = "username" if noun == "users" else "key"
        listed[noun] = {row[column] for row in answer.json()["results"]}
    for noun, kind in NOUNS.items() if listed else ():
        assert listed[noun] == seen(world, name, kind), (name, noun)
    if listed:
        assert listed["items"] == {key for kind in ITEM_KINDS for key in seen(world, name, kind)}, name


def seen(world: World, name: str, kind: str) -> set[str]:
    things = [(kind, key, "view") for key in world.oracle.things[kind]]
    return {key for (_, key, _), is_ in zip(things, world.expected(name, things), strict=True) if is_}


# --- With the user, in the same second


@pytest.fixture
def cast(db: None) -> Cast:
    return build_cast()


LOSSES = {
    "the user is disabled": lambda cast: User.objects.filter(username="adam").update(is_active=False),
    "the user is no administrator now": lambda cast: User.objects.filter(username="adam").update(authority="user"),
    "the user's access ends": lambda cast: User.objects.filter(username="adam").update(expires_at=NOW),
    "the user is unverified": lambda cast: User.objects.filter(username="adam").update(verified=False),
    "the account is blocked": lambda cast: Account.objects.filter(key="northwind").update(blocked=True),
    "the item goes": lambda cast: Item.objects.filter(key="truck-7").update(account=cast.accounts["acme"]),
}


@pytest.mark.both
@pytest.mark.checklist("T08")
@pytest.mark.checklist("S04")
@pytest.mark.parametrize("loss", LOSSES)
def test_a_token_loses_what_its_user_loses_in_the_same_second(cast: Cast, still: None, loss: str) -> None:
    """The clock stands: warm before, nothing after, in checks, lists and over REST; the user likewise."""
    adam, secret = cast.people["adam"], keys.new_secret("master")
    row = Token.objects.create(
        key="adams", name="Adam's", account=adam.account, user=adam, type="master", digest=keys.digest(secret),
        idle_ttl=600, created_at=NOW,
    )  # fmt: skip
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")

    def has() -> set[bool]:
        rows = engine.visible(Actor.of(row), "device:view").filter(key="truck-7")
        asked = [Question(actor, "device:change", cast.items["truck_7"]) for actor in (Actor.of(adam), Actor.of(row))]
        found = {decision.allowed for decision in engine.decide_many(asked)} | {rows.exists()}
        return found | {client.get("/api/v1/items/truck-7/").status_code == 200}

    assert (has(), has()) == ({True}, {True})
    LOSSES[loss](cast)
    assert has() == {False}


@pytest.mark.both
@pytest.mark.checklist("Z08")
def test_a_token_loses_what_its_account_received_when_the_grant_ends(cast: Cast) -> None:
    secret = keys.new_secret("acl")
    row = Token.objects.create(
        key="hubs", name="Hub", account=cast.accounts["contoso"], type="acl", digest=keys.digest(secret), idle_ttl=600
    )
    row.rules.create(kind="channel", reach="all", verbs=["view"])
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert client.get("/api/v1/items/hub/").status_code == 200
    Grant.objects.filter(pk=cast.hub_grant.pk).update(enabled=False)
    assert client.get("/api/v1/items/hub/").status_code == 404
    assert not engine.decide(Actor.of(row), "channel:view", cast.items["hub"]).allowed
