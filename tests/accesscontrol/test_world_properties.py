"""What holds of every world file: any state that acts reach comes out as a file that changes nothing, and a plan of
any file, however broken, tells what applying it would."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from accesscontrol.services.world.reading import read
from tests.accesscontrol.test_world_applying import dump
from tests.accesscontrol.world_acts import RandomActs
from tests.accesscontrol.world_files import FULL, Write, exported, run, writer
from tests.conftest import DEEP
from tests.oracle.worlds import random_world
from tests.world import build_cast

pytestmark = [pytest.mark.django_db, pytest.mark.both]
NOTHING = (0, ["Nothing to change: the installation is as the file says."])
SEEDS = range(60 if DEEP else 4)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return writer(tmp_path)


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_acts_lead_to_comes_out_as_a_file_that_changes_nothing(write: Write, seed: int) -> None:
    build_cast()
    acts = RandomActs(seed)
    for _ in range(3):
        acts.run(60)
        path = write(exported())
        assert outcome("plan", path) == NOTHING
        assert outcome("plan", path, "--prune") == NOTHING
    assert acts.done > 30


# --- Broken files

WORDS: tuple[Any, ...] = (
    None, "", " ", "x", 7, -1, True, 1.5, [], {}, "device", "group", "report", "owner", "developer", "user", "acl",
    "master", "2020-01-01T00:00:00Z", "2090-01-01T00:00:00Z", ["view"], ["x"], {"x": 1}, "all", "account", "a" * 300,
)  # fmt: skip


def broken(world: Any, random: Random, keys: list[str]) -> Any:
    """The document with one place changed: mostly by what stands in another place of that name, so that much of it is
    still well shaped; else left out, or given the name of something else or nonsense."""
    places = list(_places(world, ""))
    inside, name, field = random.choice(places)
    alike = [place for place in places if place[2] == field]
    other, theirs, _ = random.choice(alike)
    kind = random.randrange(8)
    if kind == 0:
        del inside[name]
    elif kind == 1:
        inside[name] = random.choice(keys)
    elif kind == 2:
        inside[name] = random.choice(WORDS)
    elif kind <= 4 and isinstance(inside, list) and isinstance(other, list):
        other.append(inside.pop(name))
    else:
        inside[name] = json.loads(json.dumps(other[theirs]))
    return world


def _places(value: Any, field: str) -> Any:
    """(list or mapping, index or name in it, the nearest name)."""
    for name, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        nearest = name if isinstance(value, dict) else f"an entry of {field}"
        if name != "world":
            yield value, name, nearest
            yield from _places(part, nearest if isinstance(value, dict) else field)


def _keys(value: Any) -> Any:
    if isinstance(value, dict):
        yield from (value[name] for name in ("key", "username") if isinstance(value.get(name), str))
        for part in value.values():
            yield from _keys(part)
    elif isinstance(value, list):
        for part in value:
            yield from _keys(part)


def outcome(*arguments: str) -> tuple[int, list[str]]:
    """What `manage.py world …` ends with, and what it tells: its errors, then its output; no warnings."""
    told, output = StringIO(), StringIO()
    try:
        call_command("world", *arguments, stdout=output, stderr=told)
        code = 0
    except CommandError as error:
        code = error.returncode
    except SystemExit as end:
        code = end.code
    errors = [line for line in told.getvalue().splitlines() if not line.startswith("Warning: ")]
    return code, [*errors, *output.getvalue().splitlines()]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("prune", [(), ("--prune",)], ids=["as it is", "prune"])
def test_a_plan_tells_what_applying_would_and_neither_leaves_a_trace(write: Write, seed: int, prune: Any) -> None:
    random = Random(seed)
    document = read(write(FULL)) if seed % 2 else random_world(seed)
    if seed % 3:
        run("apply", write(json.dumps(document), "good.json"))
    keys = sorted(set(_keys(document)))
    for _ in range(30 if DEEP else 6):
        wrong = json.loads(json.dumps(document))
        for _ in range(random.randint(1, 3)):
            broken(wrong, random, keys)
        path = write(json.dumps(wrong, indent=1), "wrong.json")
        before = dump()
        planned = outcome("plan", path, *prune)
        assert dump() == before
        applied = outcome("apply", path, *prune)
        if planned[0] == 1:
            assert applied == planned
            assert dump() == before
        else:
            assert applied[0] == 0
            assert outcome("plan", path, *prune) == NOTHING
        assert mail.outbox == []
