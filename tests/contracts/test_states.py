"""When something begins, ends or idles is compared in the `life` modules of the facts alone: a rule that stands twice
will disagree."""

from __future__ import annotations

import ast
import re

import pytest

from tests.contracts.source import nodes, place, python_files

TIMES = {"starts_at", "expires_at", "idle_end"}
LOOKED_UP = re.compile(r"(^|__)(starts_at|expires_at|idle_end)__(lt|lte|gt|gte|range)$")
ORDERS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def compares_a_time(node: ast.AST) -> str | None:
    """What about this node decides by itself whether something has begun, ended or idled, or None."""
    if isinstance(node, ast.Compare) and any(isinstance(order, ORDERS) for order in node.ops):
        named = [one.attr for one in (node.left, *node.comparators) if isinstance(one, ast.Attribute)]
        return next((f"compares .{name}" for name in named if name in TIMES), None)
    if isinstance(node, ast.keyword) and LOOKED_UP.search(node.arg or ""):
        return f"filters by {node.arg}"
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and LOOKED_UP.search(node.value):
        return f"filters by {node.value}"
    if isinstance(node, ast.keyword) and node.arg == "seconds" and ast.unparse(node.value).endswith(".idle_ttl"):
        return "adds .idle_ttl"
    return None


def test_states_are_read_in_the_life_modules_alone():
    files = [path for path in python_files("accesscontrol", "portal") if path.name != "life.py"]
    found = [
        f"{place(path, node.lineno)} {what}"  # type: ignore[attr-defined]
        for path in files
        for node in nodes(path)
        if (what := compares_a_time(node))
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "grant.expires_at <= now",
        "now < token.expires_at",
        "rows.filter(grant__starts_at__lte=now)",
        "Q(**{'members__expires_at__gt': now})",
        "used + timedelta(seconds=token.idle_ttl)",
    ],
)
def test_each_way_to_read_a_state_is_found(source):
    assert [what for node in ast.walk(ast.parse(source)) if (what := compares_a_time(node))]
