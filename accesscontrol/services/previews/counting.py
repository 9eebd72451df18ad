"""On how many things callers gain and lose what: compiled conditions of before and after, counted side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Count, ExpressionWrapper, F, QuerySet, Value

from accesscontrol import catalogue
from accesscontrol.access.compiled.scope import Scope
from accesscontrol.access.law.reaches import NO_ROW, Reach
from accesscontrol.access.permissions import Permission, permission
from accesscontrol.accounts.models import Account
from accesscontrol.items.models import Item

SEE, EDIT, DELETE, COMMAND, CREATE, OPERATE = "see", "edit", "delete", "command", "create", "operate as"
WORDS = (SEE, EDIT, DELETE, COMMAND, CREATE, OPERATE)


def _of_every_kind(verb: str) -> tuple[Permission, ...]:
    return tuple(permission(f"{kind}:{verb}") for kind in catalogue.ITEM_KINDS if verb in catalogue.KINDS[kind].verbs)


#: Level → what it means on items of each kind: the permission that tells whether it is held.
ON_ITEMS: dict[str, tuple[Permission, ...]] = {
    SEE: _of_every_kind("view"),
    EDIT: _of_every_kind("change"),
    DELETE: _of_every_kind("delete"),
    COMMAND: (permission("device.commands:create"), permission("endpoint.calls:create")),
}
#: (level, kind) → what it means on accounts.
ON_ACCOUNTS: dict[tuple[str, str], Permission] = {
    (SEE, "account"): permission("account:view"),
    (OPERATE, "account"): permission("account:operate"),
    **{(CREATE, kind): permission(f"{kind}:create") for kind in catalogue.CREATE_LEVELS.values()},
}
#: All of them, by the kind within a level.
_ASKED = [(level, each) for level in ON_ITEMS for each in sorted(ON_ITEMS[level], key=str)]
_ASKED += [(level, each) for (level, _), each in ON_ACCOUNTS.items()]


@dataclass(frozen=True, slots=True)
class Counted:
    """How many things of a kind (for `create`: accounts in which that kind is made) a level is about.

    before, after: how many in all; gained, lost: how many of them come and go.
    """

    word: str
    kind: str
    before: int
    after: int
    gained: int
    lost: int


def counted(
    was: Scope | None, now: Scope | None, items: QuerySet[Item], accounts: QuerySet[Account]
) -> Iterator[Counted]:  # fmt: skip
    """What an account gains and loses on these rows, level by level; both conditions are read after the act.

    Permissions that the same reaches give before, and the same after, share a statement.
    """
    together: dict[tuple, list[Permission]] = {}
    for _, wanted in _ASKED:
        if (had := _reaches(was, wanted)) != (has := _reaches(now, wanted)):
            together.setdefault((wanted.asked_of == "account", had, has), []).append(wanted)
    found: dict[Permission, tuple[int, ...]] = {}
    for (on_accounts, _, _), alike in together.items():
        numbers = _numbers(accounts if on_accounts else items, was, now, {each.asked_of: each for each in alike})
        found |= {each: numbers.get(each.asked_of, (0, 0, 0, 0)) for each in alike}
    for level, wanted in _ASKED:
        before, after, gained, lost = found.get(wanted, (0, 0, 0, 0))
        if gained or lost:
            yield Counted(level, wanted.kind, before, after, gained, lost)


def _reaches(scope: Scope | None, wanted: Permission) -> frozenset[Reach]:
    """What of an account's own scope gives a permission: the same before and after needs no count."""
    if scope is None or scope.dead is not None:
        return frozenset()
    return frozenset(each.reach for each in scope.allows_list if each.permissions.has(wanted))


def _numbers(
    rows: QuerySet[Any], was: Scope | None, now: Scope | None, asked: Mapping[str, Permission]
) -> dict[str, tuple[int, int, int, int]]:  # fmt: skip
    """Kind → (before, after, gained, lost). asked: one permission for each kind."""
    wanted = tuple(asked.values())
    if rows.model is Item:
        rows = rows.filter(kind__in=list(asked)).annotate(of=F("kind"))
    else:
        wanted, rows = wanted[:1], rows.annotate(of=Value("account"))
    rows = rows.annotate(was=_truth(was, wanted), now=_truth(now, wanted)).values_list("of", "was", "now")
    found: dict[str, tuple[int, int, int, int]] = {}
    for kind, had, has, number in rows.annotate(number=Count("pk")):
        before, after, gained, lost = found.get(kind, (0, 0, 0, 0))
        gained, lost = gained + number * (has and not had), lost + number * (had and not has)
        found[kind] = before + number * had, after + number * has, gained, lost
    return found


def _truth(scope: Scope | None, wanted: Sequence[Permission]) -> ExpressionWrapper:
    return ExpressionWrapper(scope.condition(wanted) if scope is not None else NO_ROW, output_field=BooleanField())
