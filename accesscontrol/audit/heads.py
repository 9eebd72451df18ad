"""The heads of the chains, published outside the database: who can put an old head back cannot put these back.

Each publication is one line of JSON: when, and for each chain its last position and digest, sealed with the key. It is
appended to AUDIT_HEADS_FILE, given to AUDIT_HEADS_COMMAND on its input, or both: after each AUDIT_HEADS_EVERY events of
a chain, once their transaction is committed, and by `manage.py publish_heads`.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accesscontrol.audit.digests import seal_published
from accesscontrol.audit.models import ChainHead

log = structlog.get_logger("audit.heads")

SECONDS_FOR_THE_COMMAND = 30


class NotPublished(RuntimeError):
    """The heads could not be published; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Published:
    """One publication. heads: chain → (position, digest). at: when, as ISO 8601 in UTC."""

    at: str
    heads: dict[int, tuple[int, str]]


def is_set_up() -> bool:
    """Whether heads are published anywhere."""
    return bool(settings.AUDIT_HEADS_FILE or settings.AUDIT_HEADS_COMMAND)


def publish_in_turn(began: Mapping[int, int], heads: Iterable[ChainHead]) -> None:
    """Publish after this transaction where one of these chains has grown past a multiple of AUDIT_HEADS_EVERY.

    began: the positions before. What is committed stays committed: a failure is logged, and the next turn tries again.
    """
    every = settings.AUDIT_HEADS_EVERY
    if is_set_up() and any(head.position // every > began[head.chain] // every for head in heads):
        transaction.on_commit(publish, robust=True)


def publish() -> int:
    """Publish every head as it is now; gives the number of chains. Raises NotPublished, and logs it."""
    at = timezone.now().isoformat(timespec="seconds")
    heads = {str(head.chain): [head.position, head.digest] for head in ChainHead.objects.order_by("chain")}
    line = json.dumps({"at": at, "heads": heads, "seal": seal_published(at, heads)}, separators=(",", ":")) + "\n"
    try:
        if settings.AUDIT_HEADS_FILE:
            _append(Path(settings.AUDIT_HEADS_FILE), line)
        if settings.AUDIT_HEADS_COMMAND:
            _hand_on(settings.AUDIT_HEADS_COMMAND, line)
    except (OSError, subprocess.SubprocessError) as error:
        log.error("heads_not_published", error=str(error))
        raise NotPublished(f"The heads of the audit log could not be published: {error}.") from error
    return len(heads)


def _append(path: Path, line: str) -> None:
    """One line at the end, in one write and on the disk before we go on: several processes append beside each other."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _hand_on(command: str, line: str) -> None:
    subprocess.run(  # noqa: S603  (the operator's own setting)
        shlex.split(command), input=line, text=True, check=True, capture_output=True, timeout=SECONDS_FOR_THE_COMMAND
    )


def read_published(path: Path) -> tuple[Published | None, list[str]]:
    """The last publication in a file that was sealed with the key, and a sentence for each line that was not."""
    last, problems = None, []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        found = _read(line)
        if found is None:
            problems.append(f"{path.name}: line {number} was not sealed with this installation's AUDIT_KEY.")
        else:
            last = found
    return last, problems


def _read(line: str) -> Published | None:
    """A publication, where it is one and its seal is right."""
    try:
        kept = json.loads(line)
        at, heads = kept["at"], kept["heads"]
        if kept["seal"] != seal_published(at, heads):
            return None
        return Published(at, {int(chain): (head[0], head[1]) for chain, head in heads.items()})
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return None
