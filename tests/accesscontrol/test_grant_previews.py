"""A preview of an act on a grant equals what the act then does: over random worlds, and in words for people."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

import pytest
from django.utils import timezone

from accesscontrol.access.actor import Actor
from accesscontrol.access.compiled.keeping import scopes
from accesscontrol.access.fresh import epochs, things
from accesscontrol.access.fresh.things import Ref
from accesscontrol.access.permissions import Permission, kind_permissions
from accesscontrol.accounts.models import Account
from accesscontrol.catalogue import ASKED_OF_ACCOUNT, ITEM_KINDS, KINDS
from accesscontrol.grants.models import Grant
from accesscontrol.items.models import Item
from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.services.grants.grants import change_grant, create_grant, revoke_grant
from accesscontrol.services.grants.previews import previews
from accesscontrol.services.grants.previews.previews import Preview
from accesscontrol.services.previews import callers
from accesscontrol.services.previews.counting import ON_ACCOUNTS, ON_ITEMS
from tests import world_rows
from tests.oracle.links_under import random_links_under
from tests.oracle.worlds import NOW, random_world

DEEP = os.environ.get("DEEP") == "1"
WORLDS = range(60 if DEEP else 16)
ACTS = 6 if DEEP else 1
CONSOLE = Actor.system()

#: (caller, thing, permission) → yes or no.
Decisions = dict[tuple[Actor, Ref, Permission], bool]


@cache
def asked_on(kind: str) -> list[Permission]:
    kinds = [each for each in KINDS if each not in ASKED_OF_ACCOUNT] if kind == "account" else [kind]
    return [wanted for each in kinds for wanted in kind_permissions(each) if wanted.asked_of == kind]


class World:
    """A random world in the tables, with every decision on its items and accounts."""

    def __init__(self, seed: int) -> None:
        document = random_world(seed)
        self.rows = world_rows.load(document, NOW, random_links_under(seed, document))
        self.random = Random(seed)
        self.callers = [
            *(Actor.of(row) for kind in ("account", "user") for row in self.rows[kind].values()),
            *(Actor.of(row, address=_address(row)) for row in self.rows["token"].values()),
        ]
        self.home = {
            (actor.type, actor.id): row.pk if actor.type == "account" else row.account_id
            for kind in ("account", "user", "token")
            for row in self.rows[kind].values()
            for actor in [Actor.of(row)]
        }

    def decisions(self) -> Decisions:
        """Every decision, read from the callers' scopes, which other tests hold equal to `decide` and to the oracle."""
        found = scopes(self.callers, timezone.now())
        users = {user for scope in found.values() if scope for user in scope.users}
        refs = [(kind, row.pk) for kind in ("item", "account") for row in self.rows[kind].values()]
        loaded = things.load(refs, users)
        return {
            (caller, ref, wanted): scope is not None and scope.evaluate(wanted, thing, caller.address).allowed
            for caller, scope in found.items()
            for ref, thing in loaded.items()
            for wanted in asked_on(thing.kind)
        }

    def act(self) -> tuple[Callable[[], Any], Callable[[], Preview]]:
        """A random act on a grant, to do and to preview."""
        grant = self.random.choice(list(Grant.objects.order_by("pk")))
        name = self.random.choice(("revoke", "change", "change", "create"))
        if name == "revoke":
            return lambda: revoke_grant(CONSOLE, grant), lambda: previews.preview_revoke(CONSOLE, grant)
        if name == "change":
            changes = self.changes(grant)
            return (
                lambda: change_grant(CONSOLE, grant, **changes),
                lambda: previews.preview_change(CONSOLE, grant, **changes),
            )
        account, fields = grant.account, self.new(grant)
        return (
            lambda: create_grant(CONSOLE, account, **fields),
            lambda: previews.preview_create(CONSOLE, account, **fields),
        )

    def changes(self, grant: Grant) -> dict[str, Any]:
        everybody = [account for account in self.rows["account"].values() if account.pk != grant.account_id]
        possible: dict[str, Any] = {
            "enabled": not grant.enabled,
            "expires_at": self.random.choice((None, timezone.now().replace(year=2040))),
            "levels": tuple(self.random.sample(("edit", "delete", "command"), 2)),
            "grantees": tuple(self.random.sample(everybody, 2)),
        }
        wanted = self.random.sample(sorted(possible), self.random.randint(1, 2))
        return {name: possible[name] for name in wanted} | {"accepted": True}

    def new(self, grant: Grant) -> dict[str, Any]:
        everybody = [account for account in self.rows["account"].values() if account.pk != grant.account_id]
        levels = self.random.sample(("edit", "delete", "command", "create-device"), 2)
        return {
            "covers": "account",
            "grantees": self.random.sample(everybody, 2),
            "levels": tuple(levels),
            "include_subaccounts": self.random.random() < 0.5,
            "accepted": True,
        }


