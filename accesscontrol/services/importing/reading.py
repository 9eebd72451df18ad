"""A table of words as people have it: with a mark or without, in the encodings of Windows, with any of the usual
separators. What it is says its content, never its name."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from charset_normalizer import from_bytes
from django.utils.translation import gettext_noop as _

from accesscontrol.sentences import Sentence, Wording
from accesscontrol.services.frame.errors import Invalid, Problem

#: How large a file may be, how many lines and columns it may have, and how long a cell.
MOST_BYTES, MOST_LINES, MOST_COLUMNS, LONGEST_CELL = 2_000_000, 20_000, 60, 1000
#: Where nothing else is told; those that the letters tell apart; and that words are written in letters of another
#: script, since in Western words none but single ones are not of ASCII.
WESTERN, _GUESSED = "cp1252", ("cp1252", "cp1251", "koi8-r")
_LETTERS_IN_A_ROW = re.compile(rb"[\x80-\xff]{3}")
#: The separators of columns that are tried, the likeliest first.
DELIMITERS = (",", ";", "\t", "|")
#: The encodings that can be chosen, with how they are called.
ENCODINGS = {
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "cp1252": "Windows-1252 (Western Europe)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "cp1250": "Windows-1250 (Central Europe)",
    "iso8859-15": "ISO 8859-15",
    "koi8-r": "KOI8-R (Cyrillic)",
}
#: Lines from which the separator is told.
LOOKED_AT = 20
#: With what files begin that are no text.
_OTHERS = {b"PK\x03\x04": "an Excel workbook", b"\xd0\xcf\x11\xe0": "an old Excel workbook", b"%PDF": "a PDF"}
EMPTY = Wording("file_empty", _("The file holds no lines. Choose one with a line of headings and a line a person."))
TOO_LARGE = Wording("file_too_large", _("The file is larger than %(most)s bytes. Bring the people in several files."))
NO_TABLE = Wording("file_no_table", _("This is %(what)s. Save it as CSV and choose that."))
NO_WORDS = Wording("file_no_words", _("This file holds no words. Save the table as CSV and choose that."))
WRONG_ENCODING = Wording("file_encoding", _("The file is not written in %(encoding)s. Choose another encoding."))
UNREADABLE = Wording("file_unreadable", _("Line %(line)s cannot be taken apart. Look for a quotation mark too many."))
TOO_MANY_LINES = Wording("file_lines", _("The file has more than %(most)s lines. Bring the people in several files."))
TOO_MANY_COLUMNS = Wording("file_columns", _("The file has more than %(most)s columns. Leave out what is not needed."))
CELL_TOO_LONG = Wording("file_cell", _("A cell of line %(line)s is longer than %(most)s characters."))


@dataclass(frozen=True, slots=True)
class Form:
    """How a file is written."""

    encoding: str
    delimiter: str


@dataclass(frozen=True, slots=True)
class Table:
    """The headings of a file, and its rows with the lines that they begin at."""

    headings: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def form_of(data: bytes) -> Form:
    """How a file is written, by its content. Raises Invalid where it is no table of words."""
    if len(data) > MOST_BYTES:
        raise _refused(TOO_LARGE(most=MOST_BYTES))
    for mark, what in _OTHERS.items():
        if data.startswith(mark):
            raise _refused(NO_TABLE(what=what))
    if not data.strip():
        raise _refused(EMPTY())
    encoding = _encoding(data)
    return Form(encoding, _delimiter(decode(data, encoding)))


def _encoding(data: bytes) -> str:
    """By its mark; else UTF-8 where it is that; else what the letters look like."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if _is(data, "utf-8-sig"):
        return "utf-8-sig"
    if not _LETTERS_IN_A_ROW.search(data):
        return WESTERN
    guessed = from_bytes(data, cp_isolation=list(_GUESSED)).best()
    found = codecs.lookup(guessed.encoding).name if guessed is not None else ""
    return next((name for name in _GUESSED if codecs.lookup(name).name == found), WESTERN)


def _is(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return b"\x00" not in data


def decode(data: bytes, encoding: str) -> str:
    """The words of a file. Raises Invalid where it is not written so, or holds what no text does."""
    if encoding not in ENCODINGS:
        raise _refused(WRONG_ENCODING(encoding=encoding))
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _refused(WRONG_ENCODING(encoding=ENCODINGS[encoding])) from error
    if any(ord(one) < 32 and one not in "\t\r\n" for one in text[:100_000]):
        raise _refused(NO_WORDS())
    return text.removeprefix("\ufeff")


def _delimiter(text: str) -> str:
    """The separator that takes the first lines apart into the most columns, and each into as many."""
    head = text.splitlines()[:LOOKED_AT]

    def fit(delimiter: str) -> tuple[bool, int]:
        try:
            widths = [len(row) for row in csv.reader(head, delimiter=delimiter) if row]
        except csv.Error:  # a cell too long for any table
            return False, 0
        return len(set(widths)) == 1, max(widths, default=0)

    told = {delimiter: fit(delimiter) for delimiter in DELIMITERS}
    several = {delimiter: found for delimiter, found in told.items() if found[1] > 1}
    return max(several, key=lambda one: several[one]) if several else DELIMITERS[0]


def read_table(data: bytes, form: Form) -> Table:
    """The table of a file. Raises Invalid with the line that cannot be read."""
    rows = _rows(decode(data, form.encoding), form.delimiter)
    first = next(rows, None)
    if first is None:
        raise _refused(EMPTY())
    headings = tuple(heading.strip() for heading in first[1])
    if len(headings) > MOST_COLUMNS:
        raise _refused(TOO_MANY_COLUMNS(most=MOST_COLUMNS))
    found: list[tuple[int, tuple[str, ...]]] = []
    for line, row in rows:
        if len(row) > MOST_COLUMNS:
            raise _refused(TOO_MANY_COLUMNS(most=MOST_COLUMNS))
        if len(found) >= MOST_LINES:
            raise _refused(TOO_MANY_LINES(most=MOST_LINES))
        found.append((line, row))
    if not found:
        raise _refused(EMPTY())
    return Table(headings, tuple(found))


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _refused(UNREADABLE(line=line)) from error
        if any(len(cell) > LONGEST_CELL for cell in row):
            raise _refused(CELL_TOO_LONG(line=line, most=LONGEST_CELL))
        if any(cell.strip() for cell in row):
            yield line, tuple(map(_cell, row))


def _cell(text: str) -> str:
    """A cell as it was meant: without the apostrophe by which spreadsheets say that it is no formula."""
    found = text.strip()
    return found[1:] if found[:1] == "'" and found[1:2] in ("=", "+", "-", "@") else found


def samples(table: Table, column: int, most: int = 3) -> Sequence[str]:
    """The first values of a column, to show what it holds."""
    found = (row[column] for _line, row in table.rows if column < len(row) and row[column])
    return [value for _number, value in zip(range(most), found, strict=False)]


def _refused(said: Sentence) -> Invalid:
    return Invalid([Problem("file", said)])
