"""The statements of the busiest pages: the same for 1 row, for 3, and where the branch has 10,000 accounts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accesscontrol.access.actor import Actor
from accesscontrol.accounts import tree
from accesscontrol.items.models import Item
from accesscontrol.services.grants.grants import create_grants
from accesscontrol.services.grants.specs import GrantSpec
from tests.statements import of_page, statements
from tests.world import Cast

CONSOLE = Actor.system()
VERDICT = "/access/?caller=user:alma&permission=device:view&thing=device:rover"
#: Page → its address, what it makes, and how many statements it may make at most.
PAGES = {
    "device list": ("/items/device/", of_page(4), 15),
    "home": ("/", of_page(10), 17),
    "grants list": ("/grants/", of_page(6), 16),
    "explorer with a verdict": (VERDICT, of_page(4, things=2), 18),
}
#: How many accounts, items and grants there are.
WORLDS = {"1 row": (1, 1), "3 rows": (3, 3), "10,000 accounts": (10_000, 3)}


@pytest.fixture(params=WORLDS)
def alma(request: pytest.FixtureRequest, cast: Cast, browse: Callable[[str], Client]) -> Client:
    """The owner of an account with so many accounts below it, each with a device, and so many grants given."""
    accounts, grants = WORLDS[request.param]
    acme = cast.accounts["acme"]
    opened = tree.bulk_open({"key": f"below-{n}", "name": f"Below {n}", "parent": acme} for n in range(accounts))
    Item.objects.bulk_create(Item(key=f"m{a.pk}", kind="device", account=a, name=f"Meter {a.pk}") for a in opened)
    given = {"account": acme, "covers": "items", "items": (cast.items["rover"],), "grantees": (cast.accounts["shop"],)}
    create_grants(CONSOLE, [GrantSpec(key=f"given-{n}", **given) for n in range(grants)])
    return browse("alma")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_makes_as_many_statements_whatever_there_is_to_show(alma: Client, name: str) -> None:
    address, expected, most = PAGES[name]
    alma.get(address)
    with statements() as made:
        assert alma.get(address).status_code == 200
    assert made == expected
    assert sum(made.values()) <= most
