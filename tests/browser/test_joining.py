"""From an empty account to people who work in it, by pages and the demo's mail page alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accesscontrol.accounts.models import User
from tests.browser.places import OWNER
from tests.browser.visiting import NARROW, WIDE, Portal, Visits, Window

pytestmark = pytest.mark.browser
PASSWORD, OTHER = "four green otters in a row", "seven blue herons on a roof"


@pytest.fixture
def kept(settings, portal: Portal, tmp_path: Path) -> Iterator[None]:
    """Mail is kept in files, as in a demo on somebody's machine."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH, settings.PORTAL_ADDRESS, settings.DEBUG = tmp_path, portal.url, True
    yield


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


def sign_in(page: Page, login: str, password: str) -> None:
    page.get_by_label("Username or e-mail").fill(login)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def join(window: Window, email: str, username: str) -> Page:
    """Answer the invitation, and sign in by the address that it proved."""
    page = open_mail(window, email, "invite")
    expect(page.get_by_text(username).first).to_be_visible()
    assert window.barriers() == []
    assert window.overflow() == []
    choose(page, PASSWORD, "Join")
    expect(page.get_by_text(f"You have joined as {username}")).to_be_visible()
    sign_in(page, email, PASSWORD)
    expect(page.get_by_role("heading", name=re.compile("Hello"))).to_be_visible()
    return page


def add(window: Window, username: str, authority: str) -> None:
    page = window.open("/users/~new/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("E-mail", exact=True).fill(f"{username}@harbour.example")
    page.get_by_role("radio", name=re.compile(f"^{authority}:")).check()
    expect(page.get_by_label("Password", exact=True)).to_be_hidden()  # they choose it themselves
    assert window.barriers() == []
    page.get_by_role("button", name="Add the user").click()
    expect(page.get_by_text("The user has been added.")).to_be_visible()
    expect(page.get_by_text("Invited", exact=True)).to_be_visible()


def test_people_join_an_empty_account_and_find_their_way_back(kept, visits: Visits, portal: Portal):
    above = visits.window(OWNER, WIDE)
    page = above.open("/accounts/~new/")
    page.get_by_label("Name", exact=True).fill("Harbour Pilots")
    page.get_by_label("Username").fill("olga.pilot")
    page.get_by_label("E-mail").fill("olga@harbour.example")
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.get_by_role("heading", name="Harbour Pilots")).to_be_visible()

    owner = visits.window()
    join(owner, "olga@harbour.example", "olga.pilot")
    add(owner, "dev.pilot", "Developer")
    add(owner, "lena.pilot", "User")
    assert owner.troubles() == []

    developer = visits.window("", NARROW)
    join(developer, "dev.pilot@harbour.example", "dev.pilot")
    join(visits.window(), "lena.pilot@harbour.example", "lena.pilot")
    found = User.objects.filter(account__name="Harbour Pilots").order_by("pk").values_list("authority", "verified")
    assert list(found) == [("owner", True), ("developer", True), ("user", True)]

    forgetful = visits.window()
    page = forgetful.open("/sign-in/")
    page.get_by_role("link", name="I forgot my password").click()
    page.get_by_label("E-mail").fill("dev.pilot@harbour.example")
    page.get_by_role("button", name="Send me the link").click()
    expect(page.get_by_text("Look into your mail")).to_be_visible()
    page = open_mail(forgetful, "dev.pilot@harbour.example", "Choose a new password")
    choose(page, OTHER, "Set the password")
    expect(page.get_by_text("dev.pilot has a new password")).to_be_visible()
    sign_in(page, "dev.pilot", OTHER)
    expect(page.get_by_role("heading", name=re.compile("Hello"))).to_be_visible()
    developer.page.goto(f"{portal.url}/users/")  # where they were signed in before, they are not any more
    expect(developer.page.get_by_role("heading", name="Sign in")).to_be_visible()
