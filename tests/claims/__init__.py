"""Numbered claims (rows of the security checklist, sentences of the source documents) and the tests that show them.

A test names what it shows: `@pytest.mark.checklist("T04")`, `@pytest.mark.seed("grants.07")`.
`python -m tests.claims` prints the claims that no test names.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
TESTS = FOLDER.parent
#: Which marker names the claims of which file.
MARKERS = {"checklist": ("checklist",), "seed": ("share-access", "grants", "user-accounts")}


def claims(name: str) -> dict[str, str]:
    """The claims of one list: id → what it says."""
    lines = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t", 1) for line in lines if line and not line.startswith("#"))


def partly() -> dict[str, tuple[str, str]]:
    """Rows of the checklist that are met in part or not yet: id → what is missing, and what brings it."""
    found = {}
    for key, text in claims("partly").items():
        missing, brought_by = text.split("\t")
        found[key] = (missing, brought_by)
    return found


def deviations() -> dict[str, tuple[str, str]]:
    """Sentences of the source documents that we do otherwise: id → what we do instead, and why."""
    found = {}
    for key, text in claims("deviations").items():
        instead, reason = text.split("\t")
        found[key] = (instead, reason)
    return found


def claims_of_marker(marker: str) -> dict[str, str]:
    """All claims that a marker may name."""
    return {key: text for name in MARKERS[marker] for key, text in claims(name).items()}


def named(marker: str) -> dict[str, list[str]]:
    """The ids that tests name with this marker → `file:line` of each."""
    found: dict[str, list[str]] = {}
    for path in sorted(TESTS.rglob("*.py")):
        for key, line in _marks(ast.parse(path.read_text(encoding="utf-8")), marker):
            found.setdefault(key, []).append(f"{path.relative_to(TESTS)}:{line}")
    return found


def _marks(tree: ast.AST, marker: str) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == marker:
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value, node.lineno
