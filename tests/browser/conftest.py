"""The demo behind a live server, made once for all browser tests, and people with a browser window in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import cache
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from tests.browser.visiting import Portal, Visits
from tests.standing import standing_demo


@pytest.fixture(scope="package")
def portal(chromium_path: Path, django_db_setup, django_db_blocker) -> Iterator[Portal]:
    """The served demo. Tests of this folder share it: each changes only things of its own."""
    with standing_demo(django_db_blocker) as secrets:
        server = LiveServer("localhost")
        yield Portal(server.url, secrets.passwords)
        server.stop()


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


@pytest.fixture(autouse=True)
def _still_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The half minute of authenticator apps does not pass between reading a code and sending it."""
    step = next(iter(totp.yield_hotp_counters_from_time()))
    monkeypatch.setattr(totp, "yield_hotp_counters_from_time", lambda: [step])
