"""The cast for tests of acts."""

from __future__ import annotations

import pytest

from tests.world import Cast, build_cast


@pytest.fixture
def cast(db: None) -> Cast:
    return build_cast()
