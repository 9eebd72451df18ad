"""The demo behind a live server, made once for all browser tests, and people with a browser window in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from accesscontrol.services.demo.making import make_demo
from tests.browser.visiting import Portal, Visits

SMALL = 0.1


@pytest.fixture(scope="package")
def portal(chromium_path: Path, django_db_setup, django_db_blocker) -> Iterator[Portal]:
    """The served demo. Tests of this folder share it: each changes only things of its own."""
    with django_db_blocker.unblock():
        if not connection.introspection.table_names():  # no test of this run asked for a database by itself
            call_command("migrate", verbosity=0)
        secrets = make_demo(SMALL)
        server = LiveServer("localhost")
        yield Portal(server.url, secrets.passwords)
        server.stop()
        call_command("flush", verbosity=0, interactive=False)


@pytest.fixture(scope="module")
def visits(portal: Portal, browser: Browser) -> Iterator[Visits]:
    """Opens browser windows for people of the demo; closes them all after the module."""
    opened = Visits(portal, browser)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def _uncounted_calls() -> None:
    """Rate limits count in the cache, which lives as long as the run."""
    cache.clear()
