"""Quotas and history depth: counted over the branch, named with value and place, safe with parallel writers."""

from __future__ import annotations

import pytest

from accesscontrol.items.models import Item
from accesscontrol.services.accounts import quotas
from accesscontrol.services.accounts.accounts import change_limits, create_accounts
from accesscontrol.services.accounts.specs import AccountSpec
from accesscontrol.services.frame.errors import Invalid
from accesscontrol.services.items.items import create_item, create_items
from accesscontrol.services.items.specs import ItemSpec
from accesscontrol.services.owning.moving import move_item
from accesscontrol.services.people.roles import create_role
from accesscontrol.services.people.users import change_user, create_user
from tests.world import CONSOLE, Cast


def test_the_sum_over_a_branch_never_exceeds_the_parents_limit(cast: Cast) -> None:
    change_limits(CONSOLE, cast.accounts["contoso"], {"device": 3})
    create_item(cast.actor("shira"), cast.accounts["shop"], kind="device", name="Third")
    with pytest.raises(Invalid) as refused:
        create_item(cast.actor("shira"), cast.accounts["shop"], kind="device", name="Fourth")
    assert "“device” of 3" in str(refused.value)
    assert "Contoso" not in str(refused.value), "nobody sees up"
    with pytest.raises(Invalid, match="manages Contoso from above"):
        create_item(cast.actor("carla"), cast.accounts["contoso"], kind="device", name="Fourth")
    assert (
        Item.objects.filter(kind="device", account__in=[cast.accounts["contoso"], cast.accounts["shop"]]).count() == 3
    )


def test_other_kinds_are_not_counted(cast: Cast) -> None:
    change_limits(CONSOLE, cast.accounts["contoso"], {"device": 2})
    assert create_item(cast.actor("carla"), cast.accounts["contoso"], kind="channel", name="Hub").kind == "channel"


def test_a_batch_is_refused_as_a_whole(cast: Cast) -> None:
    change_limits(CONSOLE, cast.accounts["fabrikam"], {"device": 3})
    specs = [ItemSpec(account=cast.accounts["fabrikam"], kind="device", name=f"Lorry {n}") for n in range(3)]
    with pytest.raises(Invalid):
        create_items(CONSOLE, specs)
    assert Item.objects.filter(account=cast.accounts["fabrikam"]).count() == 1
    assert len(create_items(CONSOLE, specs[:2])) == 2


@pytest.mark.seed("user-accounts.15")
@pytest.mark.seed("user-accounts.30")
def test_users_are_counted_by_authority_and_a_user_takes_no_seat(cast: Cast) -> None:
    change_limits(CONSOLE, cast.accounts["contoso"], {"administrator": 2})
    carl, contoso = cast.actor("carla"), cast.accounts["contoso"]
    assert create_user(carl, contoso, username="guest").authority == "user"
    with pytest.raises(Invalid, match="“administrator” of 2"):
        create_user(carl, contoso, username="third", authority="administrator")


def test_moving_within_the_branch_needs_no_room_above(cast: Cast) -> None:
    change_limits(CONSOLE, cast.accounts["contoso"], {"device": 1})  # two are there: lowered afterwards
    moved = move_item(cast.actor("carla"), cast.items["scooter"], cast.accounts["contoso"])
    assert moved.account == cast.accounts["contoso"]


def test_many_limited_accounts_are_counted_like_one(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    parent = cast.accounts["fabrikam"]
    specs = [AccountSpec(name=f"Cell {n}", parent=parent, limits={"device": 1, "administrator": 1}) for n in range(3)]
    cells = create_accounts(CONSOLE, specs)
    change_limits(CONSOLE, parent, {"device": 4, "account": 5, "administrator": 9})
    monkeypatch.setattr(quotas, "ONE_BY_ONE", 0)
    create_items(CONSOLE, [ItemSpec(account=cell, kind="device", name="One") for cell in cells])
    with pytest.raises(Invalid, match="“device” of 1"):
        create_item(CONSOLE, cells[0], kind="device", name="Two")
    with pytest.raises(Invalid, match="“device” of 4"):
        create_item(CONSOLE, parent, kind="device", name="Five")


def test_history_depth_above_the_plan_is_refused_with_its_figure(cast: Cast) -> None:
    change_limits(CONSOLE, cast.accounts["northwind"], {}, history_days=180)
    with pytest.raises(Invalid, match="180 days"):
        change_user(cast.actor("adam"), cast.people["sam"], history_days=181)
    with pytest.raises(Invalid, match="180 days"):
        create_role(cast.actor("carla"), cast.accounts["contoso"], name="Deep", history_days=200)
    assert change_user(cast.actor("adam"), cast.people["sam"], history_days=180).history_days == 180
