"""Lists of items: only what one sees, searched, filtered, sorted and paged, in a fixed number of statements."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from accesscontrol.items.models import Record
from accesscontrol.services.items.items import create_items
from accesscontrol.services.items.specs import ItemSpec
from tests.statements import of_page, statements
from tests.world import CONSOLE

DEVICES = "/items/device/"


def names(response) -> list[str]:
    """The names in the list, in order."""
    return [row.record.name for row in response.context["table"].page.object_list]


def test_a_parent_sees_its_branch_and_nobody_else(browse):
    assert names(browse("nora").get(DEVICES)) == ["Lorry", "Pump", "Scooter", "Sensor", "Truck 7", "Truck 8", "Van 1"]
    assert names(browse("carla").get(DEVICES)) == ["Scooter", "Van 1"]
    assert names(browse("alma").get(DEVICES)) == ["Rover"]
    assert names(browse("sam").get(DEVICES)) == ["Truck 7"]


def test_the_count_is_of_what_one_sees(browse):
    assert browse("sam").get(DEVICES).context["result_note"] == "1 found"
    assert browse("carla").get(DEVICES).context["result_note"] == "2 found"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=truck", ["Truck 7", "Truck 8"]),
        ("q=TRUCK-8", ["Truck 8"]),
        ("q=rover", []),
        ("account=contoso", ["Van 1"]),
        ("owner=anna", ["Sensor"]),
        ("sort=-name&q=truck", ["Truck 8", "Truck 7"]),
        ("created_from=2001-01-01&q=pump", ["Pump"]),
        ("created_to=2001-01-01", []),
        ("q=%00", []),
    ],
)
def test_search_filters_and_sorting(browse, query, expected):
    assert names(browse("nora").get(f"{DEVICES}?{query}")) == expected


def test_a_filter_by_group_shows_its_members(browse, cast):
    browse("nora").post("/items/device/truck-8/links/put/", {"container": "night"})
    assert names(browse("nora").get(f"{DEVICES}?group=night")) == ["Truck 8"]


@pytest.mark.checklist("Z04")
def test_a_filter_by_a_foreign_account_is_like_one_that_does_not_exist(browse):
    foreign = browse("carla").get(f"{DEVICES}?account=acme")
    absent = browse("carla").get(f"{DEVICES}?account=there-is-none")
    assert names(foreign) == names(absent) == []
    scrubbed = [re.sub("acme|there-is-none", "x", page.content.decode()) for page in (foreign, absent)]
    tokens = re.compile(r'"X-CSRFToken": "[^"]*"|name="csrfmiddlewaretoken" value="[^"]*"')
    assert tokens.sub("", scrubbed[0]) == tokens.sub("", scrubbed[1])


def test_pages_of_25_50_and_100(browse, cast):
    specs = [ItemSpec(account=cast.accounts["acme"], kind="device", name=f"Rover {n:03}") for n in range(60)]
    create_items(CONSOLE, specs)
    alma = browse("alma")
    assert len(names(alma.get(DEVICES))) == 25
    assert len(names(alma.get(f"{DEVICES}?per_page=50"))) == 50
    assert len(names(alma.get(f"{DEVICES}?per_page=100"))) == 61
    assert len(names(alma.get(f"{DEVICES}?per_page=100000"))) == 25
    assert names(alma.get(f"{DEVICES}?page=3"))[-1] == "Rover 059"
    assert names(alma.get(f"{DEVICES}?page=99")) == names(alma.get(f"{DEVICES}?page=3"))
    assert alma.get(DEVICES).context["result_note"] == "61 found"


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_takes_as_many_statements_for_1_as_for_3_rows(browse, cast, rows):
    create_items(CONSOLE, [ItemSpec(account=cast.accounts["acme"], kind="stream", name=f"S{n}") for n in range(rows)])
    alma = browse("alma")
    alma.get("/items/stream/")
    with statements() as made:
        response = alma.get("/items/stream/")
    assert made == of_page(3)
    assert len(names(response)) == rows


def test_things_of_other_accounts_carry_a_tag(browse):
    page = browse("nora").get(DEVICES).content.decode()
    assert 'href="/accounts/contoso/"' in page
    received = browse("carla").get("/items/channel/").content.decode()
    assert "from Northwind" in received
    assert 'href="/grants/hub-for-contoso/"' in received


def test_the_last_message_is_for_who_may_read_messages(browse, cast):
    sent = timezone.now() - timedelta(days=400)
    Record.objects.create(item=cast.items["truck_7"], section="messages", at=sent, data={"speed": 1})
    assert f"{sent:%Y-%m-%d}" in browse("nora").get(DEVICES).content.decode()
    assert f"{sent:%Y-%m-%d}" not in browse("lee").get(DEVICES).content.decode()


def test_the_number_of_linked_devices_is_of_those_one_sees(browse, cast):
    assert browse("nora").get("/items/channel/").context["table"].device_counts == {cast.items["hub"].pk: 1}
    assert browse("carla").get("/items/channel/").context["table"].device_counts == {}


def test_an_empty_list_says_what_the_thing_is_for(browse):
    page = browse("alma").get("/items/modem/").content.decode()
    assert "Sends SMS commands to devices." in page
    assert 'href="/items/modem/~new/"' in page


def test_who_may_not_create_gets_no_button_and_no_form(browse):
    sam = browse("sam")
    assert "~new" not in sam.get(DEVICES).content.decode()
    assert sam.get("/items/device/~new/").status_code == 403


@pytest.mark.checklist("Z04")
def test_choices_offer_only_what_one_sees(browse):
    def offered(username: str, address: str) -> list[str]:
        return [one["value"] for one in browse(username).get(address).json()["results"]]

    assert offered("nora", "/choices/device:view/?q=r")[:2] == ["lorry", "scooter"]
    assert offered("sam", "/choices/device:view/?q=truck") == ["truck-7"]
    assert offered("carla", "/choices/*:view/?q=o") == ["scooter"]
    assert offered("carla", "/choices/*:view/?kind=channel&kind=calculator") == ["hub", "trips"]
    assert offered("carla", "/choices/device:create/") == ["contoso", "shop"]
    assert offered("sam", "/choices/user:view/") == ["sam"]
    assert browse("nora").get("/choices/nonsense/").status_code == 404
    assert browse("nora").get("/choices/event:view/").status_code == 404
