"""Who is a platform operator beside a random world, and which trees they entered: world files do not tell it."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

from tests.oracle.facts import Entry, Operator, Period, read_world
from tests.oracle.worlds import NOW

HOUR = timedelta(hours=1)
#: When an entry began, before now: inside, at its very start, at its very end, over, not yet.
BEGAN = (HOUR / 2, timedelta(0), HOUR, 2 * HOUR, -HOUR)


def random_operators(seed: int, world: dict[str, Any]) -> list[Operator]:
    """One operator outside every account who is inside a tree, one with entries of every sort or none, and sometimes
    a person of the world who is an operator besides; the same for the same seed."""
    rng, facts = Random(seed), read_world(world)
    accounts = sorted(facts.accounts)
    roots = [key for key in accounts if len(facts.accounts[key].path) == 1]
    found = [
        Operator("op.inside", [Entry(rng.choice(roots), _hour(HOUR / 2))]),
        Operator("op.any", _entries(rng, roots, accounts), enabled=rng.random() < 0.9),
    ]
    people = sorted(key for key, user in facts.users.items() if user.verified)
    if people and rng.random() < 0.5:
        found.append(Operator(rng.choice(people), _entries(rng, roots, accounts)))
    return found


def _entries(rng: Random, roots: list[str], accounts: list[str]) -> list[Entry]:
    """At most one open entry an account, sometimes into one that is no top-level account any more; and left ones."""
    places = rng.sample(roots, rng.randint(0, len(roots))) + rng.sample(accounts, rng.randint(0, 1))
    opened = [Entry(place, _hour(rng.choice(BEGAN))) for place in dict.fromkeys(places)]
    left = [Entry(rng.choice(roots), _hour(HOUR / 2), left=True) for _ in range(rng.randint(0, 2))]
    return opened + left


def _hour(ago: timedelta) -> Period:
    return Period(NOW - ago, NOW - ago + HOUR)
