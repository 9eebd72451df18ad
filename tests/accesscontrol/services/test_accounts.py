"""Acts on accounts: who may open, limit, move and close them, and what each leaves behind."""

from __future__ import annotations

import pytest

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.engine import AccessDenied
from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.tree import check_tree
from accesscontrol.audit.models import Event, EventDetail
from accesscontrol.items.models import Item
from accesscontrol.services.accounts.accounts import (
    block_account,
    change_account,
    change_accounts,
    change_limits,
    close_account,
    create_accounts,
    move_account,
    open_account,
    unblock_account,
)
from accesscontrol.services.accounts.specs import AccountSpec
from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.services.joining.registration import change_registration
from accesscontrol.services.people.users import create_user
from tests.world import CONSOLE, Cast


def last_event() -> Event:
    return Event.objects.order_by("pk").last()


def test_administrator_opens_a_subaccount_with_a_key_nobody_chose(cast: Cast) -> None:
    account = open_account(cast.actor("adam"), cast.accounts["contoso"], name="Contoso West")
    assert (account.parent, account.top_id) == (cast.accounts["contoso"], cast.accounts["northwind"].pk)
    assert account.key.startswith("contoso-west-") and len(account.key) == len("contoso-west-") + 10
    assert (last_event().action, last_event().thing_id, last_event().actor_id) == (
        "account.open",
        account.pk,
        cast.people["adam"].pk,
    )


@pytest.mark.parametrize("username", ["carla", "frank", "alma", "anna", "sam"])
def test_nobody_opens_accounts_outside_their_branch(cast: Cast, username: str) -> None:
    with pytest.raises(AccessDenied):
        open_account(cast.actor(username), cast.accounts["northwind"], name="Intruder")
    assert Account.objects.count() == 5


def test_only_the_platform_operator_opens_top_level_accounts(cast: Cast) -> None:
    operator = User.objects.create(username="root", is_superuser=True)
    with pytest.raises(AccessDenied):
        open_account(cast.actor("nora"), None, name="Mine")
    with pytest.raises(AccessDenied):
        open_account(Actor.of(operator).acting_as(cast.accounts["northwind"]), None, name="Mine")
    assert open_account(Actor.of(operator), None, name="New tree").parent is None


def test_many_accounts_open_in_one_batch_parents_first(cast: Cast) -> None:
    upper = AccountSpec(name="Region", key="region", parent=cast.accounts["northwind"])
    lower = AccountSpec(name="Depot", key="depot-north", parent=upper, limits={"device": 5})
    region, depot = create_accounts(CONSOLE, [upper, lower])
    assert (depot.parent_id, depot.limits, region.parent_id) == (
        region.pk,
        {"device": 5},
        cast.accounts["northwind"].pk,
    )
    assert check_tree() == []


def test_limits_in_a_batch_stay_within_those_of_every_account_above(cast: Cast) -> None:
    change_limits(CONSOLE, cast.accounts["northwind"], {"user": 5}, history_days=30)
    upper = AccountSpec(name="Region", parent=cast.accounts["northwind"], limits={"device": 10})
    middle = AccountSpec(name="Town", parent=upper)
    lower = AccountSpec(name="Depot", parent=middle, limits={"device": 11, "user": 6}, history_days=31)
    with pytest.raises(Invalid) as refused:
        create_accounts(CONSOLE, [upper, middle, lower])
    assert sorted(problem.field for problem in refused.value.problems) == ["history_days", "limits", "limits"]
    assert {id(problem.about) for problem in refused.value.problems} == {id(lower)}


def test_every_wrong_spec_of_a_batch_is_told_with_its_field(cast: Cast) -> None:
    parent = cast.accounts["northwind"]
    wrong = [
        AccountSpec(name="", parent=parent),
        AccountSpec(name="Taken", key="contoso", parent=parent),
        AccountSpec(name="Odd", parent=parent, limits={"devise": 1, "device": -1}),
    ]
    with pytest.raises(Invalid) as refused:
        create_accounts(CONSOLE, wrong)
    told = [(problem.field, wrong.index(problem.about)) for problem in refused.value.problems]
    assert sorted(told) == [("key", 1), ("limits", 2), ("limits", 2), ("name", 0)]
    assert "“devise” is not a limit" in str(refused.value)
    assert Account.objects.count() == 5


def test_owner_renames_the_account_but_does_not_limit_move_unblock_or_close_it(cast: Cast) -> None:
    nora, northwind = cast.actor("nora"), cast.accounts["northwind"]
    assert change_account(nora, northwind, name="Northwind AG").name == "Northwind AG"
    for refused in (
        lambda: change_limits(nora, northwind, {"device": 10**6}),
        lambda: block_account(nora, northwind),
        lambda: close_account(nora, northwind),
    ):
        with pytest.raises(AccessDenied):
            refused()


def test_a_child_limit_stays_within_the_parents(cast: Cast) -> None:
    change_limits(CONSOLE, cast.accounts["northwind"], {"device": 20}, history_days=365)
    with pytest.raises(Invalid) as refused:
        change_limits(cast.actor("adam"), cast.accounts["contoso"], {"device": 21}, history_days=366)
    assert sorted(refused.value.errors) == ["history_days", "limits"]
    assert "20 at most" in refused.value.errors["limits"][0]
    assert "365 days" in refused.value.errors["history_days"][0]
    changed = change_limits(cast.actor("adam"), cast.accounts["contoso"], {"device": 20}, history_days=365)
    assert (changed.limits, changed.history_days) == ({"device": 20}, 365)


