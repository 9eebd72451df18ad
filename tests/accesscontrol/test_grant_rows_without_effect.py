"""A grant lives on beside rows that have lost their effect: an item or account that moved (access model §8.10)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.grants.models import Grant, GrantItem
from accesscontrol.items.models import Item
from accesscontrol.services.accounts.accounts import move_account, open_account
from accesscontrol.services.frame.errors import BeyondOwn, Invalid
from accesscontrol.services.grants.grants import change_grant, create_grant, extend_grant, pause_grant, resume_grant
from accesscontrol.services.grants.invitations import add_grantees
from accesscontrol.services.items.items import create_item
from accesscontrol.services.owning.moving import move_item
from accesscontrol.services.tokens.specs import TokenRuleSpec
from accesscontrol.services.tokens.tokens import create_token
from tests.world import CONSOLE, Cast, build_cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return build_cast()


def of_two_vans(cast: Cast, levels: tuple[str, ...] = ("edit",)) -> Grant:
    """Contoso grants two vans to Fabrikam, and one of them goes to Acme, with the shop whose it is."""
    second = create_item(CONSOLE, cast.accounts["shop"], kind="device", name="Van 2")
    items = (cast.items["van_1"], second)
    grant = create_grant(
        cast.actor("carla"), cast.accounts["contoso"], covers="items", items=items, levels=levels,
        grantees=[cast.accounts["fabrikam"]],
    )  # fmt: skip
    move_account(CONSOLE, cast.accounts["shop"], cast.accounts["acme"])
    cast.items["van_2"] = Item.objects.get(pk=second.pk)
    return grant


def test_after_an_item_has_left_the_grant_is_paused_extended_and_changed(cast: Cast) -> None:
    grant, carla, frank = of_two_vans(cast), cast.actor("carla"), cast.actor("frank")
    end = timezone.now() + timedelta(days=3)
    pause_grant(carla, grant)
    resume_grant(carla, grant)
    assert extend_grant(carla, grant, end).expires_at == end
    change_grant(carla, grant, note="Vans", levels=("edit", "command"))
    add_grantees(carla, grant, [open_account(CONSOLE, cast.accounts["contoso"], name="Kiosk")])
    assert engine.decide(frank, "device.commands:create", cast.items["van_1"]).allowed
    assert not engine.decide(frank, "device:view", cast.items["van_2"]).allowed


def test_the_row_of_an_item_that_left_with_its_account_works_again_when_that_returns(cast: Cast) -> None:
    grant, frank = of_two_vans(cast), cast.actor("frank")
    pause_grant(cast.actor("carla"), grant)
    resume_grant(cast.actor("carla"), grant)
    assert GrantItem.objects.filter(grant=grant, item=cast.items["van_2"]).exists()
    move_account(CONSOLE, cast.accounts["shop"], cast.accounts["contoso"])
    assert engine.decide(frank, "device:view", cast.items["van_2"]).allowed


def test_an_item_that_was_moved_itself_has_left_the_grant_for_good(cast: Cast) -> None:
    grant, frank, van = of_two_vans(cast), cast.actor("frank"), cast.items["van_1"]
    move_item(CONSOLE, van, cast.accounts["acme"])
    assert list(GrantItem.objects.filter(grant=grant).values_list("item", flat=True)) == [cast.items["van_2"].pk]
    move_item(CONSOLE, van, cast.accounts["contoso"])
    assert not engine.decide(frank, "device:view", van).allowed


def test_items_that_are_added_are_checked_as_ever(cast: Cast) -> None:
    grant = of_two_vans(cast)
    kept = (cast.items["van_1"], cast.items["van_2"])
    with pytest.raises(Invalid, match="is not of Contoso"):
        change_grant(cast.actor("carla"), grant, items=(*kept, cast.items["rover"]))
    change_grant(cast.actor("carla"), grant, items=kept[:1])
    with pytest.raises(Invalid, match="is not of Contoso"):
        change_grant(cast.actor("carla"), grant, items=kept)


def test_what_widens_for_an_item_that_left_needs_the_whole_account(cast: Cast) -> None:
    """It would have the new levels when it returns, so that whoever holds the other items alone does not give them."""
    grant = extend_grant(CONSOLE, of_two_vans(cast, ()), timezone.now() + timedelta(minutes=30))
    listed = TokenRuleSpec(
        kind="device", verbs=("view", "delete"), reach="list", items=(cast.items["van_1"],), sections="all"
    )
    rules = (TokenRuleSpec(kind="grant", verbs=("view", "change")), listed)
    issued = create_token(
        cast.actor("carla"), cast.accounts["contoso"], name="Vans", type="acl", rules=rules, idle_ttl=3600
    )
    token = Actor.of(issued.token)
    with pytest.raises(BeyondOwn):
        change_grant(token, grant, levels=("delete",))
    change_grant(token, grant, items=(cast.items["van_1"],))
    change_grant(token, grant, levels=("delete",))


def test_a_grantee_that_moved_above_the_grantor_does_not_hold_the_grant_up(cast: Cast) -> None:
    grant = create_grant(
        cast.actor("carla"), cast.accounts["contoso"], covers="account", grantees=[cast.accounts["fabrikam"]]
    )
    move_account(CONSOLE, cast.accounts["contoso"], cast.accounts["fabrikam"])
    cast.accounts["contoso"].refresh_from_db()
    pause_grant(CONSOLE, grant)
    resume_grant(CONSOLE, grant)
    with pytest.raises(Invalid, match="has access already"):
        add_grantees(CONSOLE, grant, [cast.accounts["northwind"]])
