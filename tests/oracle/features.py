"""Which features of the access model's §3–§7 a random world holds, and which rules decide something in it.

`features` names both: what stands in the document, and what the oracle finds to be the only reason for an answer
(“source 9 alone”, “deny beats source 5”), so that a world counts only where a rule really matters.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tests.oracle.facts import Facts, Item, Period, Token, User
from tests.oracle.oracle import Oracle
from tests.oracle.questions import permissions_asked_of
from tests.oracle.sources import FREE_WITHOUT_DEVICE, LINKED_TO_ASSIGNED

SOURCES = {
    4: "source_4_owner_administrator",
    5: "source_5_developer",
    6: "source_6_rights",
    7: "source_7_shares",
    8: "source_8_every_user",
    9: "source_9_projects",
}

EVERY_FEATURE = frozenset(
    [f"source {number} alone" for number in SOURCES]
    + [f"deny beats source {number}" for number in (4, 5, 6, 7, 9)]
    + [
        f"{noun} {state}"
        for noun in ("grant", "assignment", "membership", "user", "token")
        for state in ("ended", "not ended yet", "ends now")
    ]
    + [f"{noun} {state}" for noun in ("grant", "membership") for state in ("not begun", "begun", "begins now")]
    + [f"grant covers {what}" for what in ("account", "kind", "items")]
    + [f"grant level {level}" for level in ("edit", "delete", "command", "operate-as", "create-<kind>")]
    + [
        "grant includes subaccounts",
        "operate-as with subaccounts",
        "operate-as without subaccounts",
        "grant to a descendant",
        "grant to another tree",
        "grant to several",
        "grant not accepted",
        "grant off",
        "account blocked",
        "account blocked in mid-tree",
        "user disabled",
        "user unverified",
        "role from above",
        "role of the account",
        "user without role",
        "foreign member",
        "deny to a foreign member",
        "deny on a granted item",
        "deny passes by an owner or administrator",
        "developer's project",
        "developer's project with a thing of others",
        "project with a granted item",
        "project of a blocked account",
        "project role",
        "project role with deny",
        "rule for any kind and item",
        "rule for a kind",
        "rule for an item",
        "linked to an assigned device",
        "linked to devices not assigned",
        "linked to no device",
        "made by a user",
        "made by another user",
        "group holding an assigned item",
        "group holding nothing assigned",
        "report made by a user",
        "link across accounts",
        "link across trees",
        "assignment of a granted item",
        "assignment of a subaccount's item",
        "share to a developer",
        "share to a user",
        "user's token",
        "account's token",
        "token master",
        "token standard",
        "token acl",
        "token off",
        "idle_ttl",
        "addresses",
        "topics",
        "acl all",
        "acl in groups",
        "acl list",
        "acl sections",
        "acl all sections",
        "acl create",
        "acl create without view",
        "acl sections only",
        "acl on access management",
    ]
    + [f"history depth of {noun}" for noun in ("user", "role", "account", "item", "token", "grant", "membership")]
)


def features(world: dict[str, Any], now: datetime) -> set[str]:
    """The names of the features that this world has; all possible names are EVERY_FEATURE."""
    oracle = Oracle(world, now)
    found: set[str] = set()
    for part in (
        _of_grants,
        _of_accounts,
        _of_users,
        _of_tokens,
        _of_projects,
        _of_reaches,
        _of_links,
        _of_depths,
        _of_decisions,
    ):
        found.update(part(oracle))
    return found


def _of_period(noun: str, period: Period, now: datetime) -> Iterator[str]:
    if period.expires_at:
        yield f"{noun} ended" if period.expires_at <= now else f"{noun} not ended yet"
        if period.expires_at == now:
            yield f"{noun} ends now"
    if period.starts_at:
        yield f"{noun} begun" if period.starts_at <= now else f"{noun} not begun"
        if period.starts_at == now:
            yield f"{noun} begins now"


def _of_grants(oracle: Oracle) -> Iterator[str]:
    for grant in oracle.facts.grants.values():
        yield from _of_period("grant", grant.period, oracle.now)
        yield f"grant covers {grant.covers if isinstance(grant.covers, str) else next(iter(grant.covers))}"
        for level in grant.levels:
            yield f"grant level {'create-<kind>' if level.startswith('create-') else level}"
        yield from _flags(
            {
                "grant includes subaccounts": grant.include_subaccounts,
                "grant to several": len(grant.grantees) > 1,
                "grant not accepted": not grant.accepted,
                "grant off": not grant.enabled,
            }
        )
        if "operate-as" in grant.levels:
            yield f"operate-as {'with' if grant.include_subaccounts else 'without'} subaccounts"
        for grantee in grant.grantees:
            yield from _flags(
                {
                    "grant to a descendant": oracle.law.in_branch(grantee, grant.account),
                    "grant to another tree": _root(oracle.facts, grantee) != _root(oracle.facts, grant.account),
                }
            )


def _of_accounts(oracle: Oracle) -> Iterator[str]:
    parents = {account.path[1] for account in oracle.facts.accounts.values() if len(account.path) > 1}
    for account in oracle.facts.accounts.values():
        middle = len(account.path) > 1 and account.key in parents
        yield from _flags(
            {"account blocked": account.blocked, "account blocked in mid-tree": account.blocked and middle}
        )


def _of_users(oracle: Oracle) -> Iterator[str]:
    for user in oracle.facts.users.values():
        yield from _of_period("user", user.period, oracle.now)
        yield from _flags({"user disabled": not user.enabled, "user unverified": not user.verified})
        role = oracle.law.effective_role(user)
        if user.authority == "user":
            yield (
                "user without role"
                if role is None
                else ("role of the account" if role.account == user.account else "role from above")
            )
        for share in user.shares:
            item = oracle.facts.items[share.item]
            if share.permission != "view_item" or user.authority == "developer":
                yield f"share to a {user.authority}"
                continue
            yield from _of_period("assignment", share.period, oracle.now)
            if not oracle.law.in_branch(item.account, user.account):
                yield "assignment of a granted item"
            elif item.account != user.account:
                yield "assignment of a subaccount's item"


def _of_tokens(oracle: Oracle) -> Iterator[str]:
    for token in oracle.facts.tokens.values():
        yield f"token {token.type}"
        yield "user's token" if token.user else "account's token"
        yield from _of_period("token", token.period, oracle.now)
        yield from _flags(
            {
                "token off": not token.enabled,
                "idle_ttl": token.idle_ttl is not None,
                "addresses": bool(token.networks),
                "topics": bool(token.topics),
            }
        )
        yield from _of_rules(oracle, token)


def _of_rules(oracle: Oracle, token: Token) -> Iterator[str]:
    for rule in token.rules:
        items, sections, verbs = rule["items"], rule.get("sections"), rule["verbs"]
        yield "acl all" if items == "all" else "acl in groups" if isinstance(items, dict) else "acl list"
        yield from _flags(
            {
                "acl create": "create" in verbs,
                "acl create without view": verbs == ["create"],
                "acl sections": isinstance(sections, dict),
                "acl all sections": sections == "all",
                "acl sections only": verbs == [],
                "acl on access management": rule["kind"] in oracle.things
                and rule["kind"] in ("account", "user", "token", "grant", "role", "project", "event"),
            }
        )


def _of_projects(oracle: Oracle) -> Iterator[str]:
    for project in oracle.facts.projects.values():
        items = [oracle.facts.items[key] for key in project.items]
        granted = [item for item in items if not oracle.law.in_branch(item.account, project.account)]
        yield from _flags(
            {
                "developer's project": bool(project.owner),
                "project with a granted item": bool(granted),
                "project of a blocked account": oracle.law.blocked(project.account),
                "developer's project with a thing of others": bool(project.owner)
                and any(item.owner != project.owner for item in items),
                "project role": bool(project.roles),
                "project role with deny": any(role.get("deny") for role in project.roles),
            }
        )
        for member in project.members:
            yield from _of_period("membership", member.period, oracle.now)
            foreign = not oracle.law.in_branch(oracle.facts.users[member.user].account, project.account)
            yield from _flags(
                {
                    "foreign member": foreign,
                    "deny to a foreign member": foreign and bool(member.deny),
                    "deny on a granted item": bool(member.deny and granted),
                }
            )
            for rule in (*member.allow, *member.deny):
                yield (
                    "rule for an item"
                    if "item" in rule
                    else ("rule for a kind" if "kind" in rule else "rule for any kind and item")
                )


def _of_reaches(oracle: Oracle) -> Iterator[str]:
    """The predicates of §3.6, for users who are alive."""
    for user in _alive_users(oracle, "user"):
        for item in oracle.facts.items.values():
            if item.account == user.account and not oracle.law.shares_on(user, item):
                yield from _of_reach(oracle, user, item)


def _of_reach(oracle: Oracle, user: User, item: Item) -> Iterator[str]:
    held = [other for other in oracle.facts.items.values() if item.key in other.links]
    devices = [other for other in held if other.kind == "device"]
    made = "made by a user" if item.made_by == user.key else "made by another user"
    if item.kind in LINKED_TO_ASSIGNED and devices:
        reached = oracle.law.reaches(user, item)
        yield "linked to an assigned device" if reached else "linked to devices not assigned"
    elif item.kind in FREE_WITHOUT_DEVICE:
        yield "linked to no device"
    elif item.kind in LINKED_TO_ASSIGNED and item.made_by:
        yield made
    elif item.kind == "group":
        yield f"group holding {'an assigned item' if oracle.law.reaches(user, item) else 'nothing assigned'}"
    elif item.kind == "report" and item.made_by == user.key:
        yield "report made by a user"


def _of_links(oracle: Oracle) -> Iterator[str]:
    for item in oracle.facts.items.values():
        for link in item.links:
            other = oracle.facts.items[link].account
            yield from _flags(
                {
                    "link across accounts": other != item.account,
                    "link across trees": _root(oracle.facts, other) != _root(oracle.facts, item.account),
                }
            )


def _of_depths(oracle: Oracle) -> Iterator[str]:
    facts = oracle.facts
    for noun, records in {
        "user": facts.users,
        "role": facts.roles,
        "account": facts.accounts,
        "item": facts.items,
        "token": facts.tokens,
        "grant": facts.grants,
    }.items():
        if any(record.history_days is not None for record in records.values()):
            yield f"history depth of {noun}"
    if any(member.history_days is not None for project in facts.projects.values() for member in project.members):
        yield "history depth of membership"


def _of_decisions(oracle: Oracle) -> Iterator[str]:
    """Which source is the only one to allow something, and which a deny beats."""
    for user in _alive_users(oracle, "owner", "administrator", "developer", "user"):
        for thing in (*oracle.facts.items.values(), *oracle.facts.accounts.values(), user):
            kind = thing.kind if isinstance(thing, Item) else type(thing).__name__.lower()
            for p in permissions_asked_of(kind):
                allowing = [number for number, name in SOURCES.items() if getattr(oracle.law, name)(user, p, thing)]
                denied = bool(allowing) and oracle.law.deny_10_projects(user, p, thing)
                if denied:
                    yield from (f"deny beats source {number}" for number in allowing)
                elif len(allowing) == 1:
                    yield f"source {allowing[0]} alone"
        if user.authority in ("owner", "administrator") and _passed_by(oracle, user):
            yield "deny passes by an owner or administrator"


def _passed_by(oracle: Oracle, user: User) -> bool:
    return any(
        member.user == user.key
        and member.deny
        and member.period.holds(oracle.now)
        and any(oracle.law.in_branch(oracle.facts.items[key].account, user.account) for key in project.items)
        for project in oracle.facts.projects.values()
        for member in project.members
    )


def _alive_users(oracle: Oracle, *authorities: str) -> list[User]:
    return [
        user
        for user in oracle.facts.users.values()
        if user.authority in authorities and oracle.limit_12_alive(user, {})
    ]


def _root(facts: Facts, account: str) -> str:
    return facts.accounts[account].path[-1]


def _flags(named: dict[str, bool]) -> Iterator[str]:
    return (name for name, holds in named.items() if holds)
