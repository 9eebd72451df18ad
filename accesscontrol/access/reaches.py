"""Reaches: which things an entitlement is about. Each knows whether it covers a loaded thing, and its rows as a condition.

`covers` and `condition` of a class are the same definition read twice; a test over random worlds holds them equal.
`condition` takes all reaches of one class at once, so that a list stays one small query however many rows stand behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q
from django.db.models.expressions import RawSQL

from accesscontrol import catalogue
from accesscontrol.access import sql
from accesscontrol.access.permissions import Permission, permission
from accesscontrol.access.things import Thing
from accesscontrol.items.models import Item, ItemLink

if TYPE_CHECKING:
    from accesscontrol.access.scope import Scope

#: View on every kind of item, and view on one of them.
VIEWS: tuple[Permission, ...] = tuple(permission(f"{kind}:view") for kind in catalogue.ITEM_KINDS)
VIEW_OF: dict[str, Permission] = {kind: permission(f"{kind}:view") for kind in catalogue.KINDS if kind != "event"}

#: Said in words, because an empty Q vanishes from an OR.
EVERY_ROW = Q(pk__isnull=False)
NO_ROW = Q(pk__in=[])

_BRANCH = """WITH RECURSIVE branch(id) AS (
    SELECT a.id FROM accounts_account a WHERE a.{start} IN {listed}
    UNION SELECT a.id FROM accounts_account a JOIN branch ON a.parent_id = branch.id) SELECT id FROM branch"""
_ABOVE = """(WITH RECURSIVE up(id, parent_id) AS (
    SELECT a.id, a.parent_id FROM accounts_account a WHERE a.id = {account}
    UNION ALL SELECT a.id, a.parent_id FROM accounts_account a JOIN up ON a.id = up.parent_id) SELECT id FROM up)"""


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


@dataclass(frozen=True, slots=True)
class Everything(Reach):
    """The whole installation: the platform operator's."""

    def covers(self, thing: Thing) -> bool:
        return True

    @classmethod
    def condition(cls, reaches: Sequence[Everything], model: str) -> Q:
        return EVERY_ROW


@dataclass(frozen=True, slots=True)
class Branch(Reach):
    """An account and all below it."""

    account: int

    def covers(self, thing: Thing) -> bool:
        return self.account in thing.path

    @classmethod
    def condition(cls, reaches: Sequence[Branch], model: str) -> Q:
        listed, param = sql.ids({reach.account for reach in reaches})
        return Q(**{f"{account_field(model)}__in": RawSQL(_BRANCH.format(start="id", listed=listed), [param])})


@dataclass(frozen=True, slots=True)
class Below(Reach):
    """All accounts below an account, without itself."""

    account: int

    def covers(self, thing: Thing) -> bool:
        return self.account in thing.path and thing.account != self.account

    @classmethod
    def condition(cls, reaches: Sequence[Below], model: str) -> Q:
        listed, param = sql.ids({reach.account for reach in reaches})
        return Q(**{f"{account_field(model)}__in": RawSQL(_BRANCH.format(start="parent_id", listed=listed), [param])})


@dataclass(frozen=True, slots=True)
class Own(Reach):
    """Exactly one account and what it owns."""

    account: int

    def covers(self, thing: Thing) -> bool:
        return thing.account == self.account

    @classmethod
    def condition(cls, reaches: Sequence[Own], model: str) -> Q:
        return Q(**{f"{account_field(model)}__in": in_ids({reach.account for reach in reaches})})


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
        branch = _BRANCH.format(start="parent_id", listed=listed)
        return Q(pk__in=RawSQL(f"SELECT l.grant_id FROM grants_grantgrantee l WHERE l.account_id IN ({branch})", [param]))


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


@dataclass(frozen=True, slots=True)
class Items(Reach):
    """Items by id; `within`: only while they are of the branch of this account (chosen items of a grant)."""

    ids: frozenset[int]
    within: int | None = None

    def covers(self, thing: Thing) -> bool:
        return thing.is_item and thing.id in self.ids and (self.within is None or self.within in thing.path)

    @classmethod
    def condition(cls, reaches: Sequence[Items], model: str) -> Q:
        if model != "item":
            return NO_ROW
        free = {item for reach in reaches if reach.within is None for item in reach.ids}
        bound = {(item, reach.within) for reach in reaches if reach.within is not None for item in reach.ids}
        rows = Q(pk__in=in_ids(free)) if free else NO_ROW
        if bound:
            listed, param = sql.table("p", ("item", "within_account"), sorted(bound))
            above = _ABOVE.format(account="i.account_id")
            chosen = f"""SELECT i.id FROM {listed} JOIN items_item i ON i.id = p.item
                         WHERE p.within_account = i.account_id OR p.within_account IN {above}"""
            rows |= Q(pk__in=RawSQL(chosen, [param]))
        return rows


