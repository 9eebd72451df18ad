"""Without JavaScript everything can still be done: sign in, open the tree, create, filter, ask why, act as a client."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from accesscontrol.items.models import Item
from tests.browser.places import DEVICE, OWNER
from tests.browser.visiting import NARROW, WIDE, Portal, Visits, Window

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def window(visits: Visits) -> Window:
    return visits.window(OWNER, WIDE, scripts=False)


def test_signing_in_and_out(visits: Visits, portal: Portal):
    page = visits.window(scripts=False).open("/items/device/")
    page.get_by_label("Username").fill(OWNER)
    page.get_by_label("Password").fill(portal.passwords[OWNER])
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(f"{portal.url}/items/device/")
    page.locator("summary.top-user").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_node_of_the_tree_opens(window: Window):
    page = window.open("/accounts/")
    assert page.get_by_role("link", name="Harbor Freight South").count() == 0
    page.locator("summary", has_text="Below Harbor Freight Lines").click()
    page.get_by_role("link", name="Show what is below").locator("visible=true").click()
    expect(page.get_by_role("link", name="Harbor Freight South")).to_be_visible()


def test_creating_an_item(window: Window):
    page = window.open("/items/group/~new/")
    page.get_by_label("Name").fill("Made without scripts")
    page.get_by_label("Create for").select_option("northwind")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="Made without scripts")).to_be_visible()
    assert Item.objects.get(name="Made without scripts").account.key == "northwind"


def test_a_form_that_does_not_fit_keeps_what_was_typed(window: Window):
    page = window.open("/items/group/~new/")
    page.get_by_label("Name").fill("Half a group")
    page.get_by_label("Settings").fill("{colour: red}")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing is lost")
    expect(page.get_by_label("Name")).to_have_value("Half a group")
    expect(page.get_by_label("Settings")).to_have_value("{colour: red}")
    assert not Item.objects.filter(name="Half a group").exists()


def test_filtering_a_list(window: Window):
    page = window.open("/users/")
    rows = page.locator("tbody tr")
    before = rows.count()
    page.locator("summary", has_text="Filters").click()
    page.get_by_role("group", name="State").get_by_label("Disabled").check()
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("list", name="Filters in force")).to_contain_text("Disabled")
    assert 0 < rows.count() < before
    page.get_by_role("link", name=re.compile("Take off")).click()
    expect(rows).to_have_count(before)


def test_searching_a_list(window: Window):
    page = window.open("/users/")
    page.get_by_role("searchbox", name="Search", exact=True).last.fill("sam.dispatch")
    page.locator("main").get_by_role("button", name="Search").click()
    expect(page.locator("tbody tr")).to_have_count(1)


def test_asking_the_explorer(window: Window):
    page = window.open("/access/")
    page.get_by_label("Or type who").fill("user:sam.dispatch")
    page.get_by_label("May do what").select_option("device:delete")
    page.get_by_label("Or type what").fill("device:buses-device-1")
    page.get_by_role("button", name="Ask").click()
    answer = page.get_by_role("region", name="The answer")
    expect(answer.locator(".why-verdict")).to_contain_text("No")
    expect(answer.locator(".part")).to_have_count(14)


def test_acting_as_a_client_and_stopping(visits: Visits):
    page = visits.window("sue.support", NARROW, scripts=False).open("/act-as/?q=harbor")
    page.get_by_role("button", name="Act as this account Harbor Freight Lines", exact=True).click()
    bar = page.get_by_role("region", name="Acting as another account")
    expect(bar).to_contain_text("Harbor Freight Lines")
    bar.get_by_role("button", name="Stop").click()
    expect(bar).to_have_count(0)


def test_a_thing_goes_only_with_its_name_typed(window: Window):
    page = window.open(f"{DEVICE}delete/")
    confirm_with(page, "Bus")
    expect(page.get_by_text("This is not the name.")).to_be_visible()
    assert Item.objects.filter(key="buses-device-1").exists()


def confirm_with(page: Page, typed: str) -> None:
    page.get_by_label("Type Bus 1 to go on").fill(typed)
    page.get_by_role("button", name="Delete").click()
