"""A world document as plain facts: what the oracle loops over.

Nested accounts become flat records that know their path; times become datetimes in UTC. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
    summarize_address_range,
)
from typing import Any


def moment(value: str | datetime | None) -> datetime | None:
    """Read a world's time; one without a zone is UTC."""
    if value is None:
        return None
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value if value.tzinfo else value.replace(tzinfo=UTC)


@dataclass
class Period:
    """From starts_at (included) until expires_at (excluded); None is open."""

    starts_at: datetime | None
    expires_at: datetime | None

    @classmethod
    def of(cls, entry: dict[str, Any]) -> Period:
        return cls(moment(entry.get("starts_at")), moment(entry.get("expires_at")))

    def holds(self, now: datetime) -> bool:
        return (self.starts_at is None or self.starts_at <= now) and (self.expires_at is None or now < self.expires_at)


@dataclass
class Account:
    key: str
    path: tuple[str, ...]  # itself first, then its parent, up to the root
    blocked: bool
    history_days: int | None


@dataclass
class Item:
    key: str
    account: str
    kind: str
    owner: str | None
    made_by: str | None
    links: frozenset[str]  # the containers it is in
    history_days: int | None


@dataclass
class Share:
    """One guardian object permission on one item; an assignment is `view_item`."""

    item: str
    permission: str
    period: Period


@dataclass
class Entry:
    """§11: an operator has entered the tree of this account."""

    account: str
    period: Period
    left: bool = False


@dataclass
class Operator:
    """§3: a platform operator; the user of this name, or somebody who stands outside every account."""

    username: str
    entries: list[Entry]
    enabled: bool = True


@dataclass
class User:
    key: str
    account: str | None  # None: a platform operator outside every account
    authority: str
    enabled: bool
    verified: bool
    period: Period
    role: str | None
    history_days: int | None
    shares: list[Share]


@dataclass
class Token:
    key: str
    account: str
    type: str
    user: str | None
    enabled: bool
    period: Period
    idle_ttl: int | None  # a world holds no last use, so it is never over here
    networks: list[IPv4Network | IPv6Network]
    rules: list[dict[str, Any]]
    topics: list[dict[str, Any]]
    history_days: int | None


@dataclass
class Role:
    key: str
    account: str
    rights: list[str]
    history_days: int | None


@dataclass
class Member:
    user: str
    period: Period
    allow: list[dict[str, Any]]
    deny: list[dict[str, Any]]
    history_days: int | None


@dataclass
class Project:
    key: str
    account: str
    owner: str | None
    items: frozenset[str]
    roles: list[dict[str, Any]]
    members: list[Member]


@dataclass
class Grant:
    key: str
    account: str  # the grantor
    grantees: tuple[str, ...]
    covers: str | dict[str, Any]
    include_subaccounts: bool
    levels: frozenset[str]
    accepted: bool
    enabled: bool
    period: Period
    history_days: int | None


@dataclass
class LinkUnder:
    """A link made under grants: its end (`member`, `container`) → the grant and the grantee whose people had it so."""

    member: str
    container: str
    ends: dict[str, tuple[str, str]]


@dataclass
class Facts:
    accounts: dict[str, Account] = field(default_factory=dict)
    items: dict[str, Item] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    projects: dict[str, Project] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    #: (member, container) of a link that was made under grants → their keys.
    under: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    operators: dict[str, Operator] = field(default_factory=dict)


def address_of(text: str) -> IPv4Address | IPv6Address:
    """§11: an IPv4 address inside IPv6 is that IPv4 address, asked or stored."""
    found = ip_address(text)
    return getattr(found, "ipv4_mapped", None) or found


def network_of(text: str) -> IPv4Network | IPv6Network:
    """The same of a network: what lies between IPv4 addresses is a network of IPv4."""
    found = ip_network(text)
    first, last = address_of(str(found[0])), address_of(str(found[-1]))
    if isinstance(first, IPv4Address) and isinstance(last, IPv4Address):
        [found] = summarize_address_range(first, last)
    return found


