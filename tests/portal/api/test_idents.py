"""Idents over REST: shown, set, and looked up by whoever may view the device."""

from __future__ import annotations

import pytest

from accesscontrol.items.models import Item
from accesscontrol.services.items.items import change_item
from tests.portal.telling import told_at
from tests.world import CONSOLE, Cast

ITEMS = "/api/v1/items/"
IMEI = "35-2099-AB"


@pytest.fixture
def truck(cast: Cast) -> Item:
    return change_item(CONSOLE, cast.items["truck_7"], ident=IMEI)


def test_rest_shows_sets_and_finds_it(person, truck):
    call = person("nora")
    assert call.get(f"{ITEMS}truck-7/").json()["ident"] == IMEI
    assert call.patch(f"{ITEMS}truck-8/", {"ident": "77"}).json()["ident"] == "77"
    made = call.post(ITEMS, {"account": "contoso", "kind": "modem", "name": "M", "ident": IMEI})
    assert made.json()["ident"] == IMEI
    found = call.get(f"{ITEMS}?ident=35-2099-ab").json()["results"]
    assert sorted(row["kind"] for row in found) == ["device", "modem"]
    assert call.get(f"{ITEMS}?ident=2099").json()["results"] == []
    assert person("alma").get(f"{ITEMS}?ident={IMEI}").json()["results"] == []


def test_rest_tells_a_taken_one_at_its_field(person, truck):
    refused = person("nora").patch(f"{ITEMS}truck-8/", {"ident": IMEI.lower()})
    assert (refused.status_code, list(told_at(refused))) == (400, ["ident"])
