"""Signed in by a token, pages list and open what the token has, over random worlds: whom it acts for ∩ its rules."""

from __future__ import annotations

import os

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accesscontrol.access.compiled import keeping as freshness
from tests.accesscontrol.test_token_access import World
from tests.oracle.vocabulary import ITEM_KINDS
from tests.oracle.worlds import NOW

DEEP = os.environ.get("DEEP") == "1"
MANAGEMENT = {"account": "accounts", "user": "users", "token": "tokens", "grant": "grants", "role": "roles",
              "project": "projects"}  # fmt: skip
#: Of each token, so many kinds are looked at.
KINDS = 99 if DEEP else 3


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(10 if DEEP else 2))
def test_pages_show_what_the_token_has(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    freshness.forget()
    world, shown = World(seed), 0
    for name in world.rows["token"]:
        cache.clear()
        client = Client(REMOTE_ADDR=world.from_within(name))
        entered = client.post("/sign-in/token/", {"key": world.secrets[name]}).status_code == 302
        assert entered == world.is_alive(name, world.from_within(name)), name
        if entered:
            shown += sum(check_kind(world, name, client, kind) for kind in kinds_of(world))
    assert shown > 0, "a world is not all no"


def kinds_of(world: World) -> list[str]:
    """Some kinds that occur in the world, items and access management."""
    there = sorted({kind for kind, _key, action in world.asked if action.endswith("view")} & {*ITEM_KINDS, *MANAGEMENT})
    return world.random.sample(there, min(KINDS, len(there)))


def check_kind(world: World, name: str, client: Client, kind: str) -> int:
    """Every thing of a kind has a page or is as if it were not there. Returns how many have one."""
    named = sorted({key for one, key, _action in world.asked if one == kind})
    expected = world.expected(name, [(kind, key, f"{kind}:view") for key in named])
    folder = MANAGEMENT.get(kind, f"items/{kind}")
    got = [client.get(f"/{folder}/{key}/").status_code for key in named]
    assert got == [200 if allowed else 404 for allowed in expected], (name, kind)
    if kind in ITEM_KINDS:
        rows = client.get(f"/{folder}/?per_page=100").context["table"].page.object_list
        assert {row.record.key for row in rows} == {key for key, may in zip(named, expected, strict=True) if may}
    return sum(expected)
