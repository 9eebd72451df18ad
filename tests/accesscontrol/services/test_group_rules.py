"""Giving by linking: what goes into a group that rules of tokens name is given to these tokens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.items.models import Item, ItemLink
from accesscontrol.services.frame.errors import BeyondOwn
from accesscontrol.services.grants.grants import create_grant
from accesscontrol.services.items.items import create_item
from accesscontrol.services.items.links import link_items
from accesscontrol.services.owning.moving import move_item
from accesscontrol.services.tokens.specs import TokenRuleSpec
from accesscontrol.services.tokens.tokens import create_token, disable_token
from tests.accesscontrol.services.test_owning import token_with
from tests.world import CONSOLE, Cast

pytestmark = pytest.mark.checklist("E13")
LINKING = TokenRuleSpec(kind="device", verbs=("view", "change"))
FILLING = TokenRuleSpec(kind="group", verbs=("view",), sections={"items": ("view", "create")})


def commanding(cast: Cast, *groups: str) -> TokenRuleSpec:
    """A rule that commands the devices in these groups."""
    listed = tuple(cast.items[name] for name in groups)
    return TokenRuleSpec(kind="device", reach="in_groups", verbs=(), sections={"commands": ("create",)}, items=listed)


@pytest.mark.checklist("Z06")
def test_a_token_does_not_widen_itself_by_filling_its_own_group(cast: Cast) -> None:
    token, truck = token_with(cast, LINKING, FILLING, commanding(cast, "night")), cast.items["truck_8"]
    assert not engine.decide(token, "device.commands:create", truck).allowed
    with pytest.raises(BeyondOwn) as refused:
        link_items(token, truck, cast.items["night"])
    assert [(one.field, one.code) for one in refused.value.problems] == [("links", "beyond_own")]
    assert not engine.decide(token, "device.commands:create", truck).allowed
    assert not ItemLink.objects.filter(container=cast.items["night"]).exists()


def test_nor_another_token_also_one_that_is_off(cast: Cast) -> None:
    soon = timezone.now() + timedelta(days=1)
    other = create_token(CONSOLE, cast.accounts["northwind"], type="acl", rules=(commanding(cast, "night"),),
                         expires_at=soon)  # fmt: skip
    for _ in range(2):
        with pytest.raises(BeyondOwn):
            link_items(token_with(cast, LINKING, FILLING), cast.items["truck_8"], cast.items["night"])
        disable_token(CONSOLE, other.token)
    link_items(cast.actor("adam"), cast.items["truck_8"], cast.items["night"])


def test_who_has_what_the_rules_say_links(cast: Cast) -> None:
    commands = TokenRuleSpec(kind="device", verbs=("view",), sections={"commands": ("create",)})
    token = token_with(cast, LINKING, FILLING, commands, commanding(cast, "night"))
    link_items(token, cast.items["truck_8"], cast.items["night"])
    assert ItemLink.objects.filter(member=cast.items["truck_8"], container=cast.items["night"]).exists()


def test_other_kinds_other_groups_and_rules_on_lists_ask_no_more(cast: Cast) -> None:
    day = create_item(CONSOLE, cast.accounts["northwind"], kind="group", name="Day")
    hubs = TokenRuleSpec(kind="channel", reach="in_groups", verbs=("delete",), items=(cast.items["night"],))
    listed = TokenRuleSpec(kind="group", reach="list", verbs=("delete",), items=(cast.items["night"],))
    token = token_with(cast, LINKING, FILLING, hubs, listed)
    link_items(token, cast.items["truck_8"], cast.items["night"])
    link_items(token_with(cast, LINKING, FILLING, commanding(cast, "night")), cast.items["truck_8"], day)


def test_creating_inside_the_group_is_asked_alike(cast: Cast) -> None:
    making = TokenRuleSpec(kind="device", verbs=("view", "create", "change"))
    token = token_with(cast, making, FILLING, commanding(cast, "night"))
    with pytest.raises(BeyondOwn):
        create_item(token, cast.accounts["northwind"], kind="device", name="New", links=[cast.items["night"]])
    assert not Item.objects.filter(name="New").exists()


def test_what_the_account_behind_the_token_lacks_is_no_matter(cast: Cast) -> None:
    """A grantee puts its own device into a group of another tree, whose tokens command what they have in it."""
    token_with(cast, commanding(cast, "night"))
    create_grant(CONSOLE, cast.accounts["northwind"], covers="items", items=(cast.items["night"],),
                 grantees=[cast.accounts["acme"]], accepted=True)  # fmt: skip
    rules = (LINKING, FILLING)
    issued = create_token(CONSOLE, cast.accounts["acme"], type="acl", rules=rules,
                          expires_at=timezone.now() + timedelta(days=1))  # fmt: skip
    link_items(Actor.of(issued.token), cast.items["rover"], cast.items["night"])
    assert ItemLink.objects.filter(member=cast.items["rover"], container=cast.items["night"]).exists()


def test_a_moved_item_is_linked_anew_only_by_who_has_it(cast: Cast) -> None:
    """Moving asks all of the item, so a link that comes along gives nothing that whoever moved it lacks."""
    link_items(CONSOLE, cast.items["truck_8"], cast.items["night"])
    token_with(cast, commanding(cast, "night"))
    assert move_item(cast.actor("adam"), cast.items["truck_8"], cast.accounts["contoso"]).account.key == "contoso"
