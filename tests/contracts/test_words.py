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


# --- Codes: what refuses or finds something wrong says it with a code and named parts

_TELLING = {"Conflict": 0, "UnknownName": 0, "BadRequest": 0, "Fault": 1, "Problem": 1}
#: The same of methods: what is found in an act's input, and in a world file.
_FINDING = {"add": 1, "error": 1, "missing": 1, "warn": 3, "wrong": 1, "refuse": 0}


def _is_plain(node: ast.expr) -> bool:
    """Whether these are words that have no code: a text, one put together, or one only translated."""
    if isinstance(node, ast.Call):
        return getattr(node.func, "attr", "") == "format" or getattr(node.func, "id", "") in ("_", "gettext")
    if isinstance(node, ast.IfExp):
        return _is_plain(node.body) or _is_plain(node.orelse)
    said = node.value if isinstance(node, ast.Constant) else None
    return isinstance(node, ast.JoinedStr | ast.BinOp) or (isinstance(said, str) and " " in said)


def plain_words(found: Iterator[ast.AST], finding: dict[str, int]) -> list[int]:
    """The lines where something is refused, or found wrong, in words without a code."""
    lines = []
    for node in found:
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            place_of_words = {**_TELLING, **finding}.get(name)
            if place_of_words is not None and any(map(_is_plain, node.args[place_of_words : place_of_words + 1])):
                lines.append(node.lineno)
    return lines


def test_whatever_refuses_or_is_found_wrong_has_a_code():
    acts = python_files("accesscontrol/services")
    others = [path for path in python_files("accesscontrol", "portal", "demo") if path not in acts]
    found = [place(path, line) for path in acts for line in plain_words(nodes(path), _FINDING)]
    found += [place(path, line) for path in others for line in plain_words(nodes(path), {})]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "raise Conflict('It is gone. Reload the page.')",
        "raise UnknownName(f'“{name}” is no kind.')",
        "raise BadRequest('a body' + ' is missing')",
        "raise Conflict(_('It is gone. Reload the page.'))",
        "raise Conflict('It is {}.'.format('gone'))",
        "raise BadRequest(f'“{name}” is missing.' if one is None else f'“{name}” is an object.')",
        "findings.add('name', 'Choose another name.')",
        "self.error(name, f'“{name}” is no field.')",
        "faults = [Fault(1, 'This is not YAML.')]",
    ],
)
def test_words_without_a_code_are_found(line: str):
    assert plain_words(ast.walk(ast.parse(line)), _FINDING) == [1]


@pytest.mark.parametrize(
    "line", ["raise Conflict(GONE(name=grant.name))", "raise BadRequest(said_by(error))", "names.add('anna')"]
)
def test_sentences_with_a_code_are_not(line: str):
    assert plain_words(ast.walk(ast.parse(line)), _FINDING) == []
