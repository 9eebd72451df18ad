"""The use cases of grants from empty accounts to the working result, by the pages alone, both sides signed in."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.places import OWNER
from tests.browser.visiting import WIDE, Visits, Window

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery staple"


@pytest.fixture
def company(visits: Visits) -> Window:
    """The window of the owner of the company, who opens the accounts of a case."""
    return visits.window(OWNER, WIDE)


# --- What people do on the pages


def choose(page: Page, label: str, *options: str) -> None:
    """Type into a select that asks the server, and take what it offers."""
    box = page.locator(".field", has=page.get_by_role("combobox", name=re.compile(f"^{label}")))
    box.locator(".ts-control").click()
    for option in options:
        page.keyboard.type(option)
        page.wait_for_timeout(400)  # the question is sent once typing has paused
        box.locator(".ts-wrapper:not(.loading)").wait_for()
        page.get_by_role("option", name=re.compile(f"^{re.escape(option)}\\b")).first.click()
    page.keyboard.press("Escape")


def open_account(window: Window, name: str, below: str = "") -> str:
    """Open an account, and give the key that the portal made for it."""
    page = window.open("/accounts/~new/")
    page.get_by_role("textbox", name=re.compile("^Name")).fill(name)
    if below:
        choose(page, "Create for", below)
    page.locator(".form-end .btn-primary").click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    return page.url.rstrip("/").rpartition("/")[2]


def add_owner(window: Window, username: str, account: str) -> None:
    page = window.open("/users/~new/")
    choose(page, "Create for", account)
    page.get_by_label("Username").fill(username)
    page.get_by_role("radio", name=re.compile("^Owner:")).check()
    page.get_by_label("E-mail verified").check()
    page.get_by_role("radio", name=re.compile("^Set a password")).check()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    page.locator(".form-end .btn-primary").click()
    expect(page.get_by_role("heading", name=username, level=1)).to_be_visible()


def sign_in(visits: Visits, username: str) -> Window:
    window = visits.window()
    page = window.open("/sign-in/")
    page.get_by_label("Username").fill(username)
    page.get_by_role("textbox", name=re.compile("^Password")).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name=f"Hello, {username}")).to_be_visible()
    return window


def create_item(window: Window, kind: str, name: str, account: str = "") -> None:
    page = window.open(f"/items/{kind}/~new/")
    if account:
        choose(page, "Create for", account)
    page.get_by_role("textbox", name=re.compile("^Name")).fill(name)
    page.locator(".form-end .btn-primary").click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def start_grant(window: Window) -> Page:
    """From the menu to the green round plus, as the document tells."""
    page = window.open("/")
    page.get_by_role("navigation", name="Main menu").get_by_role("link", name="Grants").click()
    page.locator("a.fab").click()
    expect(page.get_by_role("heading", name="Grant access", level=1)).to_be_visible()
    return page


def finish_grant(page: Page, said: str) -> None:
    """The preview beside the form, the same in the confirmation, and done."""
    expect(page.locator("#access-preview")).to_contain_text(said)
    page.get_by_role("button", name="Grant access").click()
    expect(page.get_by_role("heading", name="Grant this access?").last).to_be_visible()
    expect(page.locator(".preview")).to_contain_text(said)
    page.get_by_role("button", name="Grant access").click()
    expect(page.get_by_text("The access has been granted.")).to_be_visible()


def listed(window: Window, kind: str) -> list[str]:
    """The names in a list of items."""
    page = window.open(f"/items/{kind}/")
    return sorted(text.strip() for text in page.locator("tbody tr td:first-child .thing-words > a").all_inner_texts())


def tabs(window: Window, path: str) -> list[str]:
    page = window.open(path)
    return [
        text.strip()
        for text in page.get_by_role("navigation", name="Parts of this page").locator("a").all_inner_texts()
    ]


# --- The cases


@pytest.mark.seed("grants.21")
@pytest.mark.seed("grants.22")
@pytest.mark.seed("grants.23")
def test_an_item_of_a_higher_account_for_a_lower_one(company: Window, visits: Visits):
    open_account(company, "Alpen Rail")
    open_account(company, "Alpen Depot", below="Alpen Rail")
    add_owner(company, "rail.owner", "Alpen Rail")
    add_owner(company, "depot.owner", "Alpen Depot")
    rail, depot = sign_in(visits, "rail.owner"), sign_in(visits, "depot.owner")
    create_item(rail, "channel", "Alpen gateway")
    create_item(depot, "device", "Depot tracker")
    assert listed(rail, "device") == ["Depot tracker"]  # the higher one sees the lower one's items
    assert listed(depot, "channel") == []  # and not the other way round
    page = start_grant(rail)
    choose(page, "To accounts you see", "Alpen Depot")
    choose(page, "Items", "Alpen gateway")
    finish_grant(page, "Alpen Depot will see 1 channel.")
    assert listed(depot, "channel") == ["Alpen gateway"]
    page = depot.page
    page.get_by_role("link", name="Alpen gateway").click()
    expect(page.locator(".head .owner-grant")).to_contain_text("from Alpen Rail")
    page.get_by_role("link", name="Items", exact=True).last.click()
    page.get_by_role("link", name="Put something in").click()
    choose(page, "What to put in", "Depot tracker")
    page.get_by_role("button", name="Link", exact=True).click()
    expect(page.locator(".row-line")).to_contain_text(["Depot tracker"])
    assert (rail.troubles(), depot.troubles()) == ([], [])


@pytest.mark.seed("grants.24")
@pytest.mark.seed("grants.25")
def test_a_supporter_with_read_and_edit_sees_the_logs(company: Window, visits: Visits):
    open_account(company, "Ferry Lines")
    helpdesk = open_account(company, "Ferry Helpdesk")
    add_owner(company, "ferry.owner", "Ferry Lines")
    add_owner(company, "ferry.helper", "Ferry Helpdesk")
    client, supporter = sign_in(visits, "ferry.owner"), sign_in(visits, "ferry.helper")
    create_item(client, "calculator", "Ferry trips")
    calculator = client.page.url.removeprefix(client.url)
    supporter.open(calculator, 404)
    page = start_grant(client)
    page.get_by_label("To other accounts, by their exact key").fill(helpdesk)
    choose(page, "Items", "Ferry trips")
    finish_grant(page, "Ferry Helpdesk will see 1 calculator.")
    assert "Logs" not in tabs(supporter, calculator)
    page.get_by_role("link", name="Change", exact=True).click()
    page.get_by_label("Edit").check()
    expect(page.locator("#access-preview")).to_contain_text("Ferry Helpdesk may edit 1 calculator.")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert "Logs" in tabs(supporter, calculator)
    supporter.page.get_by_role("link", name="Logs").click()
    expect(supporter.page.get_by_role("heading", name="Ferry trips", level=1)).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("The grant is paused.")).to_be_visible()
    supporter.open(calculator, 404)
    assert client.troubles() == []


@pytest.mark.seed("grants.26")
@pytest.mark.seed("grants.27")
@pytest.mark.seed("grants.28")
@pytest.mark.seed("grants.29")
def test_clients_get_the_applications_that_they_subscribe_to(company: Window, visits: Visits):
    for name in ("App Routes", "App Cooling", "Client Bakery", "Client Dairy"):
        open_account(company, name)
    create_item(company, "plugin", "Route planner", "App Routes")
    create_item(company, "plugin", "Cold chain alarm", "App Cooling")
    add_owner(company, "bakery.owner", "Client Bakery")
    add_owner(company, "dairy.owner", "Client Dairy")
    for application, clients in (("App Routes", ["Client Bakery"]), ("App Cooling", ["Client Bakery", "Client Dairy"])):
        page = start_grant(company)
        choose(page, "Who grants", application)
        choose(page, "To accounts you see", *clients)
        page.get_by_label("The whole account").check()
        page.get_by_label("No end").check()
        finish_grant(page, f"{clients[-1]} will see 1 plugin and 1 account.")
    bakery, dairy = sign_in(visits, "bakery.owner"), sign_in(visits, "dairy.owner")
    assert listed(bakery, "plugin") == ["Cold chain alarm", "Route planner"]
    assert listed(dairy, "plugin") == ["Cold chain alarm"]
    bakery.open("/accounts/client-dairy/", 404)
    page = dairy.open("/grants/~received/")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("App Cooling")
    expect(page.locator("main")).not_to_contain_text("Bakery")
    assert (company.troubles(), bakery.barriers()) == ([], [])
