"""Revisions (access model §11): acts count what they change, and a change made from an old state undoes nothing that
its maker has not seen.

A change says from which state it was made by the actor's `origin`. What only one side changed since is written; fields
that carry access count as one. A spec says of each of its fields which it is: `PLAIN` or `ACCESS`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar, get_origin, get_type_hints

from django.db.models import F, Model
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_noop as _

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor, Digests, Origin
from accesscontrol.access.doors.event_names import veil_names
from accesscontrol.access.doors.grant_logs import of_own_side
from accesscontrol.accounts.revisions import Revised
from accesscontrol.audit.models import Event
from accesscontrol.grants.models import Grant
from accesscontrol.items.models import Item, Record
from accesscontrol.sentences import Sentence, Wording
from accesscontrol.services.frame.errors import Conflict
from accesscontrol.services.frame.fields import field_of
from accesscontrol.services.frame.lines import chunks, distinct

Spec = TypeVar("Spec", bound=Any)
#: Of what was done since, so much is read.
MOST_LINES = 100
STALE = Wording(
    "stale",
    _(
        "%(thing)s has been changed meanwhile by %(who)s: %(what)s. Nothing of yours was written. Look at what it is "
        "now, and do it again if you still want it."
    ),
)
_SOMEBODY = Wording("somebody_else", _("somebody else"))
_SOMETHING = Wording("something", _("something that is not told"))


class Stale(Conflict):
    """A change was made from a state that others have moved on from, and may not be joined with theirs.

    moved: the fields that they changed, as the spec names them. mine: those that this change would write.
    lines: what was done since, newest first; who did it is named as far as the actor may know.
    """

    def __init__(self, thing: Model, lines: Sequence[Event], moved: Sequence[str] = (), mine: Sequence[str] = ()):
        self.thing, self.lines, self.mine = thing, lines, tuple(mine)
        self.moved = tuple(moved) or _fields_told(lines)
        what = ", ".join(field_of(thing, name).replace("_", " ") for name in self.moved)
        super().__init__(STALE(thing=str(thing), who=self.who, what=what or _SOMETHING()))

    @property
    def who(self) -> str | Sentence:
        """Who changed it, newest first."""
        names = distinct(line.detail.actor_name for line in self.lines if line.detail.actor_name)
        return ", ".join(names) or _SOMEBODY()


def _fields_told(lines: Sequence[Event]) -> tuple[str, ...]:
    return tuple(distinct(name for line in lines for name in sorted(line.detail.changes)))


# --- What is counted


#: What an act has counted up → the revision that it has now.
_counted: ContextVar[dict[tuple[type[Model], Any], int] | None] = ContextVar("counted", default=None)


@contextmanager
def counting() -> Iterator[None]:
    """One act, with those inside it: each thing is counted once in it."""
    if _counted.get() is not None:
        yield
        return
    token = _counted.set({})
    try:
        yield
    finally:
        _counted.reset(token)


def count_up(actor: Actor, things: Iterable[Revised]) -> None:
    """Count up what an act changes: one statement a model, however many there are.

    Raises Stale where the actor does this only to the revision that it names, and the thing has another.
    """
    found = _counted.get()
    counted = {} if found is None else found
    by_model: dict[type[Revised], dict[Any, list[Revised]]] = {}
    for thing in things:
        model: Any = thing._meta.model  # a lazily loaded user is a user
        if (model, thing.pk) in counted:
            thing.revision = counted[model, thing.pk]
        else:
            by_model.setdefault(model, {}).setdefault(thing.pk, []).append(thing)
    for model, rows in by_model.items():
        _require_revision(actor, model, rows)
        for piece in chunks(sorted(rows)):
            model._default_manager.filter(pk__in=piece).update(revision=F("revision") + 1)
        for row_id, copies in rows.items():
            for thing in {id(copy): copy for copy in copies}.values():
                thing.revision += 1
            counted[model, row_id] = copies[0].revision


def _require_revision(actor: Actor, model: type[Revised], rows: Mapping[Any, Sequence[Revised]]) -> None:
    origin = actor.origin
    if origin is None or origin.fields is not None or origin.noun != model._meta.model_name or origin.id not in rows:
        return
    require_revision(actor, rows[origin.id][0])


def require_seen(actor: Actor, things: Iterable[Model]) -> None:
    """What an act is recorded about without counting it up, such as an entry that is added to an item, is as the actor
    saw it. Raises Stale."""
    origin = actor.origin
    if origin is not None and origin.fields is None:
        for thing in things:
            if isinstance(thing, Revised) and names(origin, thing):
                require_revision(actor, thing)


def require_revision(actor: Actor, thing: Revised) -> None:
    """The thing has, as it is stored, the revision that the actor names; what this act has counted up itself had it.

    Raises Stale.
    """
    origin = actor.origin
    if (thing._meta.model, thing.pk) in (_counted.get() or ()):
        return
    stored = thing._meta.model._default_manager.filter(pk=thing.pk).values_list("revision", flat=True).first()
    stored = thing.revision if stored is None else stored  # deleted by now, as it was read under the lock
    if origin is not None and stored != origin.revision:
        raise Stale(thing, lines_since(actor, thing, origin.revision))


# --- What a change is made from


def digests(spec: Any) -> Digests:
    """Each field of a spec as a digest; a mapping that is plain entry by entry, so that entries can be joined."""
    return {
        name: _entries(value) if name in spec.PLAIN and isinstance(value, dict) else _digest(value)
        for name, value in ((each.name, getattr(spec, each.name)) for each in fields(spec))
    }


def _entries(mapping: Mapping[str, Any]) -> dict[str, str]:
    return {_digest(name): _digest(value) for name, value in mapping.items()}


def _digest(value: Any) -> str:
    """A keyed digest of what a value says: whoever holds it can neither read nor guess what it stands for."""
    return salted_hmac("accesscontrol.revisions", json.dumps(_said(value), sort_keys=True)).hexdigest()[:20]


def _said(value: Any) -> Any:
    """What a value says, whatever form it has: order in tuples and parts of a second say nothing."""
    if isinstance(value, str):
        return value.strip().replace("\r\n", "\n")
    if isinstance(value, datetime):
        return ["time", value.astimezone(UTC).isoformat(timespec="seconds")]
    if isinstance(value, Model):
        return [str(value._meta.label), value.pk]
    if is_dataclass(value):
        return {each.name: _said(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, tuple):
        return sorted((_said(one) for one in value), key=lambda one: json.dumps(one, sort_keys=True))
    if isinstance(value, list):
        return [_said(one) for one in value]
    if isinstance(value, dict):
        return {name: _said(one) for name, one in value.items()}
    return value


# --- Joining a change with those of others since


def join(
    actor: Actor, thing: Revised, spec: Spec, changes: Mapping[str, Any], told: Spec | None = None, *,
    gives: bool = False,
) -> Spec:  # fmt: skip
    """The spec that these changes ask for, on the thing as it is now, under the lock of the act.

    told: the same state as it was told to whoever made the change, where that is less than the whole.
    gives: the act gives access beside what the spec holds, such as an assignment.
    Raises Stale when somebody else changed since what this changes too.
    """
    origin = actor.origin
    if origin is None or not names(origin, thing):
        return replace(spec, **changes)
    if origin.fields is None:
        require_revision(actor, thing)
        return replace(spec, **changes)
    found = _Joined(origin.fields, spec, digests(told or spec), changes, gives)
    if found.clashes:
        lines = lines_since(actor, thing, origin.revision)
        raise Stale(thing, lines, found.clashes, list(found.written))
    return replace(spec, **found.written)


def names(origin: Origin, thing: Model) -> bool:
    """Whether this is the thing that a change was made from."""
    return (origin.noun, origin.id) == (thing._meta.model_name, thing.pk)


def require_unmoved(actor: Actor, thing: Any, state: Callable[[Any], Any], **changes: Any) -> None:
    """For an act that writes by itself: nobody changed the access of the thing since the actor saw it, unless to what
    is asked for. state: reads the thing as a spec, where it has to be read. Raises Stale."""
    if actor.origin is not None and names(actor.origin, thing):
        join(actor, thing, state(thing), changes)


class _Joined:
    """A change made from one state, on another. written: what it writes. clashes: what others changed that stops it."""

    def __init__(self, was: Digests, spec: Any, now: Digests, changes: Mapping[str, Any], gives: bool):
        self.written: dict[str, Any] = {}
        self.clashes: list[str] = []
        moved = [name for name in now if now[name] != was.get(name)]
        for name, value in changes.items():
            there = was.get(name)
            if name in spec.PLAIN and isinstance(value, dict) and isinstance(there, Mapping):
                self._join_entries(name, there, value, getattr(spec, name))
            elif _digest(value) not in (there, now.get(name)):
                self.written[name] = value
                self.clashes += [name] if name in spec.PLAIN and name in moved else []
        if gives or any(name not in spec.PLAIN for name in self.written):
            self.clashes += [name for name in moved if name not in spec.PLAIN]

    def _join_entries(self, name: str, was: Mapping[str, str], mine: dict[str, Any], theirs: Any) -> None:
        """A mapping that carries no access: entry by entry."""
        now = theirs if isinstance(theirs, dict) else {}
        joined = dict(now)
        for entry in (*now, *(entry for entry in mine if entry not in now)):
            before = was.get(_digest(entry))
            wanted, found = (_digest(side[entry]) if entry in side else None for side in (mine, now))
            if wanted in (before, found):
                continue
            if found != before:
                self.clashes.append(name)
            if entry in mine:
                joined[entry] = mine[entry]
            else:
                del joined[entry]
        if joined != now:
            self.written[name] = joined


def thing_type(thing: Model) -> str:
    """What the thing is called in an event: its kind for an item, else the model's name."""
    return thing.kind if isinstance(thing, Item) else str(thing._meta.model_name)


def lines_since(actor: Actor, thing: Revised, revision: int) -> list[Event]:
    """What was done to a thing since it had this revision, newest first; who did it as far as the actor may know."""
    if isinstance(thing, Record):  # its lines are about the item
        rows = Event.objects.filter(thing_id=thing.item_id, detail__changes__record=thing.pk)
        rows = rows.filter(action=f"item.{thing.section}.change")
        found = list(rows.select_related("detail").order_by("-pk")[: max(0, thing.revision - revision)])
    else:
        rows = Event.objects.filter(thing_type=thing_type(thing), thing_id=thing.pk, revision__gt=revision)
        rows = of_own_side(engine.look(actor), rows) if isinstance(thing, Grant) else rows
        found = list(rows.select_related("detail").order_by("-revision", "-pk")[:MOST_LINES])
    veil_names(engine.look(actor), found)
    return found


def several(spec: type[Any]) -> frozenset[str]:
    """The fields of a spec that carry access and hold several things: whoever replaces one takes away, unseen, what
    others have put into it."""
    hints = get_type_hints(spec)
    return frozenset(name for name in spec.ACCESS if get_origin(hints[name]) in (tuple, dict, list))
