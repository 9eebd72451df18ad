"""What the audit log's keyed digests are made of; the same bytes when a line is written and when it is verified."""

from __future__ import annotations

import hmac
import json
from datetime import UTC
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder

from accesscontrol.audit.models import ChainHead, Checkpoint, Event, EventDetail
from accesscontrol.json_data import bounded

#: The columns of a line that its digest covers, in this order.
EVENT_COLUMNS = (
    "chain",
    "position",
    "action",
    "account_id",
    "actor_type",
    "actor_id",
    "token_id",
    "acting_account_id",
    "entry_id",
    "thing_type",
    "thing_id",
    "revision",
    "result",
    "request_id",
    "detail_digest",
)
DETAIL_COLUMNS = ("actor_name", "acting_account_name", "thing_name", "address", "changes")
#: What stands before the first line of a chain.
START = "0" * 64
_ENCODE = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
_ENCODE_ANYTHING = DjangoJSONEncoder(allow_nan=False).encode


def plain(value: Any) -> Any:
    """The value as it comes back from a JSON column of either database.

    Dates and decimals become text, whole floats whole numbers (PostgreSQL writes 1e22 out), and NUL, which PostgreSQL
    refuses, becomes the replacement character. What lies deeper than is read back becomes text.
    """
    return _settled(json.loads(bounded(_ENCODE_ANYTHING(value)))) if value else value


def _settled(value: Any) -> Any:
    if isinstance(value, dict):
        return {_settled(name): _settled(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_settled(inner) for inner in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd")
    return value


def _keyed(purpose: str, *values: Any) -> str:
    """HMAC-SHA256 under AUDIT_KEY; `purpose` keeps a digest of one sort from passing for another."""
    text = _ENCODE([purpose, *values])
    return hmac.digest(settings.AUDIT_KEY.encode(), text.encode(), "sha256").hex()


def digest_event(event: Event, before: str) -> str:
    """The digest of a line, over its columns, its time and the digest of the line before it."""
    at = event.at.astimezone(UTC).isoformat(timespec="microseconds")
    return _keyed("event", before, at, *(getattr(event, name) for name in EVENT_COLUMNS))


def digest_detail(detail: EventDetail, chain: int, position: int) -> str:
    """The digest of a line's erasable side; keyed, so that nobody can guess erased values from it."""
    values = [getattr(detail, name) for name in DETAIL_COLUMNS[:-1]]
    return _keyed("detail", chain, position, *values, _settled(detail.changes))


def seal(head: ChainHead) -> str:
    """The digest that shows a head was written with the key."""
    return _keyed("head", head.chain, head.position, head.digest)


def seal_checkpoint(checkpoint: Checkpoint) -> str:
    """The digest that shows that a checkpoint was written with the key."""
    place = (checkpoint.chain, checkpoint.position, checkpoint.digest)
    return _keyed("checkpoint", *place, checkpoint.file, checkpoint.checksum)


def is_sealed(checkpoint: Checkpoint) -> bool:
    """Whether a checkpoint was written with the key."""
    return hmac.compare_digest(checkpoint.seal, seal_checkpoint(checkpoint))


def register_mark(chain: int) -> int:
    """What one chain adds to the register's sum."""
    return int(_keyed("chain", chain), 16)


def seal_published(at: str, heads: dict[str, list[Any]]) -> str:
    """The digest that shows that heads kept outside the database were published with the key."""
    return _keyed("published", at, heads)
