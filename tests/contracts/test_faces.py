"""The portal has no second door: it reads through `visible()` and writes through services."""

from __future__ import annotations

import ast

import pytest

from tests.contracts.source import nodes, place, python_files

MANAGERS = {"objects", "_default_manager", "_base_manager"}
GUARDIAN = {"assign_perm", "remove_perm", "get_objects_for_user", "get_perms", "get_user_perms"}


def opens_a_second_door(node: ast.AST) -> str | None:
    """What about this node passes by the engine and the services, or None."""
    if isinstance(node, ast.Attribute) and node.attr in MANAGERS:
        return f"reads a table by .{node.attr}"
    if (
        isinstance(node, ast.Name | ast.Attribute)
        and (getattr(node, "id", "") or getattr(node, "attr", "")) in GUARDIAN
    ):
        return "asks guardian"
    if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("django.contrib.admin"):
        return "imports Django's admin site"
    return None


def test_the_portal_reaches_no_table_by_itself():
    files = python_files("portal")
    assert files, "there is no portal to look at"
    found = [
        f"{place(path, node.lineno)} {what}"
        for path in files
        for node in nodes(path)
        if (what := opens_a_second_door(node))
    ]
    assert found == []


@pytest.mark.parametrize(
    "source", ["Item.objects.all()", "type(x)._default_manager.get(pk=1)", "assign_perm('view_item', user, item)"]
)
def test_each_second_door_is_found(source):
    found = [node for node in ast.walk(ast.parse(source)) if opens_a_second_door(node)]
    assert len(found) == 1
