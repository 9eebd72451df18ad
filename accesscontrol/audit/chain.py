"""The audit log's only writer: lines in keyed hash chains, in the transaction of the change that they record.

There is a chain for each top-level account and one (0) for the platform. The heads are locked in the order of their
chains, so two writers wait for each other and never stand in each other's way. A head with the number of `REGISTER`
counts the chains, so that a chain that vanishes whole is missed too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any, Literal

from django.db import connection, models
from django.utils import timezone

from accesscontrol.accounts.names import following
from accesscontrol.audit.digests import START, digest_detail, digest_event, plain, register_mark, seal
from accesscontrol.audit.heads import publish_in_turn
from accesscontrol.audit.models import ChainHead, Event, EventDetail

PLATFORM = 0
REGISTER = -1
ACTOR_TYPES = ("user", "token", "account", "system")
MODULUS = 1 << 256


class AuditError(RuntimeError):
    """A line that cannot be recorded; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that happened, to be recorded.

    chain: the id of the top-level account, or 0 for the platform. account_id: whose line it is, for who may read it.
    changes: before and after, as JSON. at: when; None is now. The rest as in `Event` and `EventDetail`.
    """

    action: str
    chain: int
    account_id: int | None = None
    actor_type: Literal["user", "token", "account", "system"] = "system"
    actor_id: int | None = None
    token_id: int | None = None
    acting_account_id: int | None = None
    entry_id: int | None = None
    thing_type: str = ""
    thing_id: int | None = None
    revision: int | None = None
    result: str = "done"
    request_id: str = ""
    address: str | None = None
    actor_name: str = ""
    acting_account_name: str = ""
    thing_name: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None


def record(**values: Any) -> Event:
    """Record one line (the fields of `Line` by name); gives the stored event."""
    return record_many([values])[0]


def record_many(lines: Iterable[Line | Mapping[str, Any]]) -> list[Event]:
    """Record many lines, each at the end of its chain in the order given; one lock for each chain.

    Raises AuditError outside a transaction: the line stands or falls with the change that it tells of. A transaction
    records once, at its end, where it can: heads locked by two calls may be locked in another order than a third's.
    """
    if not connection.in_atomic_block:
        raise AuditError("An event is recorded in the transaction of its change. Wrap the act in transaction.atomic().")
    ready = [line if isinstance(line, Line) else Line(**line) for line in lines]
    if not ready:
        return []
    now = timezone.now()
    heads = _locked_heads({line.chain for line in ready})
    began = {chain: head.position for chain, head in heads.items()}
    events, details = [], []
    for line in ready:
        event, detail = _chained(line, heads[line.chain], now)
        events.append(event)
        details.append(detail)
    _store(events, details)
    _move_heads(heads.values())
    publish_in_turn(began, heads.values())
    return events


def _chained(line: Line, head: ChainHead, now: datetime) -> tuple[Event, EventDetail]:
    """The rows of a line, at the end of its chain; the head moves on."""
    if line.actor_type not in ACTOR_TYPES:
        raise AuditError(f"Nobody acts as {line.actor_type!r}. Say one of: {', '.join(ACTOR_TYPES)}.")
    detail = EventDetail(
        actor_name=_text(line.actor_name, 200),
        acting_account_name=_text(line.acting_account_name, 200),
        thing_name=_text(line.thing_name, 200),
        address=_text(line.address or "", 64),
        changes=plain(dict(line.changes)),
    )
    for name, value in following(detail, {"actor_name": detail.actor_name, "thing_name": detail.thing_name}).items():
        setattr(detail, name, value)
    head.position += 1
    event = Event(
        chain=line.chain,
        position=head.position,
        at=line.at or now,
        action=line.action,
        account_id=line.account_id,
        actor_type=line.actor_type,
        actor_id=line.actor_id,
        token_id=line.token_id,
        acting_account_id=line.acting_account_id,
        entry_id=line.entry_id,
        thing_type=line.thing_type,
        thing_id=line.thing_id,
        revision=line.revision,
        result=line.result,
        request_id=_text(line.request_id, 64),
        detail_digest=digest_detail(detail, line.chain, head.position),
    )
    head.digest = event.digest = digest_event(event, head.digest)
    return event, detail


def _text(value: str, length: int) -> str:
    """Text as both databases store it; a name longer than its column is cut, since the line names the row by id."""
    return str(value).replace("\x00", "\ufffd")[:length]


def _store(events: list[Event], details: list[EventDetail]) -> None:
    """Insert the rows under ids reserved for them; statements prepared once, since a file brings 100,000 lines."""
    for event, detail, row_id in zip(events, details, _reserve_ids(len(events)), strict=True):
        event.pk = detail.event_id = row_id
    _insert(Event, events)
    _insert(EventDetail, details)


def _reserve_ids(count: int) -> list[int]:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence('audit_event', 'id')) FROM generate_series(1, %s)", [count]
            )
            return [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = 'audit_event'")
        last = (cursor.fetchone() or (0,))[0]
        return list(range(last + 1, last + 1 + count))


def _insert(model: type[models.Model], rows: list[Any]) -> None:
    fields = model._meta.concrete_fields
    table = f"{model._meta.db_table} ({', '.join(field.column for field in fields)})"
    values = _columns_first(fields, rows)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                for row in values:
                    copy.write_row(row)
        else:
            cursor.executemany(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(fields))})", values)


def _columns_first(fields: Sequence[models.Field], rows: list[Any]) -> Iterable[tuple]:
    """The rows as tuples of what the database takes, worked out one column after the other."""
    adapt = {
        "DateTimeField": connection.ops.adapt_datetimefield_value,
        "JSONField": lambda value: connection.ops.adapt_json_value(value, None),
    }
    columns = []
    for column in fields:
        values: Iterable[Any] = map(attrgetter(column.attname), rows)
        change = adapt.get(column.get_internal_type())
        columns.append(map(change, values) if change else values)
    return zip(*columns, strict=True)


def _move_heads(heads: Iterable[ChainHead]) -> None:
    rows = [(head.position, head.digest, seal(head), head.chain) for head in heads]
    with connection.cursor() as cursor:
        cursor.executemany("UPDATE audit_chainhead SET position = %s, digest = %s, seal = %s WHERE chain = %s", rows)


def locked_head(chain: int) -> ChainHead:
    """The head of a chain, which nobody moves until this transaction ends."""
    return _locked_heads({chain})[chain]


def _locked_heads(chains: set[int]) -> dict[int, ChainHead]:
    """The heads of these chains, locked in the order of their ids; new chains get one.

    Whether all are there is asked without a lock, because the register, if it is needed, is locked before all heads.
    """
    wanted = sorted(chains)
    parts = [wanted[start : start + 500] for start in range(0, len(wanted), 500)]
    stored = {
        chain for part in parts for chain in ChainHead.objects.filter(chain__in=part).values_list("chain", flat=True)
    }
    if chains - stored:
        _begin(wanted)
    heads: dict[int, ChainHead] = {}
    for part in parts:
        rows = ChainHead.objects.select_for_update().filter(chain__in=part).order_by("chain")
        heads |= {head.chain: head for head in rows}
    return heads


def _begin(chains: list[int]) -> None:
    """Give those of the chains that are new their heads, and count them in the register."""
    register = _register()
    new = [chain for chain in chains if not ChainHead.objects.filter(chain=chain).exists()]
    heads = [ChainHead(chain=chain, position=0, digest=START) for chain in new]
    for head in heads:
        head.seal = seal(head)
    ChainHead.objects.bulk_create(heads)
    total = (int(register.digest, 16) + sum(map(register_mark, new))) % MODULUS
    register.position += len(new)
    register.digest = f"{total:064x}"
    if new:
        _move_heads([register])


def _register() -> ChainHead:
    """The locked head that counts the chains; the first one to need it makes it."""
    first = ChainHead(chain=REGISTER, position=0, digest=START)
    first.seal = seal(first)
    if not ChainHead.objects.filter(chain=REGISTER).exists():
        ChainHead.objects.bulk_create([first], ignore_conflicts=True)
    return ChainHead.objects.select_for_update().get(chain=REGISTER)
