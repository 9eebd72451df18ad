"""Idents on the pages: shown, set and searched by whoever may do that with the device."""

from __future__ import annotations

import pytest

from accesscontrol.items.models import Item
from accesscontrol.services.items.items import change_item
from tests.world import CONSOLE, Cast

DEVICES = "/items/device/"
IMEI = "35-2099-AB"


@pytest.fixture
def truck(cast: Cast) -> Item:
    return change_item(CONSOLE, cast.items["truck_7"], ident=IMEI)


def listed(response) -> list[str]:
    return [row.record.name for row in response.context["table"].page.object_list]


# --- Pages


def test_the_list_shows_it_and_is_searched_and_filtered_by_it(browse, truck):
    assert IMEI in browse("sam").get(DEVICES).content.decode()
    for query in ("q=2099", "q=35-2099-ab", "ident=35-2099-ab"):
        assert listed(browse("nora").get(f"{DEVICES}?{query}")) == ["Truck 7"]
        assert listed(browse("carla").get(f"{DEVICES}?{query}")) == []
    assert listed(browse("nora").get(f"{DEVICES}?ident=2099")) == []


@pytest.mark.parametrize(("kind", "has"), [("device", True), ("modem", True), ("asset", True), ("bucket", False)])
def test_only_kinds_with_an_ident_ask_for_one(browse, kind, has):
    client = browse("nora")
    assert ("ident" in client.get(f"/items/{kind}/").context["filter_form"].fields) == has
    assert ("ident" in client.get(f"/items/{kind}/~new/").context["form"].fields) == has


def test_its_page_shows_it(browse, truck):
    assert IMEI in browse("sam").get(f"{DEVICES}truck-7/").content.decode()


def test_forms_set_it_and_keep_what_was_typed_where_it_is_taken(browse, truck):
    client = browse("nora")
    fields = {"account": "northwind", "name": "New one", "ident": " 35-2099-ab "}
    refused = client.post(f"{DEVICES}~new/", fields)
    assert refused.context["form"]["ident"].value() == " 35-2099-ab "
    [said] = refused.context["form"].errors["ident"]
    assert said.startswith("The ident “35-2099-ab” is taken in Northwind.")
    assert client.post(f"{DEVICES}~new/", fields | {"ident": "35-2100"}).status_code == 302
    assert Item.objects.get(ident="35-2100").name == "New one"


def test_the_change_form_starts_with_it(browse, truck):
    client = browse("nora")
    assert client.get(f"{DEVICES}truck-7/change/").context["form"]["ident"].value() == IMEI


def test_a_move_to_where_it_is_taken_is_refused_with_a_sentence(browse, cast, truck):
    change_item(CONSOLE, cast.items["van_1"], ident=IMEI.lower())
    refused = browse("nora").post(f"{DEVICES}truck-7/move/", {"account": "contoso"})
    assert refused.status_code == 200
    [said] = refused.context["form"].non_field_errors()
    assert said.startswith("The ident “35-2099-AB” is taken in Contoso.")


# --- Search and pickers


@pytest.mark.parametrize("letters", [IMEI, IMEI.lower(), "2099"])
def test_search_and_selects_find_it(browse, truck, letters):
    groups = browse("sam").get("/search/", {"q": letters}).context["groups"]
    assert [row["label"] for group in groups for row in group["rows"]] == ["Truck 7"]
    [offered] = browse("sam").get("/search/suggest/", {"q": letters}).json()["results"]
    assert (offered["value"], IMEI in offered["note"]) == ("device:truck-7", True)
    [choice] = browse("sam").get("/choices/device:view/", {"q": letters}).json()["results"]
    assert (choice["value"], IMEI in choice["note"]) == ("truck-7", True)
    assert browse("carla").get("/search/", {"q": letters}).context["groups"] == []
    assert browse("carla").get("/choices/device:view/", {"q": letters}).json() == {"results": []}
