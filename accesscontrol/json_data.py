"""JSON that comes in, and JSON that is stored: one reading, and one limit of depth, size and names, for every door.

What is read from the database is bounded too: rows of another time, or written by SQL, may hold anything, and no page,
act or export may break on them.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext_noop as _

from accesscontrol.sentences import Sentence, Wording

#: JSON whose names nobody here knows: settings of a device, data of an entry, what an event changed.
JsonObject: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much JSON is taken. depth: lists and mappings in each other; names: of all mappings; size: characters or, as
    it comes in, bytes (None where something else bounds it)."""

    depth: int
    names: int
    size: int | None = None


#: What one thing holds: the settings of an item, the data of an entry.
DATA = Bounds(depth=32, names=10_000, size=200_000)
#: A call around it: it has a few levels of its own. Every body is bounded in size before it is read.
BODY = Bounds(depth=DATA.depth + 8, names=250_000)
#: Questions to the decision endpoints, of which nothing is stored.
QUESTIONS = Bounds(depth=32, names=250_000, size=1024 * 1024)
#: So deep at most is what comes from the database, and what is written out of it: what lies deeper is text.
DEEPEST_STORED = 100

NO_JSON = Wording("no_json", _("This is not JSON: %(problem)s (line %(line)s, column %(column)s)."))
NO_UTF8 = Wording("no_utf8", _("This is not UTF-8 text."))
TWICE = Wording("twice", _("The JSON names “%(name)s” twice in one object; keep one of them."))
NO_NUMBER = Wording("no_number", _("%(word)s is not a number of JSON."))
LONG_NUMBER = Wording("long_number", _("The JSON holds a number of too many digits."))
NO_VALUE = Wording("no_value", _("The data holds what is no value of JSON."))
LARGE_NUMBER = Wording("large_number", _("The JSON holds a number that is too large. Write it as text."))
HALF_PAIR = Wording("half_pair", _("The JSON holds half of a surrogate pair."))
HAS_NUL = Wording("has_nul", _("Remove the NUL character from the data."))
TOO_DEEP = Wording("too_deep", _("The JSON is nested more than %(most)s levels deep. Put less into each other."))
TOO_LARGE = Wording("too_large", _("The JSON is longer than %(most)s characters. Send less at once."))
TOO_MANY = Wording("too_many_names", _("The JSON holds more than %(most)s names. Send less at once."))

_SIGNS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]')


class JSONFault(ValueError):
    """JSON that is not taken, and why. line: where, as far as it is known."""

    def __init__(self, said: Sentence, line: int = 1):
        super().__init__(said)
        self.said, self.line = said, line

    def __str__(self) -> str:
        return str(self.said)


def read_json(text: str | bytes, bounds: Bounds) -> Any:
    """JSON as I-JSON has it (UTF-8, no duplicate names, no half surrogate pairs) and within the bounds.

    Raises JSONFault with a sentence that says what is wrong.
    """
    if bounds.size is not None and len(text) > bounds.size:
        raise JSONFault(TOO_LARGE(most=bounds.size))
    written = text if isinstance(text, str) else _decoded(text)
    value = _parsed(written, bounds.depth, _without_duplicates)
    said = excess(value, bounds)
    if said is None and "\\u" in written and _is_broken(json.dumps(value, ensure_ascii=False)):
        said = HALF_PAIR()
    if said is not None:
        raise JSONFault(said)
    return value


def _decoded(text: bytes) -> str:
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise JSONFault(NO_UTF8()) from error


def check_json(text: str, depth: int) -> None:
    """Check the grammar of a file of JSON, whose reader bounds the rest. Raises JSONFault, with the line if it can."""
    try:
        _parsed(text, depth, hook=None)
    except JSONFault as error:
        too_deep = error.said.code == TOO_DEEP.code
        raise JSONFault(error.said, _line_too_deep(text, depth) if too_deep else error.line) from error


def _parsed(text: str, depth: int, hook: Any) -> Any:
    try:
        return json.loads(text, object_pairs_hook=hook, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        said = NO_JSON(problem=error.msg, line=error.lineno, column=error.colno)
        raise JSONFault(said, error.lineno) from error
    except RecursionError as error:
        raise JSONFault(TOO_DEEP(most=depth)) from error
    except JSONFault:
        raise
    except ValueError as error:
        raise JSONFault(LONG_NUMBER()) from error


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        [(twice, _count)] = Counter(name for name, _value in pairs).most_common(1)
        raise JSONFault(TWICE(name=twice))
    return found


def _refuse_constant(word: str) -> Any:
    raise JSONFault(NO_NUMBER(word=word))


def _is_broken(text: str) -> bool:
    """Whether it holds half of a surrogate pair, which no database and no answer can hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def excess(value: Any, bounds: Bounds) -> Sentence | None:
    """What of a value is too deep or too much, found layer by layer and never deeper than the bounds; else None."""
    names, layer = 0, [value]
    for _depth in range(bounds.depth):
        names += sum(len(one) for one in layer if isinstance(one, dict))
        if names > bounds.names:
            return TOO_MANY(most=bounds.names)
        layer = [inner for one in layer for inner in _inside(one) if isinstance(inner, dict | list)]
        if not layer:
            return None
    return TOO_DEEP(most=bounds.depth)


def _inside(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def unstorable(value: Any) -> Sentence | None:
    """Why a value cannot be kept as the data of a thing, by either database; None where it can."""
    if (said := excess(value, DATA)) is not None:
        return said
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
    except TypeError:
        return NO_VALUE()
    except ValueError:
        return LARGE_NUMBER()
    if _is_broken(text):
        return HALF_PAIR()
    if "\\u0000" in text:
        return HAS_NUL()
    return TOO_LARGE(most=DATA.size) if DATA.size is not None and len(text) > DATA.size else None


# --- What is there already


def bounded(text: str, depth: int = DEEPEST_STORED) -> str:
    """The same JSON no deeper than this: what lies deeper stands there as text, so that nothing is lost to the eye.

    It works on the text alone and never goes into the depth, which may be any.
    """
    if text.count("{") + text.count("[") <= depth:
        return text
    parts, done = [], 0
    for start, end in _deeper(text, depth):
        parts += [text[done:start], json.dumps(text[start:end], ensure_ascii=False)]
        done = end
    return "".join([*parts, text[done:]])


def _deeper(text: str, depth: int) -> Iterator[tuple[int, int]]:
    """Where the lists and mappings stand that are one level too deep."""
    level, start = 0, 0
    for sign in _SIGNS.finditer(text):
        if sign.group() in ("{", "["):
            level += 1
            start = sign.start() if level == depth + 1 else start
        elif sign.group() in ("}", "]"):
            if level == depth + 1:
                yield start, sign.end()
            level -= 1
    if level > depth:  # it ends in the depth, and is no JSON
        yield start, len(text)


def _line_too_deep(text: str, depth: int) -> int:
    """The line on which JSON becomes too deep; 1 where it does not."""
    start = next((start for start, _end in _deeper(text, depth)), 0)
    return text.count("\n", 0, start) + 1


class BoundedJSONField(models.JSONField):
    """A column of JSON that is read bounded, whatever it holds."""

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """As a column it is like any other: a migration need not know of it."""
        name, _path, args, rest = super().deconstruct()
        return name, "django.db.models.JSONField", args, rest

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        return super().from_db_value(bounded(value) if isinstance(value, str) else value, expression, connection)  # type: ignore[misc]
