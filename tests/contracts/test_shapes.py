"""Pages and answers say in types what they hold: no mapping of anything but where libraries leave a shape open."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.contracts.source import ROOT, place, python_files

#: Where the shapes that libraries leave open have their names.
NAMED_IN = ROOT / "portal" / "open_shapes.py"
MAPPINGS = {"dict", "Dict", "Mapping", "MutableMapping", "OrderedDict", "defaultdict"}
#: What pages call the words for their templates: never of no type.
CONTEXTS = {"context", "page", "pages", "shown", "looks"}


def name_of(node: ast.expr | None) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def is_open(node: ast.AST) -> bool:
    """Whether it is a mapping whose values may be anything: `dict[str, Any]`."""
    if not isinstance(node, ast.Subscript) or name_of(node.value) not in MAPPINGS:
        return False
    return isinstance(node.slice, ast.Tuple) and name_of(node.slice.elts[-1]) == "Any"


def annotations(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
            yield node.annotation
        elif isinstance(node, ast.FunctionDef) and node.returns is not None:
            yield node.returns


def is_bare(annotation: ast.expr) -> bool:
    """Whether a mapping stands in it without saying of what."""
    said = {id(node.value) for node in ast.walk(annotation) if isinstance(node, ast.Subscript)}
    return any(
        isinstance(node, ast.Name | ast.Attribute) and name_of(node) in MAPPINGS and id(node) not in said
        for node in ast.walk(annotation)
    )


def untyped_contexts(tree: ast.AST) -> Iterator[ast.arg]:
    """`**context: Any`, and words for a template that are of any type."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
            yield from (one for one in every if one and one.arg in CONTEXTS and name_of(one.annotation) == "Any")


def found_in(tree: ast.AST) -> list[int]:
    """The lines of a file where a shape is left open that is known."""
    lines = [node.lineno for node in ast.walk(tree) if is_open(node)]
    lines += [one.lineno for one in annotations(tree) if is_bare(one)]
    lines += [one.lineno for one in untyped_contexts(tree)]
    return sorted(set(lines))


def test_no_mapping_of_anything_stands_in_the_portal():
    files = [path for path in python_files("portal") if path != NAMED_IN]
    wrong = [place(path, line) for path in files for line in found_in(ast.parse(path.read_text(encoding="utf-8")))]
    assert wrong == []


@pytest.mark.parametrize(
    "code",
    [
        "def act(values: dict[str, Any]) -> None: ...",
        "def rows() -> list[Mapping[str, typing.Any]]: ...",
        "found: dict = {}",
        "def rows() -> list[dict]: ...",
        "def page(self, **context: Any) -> None: ...",
    ],
)
def test_an_open_shape_is_found(code):
    assert found_in(ast.parse(code)) == [1]


@pytest.mark.parametrize(
    "code",
    [
        "def rows() -> dict[str, int]: ...",
        "found: Cleaned = dict(one=1)",
        "def page(self, **page: Unpack[Page]) -> None: ...",
        "def field(self, *args: Any, **rest: Any) -> None: ...",
    ],
)
def test_a_known_shape_is_none(code):
    assert found_in(ast.parse(code)) == []
