"""The shape of a file's entries: takes typed fields out of a mapping and notes every fault with its line.

Nothing stops at the first fault: a field that is wrong is noted and replaced by its default, and the reading goes on.
"""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any, TypeVar

from accesscontrol.accounts.names import fold
from accesscontrol.moments import NO_MOMENT, MomentFault, read_moment
from accesscontrol.sentences import with_article
from accesscontrol.services.world.reading import Fault, Mapping, Sequence

Part = TypeVar("Part")
Record = dict[str, Any]
NOUNS = ("account", "role", "user", "item", "token", "project", "grant")
PLURALS = {noun: f"{noun}s" for noun in NOUNS}
#: A state: noun → key → record; what a file says, and what the database holds, in the same words. Users are named by
#: their folded usernames in it; their records hold how these are written.
State = dict[str, dict[str, Record]]

#: The ends of a link, and by which grant to which grantee the maker of an item's links had them: container → end →
#: (grant, grantee).
LINK_ENDS = ("member", "container")
LinksUnder = dict[str, dict[str, tuple[str, str]]]

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_LARGEST = 2**31 - 1
_LISTED = 40  # so many valid names are listed in full


def empty_state() -> State:
    return {noun: {} for noun in NOUNS}


def nearest(name: str, choices: Iterable[str]) -> str:
    """What would be valid: the names like this one, or all of them."""
    known = list(choices)
    close = difflib.get_close_matches(name, known, n=3)
    if close:
        return (
            f"did you mean {' or '.join(f'“{one}”' for one in close)}? Valid: {_listing(known)}"
            if (len(known) <= _LISTED)
            else f"did you mean {' or '.join(f'“{one}”' for one in close)}?"
        )
    return f"valid: {_listing(known)}"


def _listing(names: list[str]) -> str:
    return ", ".join(names[:_LISTED]) + (", …" if len(names) > _LISTED else "")


def shown(value: Any) -> str:
    """A value as a sentence quotes it."""
    if isinstance(value, str):
        return f"“{value if len(value) <= 60 else value[:57] + '…'}”"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, Sequence):
        return "a list"
    return "nothing" if value is None else json.dumps(value)


class Faults:
    """Collects what is wrong and doubtful in one file, and the references that must exist."""

    def __init__(self) -> None:
        self.errors: list[Fault] = []
        #: Lines that could not be read as they stand; what is missing elsewhere is no fault of the line's shape.
        self.misshapen: set[int] = set()
        self.warnings: list[Fault] = []
        #: (line, noun, key) of everything that the file names elsewhere.
        self.references: list[tuple[int, str, str]] = []

    def error(self, line: int, sentence: str) -> None:
        self.errors.append(Fault(line, sentence))
        self.misshapen.add(line)

    def missing(self, line: int, sentence: str) -> None:
        self.errors.append(Fault(line, sentence))

    def warn(self, line: int, sentence: str) -> None:
        self.warnings.append(Fault(line, sentence))


