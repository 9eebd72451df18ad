"""The cast, and callers of the REST interface: persons by session, tokens by their header."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import caches
from rest_framework.test import APIClient

from accesscontrol.accounts.models import User
from tests.portal.knowing import KnowingClient
from tests.world import Cast, build_cast


@pytest.fixture(autouse=True)
def _uncounted_calls() -> None:
    """Rate limits count in the cache, which no rollback empties."""
    for cache in caches.all(initialized_only=True):
        cache.clear()


@pytest.fixture
def cast(db: None) -> Cast:
    return build_cast()


@pytest.fixture
def person(cast: Cast) -> Callable[[str], APIClient]:
    """A client that a person is signed in with."""

    def client(username: str) -> APIClient:
        signed_in = KnowingClient()
        signed_in.force_login(User.objects.get(pk=cast.people[username].pk))  # as stored by now
        return signed_in

    return client


@pytest.fixture
def bearer(cast: Cast) -> Callable[..., APIClient]:
    """A client that calls with one of the cast's tokens."""

    def client(name: str, **headers: Any) -> APIClient:
        caller = KnowingClient()
        caller.credentials(HTTP_AUTHORIZATION=f"Bearer {cast.tokens[name].secret}", **headers)
        return caller

    return client
