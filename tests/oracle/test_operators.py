"""The operators beside the random worlds stand in every state, and their entries decide something."""

from __future__ import annotations

from collections import Counter

from tests.oracle.asking import permissions_asked_of, things_of
from tests.oracle.operators import random_operators
from tests.oracle.oracle import Oracle
from tests.oracle.worlds import NOW, random_world

SEEDS = range(40)


def test_entries_of_every_state_occur_and_a_seed_gives_always_the_same() -> None:
    found: Counter[str] = Counter()
    for seed in SEEDS:
        world = random_world(seed)
        operators = random_operators(seed, world)
        assert operators == random_operators(seed, world)
        facts = Oracle(world, NOW, operators=operators).facts
        for operator in operators:
            found["of an account"] += facts.users[operator.username].account is not None
            found["without entries"] += not operator.entries
            for entry in operator.entries:
                period = entry.period
                state = "left" if entry.left else "inside" if period.holds(NOW) else "over"
                found[state if period.starts_at <= NOW else "ahead"] += 1
                found["begins now"] += period.starts_at == NOW
                found["ends now"] += period.expires_at == NOW
                found["below the top"] += len(facts.accounts[entry.account].path) > 1
    names = {"of an account", "without entries", "left", "inside", "over", "ahead", "begins now", "ends now",
             "below the top"}  # fmt: skip
    assert {name for name in names if found[name]} == names


def test_who_is_inside_has_all_of_that_tree_and_of_other_trees_the_names_of_their_roots() -> None:
    for seed in range(10):
        world = random_world(seed)
        oracle = Oracle(world, NOW, operators=random_operators(seed, world))
        [entry] = oracle.facts.operators["op.inside"].entries
        outside: set[tuple] = set()
        for kind, key in things_of(oracle.facts):
            thing = oracle.things[kind][key]
            account = key if kind == "account" else thing.account
            allowed = {
                p for p in permissions_asked_of(kind) if oracle.may(oracle.facts.users["op.inside"], p, thing, {})
            }
            if account is not None and oracle.facts.accounts[account].path[-1] == entry.account:
                assert allowed == set(permissions_asked_of(kind))
            elif kind not in ("grant", "user"):  # received grants, and oneself
                outside |= allowed
        assert outside <= {("account", None, "view"), ("subscription", None, "view")}
