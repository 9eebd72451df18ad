"""The cast for tests of acts; each act in these tests must count what it changes (access model §11, Revisions)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.accesscontrol.counted import watched_acts
from tests.world import Cast, build_cast


@pytest.fixture
def cast(db: None) -> Iterator[Cast]:
    made = build_cast()
    with watched_acts():
        yield made
