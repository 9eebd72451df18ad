"""Sentences are never data: code asks for codes and parts; no line of it compares, cuts or searches words for people.

What says something to people is known by its name: a sentence, a reason, a label … or the text of an exception.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.contracts.source import nodes, place, python_files

_WORDS = re.compile(r"(.+_)?((sentence|reason|label|detail|message|title|explanation)s?|words)")
_ERRORS = re.compile(r"(.+_)?(error|exception|refused|refusal|problem)")
_READING = (
    "startswith endswith split rsplit partition rpartition removeprefix removesuffix find rfind index search match "
    "fullmatch findall finditer splitlines"
).split()
#: Place → why words may be read there.
EXCEPTIONS: dict[str, str] = {}


def _name(node: ast.expr) -> str:
    """What is read, by its last name: `outcome.sentence` and `outcome["sentence"]` are `sentence`."""
    if isinstance(node, ast.Subscript) and _is_text(node.slice):
        return ast.literal_eval(node.slice)
    return getattr(node, "attr", "") or getattr(node, "id", "")


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_words(node: ast.expr) -> bool:
    """Whether an expression gives words for people."""
    if isinstance(node, ast.Call):
        function, arguments = node.func, node.args
        if isinstance(function, ast.Name) and function.id == "str" and arguments:
            return bool(_ERRORS.fullmatch(_name(arguments[0]))) or _is_words(arguments[0])
        changed = isinstance(function, ast.Attribute) and function.attr in ("lower", "casefold", "strip", "capitalize")
        return changed and _is_words(function.value)
    if isinstance(node, ast.Subscript) and not _is_text(node.slice):
        return _is_words(node.value)
    if isinstance(node, ast.Attribute) and node.attr == "args":
        return bool(_ERRORS.fullmatch(_name(node.value)))
    return bool(_WORDS.fullmatch(_name(node)))


def _compares(node: ast.Compare) -> bool:
    sides = [node.left, *node.comparators]
    for operator, left, right in zip(node.ops, sides, sides[1:], strict=False):
        if isinstance(operator, ast.Eq | ast.NotEq | ast.In | ast.NotIn) and (_is_words(left) or _is_words(right)):
            return True
    return False


def _reads(node: ast.Call) -> bool:
    function = node.func
    if not isinstance(function, ast.Attribute) or function.attr not in _READING:
        return False
    return _is_words(function.value) or any(_is_words(argument) for argument in node.args[:2])


def reading_words(found: Iterator[ast.AST]) -> list[int]:
    """The lines that decide by words for people."""
    return [
        node.lineno
        for node in found
        if (isinstance(node, ast.Compare) and _compares(node)) or (isinstance(node, ast.Call) and _reads(node))
    ]


def test_no_code_decides_by_words_for_people():
    files = python_files("accesscontrol", "portal")
    found = {place(path, line) for path in files for line in reading_words(nodes(path))}
    assert sorted(found - EXCEPTIONS.keys()) == []
    assert sorted(EXCEPTIONS.keys() - found) == []


@pytest.mark.parametrize(
    "line",
    [
        "if words == ASSIGNED: pass",
        "if step.label.endswith('you cannot see'): pass",
        "if sentence.startswith(('An assignment', 'A role')): pass",
        "if 'operate' in problem.sentence: pass",
        "if decision.reason not in KNOWN: pass",
        "named = PATTERN.search(problem.sentence)",
        "if str(error) == 'Not found.': pass",
        "if 'locked' in error.args[0]: pass",
        "first = str(decision.reason).lower().split(' ')[0]",
        "if found['label'] == 'Devices': pass",
    ],
)
def test_a_decision_by_words_is_found(line: str):
    assert reading_words(ast.walk(ast.parse(line))) == [1]


@pytest.mark.parametrize(
    "line",
    [
        "if need.code == 'grant': pass",
        "if problem.sentence is None: pass",
        "if name in labels_of(kind): pass",
        "shown = ', '.join(sentences)",
        "answer = {'reason': str(decision.reason)}",
    ],
)
def test_codes_and_telling_are_no_decision_by_words(line: str):
    assert reading_words(ast.walk(ast.parse(line))) == []
