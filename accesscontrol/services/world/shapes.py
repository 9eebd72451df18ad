"""The shape of a file's entries: takes typed fields out of a mapping and notes every fault with its line.

Nothing stops at the first fault: a field that is wrong is noted and replaced by its default, and the reading goes on.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, TypeVar

from accesscontrol.accounts.names import fold
from accesscontrol.moments import NO_MOMENT, MomentFault, read_moment
from accesscontrol.sentences import Sentence, with_article
from accesscontrol.services.world import sentences as say
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


def empty_state() -> State:
    return {noun: {} for noun in NOUNS}


def shown(value: Any) -> Sentence | str:
    """A value as a sentence quotes it."""
    if isinstance(value, str):
        return f"“{value if len(value) <= 60 else value[:57] + '…'}”"
    if isinstance(value, Mapping):
        return say.A_MAPPING()
    if isinstance(value, Sequence):
        return say.A_LIST()
    return say.NOTHING() if value is None else json.dumps(value)


class Faults:
    """Collects what is wrong and doubtful in one file, and the references that must exist."""

    def __init__(self) -> None:
        self.errors: list[Fault] = []
        #: Lines that could not be read as they stand; what is missing elsewhere is no fault of the line's shape.
        self.misshapen: set[int] = set()
        self.warnings: list[Fault] = []
        #: (line, noun, key) of everything that the file names elsewhere.
        self.references: list[tuple[int, str, str]] = []

    def error(self, line: int, said: Sentence) -> None:
        self.errors.append(Fault(line, said))
        self.misshapen.add(line)

    def missing(self, line: int, said: Sentence) -> None:
        self.errors.append(Fault(line, said))

    def warn(self, line: int, said: Sentence) -> None:
        self.warnings.append(Fault(line, said))


class Entry:
    """One mapping of the file, read field by field. `what` names it in sentences: “an item”, then “item truck-7”."""

    __slots__ = ("faults", "mapping", "what")

    def __init__(self, faults: Faults, mapping: Mapping, what: str, fields: Collection[str]):
        self.faults, self.mapping, self.what = faults, mapping, with_article(what)
        for name in mapping:
            if name not in fields:
                self.error(name, say.UNKNOWN_FIELD(name=name, what=self.what, valid=say.nearest(name, fields)))

    def error(self, name: str, said: Sentence) -> None:
        self.faults.error(self.mapping.line_of(name), said)

    def wrong(self, name: str, wanted: Sentence) -> None:
        value = shown(self.mapping[name])
        self.error(name, say.WRONG_VALUE(name=name, what=self.what, wanted=wanted, value=value))

    def required(self, name: str) -> bool:
        if name in self.mapping:
            return True
        what = f"{self.what[:1].upper()}{self.what[1:]}"
        self.faults.error(self.mapping.line, say.NEEDS_FIELD(what=what, name=name))
        return False

    # --- single values

    def text(self, name: str, default: str = "") -> str:
        value = self.mapping.get(name, default)
        if not isinstance(value, str):
            self.wrong(name, say.QUOTED_TEXT() if isinstance(value, int | float) else say.TEXT())
        elif _UNSTORABLE.search(value):
            self.wrong(name, say.STORABLE_TEXT())
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
        self.wrong(name, say.TRUE_OR_FALSE())
        return default

    def count(self, name: str, smallest: int = 0) -> int | None:
        value = self.mapping.get(name)
        if value is None or (type(value) is int and smallest <= value <= _LARGEST):
            return value
        self.wrong(name, say.WHOLE_NUMBER(least=smallest, most=_LARGEST))
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
                    self.error(name, say.WRONG_MOMENT(name=name, what=self.what, problem=error.said))
                    return None
        self.wrong(name, say.A_TIME())
        return None

    def choice(self, name: str, choices: Collection[str], default: str = "") -> str:
        value = self.mapping.get(name, default)
        if isinstance(value, str) and value in choices:
            return value
        valid = say.nearest(str(value), choices)
        self.error(name, say.NO_CHOICE(value=shown(value), choice=with_article(name), what=self.what, valid=valid))
        return default

    def reference(self, name: str, noun: str) -> str | None:
        """The key of something that stands elsewhere in the file or in the database."""
        value = self.mapping.get(name)
        if value is None:
            return None
        return self.refer(name, value, noun, self.mapping.line_of(name))

    def refer(self, name: str, value: Any, noun: str, line: int) -> str | None:
        if not isinstance(value, str) or not value or _UNSTORABLE.search(value):
            wording = say.QUOTE_KEY if type(value) is int else say.NAMED_BY_KEY
            self.faults.error(line, wording(name=name, what=self.what, noun=with_article(noun), value=shown(value)))
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
            self.wrong(name, say.A_LIST())
        return Sequence(self.mapping.line)

    def texts(self, name: str, wanted: Sentence) -> tuple[str, ...]:
        """Several texts, in the file's order."""
        values = self.sequence(name)
        for value, line in zip(values, values.lines, strict=True):
            if not isinstance(value, str) or _UNSTORABLE.search(value):
                said = say.WRONG_IN_LIST(value=shown(value), name=name, what=self.what, wanted=wanted)
                self.faults.error(line, said)
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
                self.faults.error(line, say.TWICE_IN_LIST(name=name, what=self.what, key=key))
            elif key:
                found.add(key)
        return tuple(sorted(found))

    def choices(self, name: str, choices: Collection[str], wanted: Sentence) -> tuple[str, ...]:
        """Several names of a closed list, in that list's order."""
        values = self.sequence(name)
        for value, line in zip(values, values.lines, strict=True):
            if not isinstance(value, str) or value not in choices:
                valid = say.nearest(str(value), choices)
                self.faults.error(line, say.NOT_OF_LIST(value=shown(value), wanted=wanted, valid=valid))
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
                named = with_article(what).capitalize()
                said = say.NOT_AN_ENTRY(what=named, fields=", ".join(fields), value=shown(value))
                self.faults.error(line, said)
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
            self.wrong(name, say.A_MAPPING())
            return {}
        return _plain(value, lambda problem: self.error(name, say.HOLDS(name=name, what=self.what, problem=problem)))


def checked_key(entry: Entry, name: str, value: Any) -> str | None:
    """A key, or None with a fault; how keys are spelt is for the acts to say."""
    if isinstance(value, str) and not _UNSTORABLE.search(value):
        return value
    if isinstance(value, int):
        entry.error(name, say.DIGITS_ONLY(value=shown(value), name=name, what=entry.what))
    else:
        entry.wrong(name, say.STORABLE_TEXT())
    return None


def _plain(value: Any, refuse: Callable[[Sentence], None]) -> Any:
    if isinstance(value, Mapping):
        return {_plain(key, refuse): _plain(part, refuse) for key, part in value.items()}
    if isinstance(value, Sequence):
        return [_plain(part, refuse) for part in value]
    if isinstance(value, str) and _UNSTORABLE.search(value):
        refuse(say.UNSTORABLE())
        return ""
    if isinstance(value, float) and not math.isfinite(value):
        refuse(say.TOO_LARGE())
        return 0
    return value
