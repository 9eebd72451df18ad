"""Entries and topics of a token that has very many of them: they stay out of its form until they are opened.

A form sends what changes, never hundreds of entries back: it says which of them it holds or has taken off, each by a
mark of what it says, and all the others stay as they are, also those that somebody else adds meanwhile.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, TypeVar

from django.http import QueryDict
from django.utils.crypto import salted_hmac

from accesscontrol.services.tokens.specs import TokenRuleSpec, TopicSpec

Entry = TokenRuleSpec | TopicSpec
Alike = TypeVar("Alike", TokenRuleSpec, TopicSpec)
#: So many entries, and as many topics, are in a form at once; where there are more, so few are open at first.
MOST_ENTRIES, OPEN_AT_FIRST = 40, 3
#: So many of the others are shown on one page of them.
SHOWN_FOLDED = 50


def meaning(entry: Entry) -> tuple[Any, ...]:
    """What an entry or a topic says, whatever the order, as a value that can be written as JSON."""
    if isinstance(entry, TopicSpec):
        return entry.filter, sorted(entry.actions)
    sections: Any = entry.sections
    if not isinstance(sections, str):
        sections = sorted((name, sorted(verbs)) for name, verbs in sections.items() if verbs)
    items, things = sorted({item.pk for item in entry.items}), sorted(set(entry.things))
    return entry.kind, entry.reach, sorted(entry.verbs), sections, items, things


def mark_of(entry: Entry) -> str:
    """A keyed mark of what an entry says: nobody reads from it what it lists unseen."""
    return salted_hmac("portal.tokens.entries", json.dumps(meaning(entry))).hexdigest()[:16]


def fold_away(data: QueryDict, sort: str, entries: Sequence[Alike]) -> Sequence[Alike]:
    """The entries that a token's form starts with; where these are not all, the form says so. sort: rule, topic."""
    if len(entries) <= MOST_ENTRIES:
        return entries
    marks = [mark_of(entry) for entry in entries]
    data.setlist(f"{sort}-out", marks[:OPEN_AT_FIRST])
    data[f"{sort}-folded"] = salted_hmac("portal.tokens.folded", " ".join(marks)).hexdigest()[:16]
    return entries[:OPEN_AT_FIRST]


class Folded:
    """What stays out of a form. sort: rule, topic. entries: those that the token has now; numbers: which of them."""

    def __init__(self, data: QueryDict, sort: str, entries: Sequence[Entry]):
        self.data, self.sort, self.entries = data, sort, entries
        self.is_used = bool(data.get(f"{sort}-folded"))
        self.numbers: list[int] = []
        out = Counter(data.getlist(f"{sort}-out"))
        for number, entry in enumerate(entries if self.is_used else ()):
            mark = mark_of(entry)
            out[mark] -= 1
            if out[mark] < 0:
                self.numbers.append(number)

    @property
    def kept(self) -> tuple[Any, ...]:
        """The entries that stay as they are."""
        return tuple(self.entries[number] for number in self.numbers)

    def take_out(self, mark: str) -> Entry | None:
        """An entry that is opened or removed: it stays no longer by itself. None where it is not there."""
        found = next((entry for entry in self.kept if mark_of(entry) == mark), None)
        if found is not None:
            self.data.appendlist(f"{self.sort}-out", mark)
        return found

    # --- As a page shows it

    @property
    def page(self) -> int:
        """Which page of them is shown, from 1."""
        asked = self.data.get(f"{self.sort}-page", "")
        last = max(1, -(-len(self.numbers) // SHOWN_FOLDED))
        return min(max(1, int(asked)), last) if asked.isascii() and asked.isdigit() and len(asked) < 5 else 1

    @property
    def shown(self) -> list[tuple[int, str]]:
        """The numbers of those on this page among the token's entries, with their marks."""
        start = (self.page - 1) * SHOWN_FOLDED
        return [(number, mark_of(self.entries[number])) for number in self.numbers[start : start + SHOWN_FOLDED]]

    @property
    def fields(self) -> list[tuple[str, str]]:
        """What the form carries of it, as names and values."""
        names = (f"{self.sort}-folded", f"{self.sort}-out", f"{self.sort}-page")
        return [(name, value) for name in names for value in self.data.getlist(name)] if self.is_used else []
