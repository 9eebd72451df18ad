"""Reads a world file (YAML or JSON) into mappings and lists that remember the lines they stand on.

YAML goes through libyaml's events, which keeps 100,000 items to a few seconds and sees duplicate keys and aliases. Only
`true` and `false` are booleans: `no`, `on` and `yes` stay the text they are, so that nobody called “no” gets lost.
JSON has a path of its own: the grammar is checked by the standard library, the lines come from a scan of the tokens.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import total_ordering
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from accesscontrol.json_data import DEEPEST_STORED, JSONFault, check_json
from accesscontrol.sentences import Sentence
from accesscontrol.services.world import sentences as say

#: Accounts in accounts take two levels each; the deepest item's settings follow, as deep as an export may write them.
MAX_DEPTH = 2 * settings.TREE_DEPTH_LIMIT + DEEPEST_STORED + 8
#: The standard library reads no longer number from text, and writes none.
LONGEST_NUMBER = 4300
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*([eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)\Z")
_WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS |= {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_TEXT_TAGS = ("tag:yaml.org,2002:str", "!")
_JSON_TOKEN = re.compile(r'[ \t\r,:]*(?:(\n)|("(?:[^"\\]|\\.)*")|([\[\]{}])|([^\s\[\]{},:"]+))')
_NEWLINE, _STRING, _SIGN, _WORD = 1, 2, 3, 4


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class Fault:
    """Something wrong (or, as a warning, doubtful) in a file: the line and a sentence that says what would be valid.

    Two that are told in the same words are one.
    """

    line: int
    said: Sentence | str

    @property
    def sentence(self) -> str:
        """The words, for people."""
        return str(self.said)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fault) and (self.line, self.sentence) == (other.line, other.sentence)

    def __hash__(self) -> int:
        return hash((self.line, self.sentence))

    def __lt__(self, other: Fault) -> bool:
        return (self.line, self.sentence) < (other.line, other.sentence)

    def at(self, file: str) -> str:
        return f"{file}:{self.line}: {self.sentence}"


class Unreadable(Exception):
    """The file is no YAML or JSON, or not one that a world may be written in."""

    def __init__(self, faults: list[Fault]):
        super().__init__(" ".join(fault.sentence for fault in faults))
        self.faults = faults


class Mapping(dict):
    """A mapping of the file. `line` is where it starts, `lines` where keys stand that are not on that line."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int):
        super().__init__()
        self.line = line
        self.lines: dict[str, int] | None = None

    def place(self, key: str, line: int) -> None:
        if line != self.line:
            self.lines = self.lines or {}
            self.lines[key] = line

    def line_of(self, key: str) -> int:
        return self.lines.get(key, self.line) if self.lines else self.line


class Sequence(list):
    """A list of the file; `lines` holds the line of each entry."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int):
        super().__init__()
        self.line = line
        self.lines: list[int] = []

    def line_of(self, index: int) -> int:
        return self.lines[index]


class Builder:
    """Puts keys and values together as they come; notes duplicate keys instead of letting the last one win."""

    def __init__(self) -> None:
        self.root: Any = None
        self.stack: list[Mapping | Sequence] = []
        self.keys: list[Any] = []  # the key that waits for its value, for each open mapping
        self.faults: list[Fault] = []

    def open(self, collection: Mapping | Sequence) -> None:
        self.value(collection, collection.line)
        if len(self.stack) >= MAX_DEPTH:
            raise Unreadable([Fault(collection.line, say.TOO_DEEP(most=MAX_DEPTH))])
        self.stack.append(collection)
        self.keys.append(None)

    def close(self) -> None:
        self.stack.pop()
        self.keys.pop()

    def value(self, value: Any, line: int) -> None:
        """Take a key or a value: the builder knows from where it stands which of the two it is."""
        if not self.stack:
            self.root = value
            return
        top = self.stack[-1]
        if type(top) is Sequence:
            top.append(value)
            top.lines.append(line)
        elif self.keys[-1] is None:
            self.key(top, value, line)
        else:
            top[self.keys[-1]] = value
            self.keys[-1] = None

    def key(self, mapping: Any, key: Any, line: int) -> None:
        if not isinstance(key, str):
            shown = "null" if key is None else json.dumps(key, default=str)
            self.faults.append(Fault(line, say.NO_NAME(value=shown)))
            key = str(key)
        if key in mapping:
            self.faults.append(Fault(line, say.KEY_TWICE(key=key, line=mapping.line_of(key))))
        mapping.place(key, line)
        self.keys[-1] = key


def read(path: str) -> Mapping:
    """The file's content. Raises Unreadable with every fault of syntax, and OSError."""
    data = Path(path).read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable([Fault(line, say.NO_UTF8())]) from error
    is_json = path.lower().endswith(".json") or text.lstrip().startswith("{")
    return read_text(text, read_json if is_json else read_yaml)


