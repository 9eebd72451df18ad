"""What changes for one caller when grants change, told from two scopes in memory.

An act on grants touches nothing but what accounts receive. So whoever's own entitlements by grants, and those of the
accounts behind their caps, are the same as before has gained and lost nothing, but by links that were cut.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from accesscontrol import catalogue
from accesscontrol.access.compiled.scope import Scope
from accesscontrol.access.fresh.things import Thing
from accesscontrol.access.law.item_reaches import HoldsAssigned, InProject, Items, MadeBy, Unlinked
from accesscontrol.access.law.limits import Narrowed, Rules
from accesscontrol.access.law.reaches import Reach
from accesscontrol.access.permissions import Permission, PermissionSet, kind_permissions
from accesscontrol.services.grants.previews.words import ON_ACCOUNTS

#: (account behind, or None for the caller's own; permissions; reach).
Given = tuple[int | None, PermissionSet, Reach]
#: A thing as it was and as it is; the same object where no link of it can have changed.
Pair = tuple[Thing, Thing]

_BY_LINKS = (HoldsAssigned, Unlinked, MadeBy)


@dataclass(frozen=True, slots=True)
class Difference:
    """What comes and goes with grants for one caller."""

    added: frozenset[Given]
    removed: frozenset[Given]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)

    def reaches(self, *, own: bool) -> set[Reach]:
        """What its entitlements are about: the caller's own, or those of accounts behind caps."""
        return {reach for behind, _, reach in (*self.added, *self.removed) if (behind is None) == own}

    @property
    def permissions(self) -> PermissionSet:
        found = PermissionSet()
        for _, permissions, _ in (*self.added, *self.removed):
            found |= permissions
        return found


def between(was: Scope | None, now: Scope | None) -> Difference:
    before, after = _received(was), _received(now)
    return Difference(after - before, before - after)


def _received(scope: Scope | None) -> frozenset[Given]:
    if scope is None or scope.dead is not None:
        return frozenset()
    behind = {entitlement.cap.account: entitlement.cap for entitlement in scope.allows_list if entitlement.cap}
    lists = [(None, scope), *((account, cap) for account, cap in behind.items() if cap.dead is None)]
    return frozenset(
        (account, entitlement.permissions, entitlement.reach)
        for account, one in lists
        for entitlement in one.allows_list
        if entitlement.cap is None and entitlement.origin is not None and entitlement.origin[0] == "grant"
    )


class Near:
    """What of the items that a grant is about can be one caller's at all, besides what is theirs by a grant itself."""

    __slots__ = ("items", "link_accounts", "listed", "projects", "rules")

    def __init__(self, scope: Scope | None) -> None:
        reaches = [entitlement.reach for entitlement in scope.allows_list] if scope is not None else []
        self.items: set[int] = {item for reach in reaches if isinstance(reach, Items) for item in reach.ids}
        self.projects = {reach.project for reach in reaches if isinstance(reach, InProject)}
        self.link_accounts = {reach.account for reach in reaches if isinstance(reach, _BY_LINKS)}
        self.rules = scope is not None and scope.has_rules
        #: The only items that count, where the rules of a token list them one by one.
        self.listed = _listed(scope.limits) if scope is not None else None

    def has(self, thing: Thing) -> bool:
        return thing.id in self.items or bool(self.projects & thing.projects)

    def turns_on(self, was: Thing, now: Thing) -> bool:
        """Whether links that changed may decide: in groups of a token's rules, or to what is assigned."""
        if self.rules and was.groups != now.groups:
            return True
        return now.account in self.link_accounts and _links(was) != _links(now)


def _links(thing: Thing) -> tuple[int, frozenset[int]]:
    return thing.device_count, frozenset(member.id for member in thing.linked)


class Change:
    """One caller before and after an act on grants."""

    __slots__ = ("address", "alike", "behind", "difference", "near", "now", "own", "was")

    def __init__(self, was: Scope | None, now: Scope | None) -> None:
        self.was, self.now = was, now
        self.difference = between(was, now)
        self.own, self.behind = self.difference.reaches(own=True), self.difference.reaches(own=False)
        self.near = Near(now)
        #: Somebody bound to addresses counts as from one of theirs, as in `who`.
        self.address = now.networks[0].partition("/")[0] if now is not None and now.networks else None
        self.alike = self._alike()

    @property
    def is_wide(self) -> bool:
        """Whether whole accounts come or go for the caller themselves, and not by a cap; lists of a token narrow it."""
        return self.near.listed is None and any(not isinstance(reach, Items) for reach in self.own)

    def _alike(self) -> tuple | None:
        """A key of those who have just what their account has, so that one of them stands for all; None for others."""
        for scope in (self.was, self.now):
            if scope is None or scope.dead is not None or scope.denies:
                return None
            if any(entitlement.cap is not None for entitlement in scope.allows_list):
                return None
        limits = self.now.limits if self.now is not None else ()
        return self.now and self.now.account, tuple(map(_value, limits)), self.difference


def _value(limit: Narrowed) -> tuple:
    """A limit as a value: tokens with the same rules are limited alike."""
    rules = limit.rules if isinstance(limit, Rules) else ()
    told = [(each.kind, each.reach, each.verbs, repr(each.sections), each.things) for each in rules]
    return type(limit).__name__, *told


def _listed(limits: Iterable[Narrowed]) -> set[int] | None:
    """The items that the rules of a token list; None where they do not list items only, or there are no rules."""
    found: set[int] | None = None
    for rule in (rule for limit in limits if isinstance(limit, Rules) for rule in limit.rules):
        if rule.reach != "list" or rule.kind not in catalogue.ITEM_KINDS:
            return None
        found = (found or set()) | rule.things
    return found


def touched(change: Change, pairs: Iterable[Pair]) -> list[Pair]:
    """The things on which this caller's decisions can have changed."""
    return [(was, now) for was, now in pairs if _touches(change, was, now)]


def _touches(change: Change, was: Thing, now: Thing) -> bool:
    if change.near.listed is not None and not (now.is_item and now.id in change.near.listed):
        return False
    if change.own and _covered(change.own, now):
        return True
    if not now.is_item:
        return change.now is not None and now.id == change.now.account and _covered(change.behind, now)
    if was is not now and change.near.turns_on(was, now):
        return True
    if not change.behind:
        return False
    if change.near.has(now) and _covered(change.behind, now):
        return True
    holds = now.account in change.near.link_accounts
    return holds and any(_covered(change.behind, member) for member in (*was.linked, *now.linked))


def _covered(reaches: Collection[Reach], thing: Thing) -> bool:
    return any(reach.covers(thing) for reach in reaches)


def turned(change: Change, pairs: Iterable[Pair]) -> tuple[bool, bool]:
    """Whether some permission on one of these things comes, and whether one goes; each is asked alone."""
    gains = loses = False
    for before, after in pairs:
        for wanted in _asked_on(after.kind):
            had = change.was is not None and change.was.evaluate(wanted, before, change.address).allowed
            has = change.now is not None and change.now.evaluate(wanted, after, change.address).allowed
            gains, loses = gains or (has and not had), loses or (had and not has)
        if gains and loses:
            break
    return gains, loses


def _asked_on(kind: str) -> Iterable[Permission]:
    if kind == "account":
        return ON_ACCOUNTS.values()
    return (wanted for wanted in kind_permissions(kind) if not wanted.is_create)
