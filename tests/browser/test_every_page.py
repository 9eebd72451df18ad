"""Every sort of page, wide and light, narrow and dark: nothing refused, nothing broken, nothing in anybody's way.

The quick run opens each page in one of the two, dealt in turn; `--deep` and `.ci/run` open each in both.
"""

from __future__ import annotations

from typing import Any

import pytest

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from tests.browser.places import OWNER, PLACES, Place
from tests.browser.visiting import NARROW, WIDE, Visits, Window
from tests.conftest import DEEP

pytestmark = pytest.mark.browser
BLANK = "about:blank"
SETTINGS = {"wide-light": WIDE, "narrow-dark": NARROW}
DEALT = [(place, setting) for number, place in enumerate(PLACES) for setting in (
    SETTINGS if DEEP else (list(SETTINGS)[number % 2],)
)]  # fmt: skip


@pytest.fixture(scope="module")
def windows(visits: Visits):
    """One window for each visitor and setting."""
    opened: dict[tuple[str, str], Window] = {}

    def window(visitor: str, setting: str) -> Window:
        if (visitor, setting) not in opened:
            opened[visitor, setting] = visits.window(visitor, SETTINGS[setting])
        return opened[visitor, setting]

    return window


def findings(window: Window, place: Place) -> dict[str, Any]:
    """What is wrong with a page, by the sort of wrong; empty when all is well.

    The frame, alike on all pages, is looked at on the first that a window opens.
    """
    first = window.page.url == BLANK
    page = window.open(place.path, place.status)
    page.locator("h1, h2").first.wait_for()
    found = {
        "went wrong": window.troubles(),
        "stands out": window.overflow(),
        "barriers": window.barriers(first or DEEP),
    }
    return {name: lines for name, lines in found.items() if lines}


@pytest.mark.checklist("W07")
@pytest.mark.parametrize(("place", "setting"), DEALT, ids=str)
def test_a_page_is_whole_and_open_to_everybody(windows, place: Place, setting: str):
    assert findings(windows(place.visitor, setting), place) == {}


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("path", ["/items/device/?q=bus", "/accounts/harbor/", "/access/matrix/"])
def test_what_opens_on_a_page_is_open_to_everybody(windows, path: str, setting: str):
    """Menus, filters and sections, all at once."""
    window = windows(OWNER, setting)
    opened = window.open(path).evaluate(
        "() => Array.from(document.querySelectorAll('details'), (one) => { one.open = true; }).length"
    )
    assert opened > 3
    assert (window.barriers(), window.troubles()) == ([], [])


@pytest.mark.checklist("W07")
@pytest.mark.parametrize("setting", SETTINGS)
def test_an_event_page_is_whole_and_open_to_everybody(windows, setting: str):
    actor = Actor.of(User.objects.get(username=OWNER))
    changes = engine.visible(actor, "event:view").filter(action="account.block").latest("pk")
    assert findings(windows(OWNER, setting), Place(f"/events/{changes.pk}/")) == {}
