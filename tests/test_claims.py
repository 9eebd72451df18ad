"""Markers name claims that exist, so that a typing error does not hide a claim without a test."""

from __future__ import annotations

import pytest

from tests.claims import MARKERS, claims_of_marker, named


@pytest.mark.parametrize("marker", MARKERS)
def test_markers_name_claims_that_exist(marker: str) -> None:
    tests = named(marker)
    unknown = {key: places for key, places in tests.items() if key not in claims_of_marker(marker)}
    assert not unknown
