"""The account tree has one writer and one reading: accesscontrol/accounts/tree.py, with its neighbours.

Any other way of writing corrupts the tree or races with others; any other reading may rest on a stale place.
"""

from __future__ import annotations

import ast
import re

import pytest

from tests.contracts.source import ROOT, nodes, place, python_files

ACCOUNTS = ROOT / "accesscontrol" / "accounts"
NEIGHBOURS = ("numbering", "branches", "closing")
WRITERS = {ACCOUNTS / f"{name}.py" for name in ("tree", *NEIGHBOURS)}
TREE_METHODS = {"move_to", "move_node", "insert_node", "insert_at", "build_tree_nodes", "rebuild", "partial_rebuild"}
TREE_FIELDS = {"parent", "parent_id", "lft", "rght", "tree_id", "level"}
ROW_WRITERS = {"create", "bulk_create", "get_or_create", "update_or_create", "bulk_update"}


def writes_tree(node: ast.AST) -> str | None:
    """What about this node writes the tree, or None."""
    if isinstance(node, ast.Assign | ast.AugAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        written = [t.attr for t in targets if isinstance(t, ast.Attribute) and t.attr in TREE_FIELDS - {"level"}]
        return f"sets .{written[0]}" if written and _names_account(targets[0]) else None
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return None
    method = node.func.attr
    if method in TREE_METHODS:
        return f"calls {method}"
    if method == "update" and {keyword.arg for keyword in node.keywords} & TREE_FIELDS:
        return "updates a column of the tree"
    if method in ROW_WRITERS and _names_account(node.func):
        return f"calls {method} on accounts"
    return None


def _names_account(node: ast.AST) -> bool:
    """Whether the expression starts from something called account."""
    return any(isinstance(part, ast.Name) and part.id in ("Account", "account") for part in ast.walk(node))


def findings(source: str) -> list[tuple[int, str]]:
    return [(node.lineno, what) for node in ast.walk(ast.parse(source)) if (what := writes_tree(node))]


def test_only_the_tree_module_writes_the_tree():
    files = [path for path in python_files("accesscontrol", "portal", "benchmarks") if path not in WRITERS]
    found = [
        f"{place(path, node.lineno)} {what}" for path in files for node in nodes(path) if (what := writes_tree(node))
    ]
    assert found == []


def test_only_the_accounts_app_knows_the_neighbours_of_the_tree_module():
    """Everybody else comes through accounts.tree, which takes the lock."""
    files = [path for path in python_files("accesscontrol", "portal", "benchmarks") if path.parent != ACCOUNTS]
    hidden = {f"accesscontrol.accounts.{name}" for name in NEIGHBOURS}
    found = [
        place(path, node.lineno)
        for path in files
        for node in nodes(path)
        if isinstance(node, ast.ImportFrom)
        and {node.module, *(f"{node.module}.{name.name}" for name in node.names)} & hidden
    ]
    assert found == []


#: A place in the tree, or the walk along the parents.
SPELLED = re.compile(r"lft|rght|tree_id|RECURSIVE|get_ancestors|get_descendants", re.IGNORECASE)


def test_only_the_tree_module_spells_how_the_tree_is_read():
    """Everybody else takes lines and branches from accounts.tree, and none from the columns of a loaded row."""
    told = {*WRITERS, ACCOUNTS / "models.py"}
    files = [path for path in python_files("accesscontrol", "portal", "demo", "benchmarks") if path not in told]
    found = [
        f"{place(path, number)} {line.strip()}"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if SPELLED.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "account.move_to(target)",
        "account.parent = other",
        "account.parent_id = 7",
        "Account.objects.filter(pk=1).update(parent=other)",
        "Account.objects.update(lft=1)",
        "Account.objects.bulk_update(rows, ['name'])",
        "Account.objects.create(name='x')",
        "Account.objects.rebuild()",
        "Account.tree.insert_node(a, b)",
    ],
)
def test_each_way_to_write_the_tree_is_found(source):
    assert len(findings(source)) == 1


@pytest.mark.parametrize("source", ["Account.objects.filter(parent=1)", "account.name = 'x'", "seen.update(level)"])
def test_reading_the_tree_is_not_found(source):
    assert findings(source) == []
