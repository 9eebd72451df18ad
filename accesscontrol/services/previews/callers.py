"""Which of many callers gain or lose anything by an act: few things are asked about one by one, many by sets of rows.

Both rest on the compiled scopes of before and after, so that a preview says what decisions then say.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from accesscontrol.access.actor import Actor
from accesscontrol.access.compiled.keeping import scopes
from accesscontrol.access.compiled.scope import Scope
from accesscontrol.access.fresh import things
from accesscontrol.access.fresh.things import MODELS, Ref, Thing
from accesscontrol.access.law.reaches import EVERY_ROW, NO_ROW, Reach
from accesscontrol.access.permissions import Permission
from accesscontrol.services.previews.changes import Change, Outcome, Pair, by_class, rows_of

#: So many things are asked about one by one for one caller, and so many are read for all of them.
MOST_THINGS, MOST_READ = 200, 5000
_MODELS = ("item", "account")


class Callers:
    """Looks at callers before and after an act. items: those that the act itself may change: their links, whose."""

    def __init__(self, actors: Iterable[Actor], items: Collection[Ref] = ()) -> None:
        self.actors = list(dict.fromkeys(actors))
        self.items = items
        self._scopes: dict[Actor, Scope | None] = {}
        self._items: dict[Ref, Thing] = {}

    def before(self) -> None:
        """The first look."""
        self._scopes = scopes(self.actors, timezone.now()) if self.actors else {}
        self._items = self._load(self.items, self._scopes.values())

    def after(self) -> dict[Actor, Outcome]:
        """The second look: what each of them gains and loses."""
        found = scopes(self.actors, timezone.now()) if self.actors else {}
        changes = {actor: Change(self._scopes[actor], scope) for actor, scope in found.items()}
        there = self._load(self.items, found.values())
        moved = [(was, there[ref]) for ref, was in self._items.items() if _facts(was) != _facts(there[ref])]
        candidates = _Candidates(list(changes.values()), [now.id for _, now in moved])
        few = _Few(self._load(candidates.refs, found.values()).values())
        told: dict[tuple, Outcome] = {}
        for change in changes.values():
            if change.alike not in told:
                told[change.alike] = _outcome(change, moved, few if candidates.hold(change) else None, candidates.apart)
        return {actor: told[change.alike] for actor, change in changes.items()}

    @staticmethod
    def _load(refs: Collection[Ref], found: Iterable[Scope | None]) -> dict[Ref, Thing]:
        users = {user for scope in found if scope is not None for user in scope.users}
        return things.load(refs, users) if refs else {}


def _facts(thing: Thing) -> tuple:
    """What decisions read of an item."""
    linked = {member.id for member in thing.linked}
    whose = thing.path, thing.owner, thing.made_by
    return *whose, thing.device_count, thing.groups, thing.projects, linked


class _Candidates:
    """The things on which decisions of some callers can have changed, where these are few.

    apart: items that are asked about anyway.
    """

    def __init__(self, changes: Sequence[Change], apart: Collection[int]) -> None:
        self.apart = apart
        whole = [change for change in changes if change.listed is None]
        own = {reach for change in whole for reach in change.own}
        self._own = _refs(lambda model: [rows_of(own, model)] if own else [], MOST_THINGS)
        self._hanging = _refs(lambda model: _hanging(changes, model), MOST_READ)
        listed = {("item", item) for change in changes if change.own for item in change.listed or ()}
        self._listed: set[Ref] | None = listed if len(listed) <= MOST_READ else None
        found = {ref for refs in (self._own, self._hanging, self._listed) for ref in refs or ()}
        self.refs = found - {("item", item) for item in apart}

    def hold(self, change: Change) -> bool:
        """Whether all are among them on which this caller's decisions can have changed."""
        own = self._own if change.listed is None else self._listed
        return (own is not None or not change.own) and (self._hanging is not None or not change.hanging)


