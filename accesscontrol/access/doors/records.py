"""Reading the records of an item's sections: what the section's view allows, as far back as history depth goes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import OuterRef, Q, QuerySet, Subquery

from accesscontrol.access.decision import Decision
from accesscontrol.access.look import Look
from accesscontrol.catalogue import KINDS
from accesscontrol.items.models import Item, Record


@dataclass(frozen=True, slots=True)
class Shown:
    """The rows of a section that the caller may see, newest first. since: where history depth cuts them, or None."""

    decision: Decision
    rows: QuerySet
    since: datetime | None


def visible_records(look: Look, item: Item, section: str) -> Shown:
    """The records of an item's section. Raises AccessDenied without `<kind>.<section>:view`, UnknownName without it.

    A row that names a device is left out for who may not view that device (access model §2).
    """
    decision = look.require(f"{item.kind}.{section}:view", item)
    since = _since(look, decision)
    rows = _rows(look, item, section, since).select_related("device").order_by("-at", "-id")
    return Shown(decision, rows, since)


def records_to_act_on(look: Look, item: Item, section: str) -> QuerySet:
    """The same rows; without `<kind>.<section>:view` (a section may be only written) those of seen devices."""
    view = f"{item.kind}.{section}:view"
    since = _since(look, look.decide(view, item)) if view in KINDS[item.kind].permissions else None
    return _rows(look, item, section, since)


def _rows(look: Look, item: Item, section: str, since: datetime | None) -> QuerySet:
    rows = Record.objects.filter(of_seen_devices(look, item), item=item, section=section)
    return rows if since is None else rows.filter(at__gte=since)


def of_seen_devices(look: Look, item: Item) -> Q:
    """The records of an item that name no device but itself, or one that the caller may view."""
    return _of_seen_devices(look, item.pk)


def _of_seen_devices(look: Look, item: int | OuterRef) -> Q:
    seen = look.visible("device:view").order_by().values("pk")
    return Q(device__isnull=True) | Q(device=item) | Q(device__in=seen)


def _since(look: Look, decision: Decision) -> datetime | None:
    """Where history depth cuts the records; None where it does not."""
    if decision.history_days is None:
        return None
    return look.moment - timedelta(days=decision.history_days)


def visible_entries(look: Look, item: Item) -> QuerySet:
    """The records of all sections of an item that the caller may see, each section as far back as they may."""
    names = [name for name, verbs in KINDS[item.kind].sections.items() if "view" in verbs]
    decisions = look.decide_many((f"{item.kind}.{name}:view", item) for name in names)
    within = Q(pk__in=[])
    for name, decision in zip(names, decisions, strict=True):
        since = _since(look, decision)
        if decision.allowed:
            within |= Q(section=name) if since is None else Q(section=name, at__gte=since)
    return Record.objects.filter(within, of_seen_devices(look, item), item=item)


def last_times(look: Look, items: Iterable[Item], section: str) -> dict[int, datetime]:
    """The time of the newest record of this section that the caller may see (`visible_records`), by item id; absent
    where there is none, or where the caller may not view the section."""
    listed = list(items)
    decisions = look.decide_many((f"{item.kind}.{section}:view", item) for item in listed)
    seen = {
        item.pk: _since(look, decision) for item, decision in zip(listed, decisions, strict=True) if decision.allowed
    }
    if not seen:
        return {}
    rows = Record.objects.filter(_of_seen_devices(look, OuterRef("pk")), item=OuterRef("pk"), section=section)
    newest = Subquery(rows.order_by("-at", "-id").values("at")[:1])  # reads the index from its end, row by row
    times = Item.objects.filter(pk__in=seen).order_by().values_list("pk", newest)
    return {row: at for row, at in times if at is not None and ((since := seen[row]) is None or at >= since)}
