"""Every question that can be asked of a world, as AuthZEN evaluation requests.

Plain questions are complete: every caller × every thing × every permission that is type-correct there. Contexts
(operate as, addresses, other moments) and topics are sampled, the same sample for the same world every time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from random import Random
from typing import Any

from tests.oracle.facts import Facts, Operator, read_world
from tests.oracle.questions import permissions_asked_of, spell
from tests.oracle.vocabulary import ITEM_KINDS, SECTIONS

Request = dict[str, Any]
OUTSIDE = "203.0.113.9"
SAMPLE = 30


def things_of(facts: Facts) -> list[tuple[str, str]]:
    """Every thing that can be asked about, as (type, id)."""
    kinds = [
        ("account", facts.accounts),
        ("user", facts.users),
        ("token", facts.tokens),
        ("grant", facts.grants),
        ("role", facts.roles),
        ("project", facts.projects),
    ]
    items = [(item.kind, key) for key, item in facts.items.items()]
    return items + [(kind, key) for kind, records in kinds for key in records]


def callers_of(facts: Facts) -> list[tuple[str, str]]:
    """Every caller, as (type, id)."""
    return (
        [("user", key) for key in facts.users]
        + [("token", key) for key in facts.tokens]
        + [("account", key) for key in facts.accounts]
    )


def all_questions(
    world: dict[str, Any], contexts: bool = True, topics: bool = True, operators: Iterable[Operator] = ()
) -> Iterator[Request]:
    """Plain questions, all of them; then, if wanted, a sample with contexts, and topics."""
    facts = read_world(world, operators=operators)
    plain = [(thing, permission) for thing in things_of(facts) for permission in permissions_asked_of(thing[0])]
    for number, caller in enumerate(callers_of(facts)):
        for thing, permission in plain:
            yield request(caller, name_of(permission, thing[0], number), thing)
    if contexts:
        yield from context_questions(facts, plain)
    if topics:
        yield from topic_questions(facts)


def request(caller: tuple[str, str], name: str, thing: tuple[str, str], context: dict | None = None) -> Request:
    asked = {
        "subject": {"type": caller[0], "id": caller[1]},
        "action": {"name": name},
        "resource": {"type": thing[0], "id": thing[1]},
    }
    return {**asked, "context": context} if context else asked


def name_of(permission: tuple[str, str | None, str], resource_type: str, number: int) -> str:
    """The full name, and for every third caller the short one where the resource gives the kind."""
    kind, section, verb = permission
    if number % 3 or kind != resource_type:
        return spell(permission)
    return f"{section}:{verb}" if section else verb


def context_questions(facts: Facts, plain: list) -> Iterator[Request]:
    """A sample for every caller: acting as every account, from addresses, at other moments."""
    rng = Random(0)
    trees = {
        root: halves(near(facts, plain, root)) for root in {account.path[-1] for account in facts.accounts.values()}
    }
    everywhere = halves(plain)
    for number, caller in enumerate(callers_of(facts)):
        for context in contexts_for(facts, caller, rng):
            wanted = trees[facts.accounts[context["account"]].path[-1]] if "account" in context else everywhere
            for thing, permission in sample(rng, *wanted):
                yield request(caller, name_of(permission, thing[0], number), thing, context)


def contexts_for(facts: Facts, caller: tuple[str, str], rng: Random) -> Iterator[dict]:
    addresses = [None]
    if caller[0] == "token" and facts.tokens[caller[1]].networks:
        within = [network[9] for network in facts.tokens[caller[1]].networks]
        addresses = [f"::ffff:{one}" if one.version == 4 and rng.random() < 0.5 else str(one) for one in within]
        yield {"address": OUTSIDE}
    for address in addresses:
        known = {"address": address} if address else {}
        for account in facts.accounts:
            yield {"account": account, **known}
        points = turning_points(facts)
        for point in rng.sample(points, min(len(points), 3)):
            yield {"at": point, **known}
        if address:
            for _ in range(3):
                yield known


def halves(plain: list) -> tuple[list, list]:
    """The questions about items, and the others, for the many `create`s of accounts would drown the former."""
    items = [question for question in plain if question[0][0] in ITEM_KINDS]
    return items, [question for question in plain if question[0][0] not in ITEM_KINDS]


def sample(rng: Random, items: list, others: list) -> list:
    """Some of these questions, half of them about items."""
    return rng.sample(items, min(len(items), SAMPLE // 2)) + rng.sample(others, min(len(others), SAMPLE // 2))


def near(facts: Facts, plain: list, root: str) -> list:
    """The questions about things of a tree."""
    records = {**facts.items, **facts.users, **facts.tokens, **facts.grants, **facts.roles, **facts.projects}
    tree = {key for key, account in facts.accounts.items() if account.path[-1] == root}
    return [
        (thing, permission)
        for thing, permission in plain
        if (thing[1] if thing[0] == "account" else records[thing[1]].account) in tree
    ]


def turning_points(facts: Facts) -> list[str]:
    """Moments at, just before and just after every start and end in the world."""
    periods = [entry.period for entry in (*facts.grants.values(), *facts.users.values(), *facts.tokens.values())]
    periods += [share.period for user in facts.users.values() for share in user.shares]
    periods += [entry.period for operator in facts.operators.values() for entry in operator.entries]
    periods += [member.period for project in facts.projects.values() for member in project.members]
    dates = {date for period in periods for date in (period.starts_at, period.expires_at) if date}
    steps = (timedelta(seconds=-1), timedelta(0), timedelta(seconds=1))
    return sorted({(date + step).isoformat().replace("+00:00", "Z") for date in dates for step in steps})


def topic_questions(facts: Facts) -> Iterator[Request]:
    """Free names and items' topics for every caller; as another account for some."""
    rng = Random(1)
    free = ["fleet/truck-7", "fleet/truck-7/speed", "board/temperature", "anything"]
    own = [f"items/{item.kind}/{key}/{section}" for key, item in facts.items.items() for section in SECTIONS[item.kind]]
    for caller in callers_of(facts):
        for topic in [*free, *rng.sample(own, min(len(own), 8))]:
            for verb in ("publish", "subscribe"):
                yield request(caller, verb, ("topic", topic))
        for topic in rng.sample(filters(rng.choice(own)), 6) if own else ():
            yield request(caller, "subscribe", ("topic", topic))
        account = rng.choice(sorted(facts.accounts))
        yield request(caller, "publish", ("topic", rng.choice(free)), {"account": account})


def filters(topic: str) -> list[str]:
    """Filters for subscriptions that match free names, this topic of an item, or both."""
    _, kind, key, section = topic.split("/")
    return [
        "#", "+", "+/#", "+/+/+/+", "+/+/+", "fleet/#", "fleet/+", "$share/readers/fleet/#", "$share/readers/#",
        "$SYS/#", "$SYS/uptime", "items/#", "items/+/+/+", f"items/{kind}/#", f"items/{kind}/+/{section}",
        f"items/{kind}/{key}/#", f"items/{kind}/{key}/+", f"+/{kind}/{key}/{section}", f"+/+/{key}/#",
        f"+/{kind}/+/{section}", f"$share/readers/items/{kind}/{key}/{section}", f"+/{kind}/nothing/{section}",
        f"+/+/{key}/nothing", "items/+/+/calls", "+/+/+/calls", "+/device/+/messages", "items/device/+/telemetry",
    ]  # fmt: skip
