"""Acts on assignments and shares: what is passed on, to whom, until when."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.engine import AccessDenied
from accesscontrol.items.models import ItemUserObjectPermission
from accesscontrol.services.frame.errors import BeyondOwn, Invalid
from accesscontrol.services.items.assignments import (
    assign_items,
    create_shares,
    remove_shares,
    share_item,
    unassign_items,
)
from accesscontrol.services.items.items import create_item
from accesscontrol.services.items.specs import ShareSpec
from accesscontrol.services.tokens.specs import TokenRuleSpec
from accesscontrol.services.tokens.tokens import create_token
from tests.world import CONSOLE, Cast


def test_an_assignment_gives_the_view_and_the_rights_of_the_role(cast: Cast) -> None:
    sam, truck = cast.actor("sam"), cast.items["truck_8"]
    assert not engine.decide(sam, "device:view", truck).allowed
    assign_items(cast.actor("adam"), cast.people["sam"], [truck])
    assert engine.decide(sam, "device.messages:view", truck).allowed
    unassign_items(cast.actor("adam"), cast.people["sam"], [truck])
    assert not engine.decide(sam, "device:view", truck).allowed


def test_assigning_again_changes_the_end(cast: Cast) -> None:
    end = timezone.now() + timedelta(days=3)
    assign_items(cast.actor("adam"), cast.people["sam"], [cast.items["truck_7"]], expires_at=end)
    assert ItemUserObjectPermission.objects.get(user=cast.people["sam"]).expires_at == end
    later = Actor.of(cast.people["sam"], at=end)
    assert not engine.decide(later, "device:view", cast.items["truck_7"]).allowed


@pytest.mark.parametrize("username", ["sam", "anna", "carla", "alma"])
def test_others_assign_nothing(cast: Cast, username: str) -> None:
    with pytest.raises(AccessDenied):
        assign_items(cast.actor(username), cast.people["lee"], [cast.items["truck_8"]])


def test_an_item_that_the_account_does_not_have_is_not_assigned(cast: Cast) -> None:
    with pytest.raises(Invalid, match="Contoso|Shop"):
        assign_items(cast.actor("adam"), cast.people["siv"], [cast.items["lorry"]])


def test_an_item_received_by_a_grant_is_assigned_within_the_grant(cast: Cast) -> None:
    guest = cast.people["siv"]
    with pytest.raises(Invalid, match="does not have Hub"):
        assign_items(cast.actor("carla"), guest, [cast.items["hub"]])  # the grant reaches Contoso, not the shop


def test_reports_are_not_assigned_and_managers_need_nothing(cast: Cast) -> None:
    report = create_item(CONSOLE, cast.accounts["northwind"], kind="report", name="R")
    with pytest.raises(Invalid, match="not assigned"):
        assign_items(CONSOLE, cast.people["sam"], [report])
    with pytest.raises(Invalid, match="everything that the account has"):
        share_item(CONSOLE, cast.people["adam"], cast.items["truck_7"], ["view_item"])
    with pytest.raises(Invalid, match="limited access"):
        assign_items(CONSOLE, cast.people["anna"], [cast.items["truck_7"]])


def test_shares_mean_what_the_model_says(cast: Cast) -> None:
    anna, truck = cast.actor("anna"), cast.items["truck_7"]
    share_item(cast.actor("adam"), cast.people["anna"], truck, ["view_item", "command_item"])
    assert engine.decide(anna, "device.telemetry:view", truck).allowed
    assert engine.decide(anna, "device.commands:create", truck).allowed
    assert not engine.decide(anna, "device:change", truck).allowed
    commanding = ItemUserObjectPermission.objects.filter(user=cast.people["anna"], permission__codename="command_item")
    remove_shares(cast.actor("adam"), list(commanding))
    assert not engine.decide(anna, "device.commands:create", truck).allowed
    assert engine.decide(anna, "device:view", truck).allowed


def test_shares_that_mean_nothing_are_refused(cast: Cast) -> None:
    sam = cast.people["sam"]
    with pytest.raises(Invalid, match="never deletes devices"):
        share_item(CONSOLE, sam, cast.items["truck_7"], ["delete_item"])
    with pytest.raises(Invalid, match="means nothing on a channel"):
        share_item(CONSOLE, sam, cast.items["hub"], ["command_item"])
    with pytest.raises(Invalid, match="“fly_item” is not a permission to share"):
        share_item(CONSOLE, sam, cast.items["hub"], ["fly_item"])
    twice = [ShareSpec(user=sam, item=cast.items["truck_8"])] * 2
    with pytest.raises(Invalid, match="twice"):
        create_shares(CONSOLE, twice)


@pytest.mark.checklist("Z06")
def test_a_token_assigns_only_what_it_holds_itself(cast: Cast) -> None:
    rules = (
        TokenRuleSpec(kind="user", verbs=("view",), sections={"assignments": ("change",)}),
        TokenRuleSpec(kind="device", reach="list", items=(cast.items["truck_8"],), verbs=("view",)),
    )
    end = timezone.now() + timedelta(days=1)
    issued = create_token(CONSOLE, cast.accounts["northwind"], type="acl", rules=rules, expires_at=end)
    actor = Actor.of(issued.token)
    with pytest.raises(BeyondOwn, match="device.settings:view"):
        assign_items(actor, cast.people["sam"], [cast.items["truck_8"]])  # sam's rights reach its sections too
    with pytest.raises(AccessDenied):
        assign_items(actor, cast.people["sam"], [cast.items["sensor"]])
    with pytest.raises(BeyondOwn, match="device:change"):
        share_item(actor, cast.people["anna"], cast.items["truck_8"], ["change_item"])
    assert not ItemUserObjectPermission.objects.filter(content_object=cast.items["truck_8"]).exists()


def test_a_token_of_the_whole_account_may_put_off_an_end_and_a_narrow_one_may_not(cast: Cast) -> None:
    end = timezone.now() + timedelta(days=3)
    assign_items(CONSOLE, cast.people["sam"], [cast.items["truck_7"]], expires_at=end)
    rules = (
        TokenRuleSpec(kind="user", sections={"assignments": ("change",)}),
        TokenRuleSpec(kind="device", verbs=("view",)),
    )
    narrow = create_token(CONSOLE, cast.accounts["northwind"], type="acl", rules=rules, expires_at=end)
    with pytest.raises(BeyondOwn):
        assign_items(Actor.of(narrow.token), cast.people["sam"], [cast.items["truck_7"]])
    sooner = end - timedelta(days=1)
    assign_items(Actor.of(narrow.token), cast.people["sam"], [cast.items["truck_7"]], expires_at=sooner)
    assign_items(cast.token("master"), cast.people["sam"], [cast.items["truck_7"]])
    assert ItemUserObjectPermission.objects.get(user=cast.people["sam"]).expires_at is None
