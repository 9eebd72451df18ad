"""What every test may ask for: the browser, and the rules that hold for all of them."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from accesscontrol.access.compiled import keeping as freshness
from tests.chromium import LEFT_OUT, find_chromium

CHROMIUM_SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--in-process-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DEEP = os.environ.get("DEEP") == "1"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the `deep` tests unless `run.py test --deep` runs."""
    if DEEP:
        return
    left_out = [item for item in items if item.get_closest_marker("deep")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("deep")]


def pytest_collection_finish() -> None:
    """What is loaded by now stays for good: looking through it for rubbish again and again takes time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session")
def deep() -> bool:
    """Whether this is the long run: tests take larger numbers then."""
    return DEEP


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """Where Chromium is; without it browser tests are left out on a person's machine and fail in CI."""
    found = find_chromium()
    if found is not None:
        return found
    if os.environ.get("CI") == "true":
        pytest.fail(LEFT_OUT)
    pytest.skip(LEFT_OUT)


@pytest.fixture(scope="module")
def browser(chromium_path: Path) -> Iterator[Browser]:
    """A Chromium for the tests of one module; a test opens its own context in it.

    Playwright's blocking interface keeps an event loop running in this thread, and Django then takes every query of
    the test for one made inside asynchronous code. It is not: no coroutine of ours runs. So the guard is lifted for as
    long as the loop lives, which is this module, and stands again for all other tests.
    """
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        chromium = playwright.chromium.launch(executable_path=chromium_path, args=CHROMIUM_SWITCHES)
        yield chromium
        chromium.close()


@pytest.fixture(autouse=True)
def cold_scopes() -> None:
    """Each test starts cold: a database that a test rolled back or flushed may give the same ids and epochs again."""
    freshness.forget()
