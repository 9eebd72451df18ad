"""The grantee's side: accept, decline, drop out, hand on to own users; and the log, each side its own part."""

from __future__ import annotations

import pytest

from accesscontrol.grants.models import Grant
from accesscontrol.services.accounts.accounts import move_account
from accesscontrol.services.grants.grants import create_grant
from accesscontrol.services.items.links import link_items
from tests.statements import of_page, statements
from tests.world import CONSOLE

HUB = "/grants/hub-for-contoso/"


def lines(response) -> list[tuple[str, str]]:
    """(what, part of which account) of a log, newest first."""
    table = response.context["table"]
    return [(row.record.action, table.account_names.get(row.record.account_id, "")) for row in table.page.object_list]


def offer(cast, key: str = "offer") -> Grant:
    return create_grant(CONSOLE, cast.accounts["northwind"], covers="items", items=(cast.items["truck_8"],), key=key,
                        grantees=[cast.accounts["acme"]])  # fmt: skip


def test_an_offer_asks_for_an_answer_and_gives_nothing_yet(browse, cast):
    offer(cast)
    alma = browse("alma")
    page = alma.get("/grants/offer/")
    assert page.context["invitation"] == {"accept_url": "/grants/offer/accept/", "decline_url": "/grants/offer/delete/"}
    assert page.context["reasons"] == ["No grantee has accepted it yet. It counts from the moment one accepts."]
    items = alma.get("/grants/offer/items/")
    assert items.context["empty"]["text"] == "You see its items once your account has accepted."
    alma.post("/grants/offer/accept/")
    assert alma.get("/grants/offer/").context["invitation"] is None
    assert [row.record.name for row in alma.get("/grants/offer/items/").context["table"].page] == ["Truck 8"]


def test_declining_is_silent(browse, cast):
    offer(cast)
    alma = browse("alma")
    assert alma.get("/grants/offer/delete/").context["title"] == "Decline what Northwind offers?"
    assert alma.post("/grants/offer/delete/").url == "/grants/~received/"
    assert alma.get("/grants/offer/").status_code == 404
    page = browse("nora").get("/grants/offer/grantees/")
    assert [(row["label"], row["state"]["label"]) for row in page.context["rows"]] == [
        ("acme", "Invited, not answered")
    ]


def test_only_the_account_itself_answers(browse, cast):
    offer(cast)
    browse("nora").post("/grants/offer/accept/")
    assert browse("alma").get("/items/device/truck-8/").status_code == 404


def test_dropping_out_shows_what_goes_first(browse, cast):
    link_items(cast.actor("carla"), cast.items["van_1"], cast.items["hub"])
    carla = browse("carla")
    asked = carla.get(f"{HUB}delete/")
    assert asked.context["title"] == "Drop out of this grant?"
    assert asked.context["preview"]["parts"][0]["lose"] == "Contoso will no longer see 1 channel."
    assert asked.context["preview"]["cut"] == ["Van 1 in Hub"]
    assert carla.post(f"{HUB}delete/").url == "/grants/~received/"
    assert carla.get("/items/channel/hub/").status_code == 404
    assert Grant.objects.filter(key="hub-for-contoso").exists()


def test_received_items_are_assigned_to_own_users(browse, cast):
    carla, siv = browse("carla"), browse("siv")
    create_grant(CONSOLE, cast.accounts["northwind"], covers="items", items=(cast.items["truck_8"],), key="lent",
                 grantees=[cast.accounts["shop"]])  # fmt: skip
    assert siv.get("/items/device/truck-8/").status_code == 404
    shira = browse("shira")
    assert [one["label"] for one in shira.get("/grants/lent/items/").context["part_actions"]] == [
        "Assign to one of your users"
    ]
    sent = {"user": "siv", "items": ["truck-8"]}
    assert shira.post("/grants/lent/assign/", sent).url == "/users/siv/"
    assert siv.get("/items/device/truck-8/").status_code == 200
    browse("nora").post("/grants/lent/delete/")
    assert siv.get("/items/device/truck-8/").status_code == 404
    assert carla.get("/grants/lent/").status_code == 404


def test_only_items_of_the_grant_and_users_of_the_own_branch_can_be_chosen(browse, cast):
    carla = browse("carla")
    for sent in ({"user": "siv", "items": ["truck-7"]}, {"user": "sam", "items": ["hub"]}):
        response = carla.post(f"{HUB}assign/", sent)
        assert response.status_code == 200
        assert "no such choice" in " ".join(sum(response.context["form"].errors.values(), []))


