"""A tool by its access link, in a fresh profile: what it shows, what it keeps secret, and when it ends."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.servers.basehttp import WSGIRequestHandler
from django.test.testcases import QuietWSGIRequestHandler
from django.utils import timezone
from playwright.sync_api import Page, expect

from accesscontrol import catalogue
from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from accesscontrol.items.models import Item
from accesscontrol.services.tokens import tokens
from accesscontrol.services.tokens.refusals import refusals
from accesscontrol.services.tokens.specs import TokenRuleSpec
from accesscontrol.services.tokens.tokens import Issued
from portal.tool_registry import access_link
from tests.browser.visiting import NARROW, Visits, Window
from tests.world import in_person

pytestmark = pytest.mark.browser
FIRST, SECOND, THIRD = "buses-device-1", "buses-device-2", "buses-device-3"
OWNER = "milo.lindholm"
DRAWN = "[aria-busy=false]"


@pytest.fixture(autouse=True)
def _uncounted_refusals() -> None:
    refusals.forget()


@pytest.fixture
def issued(portal) -> Iterator[list[Issued]]:
    """The tokens that a test issued; gone after it."""
    made: list[Issued] = []
    yield made
    for one in made:
        tokens.Token.objects.filter(pk=one.token.pk).delete()


def issue(issued: list[Issued], preset: str, *keys: str) -> Issued:
    """A token by a preset for some devices, as their administrator makes it."""
    administrator = User.objects.get(username=OWNER)
    card = next(one for one in catalogue.PRESETS if one.code == preset)
    rule = TokenRuleSpec(kind="device", reach="list", verbs=card.verbs, sections=card.sections,
                         items=tuple(Item.objects.filter(key__in=keys)))  # fmt: skip
    issued.append(
        tokens.create_token(
            Actor.of(administrator),
            administrator.account,
            type="acl",
            name=f"{card.label} for a visitor",
            preset=preset,
            rules=(rule,),
            expires_at=timezone.now() + timedelta(days=1),
        )  # fmt: skip
    )
    return issued[-1]


def watch(window: Window) -> list[str]:
    """Every address that the window asks for, with its referrer; of a request's body nothing."""
    asked: list[str] = []
    window.page.on("request", lambda one: asked.append(f"{one.url} {one.headers.get('referer', '')}"))
    return asked


def open_link(window: Window, one: Issued) -> Page:
    """Open the access link and wait for where it leads."""
    window.page.goto(access_link(one.token, one.secret, window.url))
    window.page.wait_for_url(re.compile(r"/items/device/"))
    return window.page


