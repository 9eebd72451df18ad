"""The portal has no second door: it reads through `visible()` and writes through services."""

from __future__ import annotations

import ast

import pytest
from django.apps import apps

from tests.contracts.source import nodes, place, python_files

MANAGERS = {"objects", "_default_manager", "_base_manager"}
GUARDIAN = {"assign_perm", "remove_perm", "get_objects_for_user", "get_perms", "get_user_perms"}
#: Rows that belong to a thing and are no things themselves: whoever reads the thing reads them with it.
PARTS = {"rules", "topics", "rule_items", "container_links", "grantee_links", "members"}
#: Names of parts that other models use for things.
PARTS_OF = {"member.roles"}
READS = {
    "all", "filter", "exclude", "get", "first", "last", "count", "exists", "values", "values_list", "order_by",
    "annotate", "aggregate", "select_related", "prefetch_related", "in_bulk", "iterator", "add", "remove", "set",
    "clear", "create",
}  # fmt: skip
WRITES = {"bulk_create", "bulk_update", "get_or_create", "update_or_create"}
#: The same words on a dictionary, a file or a parent class take arguments by place.
WRITES_BY_NAME = {"save", "delete", "update"}


def related_names() -> set[str]:
    """The names by which a row of ours gives the rows that point at it, or that it points at by the many."""
    fields = [field for model in apps.get_models() for field in model._meta.get_fields()]
    ours = [field for field in fields if field.model.__module__.startswith("accesscontrol.")]
    near = {field.name for field in ours if field.many_to_many and not field.auto_created}
    far = {
        field.get_accessor_name() for field in ours if field.auto_created and (field.one_to_many or field.many_to_many)
    }
    return (near | far) - PARTS - {None}


RELATED = related_names()


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
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return _reads_what_points_here(node.func) or _writes(node, node.func.attr)
    return None


def _reads_what_points_here(called: ast.Attribute) -> str | None:
    manager = called.value
    if called.attr in READS and isinstance(manager, ast.Attribute) and manager.attr in RELATED:
        return None if ast.unparse(manager) in PARTS_OF else f"reads a table by .{manager.attr}"
    return None


def _writes(call: ast.Call, word: str) -> str | None:
    by_name = word in WRITES_BY_NAME and not call.args and (call.keywords or word != "update")
    return f"writes a table by .{word}()" if by_name or word in WRITES else None


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
    "source",
    [
        "Item.objects.all()",
        "type(x)._default_manager.get(pk=1)",
        "assign_perm('view_item', user, item)",
        "account.users.all()",
        "self.thing.tokens.filter(enabled=True)",
        "grant.grantees.add(account)",
        "user.save()",
        "user.save(update_fields=['name'])",
        "token.delete()",
        "rows.update(enabled=False)",
        "rows.bulk_create(new)",
    ],
)
def test_each_second_door_is_found(source):
    found = [node for node in ast.walk(ast.parse(source)) if opens_a_second_door(node)]
    assert len(found) == 1


@pytest.mark.parametrize(
    "source",
    [
        "token.rules.order_by('pk')", "member.roles.all()", "data.items()", "shown.items", "values.update(more)",
        "drawn.save(file, kind='svg')", "super().save(must_create)",
    ],
)  # fmt: skip
def test_what_is_no_second_door_is_not_found(source):
    assert [node for node in ast.walk(ast.parse(source)) if opens_a_second_door(node)] == []
