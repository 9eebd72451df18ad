"""Reading the records of an item's sections: what the section's view allows, as far back as history depth goes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.decision import Decision
from accesscontrol.items.models import Item, Record


@dataclass(frozen=True, slots=True)
class Shown:
    """The rows of a section that the caller may see, newest first. since: where history depth cuts them, or None."""

    decision: Decision
    rows: QuerySet
    since: datetime | None


def visible_records(actor: Actor, item: Item, section: str) -> Shown:
    """The records of an item's section. Raises AccessDenied without `<kind>.<section>:view`, UnknownName without it.

    A row that names a device is left out for who may not view that device (access model §2).
    """
    decision = engine.require(actor, f"{item.kind}.{section}:view", item)
    rows = Record.objects.filter(item=item, section=section).select_related("device").order_by("-at", "-id")
    if item.kind != "device":
        rows = rows.filter(Q(device__isnull=True) | Q(device__in=engine.visible(actor, "device:view").values("pk")))
    if decision.history_days is None:
        return Shown(decision, rows, None)
    since = (actor.at or timezone.now()) - timedelta(days=decision.history_days)
    return Shown(decision, rows.filter(at__gte=since), since)


def last_times(items: Iterable[Item], section: str) -> dict[int, datetime]:
    """The time of the newest record of this section, by item id: for rows whose section the caller may view."""
    wanted = [item.pk for item in items]
    if not wanted:
        return {}
    rows = Record.objects.filter(item__in=wanted, section=section).order_by().values_list("item").annotate(Max("at"))
    return dict(rows)
