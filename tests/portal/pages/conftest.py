"""The cast, and browsers in which a person of it is signed in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client

from tests.world import Cast, build_cast


@pytest.fixture(autouse=True)
def _uncounted_calls() -> None:
    """Rate limits count in the cache, which no rollback empties."""
    cache.clear()


@pytest.fixture
def cast(db: None) -> Cast:
    return build_cast()


@pytest.fixture
def browse(cast: Cast) -> Callable[[str], Client]:
    """A browser in which a person is signed in."""

    def client(username: str) -> Client:
        signed_in = Client()
        signed_in.force_login(cast.people[username])
        return signed_in

    return client
