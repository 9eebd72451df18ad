"""Whom and what the lines of the audit log name: people whom the reader may not view are named by their account only,
things that the reader may not view by their numbers."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Q

from accesscontrol import catalogue
from accesscontrol.access.fresh.things import MODELS, Ref
from accesscontrol.access.look import ANY_ITEM_VIEW, Look
from accesscontrol.audit.models import Event

ITEM = "item"
#: In what changed, `<part>_name` is the name of the item whose number stands as `<part>`.
NAME = "_name"
CALLERS = ("user", "token", "account")
OPERATOR = "the platform operator"
GONE = "somebody who is gone"


def veil_names(look: Look, events: Sequence[Event]) -> None:
    """Change these loaded lines (never saved) to what the reader may know of who acted, and on what."""
    _veil_actors(look, events)
    _veil_things(look, events)


def _veil_actors(look: Look, events: Sequence[Event]) -> None:
    """Change these loaded lines (never saved): who acted and may not be viewed by the reader is there by the account's
    name, without number and address (access model §9). Who does not exist any more stays as recorded only for who may
    read lines about them: those of the other side of a grant are not named because they were removed."""
    for kind in CALLERS:
        lines = [event for event in events if event.actor_type == kind and event.actor_id is not None]
        if not lines:
            continue
        rows = MODELS[kind]._default_manager.filter(pk__in={event.actor_id for event in lines})
        seen = set(look.visible(f"{kind}:view", rows).order_by().values_list("pk", flat=True))
        seen |= {look.actor.id} if look.actor.type == kind else set()
        name = "name" if kind == "account" else "account__name"
        accounts = dict(rows.values_list("pk", name))
        gone = {event.actor_id for event in lines} - accounts.keys() - seen
        accounts |= dict.fromkeys(gone - _read_about(look, kind, gone), GONE)
        for event in lines:
            if event.actor_id in accounts and event.actor_id not in seen:
                _veil(event, accounts[event.actor_id] or OPERATOR)


def _veil_things(look: Look, events: Sequence[Event]) -> None:
    """A thing that the reader may not view is there by its kind and number, and what changed is told of neither.

    What does not exist any more stays as recorded, but not for a token whose rules choose among the things.
    """
    named = {event.pk: _named_in(event) for event in events}
    about = {event.pk: ref for event in events if (ref := _about(event)) is not None}
    look.read({*about.values(), *(ref for refs in named.values() for ref in refs.values())})
    for event in events:
        detail = getattr(event, "detail", None)
        if detail is None:
            continue
        if event.pk in about and not _told(look, about[event.pk]):
            detail.thing_name, detail.changes = "", {}
        hidden = {name for name, ref in named[event.pk].items() if not _told(look, ref)}
        detail.changes = {name: value for name, value in detail.changes.items() if name not in hidden}


def _about(event: Event) -> Ref | None:
    """What the line is about; None where that is nothing that access is asked on."""
    kind = ITEM if event.thing_type in catalogue.ITEM_KINDS else event.thing_type
    return (kind, event.thing_id) if kind in MODELS and event.thing_id is not None else None


def _named_in(event: Event) -> dict[str, Ref]:
    """The items that the changes name, by the part that holds the name."""
    detail = getattr(event, "detail", None)
    changes = detail.changes if detail is not None else {}
    numbers = {name: changes.get(name.removesuffix(NAME)) for name in changes if name.endswith(NAME)}
    return {name: (ITEM, number) for name, number in numbers.items() if isinstance(number, int)}


def _told(look: Look, ref: Ref) -> bool:
    thing = look.thing(ref)
    if thing is None:
        return look.scope is not None and not look.scope.has_rules
    return look.may(f"{thing.kind}:view", ref)


def by_told_thing(look: Look) -> Q:
    """The lines whose thing the reader is told the name of: only these are found by that name."""
    known = [*MODELS, *catalogue.ITEM_KINDS]
    rows = ~Q(thing_type__in=known) | Q(thing_id=None)
    gone = look.scope is not None and not look.scope.has_rules
    for kind, model in MODELS.items():
        wanted = ANY_ITEM_VIEW if kind == ITEM else f"{kind}:view"
        told = Q(thing_id__in=look.visible(wanted).order_by().values("pk"))
        if gone:
            told |= ~Q(Exists(model._default_manager.filter(pk=OuterRef("thing_id"))))
        rows |= Q(thing_type__in=catalogue.ITEM_KINDS if kind == ITEM else [kind]) & told
    return rows


def _read_about(look: Look, kind: str, gone: set[int | None]) -> set[int | None]:
    """Those who are gone about whom there are lines that the reader may read, such as their making or removal."""
    if not gone:
        return set()
    about = look.visible("event:view").filter(thing_type=kind, thing_id__in=gone)
    return set(about.order_by().values_list("thing_id", flat=True))


def _veil(event: Event, name: str) -> None:
    event.actor_id = event.token_id = None
    detail = getattr(event, "detail", None)
    if detail is not None:
        detail.actor_name, detail.address = name, ""


def by_seen_actor(look: Look) -> Q:
    """The lines whose actor the reader may view: only these are found by the actor's name."""
    rows = Q(actor_type="system") | Q(actor_type=look.actor.type, actor_id=look.actor.id)
    for kind in CALLERS:
        rows |= Q(actor_type=kind, actor_id__in=look.visible(f"{kind}:view").order_by().values("pk"))
    return rows
