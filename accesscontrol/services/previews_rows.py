"""Whether somebody gains or loses any permission on any item or account, given their scopes before and after an act."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet

from accesscontrol import catalogue
from accesscontrol.access.entitlements import Entitlement
from accesscontrol.access.item_reaches import HoldsAssigned
from accesscontrol.access.permissions import Permission, kind_permissions
from accesscontrol.access.reaches import EVERY_ROW, NO_ROW, VIEWS, Reach
from accesscontrol.access.scope import Scope
from accesscontrol.accounts.models import Account
from accesscontrol.items.models import Item
from accesscontrol.services.previews_words import ON_ACCOUNTS


def gains_and_loses(
    was: Scope | None, now: Scope | None, address: str | None, apart: Sequence[int]
) -> tuple[bool, bool]:
    """Whether there is a row on which this caller gains a permission, and one on which they lose one.

    apart: items that were asked about one by one, since links decide about them; both conditions are read after the
    act, when links may have gone.
    """
    gained = lost = False
    items = Item.objects.exclude(pk__in=apart)
    for rows, sets in ((items, _on_items(was, now)), (Account.objects.all(), _on_accounts(was, now))):
        about = [Q(kind__in=[each.kind for each in wanted]) if rows is items else EVERY_ROW for wanted in sets]
        pairs = [(_rows(was, wanted, address), _rows(now, wanted, address)) for wanted in sets]
        gained = gained or _any(rows, [those & ~old & new for those, (old, new) in zip(about, pairs, strict=True)])
        lost = lost or _any(rows, [those & old & ~new for those, (old, new) in zip(about, pairs, strict=True)])
    return gained, lost


def _any(rows: QuerySet[Any], conditions: list[Q]) -> bool:
    wanted = NO_ROW
    for condition in conditions:
        wanted |= condition
    return bool(conditions) and rows.filter(wanted).exists()


def _rows(scope: Scope | None, wanted: Sequence[Permission], address: str | None) -> Q:
    return scope.condition(wanted, address) if scope is not None else NO_ROW


def _on_accounts(was: Scope | None, now: Scope | None) -> list[tuple[Permission, ...]]:
    return [(wanted,) for wanted in ON_ACCOUNTS.values() if _weighed(was, wanted) != _weighed(now, wanted)]


def _on_items(was: Scope | None, now: Scope | None) -> list[tuple[Permission, ...]]:
    """Sets of permissions, one a kind in each, that tell everything: alike ones stand for each other."""
    chosen: list[list[Permission]] = []
    for kind in catalogue.ITEM_KINDS:
        alike: dict[tuple, Permission] = {}
        for wanted in kind_permissions(kind):
            if not wanted.is_create:
                before, after = _weighed(was, wanted), _weighed(now, wanted)
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


def _behind(cap: Scope | None, wanted: Sequence[Permission]) -> tuple | None:
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
