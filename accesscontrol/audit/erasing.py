"""Erasing: personal values leave the log for good, and the chain itself says which lines, why and by whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from accesscontrol.audit.chain import Line, record_many
from accesscontrol.audit.models import Event, EventDetail

#: The action of the lines that tell of an erasure. Their own details are never erased: they hold numbers only.
ERASE = "event.erase"
BLANK = {"actor_name": "", "acting_account_name": "", "thing_name": "", "address": "", "changes": {},
         "actor_searched": "", "thing_searched": ""}  # fmt: skip
CHUNK = 500
#: So many spans of lines are told by one line.
SPANS_A_LINE = 1000


@transaction.atomic
def erase(event_ids: Iterable[int], *, reason: str, **signature: Any) -> int:
    """Blank names, address and changes of these events; gives the number erased.

    reason: why, in words without personal values. signature: who does it, as fields of `Line`. Each chain concerned
    gets a line that names the erased ones by their positions, so that an erasure that nobody ordered shows.
    """
    wanted = sorted(set(event_ids))
    erased: dict[int, list[int]] = {}
    accounts: dict[int, int | None] = {}
    for start in range(0, len(wanted), CHUNK):
        rows = _to_erase(wanted[start : start + CHUNK])
        EventDetail.objects.filter(event__in=[row.pk for row in rows]).update(**BLANK, erased_at=timezone.now())
        for row in rows:
            erased.setdefault(row.chain, []).append(row.position)
            accounts[row.chain] = row.chain or None
    record_many(
        Line(action=ERASE, chain=chain, account_id=accounts[chain], thing_type="event",
             changes={"lines": part, "reason": reason}, **signature)
        for chain, positions in sorted(erased.items())
        for part in _parts(_spans(sorted(positions)))
    )  # fmt: skip
    return sum(map(len, erased.values()))


def _to_erase(event_ids: Sequence[int]) -> list[Event]:
    """Those that are not erased yet, and do not tell of an erasure."""
    rows = Event.objects.filter(pk__in=event_ids, detail__erased_at=None).exclude(action=ERASE)
    return list(rows.only("chain", "position"))


def _spans(positions: Sequence[int]) -> list[list[int]]:
    """Positions as [first, last] where they follow each other."""
    spans: list[list[int]] = []
    for position in positions:
        if spans and spans[-1][1] == position - 1:
            spans[-1][1] = position
        else:
            spans.append([position, position])
    return spans


def _parts(spans: Sequence[list[int]]) -> Iterator[Sequence[list[int]]]:
    for start in range(0, len(spans), SPANS_A_LINE):
        yield spans[start : start + SPANS_A_LINE]


def told_by(event: Event) -> set[int]:
    """The positions that a line tells to have been erased; none where it is another line."""
    if event.action != ERASE:
        return set()
    return {position for first, last in event.detail.changes.get("lines", ()) for position in range(first, last + 1)}
