"""Who stands in the lines of the audit log: people whom the reader may not view are named by their account only."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.things import MODELS
from accesscontrol.audit.models import Event

CALLERS = ("user", "token", "account")
OPERATOR = "the platform operator"


def veil_actors(reader: Actor, events: Sequence[Event]) -> None:
    """Change these loaded lines (never saved): who acted and may not be viewed by the reader is there by the account's
    name, without number and address (access model §9). Who does not exist any more stays as recorded."""
    for kind in CALLERS:
        lines = [event for event in events if event.actor_type == kind and event.actor_id is not None]
        if not lines:
            continue
        rows = MODELS[kind]._default_manager.filter(pk__in={event.actor_id for event in lines})
        seen = set(engine.visible(reader, f"{kind}:view", rows).order_by().values_list("pk", flat=True))
        seen |= {reader.id} if reader.type == kind else set()
        name = "name" if kind == "account" else "account__name"
        hidden = {row: account for row, account in rows.values_list("pk", name) if row not in seen}
        for event in lines:
            if event.actor_id in hidden:
                _veil(event, hidden[event.actor_id] or OPERATOR)


def _veil(event: Event, name: str) -> None:
    event.actor_id = event.token_id = None
    detail = getattr(event, "detail", None)
    if detail is not None:
        detail.actor_name, detail.address = name, ""


def by_seen_actor(reader: Actor) -> Q:
    """The lines whose actor the reader may view: only these are found by the actor's name."""
    rows = Q(actor_type="system") | Q(actor_type=reader.type, actor_id=reader.id)
    for kind in CALLERS:
        rows |= Q(actor_type=kind, actor_id__in=engine.visible(reader, f"{kind}:view").order_by().values("pk"))
    return rows
