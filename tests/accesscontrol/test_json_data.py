"""JSON that comes in and JSON that is there: one limit of depth, size and names, and no way to go beyond it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accesscontrol.json_data import (
    BODY,
    DATA,
    DEEPEST_STORED,
    LONG_NUMBER,
    NO_JSON,
    NO_NUMBER,
    NO_UTF8,
    QUESTIONS,
    TOO_DEEP,
    TOO_LARGE,
    TOO_MANY,
    TWICE,
    JSONFault,
    bounded,
    check_json,
    excess,
    read_json,
)

pytestmark = pytest.mark.checklist("E08")

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=40,
)


def nested(levels: int, innermost: str = "1") -> str:
    return '{"a":' * levels + innermost + "}" * levels


def depth_of(value: object) -> int:
    levels, layer = 0, [value]
    while layer := [one for one in layer if isinstance(one, dict | list)]:
        levels += 1
        layer = [inner for one in layer for inner in (one.values() if isinstance(one, dict) else one)]
    return levels


def refused(text: str | bytes, bounds=DATA) -> str:
    with pytest.raises(JSONFault) as fault:
        read_json(text, bounds)
    return fault.value.said.code


@pytest.mark.parametrize("bounds", [DATA, BODY, QUESTIONS], ids=["data", "body", "questions"])
def test_what_is_as_deep_as_the_limit_is_read_and_one_level_more_is_not(bounds):
    assert depth_of(read_json(nested(bounds.depth), bounds)) == bounds.depth
    for levels in (bounds.depth + 1, 500, 900, 5000):
        assert refused(nested(levels), bounds) == TOO_DEEP.code
    assert refused("[" * 40 + "]" * 40 + " ", replace(bounds, depth=39)) == TOO_DEEP.code


def test_names_and_characters_are_counted():
    few = replace(DATA, names=4)
    assert read_json('{"a": {"b": 1}, "c": [{"d": 1}]}', few)["c"] == [{"d": 1}]
    assert refused('{"a": {"b": 1}, "c": [{"d": 1, "e": 1}]}', few) == TOO_MANY.code
    assert refused('"' + "x" * DATA.size + '"') == TOO_LARGE.code


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("{", NO_JSON),
        (b"\xff", NO_UTF8),
        ('{"a": 1, "b": 1, "a": 2}', TWICE),
        ('{"a": NaN}', NO_NUMBER),
        ('{"a": ' + "9" * 5000 + "}", LONG_NUMBER),
    ],
)
def test_what_is_no_json_is_told_by_what_it_is(text, wording):
    assert refused(text) == wording.code


def test_names_that_stand_twice_are_found_without_comparing_each_with_each():
    names = ", ".join(f'"{number}": 1' for number in range(100_000))
    assert refused(f'{{{names}, "99999": 2}}', replace(BODY, names=200_000)) == TWICE.code


def test_the_line_of_what_is_too_deep_in_a_file_is_told():
    with pytest.raises(JSONFault) as fault:
        check_json('{"a": 1,\n"b":\n' + "[" * 5000 + "]" * 5000 + "}", 30)
    assert (fault.value.said.code, fault.value.line) == (TOO_DEEP.code, 3)


def test_what_is_stored_deeper_is_read_as_text_from_there_on():
    read = json.loads(bounded('{"a": [1, {"b": [2]}], "c": "[[[", "d": {"e": 1}}', 2))
    assert read == {"a": [1, '{"b": [2]}'], "c": "[[[", "d": {"e": 1}}
    for levels in (DEEPEST_STORED + 1, 900, 50_000):
        assert depth_of(json.loads(bounded(nested(levels)))) == DEEPEST_STORED


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(JSON, st.integers(1, 5))
def test_reading_bounded_keeps_what_fits_and_changes_nothing_twice(value, depth):
    text = json.dumps(value)
    once = bounded(text, depth)
    assert depth_of(json.loads(once)) == min(depth_of(value), depth)
    assert bounded(once, depth) == once
    if depth_of(value) <= depth:
        assert once == text
    assert (excess(value, replace(DATA, depth=depth)) is None) == (depth_of(value) <= depth)
