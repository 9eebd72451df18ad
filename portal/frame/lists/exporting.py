"""Lists as CSV: streamed row by row, and read by spreadsheets as words, never as formulas."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence

from django.http import StreamingHttpResponse

#: With what a spreadsheet takes a cell for a formula.  # W13
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\x00")
#: By this mark spreadsheets know that it is UTF-8.
MARK = "\ufeff"


class _Line:
    """Gives each written line back."""

    def write(self, line: str) -> str:
        return line


def cell(text: str) -> str:
    """A text that is no formula: led by an apostrophe where it could be one, as spreadsheets do it."""
    return f"'{text}" if text.startswith(FORMULA) else text


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a file, one after the other."""
    writer = csv.writer(_Line())
    yield MARK + writer.writerow([cell(one) for one in header])
    for row in rows:
        yield writer.writerow([cell(one) for one in row])


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> StreamingHttpResponse:
    """The file under this name, sent while it is read."""
    response = StreamingHttpResponse(csv_lines(header, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
