"""Rows of a section as a CSV file, written while it is read."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import UTC
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse

from accesscontrol.accounts.names import order_of
from accesscontrol.items.models import Item, Record

#: A column for each name in this many of the newest rows; names that come up later stand together in the last column.
LOOKED_AT = 500
COLUMNS = 100
CHUNK = 1000
FIRST, LAST = ("time", "name", "state", "device"), "more"
#: A cell that begins with one of these is a formula to a spreadsheet; so it gets an apostrophe in front (W13).
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "\x00", "＝", "＋", "－", "＠")


class _Line:
    """What the csv writer writes to: it gives the line back."""

    def write(self, line: str) -> str:
        return line


def csv_file(item: Item, section: str, rows: QuerySet) -> StreamingHttpResponse:
    """The rows as a download, newest first, one line at a time: however many there are, memory holds a few."""
    answer = StreamingHttpResponse(csv_lines(rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{item.key}-{section}.csv"'
    return answer


def csv_lines(rows: QuerySet) -> Iterator[str]:
    """The lines of the file: times in UTC, a column for each name of the rows' data."""
    writer = csv.writer(_Line())
    names = _names(rows)
    yield "\ufeff"  # so that spreadsheets read it as UTF-8
    yield writer.writerow([*FIRST, *map(cell, names), LAST])
    for row in rows.iterator(chunk_size=CHUNK):
        yield writer.writerow(_cells(row, names))


def _names(rows: QuerySet) -> list[str]:
    found: dict[str, None] = {}
    for data in rows.values_list("data", flat=True)[:LOOKED_AT]:
        found.update(dict.fromkeys(data if isinstance(data, dict) else ()))
    return sorted(found, key=order_of)[:COLUMNS]


def _cells(row: Record, names: list[str]) -> list[Any]:
    data = row.data if isinstance(row.data, dict) else {"value": row.data}
    more = {name: value for name, value in data.items() if name not in names}
    first = [row.at.astimezone(UTC).isoformat(), row.name, row.state, row.device.name if row.device else ""]
    return [cell(one) for one in (*first, *(data.get(name, "") for name in names), more or "")]


def cell(value: Any) -> Any:
    """A value as a cell: numbers as they are, all else as text that no spreadsheet takes for a formula."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, int | float):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.startswith(RISKY) else text
