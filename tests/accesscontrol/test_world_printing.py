"""What commands print of a file: nothing that moves a cursor, forges a line or turns the direction of writing."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command

from accesscontrol.printing import printable
from accesscontrol.services.world.writing import text
from tests.accesscontrol.world_files import FULL

pytestmark = pytest.mark.django_db
HOSTILE = "x\x1b[31m\x9b2J\r\nworld.yaml:1: forged\u202eelif\u2028\x07"


def test_what_has_no_picture_is_written_out():
    assert printable(HOSTILE) == ("x\\u001b[31m\\u009b2J\\r\\nworld.yaml:1: forged\\u202eelif\\u2028\\u0007")
    assert printable("“Ölwagen” 12 … →") == "“Ölwagen” 12 … →"
    assert json.loads(printable(json.dumps(HOSTILE + "\U000e0041", ensure_ascii=False))) == HOSTILE + "\U000e0041"


def test_an_exported_name_is_written_out_and_reads_as_it_was():
    written = text(HOSTILE)
    assert written.isprintable()
    assert yaml.safe_load(written) == HOSTILE


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every name and every text of a file."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*path, name, None)
            yield from places(inner, (*path, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from places(inner, (*path, number))
    elif isinstance(value, str):
        yield path


def spoiled(world: Any, path: tuple[Any, ...]) -> Any:
    """The file with something hostile at a place; a path that ends in None means the name there."""
    world = copy.deepcopy(world)
    inner = world
    is_name = path[-1] is None
    *way, last = path[:-1] if is_name else path
    for step in way:
        inner = inner[step]
    if is_name:
        inner[HOSTILE] = inner.pop(last)
    else:
        inner[last] = HOSTILE
    return world


def test_no_place_of_a_file_reaches_the_terminal_as_it_is(tmp_path, deep):
    world = yaml.safe_load(FULL)
    found = list(places(world))
    assert len(found) > 100
    for path in found if deep else found[::12]:
        file = tmp_path / "world.json"
        file.write_text(json.dumps(spoiled(world, path), default=str))
        out, told = StringIO(), StringIO()
        try:
            call_command("world", "plan", str(file), "--all", stdout=out, stderr=told)
        except CommandError as error:
            told.write(str(error))
        except SystemExit:
            pass
        lines = [*out.getvalue().split("\n"), *told.getvalue().split("\n")]
        assert all(line.isprintable() for line in lines), (path, lines)
        assert not any(line.startswith("world.yaml:1: forged") for line in lines), (path, lines)


def test_answers_to_hostile_questions_are_lines_of_json(tmp_path):
    asked = {
        "subject": {"type": HOSTILE, "id": "x"},
        "action": {"name": HOSTILE},
        "resource": {"type": HOSTILE, "id": "x"},
    }
    file, out = tmp_path / "asked.jsonl", StringIO()
    file.write_text(json.dumps(asked) + "\n" + json.dumps({HOSTILE: 1}) + "\n")
    call_command("decide", str(file), stdout=out)
    lines = out.getvalue().splitlines()
    assert len(lines) == 2
    assert all(line.isprintable() and json.loads(line)["decision"] is False for line in lines)
