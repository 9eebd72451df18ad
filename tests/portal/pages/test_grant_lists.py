"""The lists of grants: given and received, each with its filters; acts on many; what waits for an answer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accesscontrol.grants.models import Grant, GrantGrantee
from accesscontrol.services.grants.grants import create_grant
from accesscontrol.services.owning.moving import move_item
from tests.statements import of_page, statements
from tests.world import CONSOLE

GIVEN, RECEIVED = "/grants/", "/grants/~received/"


def keys(response) -> list[str]:
    return [row.record.key for row in response.context["table"].page.object_list]


def cells(response, column: str) -> list[str]:
    return [row.get_cell_value(column) or row.get_cell(column) for row in response.context["table"].page.object_list]


def states(response) -> list[str]:
    table = response.context["table"]
    return [table.state_of(row.record)["label"] for row in table.page.object_list]


def share(cast, key: str, grantor: str = "northwind", to: tuple[str, ...] = ("contoso",), **fields) -> Grant:
    fields = {"covers": "kind", "kind": "device", **fields}
    accounts = [cast.accounts[name] for name in to]
    return create_grant(CONSOLE, cast.accounts[grantor], grantees=accounts, key=key, **fields)


@pytest.mark.seed("grants.18")
def test_grants_stand_in_access_management_of_the_menu(browse):
    menu = browse("nora").get("/").context["menu"]
    [group] = [group for group in menu if group["label"] == "Access management"]
    assert {"Grants": GIVEN}.items() <= {entry["label"]: entry["url"] for entry in group["entries"]}.items()


@pytest.mark.seed("grants.19")
def test_the_green_plus_leads_to_a_new_grant(browse):
    page = browse("nora").get(GIVEN)
    assert page.context["may_create"] == "/grants/~new/"
    assert '<a class="fab" href="/grants/~new/" title="Grant access">' in page.content.decode()
    assert "fab" not in browse("siv").get(GIVEN).content.decode()


def test_each_grant_stands_in_the_list_of_its_side(browse, cast):
    share(cast, "contoso-fabrikam", "contoso", ("fabrikam",))
    share(cast, "acme-fabrikam", "acme", ("fabrikam",))
    assert keys(browse("carla").get(GIVEN)) == ["contoso-fabrikam"]
    assert keys(browse("carla").get(RECEIVED)) == ["hub-for-contoso"]
    assert keys(browse("frank").get(GIVEN)) == []
    assert keys(browse("frank").get(RECEIVED)) == ["acme-fabrikam", "contoso-fabrikam"]
    assert keys(browse("nora").get(GIVEN)) == ["contoso-fabrikam", "hub-for-contoso"]
    assert keys(browse("nora").get(RECEIVED)) == ["acme-fabrikam", "contoso-fabrikam", "hub-for-contoso"]
    assert keys(browse("siv").get(RECEIVED)) == []


@pytest.mark.parametrize("rows", [1, 3])
def test_the_lists_take_as_many_statements_for_1_as_for_3_rows(browse, cast, rows):
    items = (cast.items["lorry"],)
    for n in range(rows):
        share(cast, f"lent-{n}", "fabrikam", ("contoso", "shop")[: 1 + n % 2], covers="items", kind="", items=items)
    for n in range(rows - 1):
        share(cast, f"again-{n}", "northwind", ("contoso",), covers="items", kind="", items=(cast.items["truck_8"],))
    frank, carla = browse("frank"), browse("carla")
    frank.get(GIVEN), carla.get(f"{RECEIVED}?account=northwind")
    with statements() as made:
        assert len(keys(frank.get(GIVEN))) == rows
    assert made == of_page(6)
    with statements() as made:
        assert len(keys(carla.get(f"{RECEIVED}?account=northwind"))) == rows
    assert made == of_page(7)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=live", ["soon", "whole", "hub-for-contoso"]),
        ("state=paused", ["paused"]),
        ("state=ended", ["over"]),
        ("state=later", ["later"]),
        ("state=waiting", ["asked"]),
        ("ends=1", []),
        ("ends=7", ["soon"]),
        ("covers=account", ["whole"]),
        ("kind=device", ["asked", "over", "later", "paused", "soon"]),
        ("kind=channel", ["hub-for-contoso"]),
        ("level=edit", ["soon"]),
        ("level=create-", ["whole"]),
        ("level=operate-as", []),
        ("to=fabrikam", ["whole"]),
        ("account=contoso", []),
        ("q=spring", ["whole"]),
        ("state=nonsense", []),
    ],
)
def test_filters_of_what_was_given(browse, cast, query, expected):
    now = timezone.now()
    share(cast, "whole", to=("fabrikam",), covers="account", kind="", levels=("create-device",), note="The spring.")
    share(cast, "soon", levels=("edit",), expires_at=now + timedelta(days=5))
    share(cast, "paused", enabled=False)
    share(cast, "later", starts_at=now + timedelta(days=5))
    share(cast, "over", expires_at=now + timedelta(days=1))
    Grant.objects.filter(key="over").update(expires_at=now - timedelta(days=1))
    share(cast, "asked", to=("acme",))
    assert keys(browse("nora").get(f"{GIVEN}?{query}")) == expected


def test_states_are_told_in_words(browse, cast):
    share(cast, "asked", to=("acme",))
    share(cast, "paused", enabled=False)
    assert states(browse("nora").get(GIVEN)) == ["Paused", "Waits for an answer", "Live"]
    assert states(browse("alma").get(RECEIVED)) == ["Waits for an answer"]


def test_chosen_items_are_named_as_far_as_one_sees_them_and_they_are_covered(browse, cast):
    items = (cast.items["truck_7"], cast.items["truck_8"])
    grant = share(cast, "trucks", to=("acme", "fabrikam"), covers="items", kind="", items=items)
    assert browse("nora").get(GIVEN).context["table"].item_names[grant.pk] == "Truck 7 and 1 more"
    assert browse("alma").get(RECEIVED).context["table"].item_names == {}
    contoso = share(cast, "van", "contoso", ("fabrikam",), covers="items", kind="", items=(cast.items["van_1"],))
    move_item(CONSOLE, cast.items["van_1"], cast.accounts["northwind"])
    assert contoso.pk not in browse("nora").get(GIVEN).context["table"].item_names


@pytest.mark.checklist("Z04")
def test_neither_list_nor_filter_tells_a_grantee_of_another(browse, cast):
    share(cast, "both", to=("contoso", "fabrikam"))
    GrantGrantee.objects.filter(grant__key="both", account__key="contoso").update(accepted_at=None)
    carla = browse("carla")
    page = carla.get(RECEIVED)
    assert "Fabrikam" not in page.content.decode()
    assert states(page) == ["Waits for an answer", "Live"]  # though Fabrikam has accepted
    assert keys(carla.get(f"{RECEIVED}?state=live")) == ["hub-for-contoso"]
    assert keys(carla.get(f"{RECEIVED}?state=waiting")) == ["both"]


@pytest.mark.checklist("Z04")
def test_one_that_was_invited_by_key_and_does_not_answer_is_like_none(browse, cast):
    share(cast, "asked", to=("acme",))
    page = browse("nora").get(GIVEN).content.decode()
    assert "Acme" not in page
    assert keys(browse("nora").get(f"{GIVEN}?to=acme")) == []


def test_what_waits_for_an_answer_stands_on_top_and_is_accepted(browse, cast):
    share(cast, "asked", to=("acme",), levels=("edit",), note="For the tests.")
    alma = browse("alma")
    page = alma.get(RECEIVED)
    [invitation] = page.context["invitations"]
    assert invitation["title"] == "Northwind offers you access"
    assert [tab["count"] for tab in page.context["tabs"]] == ["", "1 to answer"]
    assert alma.get("/items/device/truck-8/").status_code == 404
    assert alma.post(invitation["accept_url"]).url == "/grants/asked/"
    assert alma.get("/items/device/truck-8/").status_code == 200
    assert alma.get(RECEIVED).context["invitations"] == []
    assert browse("nora").get(f"{GIVEN}").context["tabs"][1]["count"] == ""


# --- Many at once


def test_many_are_paused_and_resumed_after_a_question(browse, cast):
    share(cast, "one")
    share(cast, "two", to=("fabrikam",))
    nora = browse("nora")
    sent = {"action": "pause", "selection": ["one", "two"]}
    asked = nora.post("/grants/~bulk/", sent)
    assert asked.context["title"] == "Pause 2 grants?"
    assert Grant.objects.filter(enabled=False).count() == 0
    assert nora.post("/grants/~bulk/", {**sent, "confirmed": "1"}).url == GIVEN
    assert set(Grant.objects.filter(enabled=False).values_list("key", flat=True)) == {"one", "two"}
    asked = nora.post("/grants/~bulk/", {**sent, "action": "resume"})
    nora.post("/grants/~bulk/", {**sent, "action": "resume", "confirmed": "1", "seen": asked.context["seen"]})
    assert Grant.objects.filter(enabled=False).count() == 0


def test_many_are_revoked_and_only_by_who_gave_them(browse, cast):
    share(cast, "one")
    share(cast, "two", to=("fabrikam",))
    sent = {"action": "revoke", "selection": ["one", "two"], "confirmed": "1"}
    assert browse("carla").post("/grants/~bulk/", sent, follow=True).status_code == 200
    assert set(Grant.objects.values_list("key", flat=True)) == {"one", "two", "hub-for-contoso"}
    browse("nora").post("/grants/~bulk/", sent)
    assert list(Grant.objects.values_list("key", flat=True)) == ["hub-for-contoso"]


def test_nothing_ticked_says_so(browse):
    page = browse("nora").post("/grants/~bulk/", {"action": "pause"})
    assert page.context["title"] == "Tick some grants first"
    foreign = browse("alma").post("/grants/~bulk/", {"action": "pause", "selection": ["hub-for-contoso"]})
    assert foreign.context["title"] == "Tick some grants first"
