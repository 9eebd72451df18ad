"""The demo, a tenth of its size, for the tests of one module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction

from demo.making import Secrets, make_demo
from tests import standing
from tests.standing import SMALL


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker) -> Iterator[Secrets]:
    """The demo in the test database, made once for a module and rolled back after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_demo(SMALL)
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def standing_demo(django_db_setup, django_db_blocker) -> Iterator[Secrets]:
    """The same committed, for tests that change nothing of it: outside a transaction scopes are kept."""
    with standing.standing_demo(django_db_blocker) as secrets:
        yield secrets
