"""What people do with scripts on: sign in, act as a client, open the tree, ask, close an account, name things oddly."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import Account, User
from accesscontrol.items.models import Item
from accesscontrol.services.accounts.accounts import open_account
from accesscontrol.services.items.items import create_item
from tests.browser.places import OWNER
from tests.browser.visiting import NARROW, WIDE, Portal, Visits, Window

pytestmark = pytest.mark.browser
BAR = "Acting as another account"
HOSTILE = "<img src=x onerror=\"window.hit=1\"> 'quoted' {{ 7*7 }} <b>bold</b>"


@pytest.fixture(scope="module")
def window(visits: Visits) -> Window:
    return visits.window(OWNER, WIDE)


def northwind() -> tuple[Actor, Account]:
    return Actor.of(User.objects.get(username=OWNER)), Account.objects.get(key="northwind")


# --- Signing in


def sign_in(page: Page, username: str, password: str) -> None:
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


@pytest.mark.checklist("S09")
def test_signing_in_by_the_form_and_out_again_leaves_nothing_behind(visits: Visits, portal: Portal):
    window = visits.window()
    page = window.open("/sign-in/")
    sign_in(page, OWNER, portal.passwords[OWNER])
    expect(page.get_by_role("heading", name="Hello, Nora")).to_be_visible()
    for path in ("/items/device/?q=bus", "/accounts/", "/access/matrix/"):
        window.open(path)
        assert page.evaluate("localStorage.length") == 0
        assert page.evaluate("Object.values(sessionStorage)") in ([], [path])
        page.locator("summary.top-user").click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    with page.expect_response("**/sign-out/") as signed_out:
        page.get_by_role("button", name="Sign out").click()
    assert signed_out.value.all_headers()["clear-site-data"] == '"cache", "storage"'
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert window.troubles() == []


def test_a_wrong_password_an_unknown_name_and_a_blocked_account_are_told_the_same(visits: Visits, portal: Portal):
    window = visits.window()
    page = window.open("/sign-in/")
    told = set()
    for username, password in (
        (OWNER, "wrong"),
        ("nobody.here", "wrong"),
        ("dirk.delta", portal.passwords["dirk.delta"]),
    ):
        sign_in(page, username, password)
        expect(page.get_by_role("alert")).to_be_focused()
        told.add(page.get_by_role("alert").inner_text())
        expect(page.get_by_label("Username")).to_have_value(username)
        expect(page.get_by_label("Password", exact=True)).to_have_value("")
    assert len(told) == 1
    assert "ask an administrator" in told.pop()
    assert window.barriers() == []
    assert window.troubles() == []


@pytest.mark.checklist("A08")
def test_the_password_field_helps_password_managers_and_can_be_shown(visits: Visits):
    page = visits.window().open("/sign-in/")
    field = page.get_by_label("Password", exact=True)
    expect(field).to_have_attribute("type", "password")
    expect(field).to_have_attribute("autocomplete", "current-password")
    expect(page.get_by_label("Username")).to_have_attribute("autocomplete", "username")
    field.focus()
    page.keyboard.insert_text("pasted all at once")
    expect(field).to_have_value("pasted all at once")
    page.get_by_role("button", name=re.compile("Show")).click()
    expect(field).to_have_attribute("type", "text")


# --- Acting as a client


def test_the_support_desk_acts_as_a_client_and_stops(visits: Visits):
    window = visits.window("sue.support", WIDE)
    page = window.open("/")
    page.locator("summary.top-account").click()
    page.locator("#switch-account-ts-control").click()
    page.keyboard.type("Harbor Freight L")
    page.get_by_role("option", name=re.compile("Harbor Freight Lines")).click()
    page.get_by_role("button", name="Act as this account").click()
    bar = page.get_by_role("region", name=BAR)
    expect(bar).to_contain_text("You are sue.support and act as Harbor Freight Lines")
    for path in ("/users/", "/access/"):
        window.open(path)
        expect(bar).to_be_visible()
    assert window.barriers() == []
    bar.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("heading", name="Hello, Sue")).to_be_visible()
    expect(bar).to_have_count(0)
    assert window.troubles() == []


def test_the_bar_fits_a_narrow_dark_window(visits: Visits):
    window = visits.window("sue.support", NARROW)
    page = window.open("/act-as/?q=harbor")
    page.get_by_role("button", name="Act as this account Harbor Freight Lines", exact=True).click()
    expect(page.get_by_role("region", name=BAR)).to_be_in_viewport()
    assert (window.overflow(), window.barriers(), window.troubles()) == ([], [], [])


# --- The tree


def test_the_tree_opens_node_by_node_without_leaving_the_page(window: Window):
    page = window.open("/accounts/")
    page.evaluate("window.stayed = true")
    with page.expect_response("**/accounts/harbor/children/") as answer:
        page.locator("summary", has_text="Below Harbor Freight Lines").click()
    assert "<html" not in answer.value.text()
    page.locator("summary", has_text="Below Harbor Freight South").click()
    expect(page.get_by_role("link", name="Valencia depot")).to_be_visible()
    assert page.evaluate("window.stayed") is True
    assert window.barriers() == []
    page.get_by_label("Name or key").fill("valencia")
    expect(page.locator("#results")).to_contain_text("Valencia night yard")
    expect(page).to_have_url(re.compile(r"\?q=valencia"))
    assert window.troubles() == []


# --- Lists and the explorer


def test_a_list_narrows_while_one_types_and_the_address_says_so(window: Window):
    page = window.open("/items/device/")
    page.locator("main input[type=search]").fill("Ambulance")
    expect(page.locator("tbody tr").first).to_contain_text("Ambulance")
    expect(page.get_by_role("link", name="Bus 1", exact=True)).to_have_count(0)
    expect(page).to_have_url(re.compile("q=Ambulance"))
    page.locator("tbody tr").first.locator("td").nth(1).click()
    expect(page.get_by_role("heading", name=re.compile("^Ambulance"))).to_be_visible()
    assert window.troubles() == []


def test_values_are_added_in_the_panel_and_taken_off_one_by_one(window: Window):
    page = window.open("/users/?authority=owner")
    page.locator(".filters summary").click()
    page.get_by_label("Developer").check()
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("link", name="Take off: Authority Developer")).to_be_visible()
    expect(page).to_have_url(re.compile("authority=owner&authority=developer"))
    page.get_by_role("link", name="Take off: Authority Owner").click()
    expect(page.get_by_role("link", name="Take off: Authority Owner")).to_have_count(0)
    expect(page).to_have_url(re.compile("(?<!authority=owner&)authority=developer"))
    assert window.troubles() == []


def test_an_address_that_nobody_understands_is_told_also_while_one_types(window: Window):
    page = window.open("/items/device/?sort=nonsense", status=400)
    expect(page.get_by_role("alert")).to_have_text("This list has no order “nonsense”.")
    page.locator("main input[type=search]").fill("Ambulance")
    expect(page.locator("tbody tr").first).to_contain_text("Ambulance")
    expect(page.get_by_role("link", name="Bus 1", exact=True)).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_text("This list has no order “nonsense”.")
    assert all(one.startswith("answered 400") for one in window.troubles())


def choose(page: Page, label: str, letters: str, option: str) -> None:
    """Type into a select that asks the server, and take what it offers."""
    box = page.locator(".field", has=page.get_by_role("combobox", name=label))
    box.locator(".ts-control").click()
    box.locator(".ts-control input").press_sequentially(letters, delay=30)
    page.wait_for_timeout(400)  # the question is sent once typing has paused
    box.locator(".ts-wrapper:not(.loading)").wait_for()
    page.get_by_role("option", name=re.compile(option)).first.click()


def test_the_explorer_is_asked_by_choosing(window: Window):
    page = window.open("/access/")
    choose(page, "Who", "sam.disp", "sam.dispatch")
    page.get_by_label("May do what").select_option("device:view")
    choose(page, "On what", "buses-device-1", "Bus 1")
    page.get_by_role("button", name="Ask").click()
    verdict = page.locator(".why-verdict")
    expect(verdict).to_contain_text("Yes")
    assert window.barriers() == []
    asked = page.url
    window.open("/")
    page.goto(asked)
    expect(verdict).to_contain_text("Yes")
    assert window.troubles() == []


# --- Danger


def test_an_account_goes_only_with_its_name_typed_in_the_dialog(window: Window):
    actor, parent = northwind()
    open_account(actor, parent, name="To be closed", key="to-be-closed")
    page = window.open("/accounts/to-be-closed/")
    page.locator("main summary", has_text="More actions").click()
    page.get_by_role("link", name="Close the account").click()
    dialog = page.get_by_role("dialog", name="Close To be closed?")
    close = dialog.get_by_role("button", name="Close the account")
    expect(close).to_be_disabled()
    assert window.barriers() == []
    dialog.get_by_label("Type To be closed to go on").fill("To be clos")
    expect(close).to_be_disabled()
    dialog.get_by_label("Type To be closed to go on").fill("To be closed")
    close.click()
    expect(page.get_by_text("To be closed has been closed.")).to_be_visible()
    assert not Account.objects.filter(key="to-be-closed").exists()
    assert window.troubles() == []


def test_blocking_asks_in_a_dialog_and_shows_in_words(window: Window):
    actor, parent = northwind()
    open_account(actor, parent, name="To be blocked", key="to-be-blocked")
    page = window.open("/accounts/to-be-blocked/")
    page.locator("main summary", has_text="More actions").click()
    page.get_by_role("link", name="Block", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Block").click()
    expect(page.get_by_text("Blocked", exact=True)).to_be_visible()
    assert Account.objects.get(key="to-be-blocked").blocked
    assert window.troubles() == []


# --- Names


@pytest.mark.checklist("W14")
def test_odd_names_are_text_everywhere(window: Window, visits: Visits):
    actor, parent = northwind()
    create_item(actor, parent, kind="channel", name=HOSTILE, key="odd-name")
    for path in ("/items/channel/?q=odd-name", "/items/channel/odd-name/", "/search/?q=odd-name",
                 f"/access/?caller=user:{OWNER}&permission=channel:view&thing=channel:odd-name"):  # fmt: skip
        page = window.open(path)
        expect(page.locator("main").get_by_text(HOSTILE).locator("visible=true").first).to_be_visible()
    page = window.open("/access/")
    choose(page, "On what", "odd-name", "^<img src=x onerror")
    expect(page.locator(".ts-control", has_text="<img src=x onerror")).to_be_visible()
    assert page.evaluate("[window.hit, document.querySelectorAll('main img, main b').length]") == [None, 0]
    assert window.troubles() == []


@pytest.mark.checklist("W14")
def test_the_longest_name_does_not_widen_a_narrow_window(visits: Visits):
    actor, parent = northwind()
    longest = Item._meta.get_field("name").max_length
    create_item(actor, parent, kind="channel", name="W" * longest, key="long-name")
    window = visits.window(OWNER, NARROW)
    for path in ("/items/channel/?q=long-name", "/items/channel/long-name/", "/search/?q=long-name"):
        page = window.open(path)
        assert (path, window.overflow()) == (path, [])
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["viewport"]["width"]
