"""Who stands in the lines of the audit log: people whom the reader may not view are named by their account only."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q

from accesscontrol.access.fresh.things import MODELS
from accesscontrol.access.look import Look
from accesscontrol.audit.models import Event

CALLERS = ("user", "token", "account")
OPERATOR = "the platform operator"
GONE = "somebody who is gone"


def veil_actors(look: Look, events: Sequence[Event]) -> None:
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
