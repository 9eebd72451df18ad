"""Acts on roles: rights by name, the ceiling, and what a removal leaves."""

from __future__ import annotations

import pytest

from accesscontrol.access import engine
from accesscontrol.access.engine import AccessDenied
from accesscontrol.accounts.models import User
from accesscontrol.roles.models import Role
from accesscontrol.services.frame.errors import BeyondOwn, Invalid
from accesscontrol.services.people.roles import change_role, create_role, create_roles, delete_role
from accesscontrol.services.people.specs import RoleSpec
from accesscontrol.services.people.users import set_role
from accesscontrol.services.tokens.specs import TokenRuleSpec
from accesscontrol.services.tokens.tokens import change_token
from tests.world import CONSOLE, Cast


def test_rights_are_kept_in_the_catalogues_order_once_each(cast: Cast) -> None:
    role = create_role(
        cast.actor("adam"), cast.accounts["northwind"], name="R", rights=["reports", "tracker_update"] * 2
    )
    assert role.rights == ["tracker_update", "reports"]


def test_owner_basic_and_unknown_rights_are_refused_by_name(cast: Cast) -> None:
    wrong = [
        RoleSpec(account=cast.accounts["northwind"], name="A", rights=("tracker_removal",)),
        RoleSpec(account=cast.accounts["northwind"], name="B", rights=("map_tools",)),
        RoleSpec(account=cast.accounts["northwind"], name="C", rights=("fly",)),
    ]
    with pytest.raises(Invalid) as refused:
        create_roles(CONSOLE, wrong)
    sentences = [one.sentence for one in refused.value.problems]
    assert [wrong.index(one.about) for one in refused.value.problems] == [0, 1, 2]
    assert "owner right" in sentences[0] and "basic right" in sentences[1] and "“fly”" in sentences[2]


@pytest.mark.parametrize("username", ["anna", "sam", "carla", "alma"])
def test_others_make_no_roles(cast: Cast, username: str) -> None:
    with pytest.raises(AccessDenied):
        create_role(cast.actor(username), cast.accounts["northwind"], name="No")


def test_a_role_of_an_account_above_is_given_but_not_changed_below(cast: Cast) -> None:
    set_role(cast.actor("carla"), cast.people["siv"], cast.dispatcher)
    assert User.objects.get(username="siv").role == cast.dispatcher
    with pytest.raises(AccessDenied):
        change_role(cast.actor("carla"), cast.dispatcher, rights=())
    with pytest.raises(Invalid, match="account above"):
        shop_role = create_role(cast.actor("carla"), cast.accounts["shop"], name="Shop")
        set_role(CONSOLE, cast.people["sam"], shop_role)


@pytest.mark.checklist("Z06")
def test_a_token_makes_no_role_beyond_its_rules_and_may_narrow_one(cast: Cast) -> None:
    rules = (TokenRuleSpec(kind="role", verbs=("view", "create", "change")),)
    change_token(CONSOLE, cast.tokens["viewer"].token, rules=rules)
    actor = cast.token("viewer")
    with pytest.raises(BeyondOwn, match="report:view"):
        create_role(actor, cast.accounts["northwind"], name="No", rights=["reports"])
    with pytest.raises(BeyondOwn):
        change_role(actor, cast.dispatcher, rights=("reports", "zone_update", "vehicle_update", "tag_update"))
    assert change_role(actor, cast.dispatcher, rights=("reports",)).rights == ["reports"]
    assert create_role(actor, cast.accounts["northwind"], name="Bare").rights == []


def test_removing_a_role_keeps_its_history_depth_for_its_users(cast: Cast) -> None:
    sam, truck = cast.actor("sam"), cast.items["truck_7"]
    assert engine.decide(sam, "device.messages:view", truck).history_days == 90
    assert engine.decide(sam, "geofence:view", cast.items["depot"]).allowed
    delete_role(cast.actor("adam"), cast.dispatcher)
    assert engine.decide(sam, "device.messages:view", truck).history_days == 90
    assert not engine.decide(sam, "geofence:view", cast.items["depot"]).allowed
    assert not Role.objects.exists()