def _address(token: Any) -> str | None:
    return token.allowed_addresses[0].partition("/")[0] if token.allowed_addresses else None


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def by_rows(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every other world is small enough to be read; in the others the database is asked, as where there is much."""
    if seed % 2:
        monkeypatch.setattr(callers, "MOST_THINGS", 0)
        monkeypatch.setattr(callers, "MOST_READ", 0)


@pytest.mark.django_db
@pytest.mark.parametrize("seed", WORLDS)
def test_the_previewed_difference_is_the_difference_of_all_decisions(seed: int, still: None, by_rows: None) -> None:
    world = World(seed)
    done = 0
    before = world.decisions()
    roots = {0, *Account.objects.filter(parent=None).values_list("pk", flat=True)}
    for _ in range(40):
        act, preview = world.act()
        grantor_items, stood = set(Item.objects.values_list("pk", flat=True)), epochs.read(roots)
        try:
            previewed = preview()
        except (Invalid, Conflict) as refusal:
            with pytest.raises(type(refusal), match=".") as real:
                act()
            assert str(real.value) == str(refusal)
            continue
        assert epochs.read(roots) == stood, "a preview leaves nothing behind"
        act()
        after = world.decisions()
        compare(world, previewed, before, after)
        assert grantor_items == set(Item.objects.values_list("pk", flat=True))
        before = after
        done += 1
        if done == ACTS:
            break
    assert done == ACTS


def compare(world: World, previewed: Preview, before: Decisions, after: Decisions) -> None:
    changed = [(key, after[key]) for key in before if before[key] != after[key]]
    gained = {(key[0].type, key[0].id) for key, now in changed if now}
    lost = {(key[0].type, key[0].id) for key, now in changed if not now}
    named = {("account", effect.account.pk) for effect in previewed.effects}
    assert {one for one in gained | lost if one[0] == "account"} <= named
    for effect in previewed.effects:
        told = {(each.word, each.kind): (each.gained, each.lost) for each in effect.counted}
        assert told == expected_words(effect.account, changed), effect.account
    people: dict[int, Any] = {effect.account.pk: effect.people for effect in previewed.effects if effect.people}
    people |= {account.pk: one for account, one in previewed.others}
    told_people = Counter()
    for pk, one in people.items():
        told_people[pk, "user", "gains"] += one.users_gaining
        told_people[pk, "user", "loses"] += one.users_losing
        told_people[pk, "token", "gains"] += one.tokens_gaining
        told_people[pk, "token", "loses"] += one.tokens_losing
    real = Counter()
    for verb, found in (("gains", gained), ("loses", lost)):
        for kind, pk in found:
            if kind != "account":
                real[world.home[kind, pk], kind, verb] += 1
    assert +sums(told_people) == +sums(real)


def sums(counted: Counter) -> Counter:
    """By what they are and what happens; a member of a project may be counted at the project's account."""
    found: Counter = Counter()
    for (_, kind, verb), number in counted.items():
        found[kind, verb] += number
    return found


def expected_words(account: Account, changed: list) -> dict[tuple[str, str], tuple[int, int]]:
    words = {wanted: (word, wanted.kind) for word, each in ON_ITEMS.items() for wanted in each}
    words |= {wanted: key for key, wanted in ON_ACCOUNTS.items()}
    found: dict[tuple[str, str], list[int]] = {}
    for (caller, _, wanted), now in changed:
        if (caller.type, caller.id) == ("account", account.pk) and wanted in words:
            found.setdefault(words[wanted], [0, 0])[0 if now else 1] += 1
    return {key: (numbers[0], numbers[1]) for key, numbers in found.items()}


def test_words_stand_for_every_level() -> None:
    assert {wanted.kind for wanted in ON_ITEMS["see"]} == set(ITEM_KINDS)
