"""Reaches over items: chosen ones, owned, made or linked ones, and those of a project."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from accesscontrol.access.fresh import sql
from accesscontrol.access.fresh.things import Thing
from accesscontrol.access.law.entitlements import Cap
from accesscontrol.access.law.reaches import NO_ROW, VIEW_OF, VIEWS, Reach, in_ids
from accesscontrol.accounts.tree import line_sql
from accesscontrol.grants.life import counting_rows
from accesscontrol.items.models import Item, ItemLink


@dataclass(frozen=True, slots=True)
class Items(Reach):
    """Items by id; `within`: only while they are of the branch of this account (chosen items of a grant)."""

    ids: frozenset[int]
    within: int | None = None

    def covers(self, thing: Thing) -> bool:
        return thing.id in self.ids and thing.is_item and (self.within is None or self.within in thing.path)

    @classmethod
    def condition(cls, reaches: Sequence[Items], model: str) -> Q:
        if model != "item":
            return NO_ROW
        free = {item for reach in reaches if reach.within is None for item in reach.ids}
        bound = {(item, reach.within) for reach in reaches if reach.within is not None for item in reach.ids}
        rows = Q(pk__in=in_ids(free)) if free else NO_ROW
        if bound:
            listed, param = sql.table("p", ("item", "within_account"), sorted(bound))
            above = line_sql("i.account_id")
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
        return thing.made_by == self.user and thing.account == self.account and thing.is_item and free

    @classmethod
    def condition(cls, reaches: Sequence[MadeBy], model: str) -> Q:
        alike: dict[tuple[int, bool], list[int]] = {}
        for reach in reaches if model == "item" else ():
            alike.setdefault((reach.account, reach.unlinked), []).append(reach.user)
        rows = NO_ROW
        for (account, unlinked), users in alike.items():
            rows |= Q(made_by__in=users, account=account) & (Q(device_count=0) if unlinked else Q())
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

    devices: count only devices among the assigned items (a group counts any item). at: the what-if time, or None.
    """

    account: int
    assigned: frozenset[int]
    devices: bool
    behind: Cap = field(compare=False)
    at: datetime | None = None

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
            counting = counting_rows(reach.at or timezone.now())
            linked = ItemLink.objects.filter(counting, member__in=members.values("pk")).values("container")
            rows |= Q(account=reach.account, pk__in=linked)
        return rows

    def hanging(self, things: Iterable[Thing], changed: Callable[[Thing], bool]) -> list[Thing]:
        near = ((thing, thing.linked) for thing in things if thing.linked and thing.account == self.account)
        held = ((thing, [each for each in linked if each.id in self.assigned]) for thing, linked in near)
        return [thing for thing, linked in held if linked and any(changed(each) for each in (thing, *linked))]

    @classmethod
    def hanging_rows(cls, reaches: Sequence[HoldsAssigned], model: str, changed: Q) -> Q:
        if model != "item":
            return NO_ROW
        assigned = {item for reach in reaches for item in reach.assigned}
        links = ItemLink.objects.filter(
            member__in=in_ids(assigned), container__account__in=in_ids({reach.account for reach in reaches})
        )
        by_member = links.filter(member__in=Item.objects.filter(changed).values("pk"))
        return Q(pk__in=by_member.values("container")) | (Q(pk__in=links.values("container")) & changed)


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
        above = line_sql("i.account_id")
        chosen = f"""SELECT i.id FROM {listed}
            JOIN projects_projectitem pi ON pi.project_id = r.project AND (r.item IS NULL OR r.item = pi.item_id)
            JOIN items_item i ON i.id = pi.item_id
            WHERE (r.owner IS NULL OR (i.owner_id = r.owner AND i.account_id = r.account))
              AND (r.within_account IS NULL OR r.within_account IN {above})
              AND (r.outside_account IS NULL OR r.outside_account NOT IN {above})"""
        return Q(pk__in=RawSQL(chosen, [param]))
