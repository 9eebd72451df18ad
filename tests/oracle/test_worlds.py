"""The random worlds are valid, repeatable, and hold every feature of the access model's §3–§7."""

from __future__ import annotations

from collections import Counter
from itertools import islice

from tests.oracle.asking import all_questions
from tests.oracle.facts import Facts, read_world
from tests.oracle.features import EVERY_FEATURE, features
from tests.oracle.oracle import Oracle
from tests.oracle.vocabulary import LINKS, ONE_DEVICE_ONLY, SECTIONS
from tests.oracle.worlds import NOW, random_world

SEEDS = range(100)


def test_every_feature_occurs_in_one_of_100_worlds() -> None:
    seen = Counter(name for seed in SEEDS for name in features(random_world(seed), NOW))
    assert set(seen) == EVERY_FEATURE


def test_a_seed_gives_always_the_same_world_and_questions() -> None:
    assert random_world(7) == random_world(7)
    assert random_world(7) != random_world(8)
    assert list(islice(all_questions(random_world(7)), 500)) == list(islice(all_questions(random_world(7)), 500))


def test_worlds_are_small_and_valid() -> None:
    for seed in SEEDS:
        facts = read_world(random_world(seed))
        sizes = [
            len(facts.accounts),
            len(facts.users),
            len(facts.roles),
            len(facts.grants),
            len(facts.tokens),
            len(facts.items),
            len(facts.projects),
            len({account.path[-1] for account in facts.accounts.values()}),
            max(len(account.path) for account in facts.accounts.values()),
        ]
        assert [size <= most for size, most in zip(sizes, (12, 10, 5, 12, 8, 24, 4, 3, 4), strict=True)] == [True] * 9
        assert faults_of(facts) == [], f"seed {seed}"


def faults_of(facts: Facts) -> list[str]:
    """What world.md and the access model would refuse in this world."""
    faults = []
    keys = [key for records in vars(facts).values() for key in records]
    faults += [f"{key} twice" for key, count in Counter(keys).items() if count > 1]
    owners = Counter(user.account for user in facts.users.values() if user.authority == "owner")
    faults += [f"{key} has two owners" for key, count in owners.items() if count > 1]
    for item in facts.items.values():
        if item.owner and facts.users[item.owner].authority != "developer":
            faults.append(f"{item.key} is owned by no developer")
        for link in item.links:
            if facts.items[link].kind not in LINKS[item.kind]:
                faults.append(f"{item.key} may not be linked to {link}")
        if (
            item.kind in ONE_DEVICE_ONLY
            and sum(item.key in other.links for other in facts.items.values() if other.kind == "device") > 1
        ):
            faults.append(f"{item.key} has two devices")
    for grant in facts.grants.values():
        above = facts.accounts[grant.account].path
        faults += [f"{grant.key} is for {grantee}" for grantee in grant.grantees if grantee in above]
        for level in grant.levels - {"edit", "delete", "command"}:
            if grant.covers != "account":
                faults.append(f"{grant.key} has {level}")
        if "operate-as" in grant.levels and any(
            grant.account in facts.accounts[grantee].path for grantee in grant.grantees
        ):
            faults.append(f"{grant.key} gives operate-as to a descendant")
    return faults + faults_of_tokens(facts)


def faults_of_tokens(facts: Facts) -> list[str]:
    """Tokens without an end, of people who may have none, or with rules that the catalogue does not know."""
    faults = []
    for token in facts.tokens.values():
        if token.period.expires_at is None and token.idle_ttl is None:
            faults.append(f"{token.key} never ends")
        if token.user and facts.users[token.user].authority == "user":
            faults.append(f"{token.key} is of a user")
        for rule in token.rules:
            sections = rule.get("sections") or {}
            if "create" in rule["verbs"] and rule["items"] != "all":
                faults.append(f"{token.key} creates without all")
            if sections != "all" and not all(
                set(verbs) <= SECTIONS[rule["kind"]][name] for name, verbs in sections.items()
            ):
                faults.append(f"{token.key} names unknown section verbs")
    return faults


def test_every_question_of_a_world_is_type_correct_and_answered() -> None:
    world = random_world(10)
    oracle = Oracle(world, NOW)
    questions = list(all_questions(world))
    answers = [oracle.decide(**question) for question in questions]
    assert [question for question, answer in zip(questions, answers, strict=True) if answer.error] == []
    assert Counter(answer.decision for answer in answers)[True] > 500
    assert len(questions) > 15_000
