"""Moving an item shows before it is done who gains and who loses: accounts, people, and links that go."""

from __future__ import annotations

import pytest

from accesscontrol.items.models import ItemLink
from accesscontrol.services.frame.errors import Invalid
from accesscontrol.services.grants.grants import create_grant
from accesscontrol.services.items.items import change_item, create_item
from accesscontrol.services.items.links import link_items
from accesscontrol.services.owning.previews import preview_move
from accesscontrol.services.projects.projects import create_project
from accesscontrol.services.projects.specs import MemberSpec, ProjectRuleSpec
from tests.statements import statements
from tests.world import CONSOLE

TRUCK, VAN = "/items/device/truck-7/", "/items/device/van-1/"
HTMX = {"headers": {"HX-Request": "true"}}


def previewed(browser, item: str, account: str) -> dict:
    return browser.post(f"{item}move/preview/", {"account": account}, **HTMX).context["preview"]


def names(lines) -> list[str]:
    return [one["label"] for one in lines]


def test_accounts_below_gain_and_their_people_with_them(browse, cast):
    shown = previewed(browse("nora"), TRUCK, "contoso")
    assert shown["sentence"] == "This adds access for 2 users."
    assert [(one["label"], one["url"]) for one in shown["gains"]] == [("Contoso", "/accounts/contoso/")]
    assert (shown["loses"], shown["cut"], shown["more"]) == ([], [], "")
    cast.items["truck_7"].refresh_from_db()
    assert cast.items["truck_7"].account == cast.accounts["northwind"]


def test_who_has_it_now_loses_it_and_a_developer_stays_behind(browse, cast):
    shown = previewed(browse("nora"), "/items/device/sensor/", "fabrikam")
    assert shown["sentence"] == "This adds access for 1 user. This takes access from 1 user and 1 token."
    assert (names(shown["gains"]), names(shown["loses"])) == (["Fabrikam"], [])
    shown = previewed(browse("nora"), VAN, "fabrikam")
    assert (names(shown["gains"]), names(shown["loses"])) == (["Fabrikam"], ["Contoso"])


def test_grantees_of_both_ends_are_told_and_links_that_go(browse, cast):
    van, contoso, fabrikam, shop = cast.items["van_1"], *(cast.accounts[one] for one in ("contoso", "fabrikam", "shop"))
    create_grant(CONSOLE, contoso, covers="items", items=(van,), grantees=[fabrikam])
    create_grant(CONSOLE, cast.accounts["northwind"], covers="account", grantees=[shop])
    shown = previewed(browse("nora"), VAN, "northwind")
    assert (names(shown["gains"]), names(shown["loses"])) == (["Shop"], ["Contoso", "Fabrikam"])


def test_a_link_made_under_a_grant_is_named_among_those_that_go(browse, cast):
    contoso = cast.accounts["contoso"]
    yard = create_item(CONSOLE, contoso, kind="group", name="Yard", key="yard")
    create_grant(CONSOLE, contoso, covers="items", items=(yard,), grantees=[cast.accounts["fabrikam"]])
    link_items(cast.actor("frank"), cast.items["lorry"], yard)
    link_items(cast.actor("carla"), cast.items["van_1"], yard)
    shown = previewed(browse("nora"), "/items/group/yard/", "northwind")
    assert shown["cut"] == ["Lorry in Yard"]
    assert ItemLink.objects.filter(container=yard).count() == 2


def test_members_from_elsewhere_of_a_project_that_holds_it_are_counted(browse, cast):
    see = ProjectRuleSpec(effect="allow", permissions=("device:view",))
    frank = MemberSpec(user=cast.people["frank"], rules=(see,), accepted=True)
    create_project(CONSOLE, cast.accounts["contoso"], name="Vans", items=(cast.items["van_1"],), members=(frank,))
    assert previewed(browse("nora"), VAN, "northwind")["sentence"] == "This takes access from 3 users."


@pytest.mark.parametrize("who", ["carla", "nora"])
def test_accounts_above_ones_own_are_not_named(browse, cast, who):
    shown = previewed(browse(who), VAN, "shop")
    assert names(shown["gains"]) == ["Shop"]
    assert shown["more"] == ("" if who == "nora" else "Accounts above yours are not named here.")


def test_a_grantee_that_one_may_not_see_is_not_named(browse, cast):
    create_grant(CONSOLE, cast.accounts["northwind"], covers="account", include_subaccounts=True, accepted=True,
                 grantees=[cast.accounts["acme"]])  # fmt: skip
    create_grant(CONSOLE, cast.accounts["shop"], covers="account", grantees=[cast.accounts["fabrikam"]])
    assert names(previewed(browse("carla"), VAN, "shop")["gains"]) == ["Fabrikam", "Shop"]


def test_what_would_be_refused_says_so(browse, cast):
    for name in ("truck_7", "van_1"):
        change_item(CONSOLE, cast.items[name], ident="352093081234567")
    shown = previewed(browse("nora"), TRUCK, "contoso")
    assert list(shown) == ["problems"]
    with pytest.raises(Invalid):
        preview_move(cast.actor("nora"), [cast.items["truck_7"]], cast.accounts["contoso"])


def test_without_the_script_the_form_comes_back_with_it(browse):
    page = browse("nora").post(f"{TRUCK}move/preview/", {"account": "contoso"})
    assert page.context["form_action"] == f"{TRUCK}move/"
    assert "Preview of access" in page.content.decode()
    assert 'value="contoso" selected' in page.content.decode()
    assert browse("nora").get(f"{TRUCK}move/").context["preview_url"] == f"{TRUCK}move/preview/"


def test_it_reads_no_more_for_more_grants(cast):
    counts = []
    for number in (1, 3):
        while cast.accounts["contoso"].grants.count() < number:
            create_grant(CONSOLE, cast.accounts["contoso"], covers="account", grantees=[cast.accounts["fabrikam"]])
        with statements() as found:
            preview_move(cast.actor("nora"), [cast.items["truck_7"]], cast.accounts["contoso"])
        counts.append(found["own"])
    assert counts[0] == counts[1]
