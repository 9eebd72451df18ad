"""Markers name claims that exist, so that a typing error does not hide a claim without a test."""

from __future__ import annotations

import pytest

from tests.claims import MARKERS, claims, claims_of_marker, deviations, named, partly


@pytest.mark.parametrize("marker", MARKERS)
def test_markers_name_claims_that_exist(marker: str) -> None:
    tests = named(marker)
    unknown = {key: places for key, places in tests.items() if key not in claims_of_marker(marker)}
    assert not unknown


def test_what_is_met_in_part_is_a_row_and_says_what_brings_the_rest() -> None:
    listed = claims("checklist")
    assert {key for key in partly() if key not in listed} == set()
    assert all(missing and brought_by for missing, brought_by in partly().values())


def test_every_row_has_a_test_or_says_what_is_missing_and_what_brings_it() -> None:
    tests = named("checklist")
    assert {key for key in claims("checklist") if key not in tests and key not in partly()} == set()


def test_every_sentence_of_a_source_document_has_a_test() -> None:
    assert {key for key in claims_of_marker("seed") if key not in named("seed")} == set()


def test_what_we_do_otherwise_is_a_sentence_with_what_we_do_instead_and_why() -> None:
    assert {key for key in deviations() if key not in claims_of_marker("seed")} == set()
    assert all(instead and reason for instead, reason in deviations().values())
