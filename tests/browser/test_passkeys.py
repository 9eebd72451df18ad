"""Passkeys in a real browser, with Chromium's virtual authenticator: added, asked for, and enough to sign in alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.test import Client
from playwright.sync_api import Page, expect

from accesscontrol.accounts.models import Account, User
from accesscontrol.services.people.users import create_user
from tests.browser.places import OWNER
from tests.browser.test_flows import sign_in
from tests.browser.visiting import WIDE, Portal, Visits, Window
from tests.world import CONSOLE

pytestmark = pytest.mark.browser
PASSWORD = "garnet otter under the hill"
AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture
def dora(portal: Portal) -> Iterator[User]:
    """A developer who has just joined."""
    user = create_user(
        CONSOLE, Account.objects.get(key="northwind"), username="dora.keys", authority="developer", verified=True,
        password=PASSWORD, email="dora@northwind.example",
    )  # fmt: skip
    yield user
    User.objects.filter(pk=user.pk).delete()


def with_authenticator(window: Window) -> None:
    """Let the browser have a finger to press."""
    session = window.page.context.new_cdp_session(window.page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})


def code_of(page: Page) -> str:
    """What an app shows that has scanned the page: from the key that stands there for typing."""
    secret = (page.locator(".key-value code").text_content() or "").replace(" ", "")
    return totp.format_hotp_value(totp.hotp_value(secret, next(iter(totp.yield_hotp_counters_from_time()))))


def guess_at(username: str) -> None:
    """Guess until no password is looked at any more, from this network."""
    for _ in range(7):
        page = Client().post("/sign-in/", {"login": username, "password": "a wrong one"})
    assert "Too many failed tries" in page.content.decode()


@pytest.mark.checklist("A10")
@pytest.mark.checklist("A13")
def test_an_app_and_a_passkey_are_added_and_the_passkey_alone_signs_in(visits: Visits, dora: User):
    window = visits.window("", WIDE)
    with_authenticator(window)
    page = window.open("/sign-in/")
    sign_in(page, "dora.keys", PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page = window.open("/profile/sign-in/app/")
    page.locator("summary", has_text="The phone cannot scan").click()
    page.get_by_label("Code").fill(code_of(page))
    page.get_by_role("button", name="Add the app").click()
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("link", name="I have kept them").click()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("Test laptop")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_text("Test laptop", exact=True).first).to_be_visible()
    sign_out(page)
    guess_at("dora.keys")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator("summary.top-user")).to_be_visible()
    assert window.troubles() == []
    window.open("/profile/sign-in/")
    expect(page.locator("#passkeys ~ ul")).to_contain_text("used")


def sign_out(page: Page) -> None:
    page.locator("summary.top-user").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_passkey_is_the_second_step_after_a_password_too(visits: Visits, dora: User):
    window = visits.window("dora.keys", WIDE)
    with_authenticator(window)
    page = window.open("/profile/sign-in/passkeys/add/")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("link", name="I have kept them").click()
    sign_out(page)
    sign_in(page, "dora.keys", PASSWORD)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    page.get_by_role("button", name="Use your passkey").click()
    expect(page.locator("summary.top-user")).to_be_visible()
    assert window.troubles() == []


@pytest.mark.checklist("S06")
def test_an_administrator_ends_somebodys_sessions_and_the_next_click_says_so(visits: Visits, dora: User):
    theirs, managers = visits.window("dora.keys", WIDE), visits.window(OWNER, WIDE)
    page = theirs.open("/profile/sessions/")
    expect(page.get_by_text("this one")).to_be_visible()
    manager = managers.open("/users/dora.keys/sessions/")
    manager.get_by_role("button", name="End all sessions").click()
    expect(manager.get_by_text("All sessions of dora.keys have ended.")).to_be_visible()
    page.get_by_role("link", name="Profile").first.click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_text("An administrator ended your sessions.")).to_be_visible()
    assert (theirs.troubles(), managers.troubles()) == ([], [])
