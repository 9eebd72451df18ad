"""Facts about callers: everything that their access is made from, read in one statement for any number of callers.

The statement also reads the epochs of every tree it touches, so that what is compiled from it is known to be as fresh
as these epochs (a single statement sees a single moment on both databases).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from accesscontrol.access.actor import Actor
from accesscontrol.access.fresh import fact_sql, sql
from accesscontrol.accounts.life import blocked_by


@dataclass(slots=True)
class AccountFacts:
    """An account with what it inherits from its path (ids from the top-level account down to itself).

    depths: the figures of history depth along the path; None where an account has none.
    """

    id: int
    name: str
    path: tuple[int, ...]
    tops: frozenset[int]
    blocked_by: str | None
    depths: tuple[int | None, ...]

    @property
    def above(self) -> tuple[int, ...]:
        return self.path[:-1]


@dataclass(slots=True)
class UserFacts:
    id: int
    name: str
    account: int | None
    authority: str
    is_active: bool
    verified: bool
    expires_at: datetime | None
    role: int | None
    history: int | None
    is_superuser: bool


@dataclass(slots=True)
class RuleFacts:
    """A rule of an ACL token."""

    kind: str
    reach: str
    verbs: frozenset[str]
    sections: dict[str, list[str]] | str
    things: frozenset[int]


@dataclass(slots=True)
class TokenFacts:
    id: int
    name: str
    account: int
    user: int | None
    type: str
    enabled: bool
    expires_at: datetime | None
    idle_ttl: int | None
    last_used_at: datetime | None
    created_at: datetime
    networks: tuple[str, ...]
    history: int | None = None
    rules: list[RuleFacts] = field(default_factory=list)
    topics: list[tuple[str, frozenset[str]]] = field(default_factory=list)


@dataclass(slots=True)
class GrantFacts:
    id: int
    key: str
    grantor: int
    covers: str
    kind: str
    branch: bool
    levels: tuple[str, ...]
    starts_at: datetime | None
    expires_at: datetime | None
    enabled: bool
    accepted: bool
    history: int | None = None
    items: frozenset[int] = frozenset()


@dataclass(slots=True)
class RoleFacts:
    id: int
    name: str
    account: int
    rights: tuple[str, ...]
    history: int | None


@dataclass(slots=True)
class ShareFacts:
    item: int
    codename: str
    expires_at: datetime | None


@dataclass(slots=True)
class ProjectRuleFacts:
    effect: str
    kind: str
    item: int | None
    permissions: tuple[str, ...]
    role: str | None


@dataclass(slots=True)
class MembershipFacts:
    project: int
    name: str
    account: int
    owner: int | None
    starts_at: datetime | None
    expires_at: datetime | None
    accepted: bool
    history: int | None = None
    rules: list[ProjectRuleFacts] = field(default_factory=list)


@dataclass(slots=True)
class EntryFacts:
    """An entry into a tree that was not left."""

    account: int
    starts_at: datetime
    expires_at: datetime
    left_at: datetime | None = None


@dataclass(slots=True)
class Facts:
    """All rows behind some callers, by id."""

    accounts: dict[int, AccountFacts] = field(default_factory=dict)
    users: dict[int, UserFacts] = field(default_factory=dict)
    tokens: dict[int, TokenFacts] = field(default_factory=dict)
    roles: dict[int, RoleFacts] = field(default_factory=dict)
    grants: dict[int, list[GrantFacts]] = field(default_factory=dict)  # by grantee account
    shares: dict[int, list[ShareFacts]] = field(default_factory=dict)  # by user
    memberships: dict[int, list[MembershipFacts]] = field(default_factory=dict)  # by user
    entries: dict[int, list[EntryFacts]] = field(default_factory=dict)  # by operator
    epochs: dict[int, int] = field(default_factory=dict)


def load(actors: Iterable[Actor]) -> Facts:
    """The facts behind these callers and the accounts they act as, in one statement."""
    wanted: dict[str, set[int]] = {"user": set(), "token": set(), "account": set(), "system": set()}
    for actor in actors:
        wanted[actor.type].add(actor.id)
        if actor.acting is not None:
            wanted["account"].add(actor.acting)
    rows = fact_sql.read(wanted["user"], wanted["token"], wanted["account"])
    facts = Facts(accounts=accounts_of(rows.get("chain", [])))
    facts.epochs = {row["root"]: row["value"] for row in rows.get("epoch", [])}
    _read_people(facts, rows)
    _read_tokens(facts, rows)
    _read_grants(facts, rows)
    _read_projects(facts, rows)
    return facts


def accounts_of(chain: list[sql.Row]) -> dict[int, AccountFacts]:
    """Account facts from rows of the chain, in any order."""
    by_account: dict[int, list[sql.Row]] = {}
    for row in chain:
        by_account.setdefault(row["account"], []).append(row)
    return {account: _account(sorted(rows, key=lambda row: -row["depth"])) for account, rows in by_account.items()}


def _account(line: list[sql.Row]) -> AccountFacts:
    """Account facts from its own line, top-level account first."""
    return AccountFacts(
        id=line[-1]["id"],
        name=line[-1]["name"],
        path=tuple(row["id"] for row in line),
        tops=frozenset(row["top"] for row in line if row["top"] is not None),
        blocked_by=blocked_by((row["name"], row["blocked"]) for row in line),
        depths=tuple(row["history"] for row in line),
    )


def _read_people(facts: Facts, rows: dict[str, list[sql.Row]]) -> None:
    for row in rows.get("user", []):
        facts.users[row["id"]] = UserFacts(
            id=row["id"], name=row["name"], account=row["account"], authority=row["authority"],
            is_active=bool(row["active"]), verified=bool(row["verified"]), expires_at=sql.moment(row["expires"]),
            role=row["role"], history=row["history"], is_superuser=bool(row["superuser"]),
        )  # fmt: skip
    for row in rows.get("role", []):
        rights = tuple(row["rights"])
        facts.roles[row["id"]] = RoleFacts(row["id"], row["name"], row["account"], rights, row["history"])
    for row in rows.get("entry", []):
        entry = EntryFacts(row["account"], sql.moment(row["starts"]), sql.moment(row["expires"]))
        facts.entries.setdefault(row["user"], []).append(entry)
    for row in rows.get("share", []):
        share = ShareFacts(row["item"], row["codename"], sql.moment(row["expires"]))
        facts.shares.setdefault(row["user"], []).append(share)


def _read_tokens(facts: Facts, rows: dict[str, list[sql.Row]]) -> None:
    listed: dict[int, set[int]] = {}
    for row in rows.get("rule_item", []):
        listed.setdefault(row["rule"], set()).add(row["item"])
    for row in rows.get("token", []):
        facts.tokens[row["id"]] = _token(row)
    for row in rows.get("rule", []):
        things = frozenset(listed.get(row["id"], set()) | set(row["things"]))
        rule = RuleFacts(row["kind"], row["reach"], frozenset(row["verbs"]), row["sections"], things)
        facts.tokens[row["token"]].rules.append(rule)
    for row in rows.get("topic", []):
        facts.tokens[row["token"]].topics.append((row["filter"], frozenset(row["actions"])))


def _token(row: sql.Row) -> TokenFacts:
    return TokenFacts(
        id=row["id"], name=row["name"], account=row["account"], user=row["user"], type=row["type"],
        enabled=bool(row["enabled"]), expires_at=sql.moment(row["expires"]), idle_ttl=row["idle"],
        last_used_at=sql.moment(row["used"]), created_at=sql.moment(row["created"]), networks=tuple(row["networks"]),
        history=row["history"],
    )  # fmt: skip


def _read_grants(facts: Facts, rows: dict[str, list[sql.Row]]) -> None:
    items: dict[int, set[int]] = {}
    for row in rows.get("grant_item", []):
        items.setdefault(row["grant"], set()).add(row["item"])
    for row in rows.get("grant", []):
        grant = GrantFacts(
            id=row["id"], key=row["key"], grantor=row["grantor"], covers=row["covers"], kind=row["kind"],
            branch=bool(row["branch"]), levels=tuple(row["levels"]), starts_at=sql.moment(row["starts"]),
            expires_at=sql.moment(row["expires"]), enabled=bool(row["enabled"]), accepted=row["accepted"] is not None,
            history=row["history"], items=frozenset(items.get(row["id"], ())),
        )  # fmt: skip
        facts.grants.setdefault(row["grantee"], []).append(grant)


def _read_projects(facts: Facts, rows: dict[str, list[sql.Row]]) -> None:
    members: dict[tuple[int, int], MembershipFacts] = {}
    for row in rows.get("member", []):
        membership = MembershipFacts(
            project=row["project"], name=row["name"], account=row["account"], owner=row["owner"],
            starts_at=sql.moment(row["starts"]), expires_at=sql.moment(row["expires"]),
            accepted=row["accepted"] is not None, history=row["history"],
        )  # fmt: skip
        members[row["user"], row["project"]] = membership
        facts.memberships.setdefault(row["user"], []).append(membership)
    for row in rows.get("project_rule", []):
        rule = ProjectRuleFacts(row["effect"], row["kind"], row["item"], tuple(row["permissions"]), row["role"])
        members[row["user"], row["project"]].rules.append(rule)
