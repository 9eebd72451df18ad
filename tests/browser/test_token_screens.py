"""Tokens in a browser: made by the pages alone, with and without scripts, by keyboard, and open to everybody."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.services.tokens import keys
from accesscontrol.tokens.models import Token
from tests.browser.places import OWNER
from tests.browser.visiting import NARROW, WIDE, Visits, Window

pytestmark = pytest.mark.browser
SETTINGS = {"wide-light": WIDE, "narrow-dark": NARROW}
DEVICES = {"buses-device-1", "buses-device-2"}


def choose(page: Page, name: str) -> None:
    """Pick a device in the first entry by typing its name."""
    page.locator(".entry-list .ts-control input").fill(name)
    page.get_by_role("option", name=re.compile(f"^{name} ")).first.click()


def shown_key(page: Page) -> str:
    expect(page.get_by_text("Copy it now.")).to_be_visible()
    return page.get_by_role("region", name="Key", exact=True).locator("code").first.inner_text()


def reached(secret: str) -> tuple[Token, set[str]]:
    """The token of a key, and the devices that it reaches."""
    token = keys.find_token_by_key(secret)
    assert token is not None
    return token, set(engine.visible(Actor.of(token), "device:view").values_list("key", flat=True))


@pytest.fixture(params=SETTINGS)
def window(request, visits: Visits) -> Window:
    return visits.window(OWNER, SETTINGS[request.param])


@pytest.mark.seed("share-access.06")
@pytest.mark.seed("share-access.08")
@pytest.mark.seed("share-access.11")
def test_an_administrator_makes_a_trackit_token_for_two_devices(window: Window):
    page = window.open("/tokens/")
    page.get_by_role("link", name="Create a token").click()
    page.get_by_role("button", name=re.compile("^TrackIt")).click()
    expect(page.get_by_role("button", name=re.compile("^TrackIt"))).to_have_attribute("aria-pressed", "true")
    page.get_by_label("Name", exact=True).fill("Tracking for the workshop")
    page.get_by_label("Chosen devices").check()
    choose(page, "Bus 1")
    choose(page, "Bus 2")
    preview = page.get_by_role("complementary", name="Preview of what the token may do")
    expect(preview).to_contain_text("view 2 devices, and read their telemetry and messages")
    assert (window.barriers(), window.overflow()) == ([], [])
    page.get_by_role("button", name="Create the token").click()
    secret = shown_key(page)
    token, devices = reached(secret)
    assert (token.type, token.preset, devices) == ("acl", "trackit", DEVICES)
    expect(page.locator("svg.qr")).to_be_visible()
    expect(page.get_by_role("region", name="Access link")).to_contain_text(f"/tools/open/#{secret}")
    assert (window.barriers(), window.overflow(), window.troubles()) == ([], [], [])
    page.get_by_role("link", name="I have copied it").click()
    expect(page.get_by_role("heading", name="Tracking for the workshop")).to_be_visible()
    assert secret not in page.content()


def test_the_same_without_scripts(visits: Visits):
    page = visits.window(OWNER, WIDE, scripts=False).open("/tokens/~new/")
    page.get_by_label("Name", exact=True).fill("Made without scripts")
    page.get_by_role("button", name=re.compile("^TrackIt")).click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Made without scripts")
    page.get_by_label("Chosen devices").check()
    page.locator("summary", has_text="Or type their keys, one a line").locator("visible=true").first.click()
    page.get_by_label("Keys, one a line").locator("visible=true").first.fill("\n".join(sorted(DEVICES)))
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("view 2 devices, and read their telemetry and messages")).to_be_visible()
    page.get_by_role("button", name="Add an entry").click()
    page.get_by_label("Kind").nth(1).select_option("channel")
    page.get_by_role("button", name="Show what it has").nth(1).click()
    page.get_by_label("Idents: View").check()
    page.get_by_role("button", name="Remove entry 1").click()
    expect(page.get_by_label("Idents: View")).to_be_checked()
    page.get_by_role("button", name="Add a topic").click()
    page.get_by_label("Topic filter").fill("fleet/#")
    page.get_by_label("Subscribe").check()
    page.get_by_role("button", name="Create the token").click()
    token, devices = reached(shown_key(page))
    assert devices == set()
    assert [(rule.kind, rule.sections) for rule in token.rules.all()] == [("channel", {"idents": ["view"]})]
    assert [topic.filter for topic in token.topics.all()] == ["fleet/#"]


def test_a_token_is_made_by_keyboard_alone(visits: Visits):
    window = visits.window(OWNER, WIDE)
    page = window.open("/tokens/~new/")
    page.get_by_label("Name", exact=True).focus()
    page.keyboard.type("By keyboard")
    page.locator("#preset-mqtt-board").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Topic filter")).to_have_value("#")
    page.locator("#add-rule").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Kind")).to_be_focused()
    page.keyboard.type("Modem")
    expect(page.get_by_label("The modem itself: View")).to_be_visible()
    page.get_by_label("The modem itself: View").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Remove topic 1").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Topic filter")).to_have_count(0)
    expect(page.locator("#add-topic")).to_be_focused()
    expect(page.locator("#access-preview li")).to_have_text([re.compile("view [0-9]+ modems?")])
    page.get_by_label("Name", exact=True).focus()
    page.keyboard.press("Enter")
    token, _ = reached(shown_key(page))
    assert [(rule.kind, rule.verbs) for rule in token.rules.all()] == [("modem", ["view"])]
    assert window.troubles() == []


@pytest.mark.seed("share-access.03")
def test_the_link_of_a_master_token_is_behind_a_warning(window: Window):
    page = window.open("/tokens/~new/")
    page.get_by_label("Name", exact=True).fill("Whole panel")
    page.get_by_label("Master: everything").check()
    expect(page.get_by_text("Give it only to somebody whom")).to_be_visible()
    expect(page.get_by_role("button", name="Add an entry")).to_be_hidden()
    page.get_by_role("button", name="Create the token").click()
    secret = shown_key(page)
    link = page.get_by_text(f"/tools/open/#{secret}")
    expect(link).to_be_hidden()
    page.locator("summary", has_text="Show an access link").click()
    expect(page.get_by_text("This is a master token")).to_be_visible()
    expect(link).to_be_visible()
    assert (window.barriers(), window.overflow(), window.troubles()) == ([], [], [])


def test_ticked_tokens_are_revoked_after_a_look_at_what_goes(window: Window):
    page = window.open("/tokens/?q=erp")
    before = Token.objects.count()
    page.get_by_label("Tick ERP").nth(0).check()
    page.get_by_label("Tick ERP").nth(1).check()
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("heading", name="Revoke 2 tokens?", level=2)).to_be_visible()
    assert (window.barriers(), Token.objects.count()) == ([], before)
    page.get_by_role("button", name="Revoke them").click()
    expect(page.get_by_text("2 tokens have been revoked.")).to_be_visible()
    assert (Token.objects.count(), window.troubles()) == (before - 2, [])


@pytest.mark.parametrize("path", ["/tokens/~new/?preset=setbox", "/tokens/northwind-trackit/change/"])
def test_a_form_with_all_of_it_open_is_open_to_everybody(window: Window, path: str):
    page = window.open(path)
    page.get_by_role("button", name="Add a topic").click()
    expect(page.get_by_label("Topic filter")).to_be_focused()
    page.get_by_label("Name", exact=True).fill("")
    page.get_by_role("button", name=re.compile("^(Create the token|Save)$")).click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing is lost")
    assert (window.barriers(), window.overflow(), window.troubles()) == ([], [], [])


def test_a_slow_answer_does_not_open_the_list_again_after_a_pick(visits: Visits):
    window = visits.window(OWNER, WIDE)
    page, held = window.open("/tokens/~new/"), []
    page.route("**/choices/**", lambda one: held.append(one) if one.request.url.endswith("q=") else one.continue_())
    field = page.locator(".field", has=page.get_by_role("combobox", name=re.compile("^Create for")))
    field.locator(".ts-control").click()
    page.keyboard.type("Harbor Freight L")
    page.get_by_role("option", name="Harbor Freight Lines").click()
    with page.expect_response("**/choices/**"):
        held[0].continue_()
    expect(field.locator(".ts-wrapper")).not_to_have_class(re.compile("loading"))
    expect(field.locator(".ts-dropdown")).to_be_hidden()
    expect(field.locator(".item")).to_have_text("Harbor Freight Lines")
    assert window.troubles() == []
