"""Idents in world files: written, told with their line where they are taken, and exchanged in one file."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError

from accesscontrol.items.models import Item
from tests.accesscontrol.world_files import Write, exit_code, exported, run, writer

pytestmark = [pytest.mark.django_db, pytest.mark.both]

WORLD = """\
world: 1
accounts:
  - key: one
    name: One
    items:
      - {key: a, kind: device, name: A, ident: "IMEI 1"}
      - {key: b, kind: asset, name: B, ident: "IMEI 2"}
  - key: two
    name: Two
    items:
      - {key: c, kind: modem, name: C, ident: "imei 1"}
"""
CHANGED = """\
world: 1
accounts:
  - key: one
    name: One
    items:
      - {key: c, kind: modem, name: C, ident: "IMEI 2"}
      - {key: a, kind: device, name: A, ident: "imei 3"}
  - key: two
    name: Two
    items:
      - {key: b, kind: asset, name: B, ident: "IMEI 1"}
"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return writer(tmp_path)


def idents() -> list[tuple[str, str, str]]:
    return list(Item.objects.order_by("key").values_list("key", "account__key", "ident"))


def test_a_file_sets_them_and_export_gives_them_back(write):
    run("apply", write(WORLD))
    assert idents() == [("a", "one", "IMEI 1"), ("b", "one", "IMEI 2"), ("c", "two", "imei 1")]
    assert "ident: IMEI 1" in exported()
    assert exit_code("plan", write(exported())) == 0


def test_a_file_moves_and_exchanges_them_at_once(write):
    run("apply", write(WORLD))
    run("apply", write(CHANGED))
    assert idents() == [("a", "one", "imei 3"), ("b", "two", "IMEI 1"), ("c", "one", "IMEI 2")]
    assert exit_code("plan", write(CHANGED)) == 0


@pytest.mark.parametrize(
    ("line", "changed", "told"),
    [
        (7, WORLD.replace('"IMEI 2"', '"imei １"'), "is used twice in One"),
        (7, WORLD.replace('"IMEI 2"', "350123456789012"), "put quotes around it"),
        (7, WORLD.replace("kind: asset", "kind: bucket"), "has no ident"),
    ],
    ids=["twice", "number", "kind"],
)
def test_a_wrong_one_is_told_at_its_line(write, line, changed, told):
    said = refused(write(changed))
    [fault] = [part for part in said.splitlines() if f":{line}:" in part]
    assert told in fault
    assert idents() == []


def test_one_that_is_taken_by_what_the_file_does_not_name_is_told(write):
    run("apply", write(WORLD))
    other = WORLD.partition("      - {key: a")[0] + "      - {key: d, kind: device, name: D, ident: imei 2}\n"
    assert "is taken in One" in refused(write(other))


def refused(path: str) -> str:
    """What is told of a file that is not applied."""
    told = StringIO()
    with pytest.raises(CommandError):
        run("apply", path, told=told)
    return told.getvalue()