def test_a_block_counts_at_the_next_decision_and_names_itself_in_the_log(cast: Cast) -> None:
    contoso, van = cast.accounts["contoso"], cast.items["van_1"]
    assert engine.decide(cast.actor("carla"), "device:view", van).allowed
    block_account(cast.actor("adam"), contoso)
    assert not engine.decide(cast.actor("carla"), "device:view", van).allowed
    assert not engine.decide(cast.actor("shira"), "device:view", cast.items["scooter"]).allowed
    assert last_event().action == "account.block"
    assert EventDetail.objects.get(event=last_event()).changes == {"blocked": [False, True]}
    unblock_account(cast.actor("adam"), contoso)
    assert engine.decide(cast.actor("carla"), "device:view", van).allowed


@pytest.mark.checklist("Z09")
def test_moving_needs_rights_on_both_ends_and_makes_no_circle(cast: Cast) -> None:
    shop, fabrikam, contoso = (cast.accounts[name] for name in ("shop", "fabrikam", "contoso"))
    with pytest.raises(AccessDenied):
        move_account(cast.actor("carla"), shop, fabrikam)
    with pytest.raises(AccessDenied):
        move_account(cast.actor("adam"), shop, cast.accounts["acme"])
    with pytest.raises(Invalid):
        move_account(cast.actor("adam"), contoso, shop)
    assert engine.decide(cast.actor("carla"), "device:view", cast.items["scooter"]).allowed
    moved = move_account(cast.actor("adam"), shop, fabrikam)
    assert moved.parent == fabrikam
    assert not engine.decide(cast.actor("carla"), "device:view", cast.items["scooter"]).allowed
    assert engine.decide(cast.actor("frank"), "device:view", cast.items["scooter"]).allowed
    assert check_tree() == []


def test_a_move_to_the_top_takes_the_platform_operator(cast: Cast) -> None:
    with pytest.raises(AccessDenied):
        move_account(cast.actor("adam"), cast.accounts["shop"], None)
    moved = move_account(CONSOLE, cast.accounts["shop"], None)
    assert (moved.parent, moved.top_id) == (None, moved.pk)
    told = Event.objects.filter(action="account.move").order_by("pk").values_list("chain", flat=True)
    assert list(told) == [moved.pk, cast.accounts["northwind"].pk]


def test_a_move_that_passes_a_quota_of_the_new_parent_is_refused(cast: Cast) -> None:
    change_limits(CONSOLE, cast.accounts["fabrikam"], {"device": 1})
    with pytest.raises(Invalid) as refused:
        move_account(cast.actor("adam"), cast.accounts["shop"], cast.accounts["fabrikam"])
    assert "“device” of 1" in str(refused.value)
    assert Account.objects.get(key="shop").parent == cast.accounts["contoso"]


def test_closing_takes_the_branch_and_leaves_the_log(cast: Cast) -> None:
    contoso = cast.accounts["contoso"]
    with pytest.raises(AccessDenied):
        close_account(cast.actor("carla"), contoso)
    close_account(cast.actor("adam"), contoso)
    assert sorted(Account.objects.values_list("key", flat=True)) == ["acme", "fabrikam", "northwind"]
    assert not User.objects.filter(username__in=["carla", "shira"]).exists()
    assert not Item.objects.filter(key="van-1").exists()
    assert (last_event().action, last_event().thing_id) == ("account.close", contoso.pk)
    assert check_tree() == []


def test_a_plan_without_subaccounts_says_so(cast: Cast) -> None:
    change_limits(CONSOLE, cast.accounts["contoso"], {"account": 1})
    change_limits(CONSOLE, cast.accounts["fabrikam"], {"account": 0})
    with pytest.raises(Invalid, match="no subaccounts"):
        open_account(cast.actor("frank"), cast.accounts["fabrikam"], name="Sub")
    with pytest.raises(Invalid, match="“account” of 1"):
        open_account(cast.actor("carla"), cast.accounts["contoso"], name="Second")


def test_a_stale_account_is_a_conflict(cast: Cast) -> None:
    shop = cast.accounts["shop"]
    close_account(CONSOLE, shop)
    with pytest.raises((AccessDenied, Conflict)):
        change_accounts(CONSOLE, [(shop, AccountSpec(name="Gone", parent=cast.accounts["contoso"]))])


def test_opening_for_the_public_takes_the_right_to_create_users(cast: Cast) -> None:
    assert change_registration(cast.actor("carla"), cast.accounts["contoso"], public=True).public is True


def test_refused_acts_leave_no_event(cast: Cast) -> None:
    before = Event.objects.count()
    with pytest.raises(AccessDenied):
        change_account(cast.actor("alma"), cast.accounts["northwind"], name="Mine")
    with pytest.raises(Invalid):
        create_user(CONSOLE, cast.accounts["northwind"], username="nora")
    assert Event.objects.count() == before
