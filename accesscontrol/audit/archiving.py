"""Archiving: old lines leave the database for files, and each chain goes on from a sealed checkpoint.

A file holds the lines of one chain, a line of JSON each, with their digests, so that it can be held against the key as
the database can. The chain itself says which lines went, into which file, and what its SHA-256 is.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Min

from accesscontrol.audit.chain import Line, locked_head, record_many
from accesscontrol.audit.digests import (
    DETAIL_COLUMNS,
    EVENT_COLUMNS,
    START,
    digest_event,
    is_sealed,
    seal_checkpoint,
)
from accesscontrol.audit.models import ChainHead, Checkpoint, Event, EventDetail
from accesscontrol.audit.verification import problem_of_detail

#: The action of the lines that tell of an archive.
ARCHIVE = "event.archive"
CHUNK = 2000


class NotArchived(RuntimeError):
    """Lines that cannot be archived; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Archived:
    """Lines that went into a file: of a chain, from the first to the last position."""

    chain: int
    first: int
    last: int
    path: Path


def archive(before: datetime, folder: Path, **signature: Any) -> Iterator[Archived]:
    """Move the lines from before a moment into files, chain by chain, each in one transaction.

    signature: who does it, as fields of `Line`. Raises NotArchived where a line is not as it was written, and leaves
    that chain as it is.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for chain in ChainHead.objects.filter(chain__gte=0).order_by("chain").values_list("chain", flat=True):
        found = _archive_chain(chain, before, folder, signature)
        if found is not None:
            yield found


def _archive_chain(chain: int, before: datetime, folder: Path, signature: dict[str, Any]) -> Archived | None:
    with transaction.atomic():
        head = locked_head(chain)
        known = _checkpoint(chain)
        kept = Event.objects.filter(chain=chain, at__gte=before).aggregate(first=Min("position"))["first"]
        last = (kept or head.position + 1) - 1
        if last <= known.position:
            return None
        found = Archived(chain, known.position + 1, last, folder / f"events-{chain}-{known.position + 1}-{last}.jsonl")
        try:
            digest, checksum = _write(found, known.digest)
            _tell(found, checksum, signature)
            _go_on_from(Checkpoint(chain=chain, position=last, digest=digest, file=found.path.name, checksum=checksum))
            _remove(found)
        except BaseException:
            found.path.unlink(missing_ok=True)
            raise
    return found


def _checkpoint(chain: int) -> Checkpoint:
    """What the chain starts from in the database."""
    known = Checkpoint.objects.filter(chain=chain).first()
    if known is None:
        return Checkpoint(chain=chain, position=0, digest=START)
    if not is_sealed(known):
        raise NotArchived(
            f"The checkpoint of chain {chain} was not sealed with this AUDIT_KEY. Run verify_audit first."
        )
    return known


def _write(part: Archived, before: str) -> tuple[str, str]:
    """The file; gives the digest of its last line and its SHA-256."""
    if part.path.exists():
        raise NotArchived(f"{part.path} is there already. Name another folder.")
    checksum = hashlib.sha256()
    with part.path.open("xb") as file:
        for event in _lines(part):
            if event.digest != digest_event(event, before) or problem_of_detail(event) is not None:
                raise NotArchived(f"Line {event.position} of chain {part.chain} is not as written. Run verify_audit.")
            text = json.dumps(_told(event), cls=DjangoJSONEncoder, sort_keys=True).encode() + b"\n"
            checksum.update(text)
            file.write(text)
            before = event.digest
        file.flush()
        os.fsync(file.fileno())
    return before, checksum.hexdigest()


def _lines(part: Archived) -> Iterator[Event]:
    """The lines with their details, none left out."""
    lines = Event.objects.select_related("detail").order_by("position")
    for start, end in _spans(part):
        rows = list(lines.filter(chain=part.chain, position__range=(start, end)))
        if len(rows) != end - start + 1:
            raise NotArchived(f"Lines of chain {part.chain} are missing. Run verify_audit.")
        yield from rows


def _told(event: Event) -> dict[str, Any]:
    detail = event.detail
    told = {"id": event.pk, "at": event.at, "digest": event.digest}
    return told | {name: getattr(event, name) for name in EVENT_COLUMNS} | {
        "detail": {name: getattr(detail, name) for name in (*DETAIL_COLUMNS, "erased_at")}
    }  # fmt: skip


def _tell(part: Archived, checksum: str, signature: dict[str, Any]) -> None:
    """The chain says itself what went where."""
    changes = {"lines": [[part.first, part.last]], "file": part.path.name, "sha256": checksum}
    record_many([Line(action=ARCHIVE, chain=part.chain, account_id=part.chain or None, thing_type="event",
                      changes=changes, **signature)])  # fmt: skip


def _go_on_from(checkpoint: Checkpoint) -> None:
    """The chain starts behind this line from now on."""
    checkpoint.seal = seal_checkpoint(checkpoint)
    values = {name: getattr(checkpoint, name) for name in ("position", "digest", "file", "checksum", "seal")}
    if not Checkpoint.objects.filter(chain=checkpoint.chain).update(**values):
        Checkpoint.objects.bulk_create([checkpoint])


def _remove(part: Archived) -> None:
    """The rows; the database lets go of what lies before a checkpoint only."""
    for start, end in _spans(part):
        EventDetail.objects.filter(event__chain=part.chain, event__position__range=(start, end)).delete()
        Event.objects.filter(chain=part.chain, position__range=(start, end)).delete()


def _spans(part: Archived) -> Iterator[tuple[int, int]]:
    for start in range(part.first, part.last + 1, CHUNK):
        yield start, min(start + CHUNK - 1, part.last)
