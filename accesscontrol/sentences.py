"""Sentences: what is told to people, kept as a code and named parts; the words are made when somebody reads them.

Code asks a sentence for its code and parts and never reads the words, which stand in one place and can be translated.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext

NOTHING: Mapping[str, Any] = {}


def with_article(what: str) -> str:
    """“an item”, “a user”; what belongs to something named is “the limits of account northwind”."""
    if " of " in what:
        return f"the {what}"
    return f"an {what}" if what[:1] in "aeio" else f"a {what}"


class Sentence:
    """One sentence, or a part of one. `str()` makes the words, in the language of who reads; parts may be sentences."""

    __slots__ = ("parts", "wording")

    def __init__(self, wording: Wording, parts: Mapping[str, Any] = NOTHING):
        self.wording = wording
        self.parts = parts

    @property
    def code(self) -> str:
        return self.wording.code

    def __str__(self) -> str:
        return gettext(self.wording.text) % self.parts

    def __repr__(self) -> str:
        return f"{self.code}({', '.join(f'{name}={part!r}' for name, part in self.parts.items())})"

    def alone(self) -> Sentence:
        """What is said after “because”, as a sentence of its own."""
        return _Alone(self.wording, self.parts)


class _Alone(Sentence):
    __slots__ = ()

    def __str__(self) -> str:
        words = super().__str__()
        return f"{words[:1].upper()}{words[1:]}."


def said_by(error: Exception) -> Sentence | str:
    """The sentence that an error was raised with, else its words: for another error that tells it on."""
    said = error.args[0] if error.args else ""
    return said if isinstance(said, Sentence) else str(error)


class Wording:
    """How one thing is said. code: what it means, for programs. text: English, with named parts: “%(name)s owns it”.

    The text is marked for translation where it is written, by gettext_noop. Called with the parts it gives a sentence.
    """

    __slots__ = ("code", "text")

    def __init__(self, code: str, text: str):
        self.code = code
        self.text = text

    def __call__(self, **parts: Any) -> Sentence:
        return Sentence(self, parts)
