"""Reaches: which things an entitlement is about. Each knows whether it covers a thing, and its rows as a condition.

`covers` and `condition` of a class are the same definition read twice; a test over random worlds holds them equal.
`condition` takes all reaches of a class at once, so that a list stays one small query however many rows are behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.db.models.expressions import RawSQL

from accesscontrol import catalogue
from accesscontrol.access.fresh import sql
from accesscontrol.access.fresh.things import Thing
from accesscontrol.access.permissions import Permission, permission
from accesscontrol.accounts.tree import branch_sql

#: View on every kind of item, and view on one of them.
VIEWS: tuple[Permission, ...] = tuple(permission(f"{kind}:view") for kind in catalogue.ITEM_KINDS)
VIEW_OF: dict[str, Permission] = {kind: permission(f"{kind}:view") for kind in catalogue.KINDS if kind != "event"}

#: Said in words, because an empty Q vanishes from an OR.
EVERY_ROW = Q(pk__isnull=False)
NO_ROW = Q(pk__in=[])

#: Up to so many ids are told as they are, so that the planner knows how few they are.
_FEW = 200


def account_field(model: str) -> str:
    """The name of the column that says whose a row is; `event` and `subscription` rows are asked of their account."""
    return "pk" if model == "account" else "account_id"


def in_ids(values: Sequence[int] | frozenset[int] | set[int]) -> RawSQL:
    listed, param = sql.ids(values)
    return RawSQL(f"SELECT * FROM {listed} listed", [param])


@dataclass(frozen=True, slots=True)
class Reach:
    """What an entitlement is about."""

    def covers(self, thing: Thing) -> bool:
        raise NotImplementedError

    @classmethod
    def condition(cls, reaches: Sequence, model: str) -> Q:
        """The rows of a model that any of these reaches covers."""
        raise NotImplementedError

    # What previews need to know, where the account behind a cap comes to have more or less:

    def hanging(self, things: Iterable[Thing], changed: Callable[[Thing], bool]) -> list[Thing]:
        """Those on which it may give something else, once the account behind has something else on what `changed`."""
        return [thing for thing in things if self.covers(thing) and changed(thing)]

    @classmethod
    def hanging_rows(cls, reaches: Sequence, model: str, changed: Q) -> Q:
        """The same as rows of a model, or a few more."""
        return cls.condition(reaches, model) & changed


@dataclass(frozen=True, slots=True)
class Everything(Reach):
    """The whole installation: the platform operator's."""

    def covers(self, thing: Thing) -> bool:
        return True

    @classmethod
    def condition(cls, reaches: Sequence[Everything], model: str) -> Q:
        return EVERY_ROW


@dataclass(frozen=True, slots=True)
class Tops(Reach):
    """The top-level accounts themselves, and nothing in them."""

    def covers(self, thing: Thing) -> bool:
        return thing.kind == "account" and len(thing.path) == 1

    @classmethod
    def condition(cls, reaches: Sequence[Tops], model: str) -> Q:
        if model == "account":
            return Q(parent__isnull=True)
        return Q(account__parent__isnull=True) if model == "subscription" else NO_ROW


@dataclass(frozen=True, slots=True)
class Branch(Reach):
    """An account and all below it."""

    account: int

    def covers(self, thing: Thing) -> bool:
        return self.account in thing.path

    @classmethod
    def condition(cls, reaches: Sequence[Branch], model: str) -> Q:
        listed, param = sql.ids({reach.account for reach in reaches})
        return Q(**{f"{account_field(model)}__in": RawSQL(branch_sql(listed), [param])})


@dataclass(frozen=True, slots=True)
class Below(Reach):
    """All accounts below an account, without itself."""

    account: int

    def covers(self, thing: Thing) -> bool:
        return self.account in thing.path and thing.account != self.account

    @classmethod
    def condition(cls, reaches: Sequence[Below], model: str) -> Q:
        listed, param = sql.ids({reach.account for reach in reaches})
        return Q(**{f"{account_field(model)}__in": RawSQL(branch_sql(listed, itself=False), [param])})


@dataclass(frozen=True, slots=True)
class Own(Reach):
    """Exactly one account and what it owns."""

    account: int

    def covers(self, thing: Thing) -> bool:
        return thing.account == self.account

    @classmethod
    def condition(cls, reaches: Sequence[Own], model: str) -> Q:
        accounts = {reach.account for reach in reaches}
        listed = sorted(accounts) if len(accounts) <= _FEW else in_ids(accounts)
        return Q(**{f"{account_field(model)}__in": listed})


