"""The floors of the house and their rooms: who may import whom, and that nobody imports in a circle."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.contracts.imports import circle, folders_of, imports_below, rooms_of
from tests.contracts.source import ROOT

HOUSE = ("accesscontrol", "demo", "portal")


def test_no_floor_imports_a_floor_above():
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout


def test_no_modules_import_in_a_circle():
    assert circle(imports_below(ROOT, *HOUSE)) == []


def test_no_rooms_import_in_a_circle():
    graph = imports_below(ROOT, *HOUSE)
    found = {folder: circle(rooms_of(graph, folder)) for folder in folders_of(graph)}
    assert {folder: rooms for folder, rooms in found.items() if rooms} == {}


@pytest.mark.parametrize(
    "back",
    [
        "from house.law import sources",
        "import house.law.sources",
        "from ..law.sources import word",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from house.law.sources import word",
        "def late():\n    from house.law.sources import word",
    ],
    ids=["module", "plain", "relative", "for types alone", "inside a function"],
)
def test_a_circle_is_found_however_it_is_hidden(tmp_path, back):
    write(tmp_path, {"law.sources": "from house.compiled.scope import word", "compiled.scope": back})
    graph = imports_below(tmp_path, "house")
    assert sorted(set(circle(graph))) == ["house.compiled.scope", "house.law.sources"]
    assert sorted(set(circle(rooms_of(graph, "house")))) == ["compiled", "law"]


def test_a_circle_of_rooms_is_found_where_no_modules_stand_in_one(tmp_path):
    write(
        tmp_path,
        {
            "law.sources": "from house.compiled.scope import word",
            "compiled.scope": "",
            "compiled.keeping": "from house.law import limits",
            "law.limits": "",
        },
    )
    graph = imports_below(tmp_path, "house")
    assert circle(graph) == []
    assert sorted(set(circle(rooms_of(graph, "house")))) == ["compiled", "law"]


def write(root: Path, modules: dict[str, str]) -> None:
    for name, text in modules.items():
        path = root / "house" / f"{name.replace('.', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
