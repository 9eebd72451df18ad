"""What an act changes for one caller, told from the two scopes compiled before and after it.

Only where an entitlement comes or goes can a decision change, and by the facts of a thing that the act itself changed.
So the differences of the two lists say where to look; the scopes then say what is so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from itertools import groupby
from typing import NamedTuple

from django.db.models import Q

from accesscontrol import catalogue
from accesscontrol.access.compiled.scope import Scope
from accesscontrol.access.fresh.things import Thing
from accesscontrol.access.law.entitlements import Entitlement
from accesscontrol.access.law.reaches import NO_ROW, Reach
from accesscontrol.access.permissions import Permission, PermissionSet, kind_permissions
from accesscontrol.accounts.addresses import one_inside

#: A thing as it was and as it is; the same object where the act changed nothing of it.
Pair = tuple[Thing, Thing]


class Outcome(NamedTuple):
    """Whether somebody gains a permission on anything, and whether they lose one."""

    gains: bool = False
    loses: bool = False

    def __or__(self, other: Outcome) -> Outcome:
        return Outcome(self.gains or other.gains, self.loses or other.loses)


BOTH = Outcome(True, True)


class Held(NamedTuple):
    """An entitlement as a value. behind: the account that has it behind a cap; None for the caller's own."""

    behind: int | None
    source: str
    permissions: PermissionSet
    reach: Reach
    cap: int | None


class Change:
    """One caller before and after an act.

    own, behind: what comes and goes, of their own entitlements and of those of the accounts behind their caps.
    hanging: the reaches through which they have what accounts behind have, where that changes.
    listed: the only items that can matter, where a token lists them one by one, before and after.
    whole: whether permissions can change that no entitlement names which comes or goes: by limits, or by what hangs.
    alike: those for whom this is equal gain and lose alike.
    """

    def __init__(self, was: Scope | None, now: Scope | None) -> None:
        self.was, self.now = was, now
        #: Somebody bound to addresses counts as from one of theirs, as in `who`.
        self.address = one_inside(now.networks) if now is not None else None
        before, after = _held(was), _held(now)
        limits = [scope.limits if scope is not None else () for scope in (was, now)]
        same_limits = limits[0] == limits[1] or was is None or now is None
        added, removed = (after - before, before - after) if same_limits else (after, before)
        #: What entitlements can make of it at most: what comes adds no loss, unless it is a deny.
        self.most = Outcome(_allows(added) or _denies(removed), _allows(removed) or _denies(added))
        changed = added | removed
        self.differs = bool(changed)
        self.own = {held.reach for held in changed if held.behind is None}
        self.behind = frozenset(held.reach for held in changed if held.behind is not None)
        scopes = [scope for scope in (was, now) if scope is not None and self.behind]
        self.hanging = {given.reach for scope in scopes for given in scope.allows_list if given.cap is not None}
        self.permissions = {held.permissions for held in changed}
        self.whole = bool(self.hanging) or not same_limits
        lists = (limit.listed for limit in limits[1] if same_limits)
        self.listed = next((listed for listed in lists if listed is not None), None)
        self.alike = before, after, repr(limits), self.address

    def rows(self, model: str) -> Q:
        """The rows on which decisions can have changed, lists of a token aside."""
        return rows_of(self.own, model) | hanging_rows(self.hanging, model, rows_of(self.behind, model))

    def turned(self, pairs: Iterable[Pair], most: Outcome = BOTH) -> Outcome:
        """What comes and goes on these things, each permission asked alone, until it is as much as can be."""
        gains = loses = False
        for before, after in pairs:
            for wanted in self._asked(before, after):
                had = self.was is not None and self.was.evaluate(wanted, before, self.address).allowed
                has = self.now is not None and self.now.evaluate(wanted, after, self.address).allowed
                gains, loses = gains or (has and not had), loses or (had and not has)
            if (gains, loses) == most:
                break
        return Outcome(gains, loses)

    def _asked(self, before: Thing, after: Thing) -> Iterable[Permission]:
        """What can have changed on a thing: anything, where the act changed the thing itself."""
        wanted = asked_on(after.kind)
        if before is not after:
            return wanted if self.differs or self._turned_by_itself(before, after) else ()
        return self.given(wanted)

    def _turned_by_itself(self, before: Thing, after: Thing) -> bool:
        """Whether a thing that the act changed is now reached otherwise, or in other groups of a token's rules."""
        if self.now is None or self.now.dead is not None:
            return False
        if self.now.has_rules and before.groups != after.groups:
            return True
        reaches = (given.reach for given in (*self.now.allows_list, *self.now.denies))
        return any(reach.covers(before) != reach.covers(after) for reach in reaches)

    def given(self, wanted: Iterable[Permission]) -> list[Permission]:
        """Those of these permissions that can have changed."""
        return [each for each in wanted if self.whole or any(named.has(each) for named in self.permissions)]

    def sets(self, model: str) -> list[tuple[Permission, ...]]:
        """Sets of permissions, one a kind in each, that tell everything about rows: alike ones stand for each other."""
        found: dict[tuple, dict[str, Permission]] = {}
        for kind in catalogue.ITEM_KINDS if model == "item" else (model,):
            for wanted in self.given(asked_on(kind)):
                weight = _weight(self.was, wanted), _weight(self.now, wanted)
                if self.whole or weight[0] != weight[1]:
                    found.setdefault(weight, {}).setdefault(kind, wanted)
        return [tuple(alike.values()) for alike in found.values()]


