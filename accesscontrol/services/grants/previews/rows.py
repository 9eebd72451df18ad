"""Whether somebody gains or loses any permission on any item or account, asked of the database by sets of rows.

For whoever has too much to be asked about one by one: those who have what their account has, and wide grants.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet

from accesscontrol import catalogue
from accesscontrol.access.compiled.scope import Scope
from accesscontrol.access.law.entitlements import Cap, Entitlement
from accesscontrol.access.law.item_reaches import HoldsAssigned, Items
from accesscontrol.access.law.reaches import EVERY_ROW, NO_ROW, VIEWS, Reach
from accesscontrol.access.permissions import Permission, kind_permissions
from accesscontrol.accounts.models import Account
from accesscontrol.items.models import Item
from accesscontrol.services.grants.previews.differences import Change
from accesscontrol.services.grants.previews.words import ON_ACCOUNTS


def gains_and_loses(change: Change, apart: Sequence[int]) -> tuple[bool, bool]:
    """Whether there is a row on which this caller gains a permission, and one on which they lose one.

    apart: items that were asked about one by one, since links decide about them; both conditions are read after the
    act, when links may have gone.
    """
    gained = lost = False
    for rows, sets in _looked(change, apart):
        kinds = [Q(kind__in=[each.kind for each in wanted]) if rows.model is Item else EVERY_ROW for wanted in sets]
        pairs = [(_rows(change.was, wanted, change), _rows(change.now, wanted, change)) for wanted in sets]
        if change.difference.added and not gained:
            gained = _any(rows, [these & ~old & new for these, (old, new) in zip(kinds, pairs, strict=True)])
        if change.difference.removed and not lost:
            lost = _any(rows, [these & old & ~new for these, (old, new) in zip(kinds, pairs, strict=True)])
    return gained, lost


def _looked(change: Change, apart: Sequence[int]) -> list[tuple[QuerySet[Any], list[tuple[Permission, ...]]]]:
    """Rows that can have changed, and sets of permissions that tell everything about them."""
    reaches = change.own | change.behind
    items = Item.objects.exclude(pk__in=apart)
    if not _by_links(change):
        items = items.filter(rows_of(reaches, "item"))
    looked: list[tuple[QuerySet[Any], list[tuple[Permission, ...]]]] = [(items, _on_items(change))]
    if any(not isinstance(reach, Items) for reach in reaches):
        looked.append((Account.objects.filter(rows_of(reaches, "account")), _on_accounts(change)))
    return looked


def rows_of(reaches: set[Reach], model: str) -> Q:
    """The rows of a model that any of these reaches covers."""
    by_class: dict[type[Reach], list[Reach]] = {}
    for reach in reaches:
        by_class.setdefault(type(reach), []).append(reach)
    found = NO_ROW
    for one, alike in by_class.items():
        found |= one.condition(alike, model)
    return found


def _by_links(change: Change) -> bool:
    """Whether what somebody sees of one item hangs on what they see of another."""
    held = [scope.allows_list for scope in (change.was, change.now) if scope is not None]
    return any(isinstance(entitlement.reach, HoldsAssigned) for listed in held for entitlement in listed)


def _any(rows: QuerySet[Any], conditions: list[Q]) -> bool:
    wanted = NO_ROW
    for condition in conditions:
        wanted |= condition
    return bool(conditions) and rows.filter(wanted).exists()


def _rows(scope: Scope | None, wanted: Sequence[Permission], change: Change) -> Q:
    return scope.condition(wanted, change.address) if scope is not None else NO_ROW


def _on_accounts(change: Change) -> list[tuple[Permission, ...]]:
    changed = (each for each in ON_ACCOUNTS.values() if _weighed(change.was, each) != _weighed(change.now, each))
    return [(wanted,) for wanted in changed]


def _on_items(change: Change) -> list[tuple[Permission, ...]]:
    """Sets of permissions, one a kind in each, that tell everything: alike ones stand for each other."""
    chosen: list[list[Permission]] = []
    given, by_links = change.difference.permissions, _by_links(change)
    for kind in catalogue.ITEM_KINDS:
        alike: dict[tuple, Permission] = {}
        for wanted in kind_permissions(kind):
            if not wanted.is_create and (by_links or given.has(wanted)):
                before, after = _weighed(change.was, wanted), _weighed(change.now, wanted)
                if before != after:
                    alike.setdefault((before, after), wanted)
        for place, wanted in enumerate(alike.values()):
            while len(chosen) <= place:
                chosen.append([])
            chosen[place].append(wanted)
    return [tuple(wanted) for wanted in chosen]


def _weighed(scope: Scope | None, wanted: Permission) -> tuple:
    """All that a scope's condition for a permission is made of: permissions of a kind that weigh the same are alike."""
    if scope is None or scope.dead is not None:
        return ()
    limits = tuple(limit.weighs(wanted) for limit in scope.limits)
    return _given(scope.allows_list, wanted), _given(scope.denies, wanted), limits


def _given(entitlements: list[Entitlement], wanted: Permission) -> frozenset:
    """The reaches that give it; of a capped one also what the account behind gives."""
    return frozenset(
        (_reach(entitlement.reach), _behind(entitlement.cap, (wanted,)))
        for entitlement in entitlements
        if entitlement.permissions.has(wanted)
    )


def _behind(cap: Cap | None, wanted: Sequence[Permission]) -> tuple | None:
    if cap is None or cap.dead is not None:
        return None if cap is None else ()
    return tuple(
        (entitlement.reach, given)
        for entitlement in cap.allows_list
        if (given := tuple(each for each in wanted if entitlement.permissions.has(each)))
    )


def _reach(reach: Reach) -> tuple:
    """A reach as a value: one that looks through an account's scope with what that account may view."""
    if isinstance(reach, HoldsAssigned):
        return reach.account, reach.assigned, reach.devices, _behind(reach.behind, VIEWS)
    return type(reach).__name__, reach
