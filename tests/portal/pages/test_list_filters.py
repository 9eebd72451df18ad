"""Filters of pages' lists: several values are any of them, each is taken off singly, and what is wrong is told."""

from __future__ import annotations

import re
from typing import Any

import pytest

from accesscontrol.items.models import Item
from tests.factories import GrantFactory, ItemFactory, TokenFactory
from tests.world import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.both]
DEVICES = "/items/device/"


@pytest.fixture
def day(cast: Cast) -> Item:
    """A second group."""
    return ItemFactory(account=cast.accounts["northwind"], kind="group", key="day", name="Day")


def found(page: Any) -> set[int]:
    return {row.record.pk for row in page.context["table"].page.object_list}


SEVERAL = [
    (DEVICES, "account=contoso&account=northwind", "account=contoso", "account=northwind"),
    (DEVICES, "owner=anna&owner=otto", "owner=anna", "owner=otto"),
    (DEVICES, "group=day&group=night", "group=day", "group=night"),
    ("/users/", "authority=owner&authority=user", "authority=owner", "authority=user"),
    ("/users/", "enabled=True&enabled=False", "enabled=True", "enabled=False"),
    ("/tokens/", "type=acl&type=master", "type=acl", "type=master"),
    ("/tokens/", "state=disabled&state=enabled", "state=disabled", "state=enabled"),
    ("/tokens/", "used=never&used=long_ago", "used=never", "used=long_ago"),
    ("/grants/", "state=paused&state=live", "state=paused", "state=live"),
    ("/grants/", "covers=items&covers=account", "covers=items", "covers=account"),
    ("/grants/", "kind=device&kind=channel", "kind=device", "kind=channel"),
    ("/grants/", "level=edit&level=delete", "level=edit", "level=delete"),
    ("/grants/", "ends=1&ends=30", "ends=1", "ends=30"),
    ("/grants/", "to=contoso&to=fabrikam", "to=contoso", "to=fabrikam"),
    ("/events/", "action=account&action=grant", "action=account", "action=grant"),
    ("/events/", "actor_type=system&actor_type=user", "actor_type=system", "actor_type=user"),
    ("/events/", "account=contoso&account=fabrikam", "account=contoso", "account=fabrikam"),
]


@pytest.mark.parametrize(("address", "both", "first", "second"), SEVERAL)
def test_several_values_are_any_of_them(browse, cast, day, address, both, first, second):
    TokenFactory(account=cast.accounts["northwind"], enabled=False)
    GrantFactory(account=cast.accounts["northwind"], enabled=False, levels=["edit"])
    nora = browse("nora")

    def rows(query: str) -> set[int]:
        page = nora.get(f"{address}?per_page=100&{query}")
        assert page.status_code == 200
        return found(page)

    assert rows(both) == rows(first) | rows(second)
    assert rows(f"{first}&{first}") == rows(first)


def test_a_row_that_fits_twice_is_shown_once(browse, cast, day):
    for group in ("night", "day"):
        browse("nora").post("/items/device/truck-7/links/put/", {"container": group})
    page = browse("nora").get(f"{DEVICES}?group=day&group=night")
    assert [row.record.name for row in page.context["table"].page.object_list].count("Truck 7") == 1


def test_each_value_has_a_chip_and_is_taken_off_singly(browse):
    page = browse("nora").get(f"{DEVICES}?account=contoso&account=fabrikam&created_from=2001-01-01&sort=-name&page=1")
    assert page.context["chips"] == [
        {"label": "Account", "value": "Contoso",
         "remove_url": f"{DEVICES}?account=fabrikam&created_from=2001-01-01&sort=-name"},
        {"label": "Account", "value": "Fabrikam",
         "remove_url": f"{DEVICES}?account=contoso&created_from=2001-01-01&sort=-name"},
        {"label": "Created from", "value": "2001-01-01",
         "remove_url": f"{DEVICES}?account=contoso&account=fabrikam&sort=-name"},
    ]  # fmt: skip
    assert "Take off: Account Fabrikam" in page.text


def test_what_is_chosen_stays_chosen_in_the_form(browse):
    page = browse("nora").get("/tokens/?type=acl&type=master&account=contoso").text
    assert page.count("checked") == 2
    assert '<option value="contoso" selected>' in page
    words = browse("nora").get("/events/?action=account&action=grant").text
    fields = re.findall(r'<input type="text"\s+class="form-control"\s+name="action"\s+(?:value="(\w*)")?', words)
    assert fields == ["account", "grant", ""]


WRONG = [
    (DEVICES, "acount=contoso", "“acount” is no filter here. Take it off.", ("acount", "contoso")),
    (DEVICES, "account=there-is-none", "Account: There is no such choice. Type a few letters and choose from the list.",
     ("Account", "there-is-none")),
    (DEVICES, "account=%00", "Account: There is no such choice. Type a few letters and choose from the list.",
     ("Account", "\x00")),
    (DEVICES, "created_from=yesterday", "Created from: Enter a valid date.", ("Created from", "yesterday")),
    (DEVICES, "created_from=2026-01-01&created_from=2026-02-01",
     "“created_from” takes one value. Take the others off.", ("Created from", "2026-01-01")),
    ("/tokens/", "state=ended&state=nonsense",
     "State: Select a valid choice. nonsense is not one of the available choices.", ("State", "Ended")),
    ("/grants/hub-for-contoso/items/", "item_kind=boat",
     "Kind of item: Select a valid choice. boat is not one of the available choices.", ("Kind of item", "boat")),
    ("/grants/hub-for-contoso/logs/", "since=x", "From: Enter a valid date.", ("From", "x")),
    ("/grants/~received/", "colour=red", "“colour” is no filter here. Take it off.", ("colour", "red")),
]  # fmt: skip


@pytest.mark.checklist("W05")
@pytest.mark.parametrize(("address", "query", "sentence", "chip"), WRONG)
def test_a_wrong_filter_is_told_shows_nothing_and_can_be_taken_off(browse, address, query, sentence, chip):
    page = browse("nora").get(f"{address}?{query}")
    assert (page.status_code, page.context["wrong_address"], found(page)) == (400, [sentence], set())
    first = page.context["chips"][0]
    assert (first["label"], first["value"]) == chip
    assert 'role="alert"' in page.text
    assert browse("nora").get(address).status_code == 200


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("sort=nothing", "This list has no order “nothing”."),
        ("page=x", "“x” is no number of a page."),
        ("per_page=17", "Rows on a page: Select a valid choice. 17 is not one of the available choices."),
    ],
)
def test_a_wrong_order_or_page_is_told_and_the_list_shown(browse, query, sentence):
    page = browse("nora").get(f"{DEVICES}?{query}")
    assert (page.status_code, page.context["wrong_address"]) == (400, [sentence])
    assert found(page) == found(browse("nora").get(DEVICES))


def test_selects_offer_nothing_for_a_kind_that_there_is_not(browse):
    """A misspelt kind would offer things of every kind."""
    assert browse("nora").get("/choices/device:view/?kind=device").status_code == 200
    assert browse("nora").get("/choices/*:view/?kind=boat").status_code == 400
    assert browse("nora").get("/search/suggest/?q=a&only=boat").status_code == 400
