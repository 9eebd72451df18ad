"""From an empty account to people who work in it, by pages and the demo's mail page alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings

from accesscontrol.accounts.models import User
from tests.browser.places import OWNER
from tests.browser.test_flows import sign_in
from tests.browser.test_passkeys import code_of, sign_out, with_authenticator
from tests.browser.visiting import NARROW, WIDE, Portal, Visits, Window

pytestmark = pytest.mark.browser
PASSWORD, OTHER = "four green otters in a row", "seven blue herons on a roof"
HELLO = re.compile("Hello")


@pytest.fixture
def kept(settings: Settings, portal: Portal, tmp_path: Path) -> None:
    """Mail is kept in files, as in a demo on somebody's machine."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH, settings.PORTAL_ADDRESS, settings.DEBUG = tmp_path, portal.url, True


def open_mail(window: Window, to: str, subject: str) -> Page:
    """Find a mail on the demo's page, and go where it leads."""
    page = window.open("/sign-in/")
    page.get_by_role("link", name="Mail of this demo").click()
    entry = page.get_by_role("listitem").filter(has_text=to).filter(has_text=re.compile(subject)).first
    entry.get_by_role("link").click()
    expect(page.get_by_role("heading", name=re.compile(subject))).to_be_visible()
    page.locator(".mail-text a").click()
    return page


def choose(page: Page, password: str, button: str) -> None:
    page.get_by_label(re.compile("^(New )?password", re.IGNORECASE)).fill(password)
    page.get_by_label("The same again").fill(password)
    page.get_by_role("button", name=button, exact=True).click()


def join(window: Window, email: str, username: str) -> None:
    """Answer the invitation, and sign in by the address that it proved."""
    page = open_mail(window, email, "invite")
    expect(page.get_by_text(username).first).to_be_visible()
    assert window.barriers() == []
    assert window.overflow() == []
    choose(page, PASSWORD, "Join")
    expect(page.get_by_text(f"You have joined as {username}")).to_be_visible()
    sign_in(page, email, PASSWORD)
    expect(page.get_by_role("heading", name=HELLO)).to_be_visible()


def to_users(page: Page) -> None:
    page.get_by_role("link", name="Users", exact=True).first.click()
    expect(page.get_by_role("heading", level=1, name="Users")).to_be_visible()


def add(window: Window, username: str, authority: str) -> None:
    page = window.page
    to_users(page)
    page.get_by_role("link", name="Add a user").click()
    page.get_by_label("Username").fill(username)
    page.get_by_label("E-mail", exact=True).fill(f"{username}@harbour.example")
    page.get_by_role("radio", name=re.compile(f"^{authority}:")).check()
    expect(page.get_by_label("Password", exact=True)).to_be_hidden()  # they choose it themselves
    assert window.barriers() == []
    page.get_by_role("button", name="Add the user").click()
    expect(page.get_by_text("An invitation is on its way by mail.")).to_be_visible()
    expect(page.get_by_text("Invited", exact=True)).to_be_visible()


def open_account(window: Window) -> None:
    """An account with nothing in it, whose first owner is invited."""
    page = window.open("/accounts/~new/")
    page.get_by_label("Name", exact=True).fill("Harbour Pilots")
    page.get_by_label("Username").fill("olga.pilot")
    page.get_by_label("E-mail").fill("olga@harbour.example")
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.get_by_role("heading", name="Harbour Pilots")).to_be_visible()


def add_factors(page: Page) -> None:
    """An app and a passkey, from the menu of one's own name."""
    page.locator("summary.top-user").click()
    page.get_by_role("link", name="Your profile").click()
    page.get_by_role("link", name="Sign-in", exact=True).click()
    page.get_by_role("link", name="Add an authenticator app").click()
    page.locator("summary", has_text="The phone cannot scan").click()
    page.get_by_label("Code").fill(code_of(page))
    page.get_by_role("button", name="Add the app").click()
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("link", name="I have kept them").click()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_text("Laptop", exact=True).first).to_be_visible()


def by_passkey_alone(page: Page) -> None:
    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator("summary.top-user")).to_be_visible()


def recover(window: Window, username: str) -> None:
    """Forget the password, choose another, and pass the second step, which is asked for as before."""
    sign_out(window.page)
    window.page.get_by_role("link", name="I forgot my password").click()
    window.page.get_by_label("E-mail").fill(f"{username}@harbour.example")
    window.page.get_by_role("button", name="Send me the link").click()
    expect(window.page.get_by_text("Look into your mail")).to_be_visible()
    page = open_mail(window, username, "Choose a new password")
    choose(page, OTHER, "Set the password")
    expect(page.get_by_text(f"{username} has a new password")).to_be_visible()
    sign_in(page, username, OTHER)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    page.get_by_role("button", name="Use your passkey").click()
    expect(page.get_by_role("heading", name=HELLO)).to_be_visible()


def end_sessions(page: Page, username: str) -> None:
    to_users(page)
    page.get_by_role("link", name=username, exact=True).click()
    page.get_by_role("link", name="Sessions").click()
    page.get_by_role("button", name="End all sessions").click()
    expect(page.get_by_text(f"All sessions of {username} have ended.")).to_be_visible()


@pytest.mark.checklist("A13")
@pytest.mark.checklist("A16")
@pytest.mark.checklist("S06")
@pytest.mark.usefixtures("kept")
def test_people_join_an_empty_account_find_their_way_back_and_are_signed_out(visits: Visits):
    open_account(visits.window(OWNER, WIDE))
    owner, administrator, developer, guest = (visits.window("", size) for size in (WIDE, WIDE, WIDE, NARROW))
    with_authenticator(developer)
    join(owner, "olga@harbour.example", "olga.pilot")
    add(owner, "adam.pilot", "Administrator")
    join(administrator, "adam.pilot@harbour.example", "adam.pilot")
    add(administrator, "dev.pilot", "Developer")
    add(administrator, "lena.pilot", "User")
    join(developer, "dev.pilot@harbour.example", "dev.pilot")
    join(guest, "lena.pilot@harbour.example", "lena.pilot")
    found = User.objects.filter(account__name="Harbour Pilots").order_by("pk").values_list("authority", "verified")
    assert list(found) == [(name, True) for name in ("owner", "administrator", "developer", "user")]

    add_factors(developer.page)
    by_passkey_alone(developer.page)
    recover(developer, "dev.pilot")
    end_sessions(administrator.page, "dev.pilot")
    developer.page.get_by_role("link", name="Projects", exact=True).first.click()
    expect(developer.page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(developer.page.get_by_text("An administrator ended your sessions. Sign in again to go on.")).to_be_visible()
    assert [window.troubles() for window in (owner, administrator, developer, guest)] == [[], [], [], []]
