"""Search: everything one may see and nothing else, in a fixed number of statements."""

from __future__ import annotations

import pytest

from accesscontrol.services.items.items import create_items
from accesscontrol.services.items.specs import ItemSpec
from tests.statements import of_page, statements
from tests.world import CONSOLE


def found(client, letters: str) -> dict[str, list[str]]:
    groups = client.get("/search/", {"q": letters}).context["groups"]
    return {group["label"]: [row["label"] for row in group["rows"]] for group in groups}


def test_it_finds_things_of_every_noun(browse):
    assert found(browse("nora"), "truck") == {"Items": ["Truck 7", "Truck 8"]}
    assert found(browse("nora"), "contoso") == {
        "Accounts": ["Contoso"],
        "Users": ["carl", "carla"],
        "Grants": ["hub-for-contoso"],
    }
    assert found(browse("nora"), "dispatcher") == {"Roles": ["Dispatcher"]}
    assert found(browse("nora"), "viewer") == {"Tokens": ["viewer"]}
    assert found(browse("nora"), "pilot") == {"Projects": ["Pilot"]}


@pytest.mark.parametrize("letters", ["rover", "acme", "alma", "", "\x00", "%"])
def test_foreign_things_are_not_found(browse, letters):
    assert found(browse("nora"), letters) == {}


def test_a_subuser_finds_what_is_assigned(browse):
    assert found(browse("sam"), "truck") == {"Items": ["Truck 7"]}
    assert found(browse("sam"), "nora") == {}


def test_the_exact_name_comes_first_and_long_groups_end(browse, cast):
    names = [f"Meter {n}" for n in range(12)] + ["Meter"]
    create_items(CONSOLE, [ItemSpec(account=cast.accounts["acme"], kind="device", name=name) for name in names])
    page = browse("alma").get("/search/", {"q": "Meter"})
    [group] = page.context["groups"]
    assert len(group["rows"]) == 8
    assert (group["rows"][0]["label"], group["more"]) == ("Meter", True)


def test_selects_are_offered_kind_and_key(browse):
    results = browse("nora").get("/search/suggest/", {"q": "truck 7"}).json()["results"]
    assert results == [{"value": "device:truck-7", "text": "Truck 7", "note": "Device · Northwind · truck-7"}]
    only = browse("nora").get("/search/suggest/", {"q": "contoso", "only": ["account", "token"]}).json()["results"]
    assert only == [{"value": "account:contoso", "text": "Contoso", "note": "Account · contoso"}]
    assert browse("carla").get("/search/suggest/", {"q": "truck"}).json() == {"results": []}


@pytest.mark.parametrize("rows", [1, 3])
def test_the_number_of_statements_does_not_grow(browse, cast, rows):
    create_items(
        CONSOLE, [ItemSpec(account=cast.accounts["acme"], kind="device", name=f"Meter {n}") for n in range(rows)]
    )
    alma = browse("alma")
    alma.get("/search/")
    with statements() as made:
        assert len(found(alma, "meter")["Items"]) == rows
    assert made == of_page(9)  # a list a noun, what is called so, and whether few items hold the letters