class _Few:
    """Things that were read, and on which of them each reach may make a difference: worked out once for all callers."""

    def __init__(self, read: Iterable[Thing]) -> None:
        self.things = list(read)
        self._covered: dict[Reach, list[Thing]] = {}
        self._hanging: dict[tuple[Reach, frozenset[Reach]], list[Thing]] = {}

    def touched(self, change: Change) -> set[Thing]:
        """Those on which decisions of this caller can have changed."""
        found = {thing for reach in change.own for thing in self._covered_by(reach)}
        found |= {thing for reach in change.hanging for thing in self._hanging_on(reach, change.behind)}
        listed = change.listed
        return found if listed is None else {thing for thing in found if thing.is_item and thing.id in listed}

    def _covered_by(self, reach: Reach) -> list[Thing]:
        if reach not in self._covered:
            self._covered[reach] = [thing for thing in self.things if reach.covers(thing)]
        return self._covered[reach]

    def _hanging_on(self, reach: Reach, behind: frozenset[Reach]) -> list[Thing]:
        if (reach, behind) not in self._hanging:
            found = reach.hanging(self.things, lambda thing: any(each.covers(thing) for each in behind))
            self._hanging[reach, behind] = found
        return self._hanging[reach, behind]


def _hanging(changes: Iterable[Change], model: str) -> list[Q]:
    """A condition for each class of reach, since an OR of them all would be no look into an index."""
    behind = {reach for change in changes for reach in change.behind}
    through = {reach for change in changes for reach in change.hanging}
    changed = rows_of(behind, model)
    return [alike[0].hanging_rows(alike, model, changed) for alike in by_class(through)]


def _refs(conditions: Callable[[str], list[Q]], most: int) -> set[Ref] | None:
    """The rows that any of these conditions finds; None when there are more than `most`."""
    found: set[Ref] = set()
    for model in _MODELS:
        for condition in conditions(model):
            rows = MODELS[model]._default_manager.filter(condition).order_by().values_list("pk", flat=True)
            found |= {(model, pk) for pk in rows[: most + 1]}
            if len(found) > most:
                return None
    return found


def _outcome(change: Change, moved: list[Pair], few: _Few | None, apart: Collection[int]) -> Outcome:
    found = change.turned(moved)
    if all(found) or not change.differs:
        return found
    touched = few.touched(change) if few is not None else set()
    if few is not None and len(touched) <= MOST_THINGS:
        return found | change.turned([(thing, thing) for thing in touched], change.most)
    return found | _by_rows(change, apart)


# --- Of many things the database is asked, by sets of rows


def _by_rows(change: Change, apart: Collection[int]) -> Outcome:
    """Whether there is a row on which this caller gains a permission, and one on which they lose one."""
    gains = loses = False
    for model in _MODELS:
        sets = change.sets(model)
        rows = MODELS[model]._default_manager.filter(change.rows(model)) if sets else None
        if rows is None:
            continue
        if model == "item":
            rows = rows.exclude(pk__in=apart)
        pairs = [(_kinds(model, wanted), *(_allowed(scope, wanted, change) for scope in (change.was, change.now)))
                 for wanted in sets]  # fmt: skip
        gains = gains or (change.most.gains and _any(rows, [these & ~old & new for these, old, new in pairs]))
        loses = loses or (change.most.loses and _any(rows, [these & old & ~new for these, old, new in pairs]))
    return Outcome(gains, loses)


def _kinds(model: str, wanted: Iterable[Permission]) -> Q:
    return Q(kind__in=[each.kind for each in wanted]) if model == "item" else EVERY_ROW


def _allowed(scope: Scope | None, wanted: Sequence[Permission], change: Change) -> Q:
    return scope.condition(wanted, change.address) if scope is not None else NO_ROW


def _any(rows: QuerySet[Any], conditions: list[Q]) -> bool:
    wanted = NO_ROW
    for condition in conditions:
        wanted |= condition
    return rows.filter(wanted).exists()