def rows_of(reaches: Collection[Reach], model: str) -> Q:
    """The rows of a model that any of these reaches covers."""
    found = NO_ROW
    for alike in by_class(reaches):
        found |= alike[0].condition(alike, model)
    return found


def hanging_rows(reaches: Collection[Reach], model: str, changed: Q) -> Q:
    """The rows of a model on which any of these gives something else, when those behind it change on `changed`."""
    found = NO_ROW
    for alike in by_class(reaches):
        found |= alike[0].hanging_rows(alike, model, changed)
    return found


def by_class(reaches: Collection[Reach]) -> list[list[Reach]]:
    ordered = sorted(reaches, key=lambda reach: type(reach).__name__)
    return [list(alike) for _, alike in groupby(ordered, key=type)]


@cache
def asked_on(kind: str) -> tuple[Permission, ...]:
    """The permissions asked on things of a kind; `create` of any kind is asked on accounts."""
    kinds = catalogue.KINDS if kind == "account" else (kind,)
    found = (wanted for each in kinds if each not in catalogue.ASKED_OF_ACCOUNT for wanted in kind_permissions(each))
    return tuple(wanted for wanted in found if wanted.asked_of == kind)


@cache
def _masks() -> Mapping[str, int]:
    """Kind → the permissions that are asked on items and accounts."""
    asked = [wanted for kind in ("account", *catalogue.ITEM_KINDS) for wanted in asked_on(kind)]
    return PermissionSet.of(str(wanted) for wanted in asked)


def _allows(listed: Iterable[Held]) -> bool:
    return any(held.source != "deny" for held in listed)


def _denies(listed: Iterable[Held]) -> bool:
    return any(held.source == "deny" for held in listed)


def _matters(permissions: PermissionSet) -> bool:
    masks = _masks()
    return any(mask & masks.get(kind, 0) for kind, mask in permissions.items())


def _held(scope: Scope | None) -> frozenset[Held]:
    """Everything that a caller and the accounts behind their caps are given on items and accounts."""
    if scope is None or scope.dead is not None:
        return frozenset()
    caps = {given.cap.account: given.cap for given in scope.allows_list if given.cap is not None}
    lists: list[tuple[int | None, list[Entitlement]]] = [(None, [*scope.allows_list, *scope.denies])]
    lists += [(account, cap.allows_list) for account, cap in caps.items() if cap.dead is None]
    return frozenset(
        Held(behind, given.source, given.permissions, given.reach, given.cap.account if given.cap else None)
        for behind, listed in lists
        for given in listed
        if _matters(given.permissions)
    )


def _weight(scope: Scope | None, wanted: Permission) -> tuple:
    """All that a scope's condition for a permission is made of: permissions of a kind that weigh the same are alike."""
    if scope is None or scope.dead is not None:
        return ()
    limits = tuple(limit.weighs(wanted) for limit in scope.limits)
    return _given(scope.allows_list, wanted), _given(scope.denies, wanted), limits


def _given(entitlements: Sequence[Entitlement], wanted: Permission) -> frozenset:
    """The reaches that give it; of a capped one also what the account behind gives."""
    return frozenset(
        (given.reach, _given(given.cap.allows_list, wanted) if given.cap is not None else None)
        for given in entitlements
        if given.permissions.has(wanted)
    )
