"""What an act says when it does not happen: `Invalid` (wrong input) and `Conflict` (the state does not allow it).

Who may not do it at all gets `AccessDenied` from the engine. All three end the act's transaction: nothing is half done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from accesscontrol.sentences import NOTHING, Sentence

#: The field of a problem that belongs to no single field.
WHOLE = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: the field, a sentence that says what to do next, and the spec or object concerned.

    said: a `Sentence` where programs tell the problem from others, by its code and parts; else plain words.
    """

    field: str
    said: str | Sentence
    about: Any = None

    @property
    def sentence(self) -> str:
        """The words, for people."""
        return str(self.said)

    @property
    def code(self) -> str:
        """What is wrong, for programs; empty where nobody asks."""
        return self.said.code if isinstance(self.said, Sentence) else ""

    @property
    def parts(self) -> Mapping[str, Any]:
        """What the sentence speaks of, by name."""
        return self.said.parts if isinstance(self.said, Sentence) else NOTHING


class Invalid(Exception):
    """Wrong input, by field. Pages show each sentence at its field, REST answers 400, world files add the line.

    problems: {field: [sentences]} or a list of Problem (the bulk forms report every wrong spec at once).
    """

    def __init__(self, problems: Mapping[str, Iterable[str | Sentence]] | Iterable[Problem]):
        if isinstance(problems, Mapping):
            self.problems = [Problem(field, text) for field, texts in problems.items() for text in texts]
        else:
            self.problems = list(problems)
        super().__init__(" ".join(problem.sentence for problem in self.problems))

    @property
    def errors(self) -> dict[str, list[str]]:
        """Field → sentences."""
        found: dict[str, list[str]] = {}
        for problem in self.problems:
            found.setdefault(problem.field, []).append(problem.sentence)
        return found


class Conflict(Exception):
    """The state of things does not allow it now; the sentence says what to do first. REST answers 409 with its code."""

    def __init__(self, said: Sentence):
        super().__init__(said)


class BeyondOwn(Invalid):
    """Passing on more than the actor holds (the ceiling of access model §4), told at the field that asks too much."""


class Gathered:
    """What is beyond the actor's own in an act on many things: told of all of them at once."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """One of the many."""
        try:
            yield
        except BeyondOwn as error:
            self.problems += error.problems

    def stop(self) -> None:
        """Raises BeyondOwn where there was any."""
        if self.problems:
            raise BeyondOwn(self.problems)