@dataclass(frozen=True, slots=True)
class OwnedBy(Reach):
    """Items, projects and tokens that a developer (or an owner: their tokens) owns in their own account."""

    user: int
    account: int

    def covers(self, thing: Thing) -> bool:
        return thing.owner == self.user and thing.account == self.account

    @classmethod
    def condition(cls, reaches: Sequence[OwnedBy], model: str) -> Q:
        field = {"item": "owner_id", "project": "owner_id", "token": "user_id"}.get(model)
        rows = NO_ROW
        for reach in reaches:
            rows |= Q(**{field: reach.user, "account_id": reach.account}) if field else rows
        return rows


@dataclass(frozen=True, slots=True)
class MadeBy(Reach):
    """Items that a user made in their own account; `unlinked`: only while no device is linked to them."""

    user: int
    account: int
    unlinked: bool

    def covers(self, thing: Thing) -> bool:
        free = not self.unlinked or thing.device_count == 0
        return thing.is_item and thing.made_by == self.user and thing.account == self.account and free

    @classmethod
    def condition(cls, reaches: Sequence[MadeBy], model: str) -> Q:
        rows = NO_ROW
        for reach in reaches if model == "item" else ():
            free = Q(device_count=0) if reach.unlinked else Q()
            rows |= Q(made_by=reach.user, account=reach.account) & free
        return rows


@dataclass(frozen=True, slots=True)
class Unlinked(Reach):
    """Items of an account that no device is linked to."""

    account: int

    def covers(self, thing: Thing) -> bool:
        return thing.is_item and thing.account == self.account and thing.device_count == 0

    @classmethod
    def condition(cls, reaches: Sequence[Unlinked], model: str) -> Q:
        if model != "item":
            return NO_ROW
        return Q(account_id__in=in_ids({reach.account for reach in reaches}), device_count=0)


@dataclass(frozen=True, slots=True)
class HoldsAssigned(Reach):
    """Items of an account that an assigned item is linked to, while the account behind may view that item.

    devices: count only devices among the assigned items (a group counts any item).
    """

    account: int
    assigned: frozenset[int]
    devices: bool
    behind: Scope

    def covers(self, thing: Thing) -> bool:
        return thing.is_item and thing.account == self.account and any(map(self._counts, thing.linked))

    def _counts(self, member: Thing) -> bool:
        wanted = member.id in self.assigned and (member.kind == "device" or not self.devices)
        return wanted and self.behind.allows(VIEW_OF[member.kind], member)

    @classmethod
    def condition(cls, reaches: Sequence[HoldsAssigned], model: str) -> Q:
        rows = NO_ROW
        for reach in reaches if model == "item" else ():
            views = (VIEW_OF["device"],) if reach.devices else VIEWS
            members = Item.objects.filter(reach.behind.condition(views), pk__in=in_ids(reach.assigned))
            if reach.devices:
                members = members.filter(kind="device")
            linked = ItemLink.objects.filter(member__in=members.values("pk")).values("container")
            rows |= Q(account=reach.account, pk__in=linked)
        return rows


@dataclass(frozen=True, slots=True)
class InProject(Reach):
    """Items of a project, or one of them.

    owner: only those that this developer owns in `account` (a developer's project).
    within, outside: only those (not) of the branch of this account.
    """

    project: int
    item: int | None
    account: int
    owner: int | None = None
    within: int | None = None
    outside: int | None = None

    def covers(self, thing: Thing) -> bool:
        return (
            thing.is_item
            and self.project in thing.projects
            and self.item in (None, thing.id)
            and (self.owner is None or (thing.owner == self.owner and thing.account == self.account))
            and (self.within is None or self.within in thing.path)
            and (self.outside is None or self.outside not in thing.path)
        )

    @classmethod
    def condition(cls, reaches: Sequence[InProject], model: str) -> Q:
        if model != "item":
            return NO_ROW
        columns = ("project", "item", "account", "owner", "within_account", "outside_account")
        rows = {(r.project, r.item, r.account, r.owner, r.within, r.outside) for r in reaches}
        listed, param = sql.table("r", columns, sorted(rows, key=str))
        above = _ABOVE.format(account="i.account_id")
        chosen = f"""SELECT i.id FROM {listed}
            JOIN projects_projectitem pi ON pi.project_id = r.project AND (r.item IS NULL OR r.item = pi.item_id)
            JOIN items_item i ON i.id = pi.item_id
            WHERE (r.owner IS NULL OR (i.owner_id = r.owner AND i.account_id = r.account))
              AND (r.within_account IS NULL OR r.within_account IN {above})
              AND (r.outside_account IS NULL OR r.outside_account NOT IN {above})"""
        return Q(pk__in=RawSQL(chosen, [param]))
