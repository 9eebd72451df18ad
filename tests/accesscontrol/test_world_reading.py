"""World files as text: YAML and JSON with lines, and the traps of both."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from accesscontrol.services.world.reading import MAX_DEPTH, Unreadable, read

SEEDS = Path(__file__).parent.parent / "seeds" / "seeds.yaml"


@pytest.fixture
def write(tmp_path: Path):
    def write_file(content: str | bytes, name: str = "world.yaml") -> str:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write_file


def faults_of(path: str) -> list[tuple[int, str]]:
    with pytest.raises(Unreadable) as refused:
        read(path)
    return [(fault.line, fault.sentence) for fault in refused.value.faults]


def test_yaml_and_json_of_the_same_world_read_alike(write):
    text = SEEDS.read_text(encoding="utf-8")
    # The usual loader takes the user called “off” for a switch: the trap that this one does not fall into.
    usual = yaml.safe_load(text.replace("username: off,", 'username: "off",'))
    assert read(str(SEEDS)) == usual
    assert read(write(json.dumps(usual, indent=2), "world.json")) == usual
    assert read(write(json.dumps(usual), "compact.json")) == usual


def test_only_true_and_false_are_booleans(write):
    world = read(
        write("world: 1\na: [no, yes, on, off, No, y, true, False, null, ~, 'true', 0x1f, 1_000, 1:30, 010, 12, 1.5]")
    )
    assert world["a"] == [
        "no", "yes", "on", "off", "No", "y", True, False, None, None, "true", "0x1f", "1_000", "1:30", "010", 12, 1.5,
    ]  # fmt: skip


def test_every_place_remembers_its_line(write):
    world = read(write("world: 1\naccounts:\n  - key: a\n\n    name: A\n    users: [\n      sam,\n      lea]\n"))
    account = world["accounts"][0]
    assert (world["accounts"].line_of(0), account.line_of("key"), account.line_of("name")) == (3, 3, 5)
    assert [account["users"].line_of(index) for index in (0, 1)] == [7, 8]
    document = json.loads('{"world": 1, "accounts": [{"key": "a", "name": "A"}]}')
    from_json = read(write(json.dumps(document, indent=1), "world.json"))
    assert (from_json["accounts"][0].line, from_json["accounts"][0].line_of("name")) == (4, 6)


def test_duplicate_keys_are_refused_with_both_lines(write):
    sentence = "“key” stands twice in this place (first in line 3); keep one of them."
    assert faults_of(write("world: 1\naccounts:\n- key: a\n  name: A\n  key: b\n")) == [(5, sentence)]
    duplicated = '{"world": 1,\n "accounts": [],\n "accounts": []}'
    assert faults_of(write(duplicated, "world.json")) == [
        (3, "“accounts” stands twice in this place (first in line 2); keep one of them.")
    ]


@pytest.mark.parametrize(
    ("content", "name", "line", "words"),
    [
        ("world: 1\naccounts: [\n", "w.yaml", 3, "This is not YAML"),
        ("world: 1\n\tname: x\n", "w.yaml", 2, "This is not YAML"),
        ("world: 1\na: \x07\n", "w.yaml", 2, "a character that may not stand here"),
        ("world: 1\na: !!python/object:os.system x\n", "w.yaml", 2, "has no meaning here"),
        ("world: 1\na: &x 1\nb: *x\n", "w.yaml", 3, "write the values out"),
        ("world: 1\n---\nworld: 1\n", "w.yaml", 2, "a file holds one world"),
        ("- world: 1\n", "w.yaml", 1, "A world file is a mapping"),
        ("", "w.yaml", 1, "A world file is a mapping"),
        ("world: 1\n5: x\n", "w.yaml", 2, "put quotes around it"),
        (b"world: 1\nname: \xff\n", "w.yaml", 2, "save the file as UTF-8"),
        ('{"world": 1,\n}', "w.json", 2, "This is not JSON"),
        ('{"world": NaN}', "w.json", 1, "NaN is not a number of JSON"),
        ("[" * (MAX_DEPTH + 5) + "]" * (MAX_DEPTH + 5), "w.json", 1, "Nested deeper"),
        ("[" * 200_000 + "]" * 200_000, "w.json", 1, "nested more than"),
        ("world: " + "[" * (MAX_DEPTH + 5), "w.yaml", 1, "Nested deeper"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(write, content, name, line, words):
    [(found, sentence)] = faults_of(write(content, name))
    assert found == line
    assert words in sentence


def test_a_file_that_is_called_yaml_and_holds_json_is_read_as_json(write):
    assert read(write('{"world": 1, "accounts": [{"key": "\\u00e4"}]}'))["accounts"][0]["key"] == "ä"