class Lines(logging.Handler):
    """Every line that the server logs, however unimportant."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(f"{record.getMessage()} {record.__dict__}")


@pytest.fixture
def server_log(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """All lines from here on, the access log among them, which the test server otherwise keeps to itself."""
    monkeypatch.setattr(QuietWSGIRequestHandler, "log_message", WSGIRequestHandler.log_message)
    lines, root, server = Lines(), logging.getLogger(), logging.getLogger("django.server")
    levels = [(one, one.level) for one in (root, server)]
    for one, _level in levels:
        one.setLevel(logging.DEBUG)
    root.addHandler(lines)
    yield lines
    root.removeHandler(lines)
    for one, level in levels:
        one.setLevel(level)


@pytest.mark.seed("share-access.11")
@pytest.mark.seed("share-access.13")
def test_a_trackit_link_shows_two_devices_and_nothing_else_until_it_is_revoked(visits: Visits, issued: list[Issued]):
    trackit = issue(issued, "trackit", FIRST, SECOND)
    window = visits.window()
    page = open_link(window, trackit)
    expect(page.get_by_role("heading", level=1)).to_have_text("TrackIt")
    expect(page.locator("table.list tbody tr")).to_have_count(2)
    page.get_by_role("link", name="Bus 1", exact=True).click()
    expect(page.locator(".tabs a")).to_have_text(["Track", "Telemetry", "Messages"])
    expect(page.locator(f"[data-track]{DRAWN} svg[role=img] .track-line").first).to_be_visible()
    page.get_by_role("link", name="Telemetry").click()
    expect(page.locator(f"[data-charts]{DRAWN} canvas").first).to_be_visible()
    expect(page.locator(".reading").first).to_be_visible()
    page.get_by_role("link", name="Messages").click()
    expect(page.locator(".records > li").first).to_be_visible()
    assert window.troubles() == []
    window.open(f"/items/device/{THIRD}/", 404)
    window.open(f"/items/device/{THIRD}/track/", 404)
    window.open(f"/items/device/{FIRST}/settings/", 403)
    window.open(f"/items/device/{SECOND}/track/")
    tokens.revoke_token(Actor.of(User.objects.get(username=OWNER)), trackit.token)
    page.get_by_role("link", name="Messages").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    expect(page.locator("main")).to_contain_text("The token that you were signed in with was revoked.")


@pytest.mark.checklist("T03")
@pytest.mark.checklist("T05")
@pytest.mark.checklist("L07")
def test_the_key_leaves_the_address_bar_at_once_and_reaches_no_log_and_no_referrer(
    visits: Visits, issued: list[Issued], server_log: Lines
):
    trackit = issue(issued, "trackit", FIRST, SECOND)
    window = visits.window()
    asked = watch(window)
    seen: list[str] = []
    window.page.on("framenavigated", lambda frame: seen.append(frame.url))
    page = window.page
    page.route("**/sign-in/token/", lambda route: (seen.append(page.url), route.continue_()))
    page = open_link(window, trackit)
    page.goto(f"{window.url}/items/device/{FIRST}/track/")
    expect(page.locator(f"[data-track]{DRAWN}")).to_be_visible()
    kept = page.evaluate(
        """() => JSON.stringify([location.href, document.referrer, history.state, {...localStorage},
            {...sessionStorage},
            document.cookie, performance.getEntries().map((one) => one.name)])"""
    )
    assert f"{window.url}/tools/open/" in seen  # while the key was on its way, the address bar held none
    told = [kept, page.content(), *asked, *server_log.said]
    assert [text for text in told if trackit.secret in text or trackit.secret[10:40] in text] == []
    assert any("POST /sign-in/token/" in line for line in server_log.said)
    page.go_back()
    page.go_back()
    assert trackit.secret not in page.url


def test_a_master_tokens_link_warns_before_it_signs_anybody_in(visits: Visits, issued: list[Issued]):
    administrator = User.objects.get(username=OWNER)
    issued.append(tokens.create_token(in_person(administrator), administrator.account, type="master", name="Whole",
                                      expires_at=timezone.now() + timedelta(hours=1)))  # fmt: skip
    window = visits.window()
    window.page.goto(access_link(issued[-1].token, issued[-1].secret, window.url))
    expect(window.page.locator("[data-part=master]")).to_be_visible()
    assert window.page.url == f"{window.url}/tools/open/"
    assert issued[-1].secret not in window.page.content()
    window.page.get_by_role("button", name="Open it").click()
    window.page.wait_for_url(f"{window.url}/")
    expect(window.page.get_by_role("heading", level=1)).to_have_text("Whole")
    assert window.barriers() == []
    assert window.troubles() == []


def test_a_link_that_opens_nothing_says_so_and_offers_to_paste(visits: Visits):
    window = visits.window(size=NARROW)
    window.page.goto(f"{window.url}/tools/open/#pta_{'x' * 46}")
    expect(window.page.get_by_role("alert")).to_contain_text("This token does not let you in.")
    assert window.barriers() == []
    window.page.get_by_role("link", name="Paste a token").click()
    expect(window.page.get_by_label("Token")).to_be_visible()


def test_somebody_signed_in_is_asked_before_a_link_takes_over(visits: Visits, issued: list[Issued]):
    toolbox = issue(issued, "toolbox", FIRST)
    window = visits.window("sam.dispatch")
    window.page.goto(access_link(toolbox.token, toolbox.secret, window.url))
    expect(window.page.locator("[data-part=ask]")).to_contain_text("You are signed in as sam.dispatch.")
    window.page.get_by_role("button", name="Open it").click()
    expect(window.page.locator(".tabs a")).to_have_text(["Messages", "Logs", "Track"])
    expect(window.page.locator(".top-user")).to_contain_text("Toolbox for a visitor")


@pytest.mark.seed("share-access.09")
@pytest.mark.seed("share-access.14")
def test_setbox_changes_a_setting_after_pasting_the_token_without_scripts(visits: Visits, issued: list[Issued]):
    setbox = issue(issued, "setbox", SECOND)
    window = visits.window(size=NARROW, scripts=False)
    page = window.open("/sign-in/")
    page.locator("summary", has_text="Sign in with a token").click()
    page.get_by_label("Token").fill(setbox.secret)
    page.get_by_role("button", name="Sign in with this token").click()
    expect(page.locator(".tabs a")).to_have_text(["Settings"])
    page.get_by_label("New setting").fill("speed_limit")
    page.get_by_label("Its value").fill("80")
    page.get_by_role("button", name="Save the settings").click()
    expect(page.get_by_label("speed_limit", exact=True)).to_have_value("80")
    page.get_by_label("Remove speed_limit").check()
    page.get_by_role("button", name="Save the settings").click()
    expect(page.get_by_label("speed_limit", exact=True)).to_have_count(0)


@pytest.mark.parametrize("size", [None, NARROW])
def test_track_chart_and_settings_have_no_barriers_and_fit(
    visits: Visits, issued: list[Issued], size: dict[str, Any] | None
):
    window = visits.window(OWNER, size)
    for tab, place in (("track/?last=7d", "[data-track]"), ("telemetry/?last=7d", "[data-charts]"),
                       ("settings/", ".settings-form")):  # fmt: skip
        page = window.open(f"/items/device/{FIRST}/{tab}")
        expect(page.locator(f"{place}{DRAWN}" if place.startswith("[") else place)).to_be_visible()
        assert (tab, window.barriers(), window.overflow(), window.troubles()) == (tab, [], [], [])


def test_a_track_is_looked_at_moment_by_moment(visits: Visits):
    page = visits.window(OWNER).open(f"/items/device/{FIRST}/track/?last=7d")
    expect(page.locator(f"[data-track]{DRAWN}")).to_be_visible()
    said = page.locator("[data-now]").text_content()
    slider = page.locator("[data-moment]")
    slider.focus()
    slider.press("Home")
    assert page.locator("[data-now]").text_content() != said
    assert page.locator("[data-fact=distance]").text_content().endswith("km")


def test_without_scripts_a_track_is_a_table(visits: Visits):
    page = visits.window(OWNER, scripts=False).open(f"/items/device/{FIRST}/track/?last=7d")
    page.locator("summary", has_text="as a table").click()
    expect(page.locator(".track-table tbody tr").first).to_be_visible()
    expect(page.locator("[data-track]")).to_be_hidden()
