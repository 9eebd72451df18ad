"""The cast, and browsers in which a person of it is signed in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client

from accesscontrol.accounts.models import User
from accesscontrol.services.tokens.refusals import refusals
from tests.portal.browser import Browser
from tests.world import Cast, build_cast


@pytest.fixture(autouse=True)
def _uncounted_calls() -> None:
    """Rate limits count in the cache, refused keys in memory; no rollback empties either."""
    cache.clear()
    refusals.forget()


@pytest.fixture
def cast(db: None) -> Cast:
    return build_cast()


@pytest.fixture
def browse(cast: Cast) -> Callable[[str], Client]:
    """A browser in which a person is signed in."""

    def client(username: str) -> Client:
        signed_in = Browser()
        signed_in.force_login(User.objects.get(pk=cast.people[username].pk))  # as stored by now
        return signed_in

    return client


@pytest.fixture
def holder(cast: Cast) -> Callable[[str], Client]:
    """A browser in which somebody has signed in by a token of the cast."""

    def client(name: str) -> Client:
        signed_in = Browser()
        assert signed_in.post("/sign-in/token/", {"key": cast.tokens[name].secret}).status_code == 302
        return signed_in

    return client