class Entry:
    """One mapping of the file, read field by field. `what` names it in sentences: “an item”, then “item truck-7”."""

    __slots__ = ("faults", "mapping", "what")

    def __init__(self, faults: Faults, mapping: Mapping, what: str, fields: Collection[str]):
        self.faults, self.mapping, self.what = faults, mapping, with_article(what)
        for name in mapping:
            if name not in fields:
                self.error(name, f"“{name}” is not a field of {self.what}; {nearest(name, fields)}.")

    def error(self, name: str, sentence: str) -> None:
        self.faults.error(self.mapping.line_of(name), sentence)

    def wrong(self, name: str, wanted: str) -> None:
        self.error(name, f"“{name}” of {self.what} is {wanted}, not {shown(self.mapping[name])}.")

    def required(self, name: str) -> bool:
        if name in self.mapping:
            return True
        self.faults.error(self.mapping.line, f"{self.what[:1].upper()}{self.what[1:]} needs the field “{name}”.")
        return False

    # --- single values

    def text(self, name: str, default: str = "") -> str:
        value = self.mapping.get(name, default)
        if not isinstance(value, str):
            hint = " (put quotes around it)" if isinstance(value, int | float) else ""
            self.wrong(name, f"text{hint}")
        elif _UNSTORABLE.search(value):
            self.wrong(name, "text without NUL or half of a surrogate pair")
        else:
            return value
        return default

    def name(self) -> str:
        return self.text("name") if self.required("name") else ""

    def key(self, name: str = "key") -> str | None:
        """The key that this entry is known by."""
        return checked_key(self, name, self.mapping[name]) if self.required(name) else None

    def boolean(self, name: str, default: bool) -> bool:
        value = self.mapping.get(name, default)
        if isinstance(value, bool):
            return value
        self.wrong(name, "true or false")
        return default

    def count(self, name: str, smallest: int = 0) -> int | None:
        value = self.mapping.get(name)
        if value is None or (type(value) is int and smallest <= value <= _LARGEST):
            return value
        self.wrong(name, f"a whole number from {smallest} to {_LARGEST}")
        return None

    def moment(self, name: str) -> datetime | None:
        value = self.mapping.get(name)
        if value is None:
            return None
        if isinstance(value, str):
            try:
                return read_moment(value, None)
            except MomentFault as error:
                if error.said.code != NO_MOMENT.code:
                    self.error(name, f"“{name}” of {self.what}: {error}")
                    return None
        self.wrong(name, "a time such as 2027-03-01T00:00:00Z")
        return None

    def choice(self, name: str, choices: Collection[str], default: str = "") -> str:
        value = self.mapping.get(name, default)
        if isinstance(value, str) and value in choices:
            return value
        self.error(name, f"{shown(value)} is not {with_article(name)} of {self.what}; {nearest(str(value), choices)}.")
        return default

    def reference(self, name: str, noun: str) -> str | None:
        """The key of something that stands elsewhere in the file or in the database."""
        value = self.mapping.get(name)
        if value is None:
            return None
        return self.refer(name, value, noun, self.mapping.line_of(name))

    def refer(self, name: str, value: Any, noun: str, line: int) -> str | None:
        if not isinstance(value, str) or not value or _UNSTORABLE.search(value):
            self.faults.error(
                line,
                f"“{name}” of {self.what} names {with_article(noun)} by its key, not by "
                f"{shown(value)}{' (put quotes around it)' if type(value) is int else ''}.",
            )
            return None
        key = fold(value)
        self.faults.references.append((line, noun, key))
        return key

    # --- lists and mappings

    def sequence(self, name: str) -> Sequence:
        value = self.mapping.get(name)
        if isinstance(value, Sequence):
            return value
        if value is not None:
            self.wrong(name, "a list")
        return Sequence(self.mapping.line)

    def texts(self, name: str, what: str) -> tuple[str, ...]:
        """Several texts, in the file's order."""
        values = self.sequence(name)
        for value, line in zip(values, values.lines, strict=True):
            if not isinstance(value, str) or _UNSTORABLE.search(value):
                self.faults.error(line, f"{shown(value)} in “{name}” of {self.what} is not {what}.")
        return tuple(value for value in values if isinstance(value, str))

    def references(self, name: str, noun: str) -> tuple[str, ...]:
        """Several keys, each once, in order of the alphabet: the order has no meaning."""
        return self.named_once(name, self.sequence(name), noun)

    def named_once(self, name: str, values: Sequence, noun: str) -> tuple[str, ...]:
        """These keys, each once, in order of the alphabet."""
        found = set()
        for value, line in zip(values, values.lines, strict=True):
            key = self.refer(name, value, noun, line)
            if key in found:
                self.faults.error(line, f"“{name}” of {self.what} names “{key}” twice; keep one.")
            elif key:
                found.add(key)
        return tuple(sorted(found))

    def choices(self, name: str, choices: Collection[str], what: str) -> tuple[str, ...]:
        """Several names of a closed list, in that list's order."""
        values = self.sequence(name)
        for value, line in zip(values, values.lines, strict=True):
            if not isinstance(value, str) or value not in choices:
                self.faults.error(line, f"{shown(value)} is not {what}; {nearest(str(value), choices)}.")
        named = {value for value in values if isinstance(value, str)}
        return tuple(choice for choice in choices if choice in named)

    def entries(self, name: str, what: str, fields: Collection[str]) -> list[Entry]:
        """The mappings of a list."""
        values = self.sequence(name)
        found = []
        for value, line in zip(values, values.lines, strict=True):
            if isinstance(value, Mapping):
                found.append(Entry(self.faults, value, what, fields))
            else:
                self.faults.error(
                    line, f"{with_article(what).capitalize()} is a mapping of {', '.join(fields)}, not {shown(value)}."
                )
        return found

    def parts(self, name: str, what: str, fields: Collection[str], read: Callable[[Entry], Part]) -> tuple[Part, ...]:
        """What `read` makes of each mapping of a list; one that is wrong in itself is told and left out."""
        found = []
        for entry in self.entries(name, what, fields):
            told = len(self.faults.errors)
            part = read(entry)
            if len(self.faults.errors) == told:
                found.append(part)
        return tuple(found)

    def plain(self, name: str) -> dict[str, Any]:
        """A free mapping (an item's settings) as plain JSON values."""
        value = self.mapping.get(name)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.wrong(name, "a mapping")
            return {}
        return _plain(value, lambda problem: self.error(name, f"“{name}” of {self.what} holds {problem}."))


def checked_key(entry: Entry, name: str, value: Any) -> str | None:
    """A key, or None with a fault; how keys are spelt is for the acts to say."""
    if isinstance(value, str) and not _UNSTORABLE.search(value):
        return value
    if isinstance(value, int):
        entry.error(
            name,
            f"{shown(value)} as {name} of {entry.what} is digits only and could be taken for a row number; "
            "add a letter.",
        )
    else:
        entry.wrong(name, "text without NUL or half of a surrogate pair")
    return None


def _plain(value: Any, refuse: Callable[[str], None]) -> Any:
    if isinstance(value, Mapping):
        return {_plain(key, refuse): _plain(part, refuse) for key, part in value.items()}
    if isinstance(value, Sequence):
        return [_plain(part, refuse) for part in value]
    if isinstance(value, str) and _UNSTORABLE.search(value):
        refuse("a character that cannot be stored (NUL or half of a surrogate pair)")
        return ""
    if isinstance(value, float) and not math.isfinite(value):
        refuse("a number that is too large")
        return 0
    return value