def read_text(text: str, reader: Callable[[str], Builder]) -> Mapping:
    builder = reader(text)
    if builder.faults:
        raise Unreadable(sorted(builder.faults))
    if not isinstance(builder.root, Mapping):
        raise Unreadable([Fault(1, say.NO_WORLD())])
    return builder.root


# --- YAML


def read_yaml(text: str) -> Builder:
    loader = yaml.CSafeLoader(text)
    builder = Builder()
    try:
        _take_events(builder, _events(loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise Unreadable([*builder.faults, Fault(line, say.NO_YAML(problem=error.problem))]) from error
    except yaml.YAMLError as error:
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        raise Unreadable([Fault(line, say.NO_YAML_SIGN())]) from error
    finally:
        loader.dispose()
    return builder


def _events(loader: Any) -> Iterator[Any]:
    while loader.check_event():
        yield loader.get_event()


def _take_events(builder: Builder, events: Iterator[Any]) -> None:
    documents = 0
    for event in events:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            builder.value(_scalar(event, builder), event.start_mark.line + 1)
        elif kind is yaml.MappingStartEvent:
            builder.open(Mapping(event.start_mark.line + 1))
        elif kind is yaml.SequenceStartEvent:
            builder.open(Sequence(event.start_mark.line + 1))
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            builder.close()
        elif kind is yaml.AliasEvent:
            line = event.start_mark.line + 1
            builder.faults.append(Fault(line, say.ALIAS(anchor=event.anchor)))
            builder.value(None, line)
        elif kind is yaml.DocumentStartEvent:
            documents += 1
            if documents > 1:
                raise Unreadable([Fault(event.start_mark.line + 1, say.SECOND_DOCUMENT())])


def _scalar(event: Any, builder: Builder) -> Any:
    text: str = event.value
    if event.tag is not None and event.tag not in _TEXT_TAGS:
        builder.faults.append(Fault(event.start_mark.line + 1, say.TAG(tag=event.tag)))
        return text
    if event.style or event.tag is not None:  # quoted, a block, or named as text
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text):
        return int(text) if len(text.lstrip("+-")) <= LONGEST_NUMBER else text
    if _FLOAT.match(text):
        return float(text)
    return text


# --- JSON


def read_json(text: str) -> Builder:
    try:
        check_json(text, MAX_DEPTH)
    except JSONFault as error:
        raise Unreadable([Fault(error.line, error.said)]) from error
    builder = Builder()
    line = 1
    for match in _JSON_TOKEN.finditer(text):
        group = match.lastindex or 0
        token = match.group(group)
        if group == _STRING:
            builder.value(json.loads(token) if "\\" in token else token[1:-1], line)
        elif group == _WORD:
            builder.value(json.loads(token), line)
        elif group == _NEWLINE:
            line += 1
        elif token in "{[":
            builder.open(Mapping(line) if token == "{" else Sequence(line))
        elif token in "}]":
            builder.close()
    return builder
