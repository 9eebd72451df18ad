"""Two worlds' people at the doors: a browser and a client of the REST interface for each."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client
from rest_framework.test import APIClient

from accesscontrol.accounts.models import User
from tests.portal.browser import Browser
from tests.portal.knowing import KnowingClient
from tests.world import Cast, build_cast


@pytest.fixture
def cast(db: None) -> Cast:
    cache.clear()
    return build_cast()


@pytest.fixture
def browse(cast: Cast) -> Callable[[str], Client]:
    """A browser in which a person is signed in; an error of ours is an answer of 500."""

    def client(username: str) -> Client:
        signed_in = Browser(raise_request_exception=False)
        signed_in.force_login(User.objects.get(pk=cast.people[username].pk))  # as stored by now
        return signed_in

    return client


@pytest.fixture
def call(cast: Cast) -> Callable[[str], APIClient]:
    """A client of the REST interface that a person is signed in with."""

    def client(username: str) -> APIClient:
        signed_in = KnowingClient(raise_request_exception=False)
        signed_in.force_login(User.objects.get(pk=cast.people[username].pk))  # as stored by now
        return signed_in

    return client
