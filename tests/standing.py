"""The demo, committed as in real life, for tests that are not marked with `django_db` and leave each other alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection
from pytest_django import DjangoDbBlocker

from demo.making import Secrets, make_demo

SMALL = 0.1


@contextmanager
def standing_demo(blocker: DjangoDbBlocker) -> Iterator[Secrets]:
    """The demo, a tenth of its size, in the test database until the end of the block; then the tables are emptied."""
    with blocker.unblock():
        if not connection.introspection.table_names():  # no test of this run asked for a database by itself
            call_command("migrate", verbosity=0)
        yield make_demo(SMALL)
        call_command("flush", verbosity=0, interactive=False)
