"""The page of a grant: its tabs, what each side reads, and the acts of the grantor's side."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accesscontrol.grants.models import Grant
from accesscontrol.services.grants.grants import create_grant
from accesscontrol.services.items.items import create_items
from accesscontrol.services.items.specs import ItemSpec
from accesscontrol.services.owning.moving import move_item
from tests.statements import of_page, statements
from tests.world import CONSOLE

HUB = "/grants/hub-for-contoso/"


def tabs(response) -> list[str]:
    return [tab["label"] for tab in response.context["tabs"]]


def names(response) -> list[str]:
    return [row.record.name for row in response.context["table"].page.object_list]


def share(cast, grantor: str = "northwind", to: tuple[str, ...] = ("contoso",), **fields) -> Grant:
    fields = {"covers": "kind", "kind": "device", **fields}
    return create_grant(CONSOLE, cast.accounts[grantor], grantees=[cast.accounts[name] for name in to], **fields)


def test_the_overview_says_who_gives_what_to_whom(browse):
    page = browse("nora").get(HUB)
    assert page.context["title"] == "Chosen items of Northwind"
    assert page.context["subtitle"] == "Granted by Northwind to Contoso"
    assert page.context["state"]["label"] == "Live"
    assert tabs(page) == ["Overview", "Items", "Grantees", "Logs"]
    assert [one["name"] for one in page.context["levels"]] == ["Read"]
    assert [one["label"] for one in page.context["actions"]] == ["Change", "Pause"]
    received = browse("carla").get(HUB)
    assert received.context["grant_tag"]["label"] == "received from Northwind"
    assert received.context["actions"] == []
    assert [one["label"] for one in received.context["more_actions"]] == ["Drop out of the grant"]


def test_the_items_tab_lists_what_it_covers_now_and_pages(browse, cast):
    assert names(browse("carla").get(f"{HUB}items/")) == ["Hub"]
    specs = [ItemSpec(account=cast.accounts["contoso"], kind="device", name=f"Cart {n:02}") for n in range(30)]
    create_items(CONSOLE, specs)
    grant = share(cast, "contoso", ("fabrikam",))
    frank = browse("frank")
    assert len(names(frank.get(f"/grants/{grant.key}/items/"))) == 25
    assert names(frank.get(f"/grants/{grant.key}/items/?page=2"))[-1] == "Van 1"
    assert names(frank.get(f"/grants/{grant.key}/items/?q=van")) == ["Van 1"]
    assert frank.get(f"/grants/{grant.key}/items/?item_kind=channel").context["table"].paginator.count == 0


def test_an_item_that_leaves_the_branch_leaves_the_grant(browse, cast):
    grant = share(cast, "contoso", ("fabrikam",), covers="items", kind="", items=(cast.items["van_1"],))
    move_item(CONSOLE, cast.items["van_1"], cast.accounts["northwind"])
    assert names(browse("frank").get(f"/grants/{grant.key}/items/")) == []
    reasons = browse("carla").get(f"/grants/{grant.key}/").context["reasons"]
    assert reasons == ["None of its items is in the branch of Contoso any more. Put items in."]


@pytest.mark.parametrize("rows", [1, 3])
def test_the_items_tab_takes_as_many_statements_for_1_as_for_3_rows(browse, cast, rows):
    specs = [ItemSpec(account=cast.accounts["fabrikam"], kind="stream", name=f"S{n}") for n in range(rows)]
    create_items(CONSOLE, specs)
    grant = share(cast, "fabrikam", ("contoso",), kind="stream")
    carla = browse("carla")
    carla.get(f"/grants/{grant.key}/items/")
    with statements() as made:
        assert len(names(carla.get(f"/grants/{grant.key}/items/"))) == rows
    assert made == of_page(6, things=2)


@pytest.mark.parametrize("grantees", [("contoso",), ("contoso", "fabrikam", "shop")])
def test_the_grantees_tab_takes_as_many_statements_for_1_as_for_3(browse, cast, grantees):
    grant = share(cast, to=grantees)
    nora = browse("nora")
    nora.get(f"/grants/{grant.key}/grantees/")
    with statements() as made:
        page = nora.get(f"/grants/{grant.key}/grantees/")
    assert made == of_page(3, things=2)
    assert len(page.context["rows"]) == len(grantees)


@pytest.mark.checklist("Z04")
def test_a_grantee_reads_of_itself_only(browse, cast):
    grant = share(cast, to=("contoso", "fabrikam"), note="")
    carla = browse("carla")
    for tab in ("", "items/", "grantees/", "logs/"):
        page = carla.get(f"/grants/{grant.key}/{tab}").content.decode()
        assert "Fabrikam" not in page
        assert "fabrikam" not in page
    assert [row["label"] for row in carla.get(f"/grants/{grant.key}/grantees/").context["rows"]] == ["Contoso"]


@pytest.mark.checklist("Z04")
def test_a_grantee_that_sees_the_other_one_still_does_not_see_it_as_a_grantee(browse, cast):
    share(cast, "fabrikam", ("contoso",), covers="account", kind="")
    grant = share(cast, to=("contoso", "fabrikam"))
    rows = browse("carla").get(f"/grants/{grant.key}/grantees/").context["rows"]
    assert [row["label"] for row in rows] == ["Contoso"]


def test_pausing_and_resuming(browse, cast):
    nora = browse("nora")
    nora.post(f"{HUB}switch/")
    page = nora.get(HUB)
    assert page.context["state"]["label"] == "Paused"
    assert page.context["reasons"] == ["It is paused. Resume it to let it count again."]
    assert browse("carla").get("/items/channel/hub/").status_code == 404
    nora.post(f"{HUB}switch/")
    assert browse("carla").get("/items/channel/hub/").status_code == 200


def test_extending_by_days_and_to_a_date(browse, cast):
    end = timezone.now() + timedelta(days=3)
    grant = share(cast, expires_at=end)
    nora = browse("nora")
    assert "+7 days" in nora.get(f"/grants/{grant.key}/").content.decode()
    nora.post(f"/grants/{grant.key}/extend/", {"days": "7"})
    grant.refresh_from_db()
    assert grant.expires_at == end + timedelta(days=7)
    nora.post(f"/grants/{grant.key}/extend/", {"expires_at": "2040-01-01T00:00"})
    grant.refresh_from_db()
    assert grant.expires_at.year == 2040
    assert nora.post(f"/grants/{grant.key}/extend/", {"days": "3650"}).status_code == 404
    assert browse("carla").post(f"/grants/{grant.key}/extend/", {"days": "7"}).status_code == 403


def test_extending_one_that_has_ended_counts_from_now(browse, cast):
    grant = share(cast, expires_at=timezone.now() + timedelta(days=1))
    Grant.objects.filter(pk=grant.pk).update(expires_at=timezone.now() - timedelta(days=90))
    nora = browse("nora")
    assert nora.get(f"/grants/{grant.key}/").context["state"]["label"] == "Ended"
    nora.post(f"/grants/{grant.key}/extend/", {"days": "30"})
    grant.refresh_from_db()
    assert timedelta(days=29) < grant.expires_at - timezone.now() <= timedelta(days=30)


def test_a_grant_without_end_is_not_cut_short_by_extending(browse, cast):
    browse("nora").post(f"{HUB}extend/", {"days": "7"})
    cast.hub_grant.refresh_from_db()
    assert cast.hub_grant.expires_at is None


def test_items_are_put_in_and_taken_out(browse, cast):
    nora = browse("nora")
    nora.post(f"{HUB}items/~add/", {"items": ["truck-8"]})
    assert names(browse("carla").get(f"{HUB}items/")) == ["Hub", "Truck 8"]
    asked = nora.get(f"{HUB}items/truck-8/remove/")
    assert asked.context["preview"]["parts"][0]["lose"] == "Contoso will no longer see 1 device."
    nora.post(f"{HUB}items/truck-8/remove/")
    assert names(browse("carla").get(f"{HUB}items/")) == ["Hub"]
    assert nora.get(f"{HUB}items/truck-8/remove/").status_code == 404
    assert browse("carla").get(f"{HUB}items/~add/").status_code == 403


def test_grantees_are_added_and_taken_out(browse, cast):
    nora = browse("nora")
    nora.post(f"{HUB}grantees/~add/", {"grantees": ["fabrikam"], "grantee_keys": "acme"})
    page = nora.get(f"{HUB}grantees/")
    assert [row["label"] for row in page.context["rows"]] == ["Contoso", "Fabrikam", "acme"]
    assert browse("frank").get("/items/channel/hub/").status_code == 200
    asked = nora.get(f"{HUB}grantees/fabrikam/remove/")
    assert asked.context["preview"]["parts"][0]["name"] == "Fabrikam"
    nora.post(f"{HUB}grantees/fabrikam/remove/")
    assert browse("frank").get("/items/channel/hub/").status_code == 404
    nora.post(f"{HUB}invitations/acme/withdraw/")
    assert browse("alma").get(HUB).status_code == 404
    assert nora.get(f"{HUB}invitations/acme/withdraw/").status_code == 404


def test_revoking_shows_who_loses_what_and_which_links_are_cut(browse, cast):
    browse("carla").post("/items/device/van-1/links/put/", {"container": "hub"})
    preview = browse("nora").get(f"{HUB}delete/").context["preview"]
    assert preview["parts"][0]["lose"] == "Contoso will no longer see 1 channel."
    assert preview["cut"] == ["Van 1 in Hub"]
    assert Grant.objects.filter(pk=cast.hub_grant.pk).exists()
    assert browse("nora").post(f"{HUB}delete/").url == "/grants/"
    assert names(browse("nora").get("/items/device/?q=van")) == ["Van 1"]
    assert "Hub" not in browse("carla").get("/items/device/van-1/links/").content.decode().partition("<main")[2]
