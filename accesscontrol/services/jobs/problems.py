"""Problems as a job keeps them: in words and by code, with the line that each is of, or whom it is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accesscontrol.accounts.names import Named, name_of
from accesscontrol.services.frame.errors import Problem
from accesscontrol.services.importing.lines import Line

#: So many problems are kept; how many more there were is told.
MOST_PROBLEMS = 1000


def told_problems(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """The first so many of them."""
    return [
        {"line": _line(one), "about": _about(one), "field": one.field, "code": one.code, "sentence": one.sentence}
        for one in problems[:MOST_PROBLEMS]
    ]


def _line(problem: Problem) -> int | None:
    return problem.about.line if isinstance(problem.about, Line) else None


def _about(problem: Problem) -> str:
    if isinstance(problem.about, Line):
        return problem.about.name
    return name_of(problem.about) if isinstance(problem.about, Named) else ""
