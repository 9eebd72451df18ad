"""Without a mouse: Tab comes everywhere, the search is one key away, menus and dialogs give the focus back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.places import DEVICE, OWNER
from tests.browser.visiting import NARROW, WIDE, Visits, Window

pytestmark = pytest.mark.browser
DENIED = "/access/?caller=user:sam.dispatch&permission=device:delete&thing=device:buses-device-1"
WALKED = ["/", "/items/channel/", f"{DEVICE}settings/", "/accounts/", DENIED, "/grants/~new/", "/profile/",
          "/search/?q=harbor"]  # fmt: skip
#: Numbers all that can be used, and notes what gets the focus and whether it shows.
FOLLOW = """() => {
    const usable = "a[href], button, input, select, textarea, summary, [tabindex]";
    window.expected = Array.from(document.querySelectorAll(usable)).filter((node) => node.tabIndex >= 0
        && !node.disabled && node.type !== "hidden" && !node.closest("[inert]")
        && node.checkVisibility({visibilityProperty: true}));
    window.reached = new Set();
    window.unmarked = [];
    const note = (node) => {
        window.reached.add(node);
        const style = getComputedStyle(node);
        const shows = style.outlineStyle !== "none" || style.boxShadow !== "none";
        if (!shows && !node.closest(".ts-control")) window.unmarked.push(node.outerHTML.slice(0, 160));
    };
    document.addEventListener("focusin", (event) => note(event.target));
    document.activeElement.blur();
    return window.expected.length;
}"""
#: One of a group of radio buttons stands for them all: the arrow keys go to the others.
MISSED = """() => window.expected.filter((node) => node.isConnected && !window.reached.has(node)
    && !(node.type === "radio" && Array.from(window.reached).some((one) => one.name === node.name)))
    .map((node) => node.outerHTML.slice(0, 160))"""
#: How many more times Tab is pressed: the parts of a date and time are stops of their own.
MORE = "() => 5 + 8 * document.querySelectorAll('input[type=datetime-local]').length"
FOCUSED = "() => document.activeElement.outerHTML.slice(0, 200)"


@pytest.fixture(scope="module")
def window(visits: Visits) -> Window:
    return visits.window(OWNER, WIDE)


def tab_through(page: Page) -> tuple[int, list[str], list[str]]:
    """Press Tab once for all there is and a few more; how much there is, what was missed, what did not show."""
    there = page.evaluate(FOLLOW)
    for _ in range(there + page.evaluate(MORE)):
        page.keyboard.press("Tab")
    return there, page.evaluate(MISSED), page.evaluate("window.unmarked")


@pytest.mark.parametrize("path", WALKED)
def test_tab_reaches_everything_that_can_be_used_and_shows_where_it_is(window: Window, path: str):
    there, missed, unmarked = tab_through(window.open(path))
    assert there > 15
    assert missed == []
    assert unmarked == []


def test_tab_reaches_everything_on_a_narrow_window(visits: Visits):
    page = visits.window(OWNER, NARROW).open("/roles/")
    there, missed, _ = tab_through(page)
    assert there > 10
    assert missed == []


def test_the_menu_of_a_narrow_window_opens_and_closes_with_the_keyboard(visits: Visits):
    page = visits.window(OWNER, NARROW).open("/roles/")
    menu = page.get_by_role("navigation", name="Main menu")
    expect(menu).to_be_hidden()
    page.get_by_role("link", name="Open the menu").focus()
    page.keyboard.press("Enter")
    expect(menu).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()


def test_the_first_tab_offers_to_skip_to_the_content(window: Window):
    page = window.open("/users/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_a_slash_goes_to_the_search_unless_one_is_typing(window: Window):
    page = window.open("/users/")
    page.keyboard.press("/")
    search = page.get_by_label("Search everything you may see")
    expect(search).to_be_focused()
    expect(search).to_have_value("")
    page.keyboard.type("a/b")
    expect(search).to_have_value("a/b")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=a%2Fb")


def test_escape_closes_a_menu_and_goes_back_to_its_button(window: Window):
    page = window.open("/users/")
    button = page.locator("summary", has_text="Light or dark")
    button.focus()
    page.keyboard.press("Enter")
    light = page.get_by_role("button", name="Light", exact=True)
    expect(light).to_be_visible()
    page.keyboard.press("Tab")
    expect(light).to_be_focused()
    page.keyboard.press("Escape")
    expect(light).to_be_hidden()
    expect(button).to_be_focused()


def open_dialog_with_the_keyboard(page: Page) -> None:
    """The device's menu with the three dots, then *Delete*."""
    page.locator("main summary", has_text="More actions").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Delete", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_a_dialog_keeps_the_focus_inside_and_gives_it_back(window: Window):
    page = window.open(DEVICE)
    open_dialog_with_the_keyboard(page)
    expect(page.get_by_role("dialog", name="Delete Bus 1?")).to_be_visible()
    inside = "() => document.activeElement.closest('dialog') !== null || document.activeElement === document.body"
    for _ in range(8):
        assert page.evaluate(inside), page.evaluate(FOCUSED)
        page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("main summary", has_text="More actions")).to_be_focused()
    assert window.troubles() == []


def test_cancel_closes_a_dialog_and_nothing_is_done(window: Window):
    page = window.open(DEVICE)
    open_dialog_with_the_keyboard(page)
    page.get_by_role("dialog").get_by_role("link", name="Cancel").press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()
    window.open(DEVICE)
    expect(page.get_by_role("heading", name="Bus 1")).to_be_visible()
