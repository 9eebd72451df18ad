"""JSON comes in by one function, and is read from the database by one field: both are bounded."""

from __future__ import annotations

import ast

import pytest
from django.apps import apps
from django.db import models

from accesscontrol.json_data import BoundedJSONField
from tests.contracts.source import ROOT, nodes, python_files

pytestmark = pytest.mark.checklist("E08")

#: Who reads JSON by itself, and whose it is.
OWN = {
    "accesscontrol/json_data.py": "the one reading",
    "accesscontrol/access/fresh/sql.py": "records that the statement itself has put together",
    "accesscontrol/accounts/demands.py": "rows that the statement itself has put together",
    "accesscontrol/audit/digests.py": "what was written out a moment before",
    "accesscontrol/audit/heads.py": "a file of our own, whose lines are sealed",
    "accesscontrol/services/world/reading.py": "single tokens of a text that has been checked",
}
_READERS = ("loads", "load", "JSONDecoder", "raw_decode")


def test_nobody_else_reads_json():
    found = {
        str(path.relative_to(ROOT))
        for path in python_files("accesscontrol", "portal")
        for node in nodes(path)
        if isinstance(node, ast.Attribute) and node.attr in _READERS and getattr(node.value, "id", "") == "json"
    }
    assert found == set(OWN)


def test_every_column_of_json_is_read_bounded():
    columns = [
        field
        for app in (
            "accounts",
            "items",
            "roles",
            "tokens",
            "grants",
            "projects",
            "subscriptions",
            "audit",
            "access",
            "jobs",
        )
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.JSONField)
    ]
    assert [str(field) for field in columns if not isinstance(field, BoundedJSONField)] == []
    assert len(columns) >= 14