def read_world(world: dict[str, Any], under: Iterable[LinkUnder] = (), operators: Iterable[Operator] = ()) -> Facts:
    """Turn a world document into facts. under: which of its links were made under which grants. operators: who is a
    platform operator beside it, since world files do not tell it."""
    facts = Facts()
    for link in under:
        facts.under[link.member, link.container] = tuple(grant for grant, _ in link.ends.values())
    for entry, path in each_account(world.get("accounts") or (), ()):
        _read_account(facts, entry, path)
    for entry in world.get("grants") or ():
        facts.grants[entry["key"]] = Grant(
            entry["key"],
            entry["from"],
            tuple(entry["to"]),
            entry["covers"],
            entry.get("include_subaccounts", False),
            frozenset(entry.get("levels") or ()),
            entry.get("accepted", True),
            entry.get("enabled", True),
            Period.of(entry),
            entry.get("history_days"),
        )
    for operator in operators:
        facts.operators[operator.username] = operator
        outside = User(operator.username, None, "user", operator.enabled, True, Period(None, None), None, None, [])
        facts.users.setdefault(operator.username, outside)
    return facts


def each_account(entries: Any, above: tuple[str, ...]) -> Iterator[tuple[dict[str, Any], tuple[str, ...]]]:
    """Every account entry of a nested list with its path."""
    for entry in entries:
        path = (entry["key"], *above)
        yield entry, path
        yield from each_account(entry.get("accounts") or (), path)


def _read_account(facts: Facts, entry: dict[str, Any], path: tuple[str, ...]) -> None:
    key = entry["key"]
    limits = entry.get("limits") or {}
    facts.accounts[key] = Account(key, path, entry.get("blocked", False), limits.get("history_days"))
    for role in entry.get("roles") or ():
        facts.roles[role["key"]] = Role(role["key"], key, role.get("rights") or [], role.get("history_days"))
    for item in entry.get("items") or ():
        facts.items[item["key"]] = Item(
            item["key"],
            key,
            item["kind"],
            item.get("owner"),
            item.get("made_by"),
            frozenset(item.get("links") or ()),
            item.get("history_days"),
        )
    for user in entry.get("users") or ():
        facts.users[user["username"]] = User(
            user["username"],
            key,
            user["authority"],
            user.get("enabled", True),
            user.get("verified", True),
            Period.of(user),
            user.get("role"),
            user.get("history_days"),
            list(_read_shares(user)),
        )
    for token in entry.get("tokens") or ():
        facts.tokens[token["key"]] = Token(
            token["key"],
            key,
            token["type"],
            token.get("user"),
            token.get("enabled", True),
            Period.of(token),
            token.get("idle_ttl"),
            [network_of(text) for text in token.get("allowed_addresses") or ()],
            token.get("rules") or [],
            token.get("topics") or [],
            token.get("history_days"),
        )
    for project in entry.get("projects") or ():
        facts.projects[project["key"]] = Project(
            project["key"],
            key,
            project.get("owner"),
            frozenset(project.get("items") or ()),
            project.get("roles") or [],
            list(_read_members(project)),
        )


def _read_shares(user: dict[str, Any]) -> Iterator[Share]:
    """Assignments and shares alike: both are guardian permissions on one item."""
    for entry in user.get("assigned") or ():
        entry = entry if isinstance(entry, dict) else {"item": entry}
        yield Share(entry["item"], "view_item", Period.of(entry))
    for entry in user.get("shares") or ():
        for permission in entry["permissions"]:
            yield Share(entry["item"], permission, Period.of(entry))


def _read_members(project: dict[str, Any]) -> Iterator[Member]:
    """Members with the rules of their project roles and their own."""
    roles = {role["key"]: role for role in project.get("roles") or ()}
    for entry in project.get("members") or ():
        given = [roles[key] for key in entry.get("roles") or ()] + [entry]
        yield Member(
            entry["user"],
            Period.of(entry),
            [rule for source in given for rule in source.get("allow") or ()],
            [rule for source in given for rule in source.get("deny") or ()],
            entry.get("history_days"),
        )