def test_a_received_item_bears_a_blue_tag_that_leads_to_the_grant(browse):
    page = browse("carla").get("/items/channel/hub/")
    assert page.context["grant_tag"] == {"label": "from Northwind", "url": HUB}
    assert 'class="owner-tag owner-grant" href="/grants/hub-for-contoso/"' in page.content.decode()


@pytest.mark.seed("grants.05")
def test_a_grantee_puts_own_devices_into_a_received_container_and_takes_them_out(browse, cast):
    carla = browse("carla")
    assert carla.get("/items/channel/hub/items/").context["parts"][0]["action"]["label"] == "Put something in"
    assert carla.post("/items/channel/hub/links/add/", {"members": ["van-1"]}).status_code == 302
    rows = carla.get("/items/channel/hub/items/").context["parts"][0]["rows"]
    assert [row["label"] for row in rows] == ["Van 1"]  # not Truck 7 of Northwind, which is in it as well
    assert len(browse("nora").get("/items/channel/hub/items/").context["parts"][0]["rows"]) == 2
    carla.post(rows[0]["act"]["url"])
    assert carla.get("/items/channel/hub/items/").context["parts"][0]["rows"] == []


def test_moved_above_the_grantor_a_grantee_reads_that_it_is_without_effect(browse, cast):
    create_grant(CONSOLE, cast.accounts["shop"], covers="kind", kind="device", grantees=[cast.accounts["fabrikam"]],
                 key="from-shop")  # fmt: skip
    move_account(CONSOLE, cast.accounts["shop"], cast.accounts["fabrikam"])
    page = browse("nora").get("/grants/from-shop/")
    assert page.context["state"]["label"] == "Without effect"
    assert page.context["reasons"] == ["Fabrikam stands above Shop now and has access without it."]


# --- Logs


@pytest.mark.seed("grants.31")
def test_each_side_reads_its_own_part_of_the_log(browse, cast):
    nora = browse("nora")
    nora.post(f"{HUB}grantees/~add/", {"grantees": ["fabrikam"]})
    nora.post(f"{HUB}switch/")
    assert lines(browse("carla").get(f"{HUB}logs/")) == [("grant.change", "Contoso"), ("grant.create", "Contoso")]
    assert lines(browse("frank").get(f"{HUB}logs/")) == [("grant.change", "Fabrikam"), ("grant.create", "Fabrikam")]
    whole = lines(nora.get(f"{HUB}logs/"))
    assert ("grant.change", "Northwind") in whole
    assert len(whole) == 7


@pytest.mark.checklist("Z04")
def test_the_log_of_a_grantee_names_nobody_of_the_other_side(browse, cast):
    nora = browse("nora")
    nora.post(f"{HUB}grantees/~add/", {"grantees": ["fabrikam"]})
    nora.post(f"{HUB}switch/")
    page = browse("carla").get(f"{HUB}logs/").content.decode().partition("<main")[2]
    for hidden in ("nora", "Fabrikam", "fabrikam", "127.0.0.1"):
        assert hidden not in page
    assert "Northwind" in page


def test_the_log_says_what_changed_from_what_to_what(browse, cast):
    nora = browse("nora")
    nora.post(f"{HUB}change/", {"levels": ["edit"], "ends": "never", "confirmed": "1"})
    page = nora.get(f"{HUB}logs/").content.decode()
    assert "levels: read only → Edit" in page
    assert nora.get(f"{HUB}logs/?since=2001-01-01&q=grant.create").context["table"].paginator.count == 2


@pytest.mark.parametrize("acts", [1, 3])
def test_the_log_takes_as_many_statements_after_1_as_after_3_acts(browse, cast, acts):
    nora = browse("nora")
    for _ in range(acts):
        nora.post(f"{HUB}switch/")
    nora.get(f"{HUB}logs/")
    with statements() as made:
        assert len(lines(nora.get(f"{HUB}logs/"))) == 2 + 2 * acts
    assert made == of_page(9, things=2)


@pytest.mark.checklist("Z04")
def test_who_is_no_side_of_it_finds_no_grant(browse):
    for path in ("", "items/", "grantees/", "logs/", "delete/", "change/", "assign/"):
        assert browse("frank").get(f"{HUB}{path}").status_code == 404


def test_an_offer_stands_on_the_first_page(browse, cast):
    offer(cast)
    page = browse("alma").get("/")
    assert [one["what"] for one in page.context["invitations"]] == ["Chosen items of Northwind"]
    assert 'action="/grants/offer/accept/"' in page.content.decode()
    assert browse("nora").get("/").context["invitations"] == []