def _owner_rows(model: str) -> Q:
    return Q(authority="owner") if model == "user" else Q(user__authority="owner")


@dataclass(frozen=True, slots=True)
class OwnButOwner(Reach):
    """Exactly one account and what it owns, without its owner's user and that owner's tokens."""

    account: int

    def covers(self, thing: Thing) -> bool:
        return thing.account == self.account and not thing.owners

    @classmethod
    def condition(cls, reaches: Sequence[OwnButOwner], model: str) -> Q:
        rows = Own.condition([Own(reach.account) for reach in reaches], model)
        if model == "user":
            return rows & ~Q(authority="owner")
        if model == "token":
            return rows & (Q(user__isnull=True) | ~Q(user__authority="owner"))
        return rows


@dataclass(frozen=True, slots=True)
class OwnersOf(Reach):
    """The owner's user of an account and that owner's tokens."""

    account: int

    def covers(self, thing: Thing) -> bool:
        return thing.account == self.account and thing.owners

    @classmethod
    def condition(cls, reaches: Sequence[OwnersOf], model: str) -> Q:
        if model not in ("user", "token"):
            return NO_ROW
        return Own.condition([Own(reach.account) for reach in reaches], model) & _owner_rows(model)


def of_accounts(reaches: Sequence[Branch | Below | Own | OwnButOwner], model: str) -> Q:
    """The rows of a model that any of these reaches covers, as one look into one set of accounts.

    One set and not an OR of three: the database then walks one index of the rows, or looks each row up in one hash.
    """
    below = {reach.account for reach in reaches if isinstance(reach, Below)}
    own = {reach.account for reach in reaches if isinstance(reach, Own | OwnButOwner)}
    branches = {reach.account for reach in reaches if isinstance(reach, Branch)} | (below & own)
    below, own = below - branches, own - branches
    if not branches and not below:
        return Own.condition([Own(account) for account in own], model)
    parts, params = [], []
    for itself, accounts in ((True, branches), (False, below)):
        if accounts:
            listed, param = sql.ids(accounts)
            parts.append(branch_sql(listed, itself=itself))
            params.append(param)
    if own:
        listed, param = sql.ids(own)
        parts.append(f"SELECT a.id FROM accounts_account a WHERE a.id IN {listed}")
        params.append(param)
    union = parts[0] if len(parts) == 1 else " UNION ".join(f"SELECT id FROM ({part}) part" for part in parts)
    return Q(**{f"{account_field(model)}__in": RawSQL(union, params)})


@dataclass(frozen=True, slots=True)
class Accounts(Reach):
    """What a few accounts own: roles of the accounts above."""

    accounts: frozenset[int]

    def covers(self, thing: Thing) -> bool:
        return thing.account in self.accounts

    @classmethod
    def condition(cls, reaches: Sequence[Accounts], model: str) -> Q:
        accounts = {account for reach in reaches for account in reach.accounts}
        return Q(**{f"{account_field(model)}__in": in_ids(accounts)})


@dataclass(frozen=True, slots=True)
class Received(Reach):
    """Grants that an account received, whatever their state."""

    account: int

    def covers(self, thing: Thing) -> bool:
        return self.account in thing.grantees

    @classmethod
    def condition(cls, reaches: Sequence[Received], model: str) -> Q:
        listed, param = sql.ids({reach.account for reach in reaches})
        rows = f"SELECT l.grant_id FROM grants_grantgrantee l WHERE l.account_id IN {listed}"
        return Q(pk__in=RawSQL(rows, [param]))


@dataclass(frozen=True, slots=True)
class ReceivedBelow(Reach):
    """Grants that accounts below an account received."""

    account: int

    def covers(self, thing: Thing) -> bool:
        return any(self.account in path[:-1] for path in thing.grantees.values())

    @classmethod
    def condition(cls, reaches: Sequence[ReceivedBelow], model: str) -> Q:
        listed, param = sql.ids({reach.account for reach in reaches})
        branch = branch_sql(listed, itself=False)
        return Q(
            pk__in=RawSQL(f"SELECT l.grant_id FROM grants_grantgrantee l WHERE l.account_id IN ({branch})", [param])
        )


@dataclass(frozen=True, slots=True)
class Rows(Reach):
    """A few rows of one kind of access management: oneself, one's projects."""

    kind: str
    ids: frozenset[int]

    def covers(self, thing: Thing) -> bool:
        return thing.kind == self.kind and thing.id in self.ids

    @classmethod
    def condition(cls, reaches: Sequence[Rows], model: str) -> Q:
        return Q(pk__in=in_ids({row for reach in reaches if reach.kind == model for row in reach.ids}))
