"""The few places where SQLite and PostgreSQL spell a read differently."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, overload

from django.db import connection

from accesscontrol.accounts import tree

Row = dict[str, Any]


def record(**columns: str) -> str:
    """A JSON object of SQL expressions: {'id': t.id, …}. An expression `json:t.rules` embeds a JSON column."""
    return _record(connection.vendor == "postgresql", tuple(columns.items()))


@lru_cache(512)
def _record(postgres: bool, columns: tuple[tuple[str, str], ...]) -> str:
    parts = []
    for name, expression in columns:
        if expression.startswith("json:"):
            expression = expression[5:] if postgres else f"json({expression[5:]})"
        parts.append(f"'{name}', {expression}")
    return f"json_build_object({', '.join(parts)})::text" if postgres else f"json_object({', '.join(parts)})"


def ids(values: Iterable[int]) -> tuple[str, Any]:
    """A sub-select of these row ids and its one parameter, whatever their number."""
    listed = sorted(values)
    if connection.vendor == "postgresql":
        return "(SELECT unnest(%s::bigint[]))", listed
    return "(SELECT value FROM json_each(%s))", json.dumps(listed)


def table(alias: str, columns: tuple[str, ...], rows: Iterable[tuple[int | None, ...]]) -> tuple[str, Any]:
    """A derived table of integer columns and its one parameter: for joining pairs known in memory with rows."""
    listed = json.dumps([list(row) for row in rows])
    if connection.vendor == "postgresql":
        cells = ", ".join(f"(e.value->>{i})::bigint AS {name}" for i, name in enumerate(columns))
        return f"(SELECT {cells} FROM jsonb_array_elements(%s::jsonb) AS e(value)) {alias}", listed
    cells = ", ".join(f"json_extract(e.value, '$[{i}]') AS {name}" for i, name in enumerate(columns))
    return f"(SELECT {cells} FROM json_each(%s) AS e) {alias}", listed


def tagged(statement: str, params: Iterable[Any]) -> dict[str, list[Row]]:
    """Run one statement of (tag, JSON record) rows and give the records by tag."""
    found: dict[str, list[Row]] = {}
    with connection.cursor() as cursor:
        cursor.execute(statement, list(params))
        for tag, text in cursor.fetchall():
            found.setdefault(tag, []).append(json.loads(text))
    return found


@overload
def moment(value: str) -> datetime: ...
@overload
def moment(value: str | None) -> datetime | None: ...
def moment(value: str | None) -> datetime | None:
    """The time of a JSON record: both databases hold UTC, SQLite without saying so."""
    if value is None:
        return None
    parsed = datetime.fromisoformat(value)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


#: Every account with itself and all above it, for the accounts of the CTE `involved(id)`.
CHAIN = f"chain AS ({tree.lines_sql('(SELECT id FROM involved)')})"


def chain_record() -> str:
    return record(
        account="account_id",
        id="id",
        top="top_id",
        blocked="blocked",
        history="history_days",
        name="name",
        depth="depth",
    )
