"""Owning is access: moving and giving take all of a thing, and no change of a thing says whose it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.engine import AccessDenied
from accesscontrol.audit.models import Event
from accesscontrol.grants.models import GrantItem
from accesscontrol.items.models import Item, ItemLink
from accesscontrol.projects.models import Project
from accesscontrol.services.frame.errors import BeyondOwn, Invalid
from accesscontrol.services.grants.grantees import accept_grant
from accesscontrol.services.grants.grants import create_grant
from accesscontrol.services.items.assignments import share_item
from accesscontrol.services.items.items import change_item, create_item
from accesscontrol.services.items.links import link_items
from accesscontrol.services.owning.giving import give_item, give_project
from accesscontrol.services.owning.moving import move_item
from accesscontrol.services.people.users import change_user
from accesscontrol.services.projects.projects import add_project_items, change_project, create_project
from accesscontrol.services.projects.specs import MemberSpec, ProjectRuleSpec
from accesscontrol.services.tokens.specs import TokenRuleSpec
from accesscontrol.services.tokens.tokens import create_token
from tests.world import CONSOLE, Cast

pytestmark = pytest.mark.checklist("E13")
LEVELS = ((), ("edit",), ("delete",), ("edit", "delete"), ("edit", "delete", "command"), ("create-device", "delete"))


def granted(cast: Cast, levels: tuple[str, ...]) -> None:
    """Northwind grants all that it owns to Acme, which accepts."""
    grant = create_grant(
        cast.actor("nora"), cast.accounts["northwind"], covers="account", levels=levels,
        grantee_keys=[cast.accounts["acme"].key],
    )  # fmt: skip
    accept_grant(cast.actor("alma"), grant, cast.accounts["acme"])


def token_with(cast: Cast, *rules: TokenRuleSpec) -> Actor:
    issued = create_token(
        CONSOLE, cast.accounts["northwind"], type="acl", rules=rules, expires_at=timezone.now() + timedelta(days=1)
    )
    return Actor.of(issued.token)


def whole_rule(kind: str, *without: str) -> TokenRuleSpec:
    """Every verb of a kind and of its sections, some sections aside."""
    sections = {name: verbs for name, verbs in catalogue.KINDS[kind].sections.items() if name not in without}
    return TokenRuleSpec(kind=kind, verbs=catalogue.KINDS[kind].verbs, sections=sections)


# --- Moving


@pytest.mark.parametrize("levels", LEVELS)
def test_no_level_of_a_grant_moves_a_device_away(cast: Cast, levels: tuple[str, ...]) -> None:
    """In its own account the grantee would have what the grant does not give, and the grantor would see it no more."""
    granted(cast, levels)
    with pytest.raises(AccessDenied):
        move_item(cast.actor("alma"), cast.items["truck_8"], cast.accounts["acme"])
    assert Item.objects.get(key="truck-8").account == cast.accounts["northwind"]
    assert not engine.decide(cast.actor("alma"), "device.settings:delete", cast.items["truck_8"]).allowed


def test_moving_asks_every_permission_of_the_kind_and_create_in_the_target(cast: Cast) -> None:
    truck, contoso = cast.items["truck_8"], cast.accounts["contoso"]
    for section in catalogue.KINDS["device"].sections:
        with pytest.raises(AccessDenied):
            move_item(token_with(cast, whole_rule("device", section)), truck, contoso)
    with pytest.raises(AccessDenied):
        move_item(cast.actor("carla"), cast.items["van_1"], cast.accounts["northwind"])
    assert move_item(token_with(cast, whole_rule("device")), truck, contoso).account == contoso


def test_a_developer_moves_what_they_own_only_where_they_may_create(cast: Cast) -> None:
    with pytest.raises(AccessDenied):
        move_item(cast.actor("anna"), cast.items["sensor"], cast.accounts["contoso"])


def test_what_is_denied_to_whoever_moves_it_does_not_move(cast: Cast) -> None:
    deny = ProjectRuleSpec(effect="deny", permissions=("device.commands:create",))
    anna = MemberSpec(user=cast.people["anna"], rules=(deny,), accepted=True)
    northwind = cast.accounts["northwind"]
    create_project(CONSOLE, northwind, name="Quiet", items=(cast.items["sensor"],), members=(anna,))
    with pytest.raises(AccessDenied):
        give_item(cast.actor("anna"), cast.items["sensor"], northwind)


def test_an_item_leaves_the_grants_of_the_branch_that_it_leaves(cast: Cast) -> None:
    van = cast.items["van_1"]
    by_contoso = create_grant(
        CONSOLE, cast.accounts["contoso"], covers="items", items=(van,), grantees=[cast.accounts["fabrikam"]]
    )
    by_northwind = create_grant(
        CONSOLE, cast.accounts["northwind"], covers="items", items=(van,), grantees=[cast.accounts["acme"]],
        accepted=True,
    )  # fmt: skip
    move_item(CONSOLE, van, cast.accounts["northwind"])
    assert list(GrantItem.objects.filter(item=van).values_list("grant", flat=True)) == [by_northwind.pk]
    told = Event.objects.filter(action="grant.change", thing_id=by_contoso.pk).select_related("detail").order_by("pk")
    assert [(one.account_id, one.detail.changes) for one in told] == [
        (cast.accounts[side].pk, {"items": [[van.pk], []]}) for side in ("contoso", "fabrikam")
    ]
    move_item(CONSOLE, van, cast.accounts["contoso"])
    assert not engine.decide(cast.actor("frank"), "device:view", van).allowed
    assert engine.decide(cast.actor("alma"), "device:view", van).allowed


def test_links_that_a_grantee_made_go_with_what_was_moved(cast: Cast) -> None:
    """Fabrikam put its lorry into Northwind's group; then the group goes to Acme, of which Fabrikam has nothing."""
    for covers in ("items", "account"):
        items = (cast.items["night"],) if covers == "items" else ()
        create_grant(
            CONSOLE, cast.accounts["northwind"], covers=covers, items=items, grantees=[cast.accounts["fabrikam"]]
        )
    link_items(cast.actor("frank"), cast.items["lorry"], cast.items["night"])
    link_items(cast.actor("nora"), cast.items["truck_8"], cast.items["night"])
    move_item(CONSOLE, cast.items["night"], cast.accounts["acme"])
    assert list(ItemLink.objects.filter(container=cast.items["night"]).values_list("member", flat=True)) == [
        cast.items["truck_8"].pk
    ]
    assert Event.objects.filter(action="item.unlink").exists()


def test_a_link_whose_maker_still_has_its_ends_stays(cast: Cast) -> None:
    create_grant(
        CONSOLE, cast.accounts["northwind"], covers="account", include_subaccounts=True,
        grantees=[cast.accounts["acme"]], accepted=True,
    )  # fmt: skip
    link_items(cast.actor("alma"), cast.items["rover"], cast.items["night"])
    move_item(CONSOLE, cast.items["night"], cast.accounts["contoso"])
    assert ItemLink.objects.filter(member=cast.items["rover"], container=cast.items["night"]).exists()


# --- Giving


def test_shares_on_an_item_do_not_make_it_ones_own(cast: Cast) -> None:
    otto, sensor = cast.people["otto"], cast.items["sensor"]
    share_item(CONSOLE, otto, sensor, ["view_item", "change_item", "delete_item", "command_item", "logs_item"])
    with pytest.raises(Invalid) as refused:
        change_item(cast.actor("otto"), sensor, owner=otto)
    assert [(one.field, one.code) for one in refused.value.problems] == [("owner", "given_not_changed")]
    with pytest.raises(AccessDenied):
        give_item(cast.actor("otto"), sensor, otto)
    assert Item.objects.get(key="sensor").owner == cast.people["anna"]


def test_no_change_says_whose_an_item_is(cast: Cast) -> None:
    """Not even the console's: a change of a world file is an act of giving or moving, too."""
    sensor = cast.items["sensor"]
    wrong: list[tuple[str, Any, str]] = [
        ("owner", None, "given_not_changed"),
        ("owner", cast.people["otto"], "given_not_changed"),
        ("made_by", cast.people["sam"], "maker_stays"),
        ("account", cast.accounts["contoso"], "moved_not_changed"),
    ]
    for field, value, code in wrong:
        for actor in (CONSOLE, cast.actor("nora")):
            with pytest.raises(Invalid) as refused:
                change_item(actor, sensor, **{field: value})
            assert (field, code) in [(one.field, one.code) for one in refused.value.problems]
        with pytest.raises(AccessDenied):
            change_item(cast.actor("sam"), sensor, **{field: value})
    sensor.refresh_from_db()
    assert (sensor.owner, sensor.account) == (cast.people["anna"], cast.accounts["northwind"])


def test_giving_has_an_event_of_its_own_and_leaves_the_maker(cast: Cast) -> None:
    anna, otto = cast.people["anna"], cast.people["otto"]
    made = create_item(cast.actor("anna"), cast.accounts["northwind"], kind="device", name="Probe")
    given = give_item(cast.actor("adam"), made, otto)
    assert (given.owner, given.made_by, given.account) == (otto, anna, cast.accounts["northwind"])
    assert engine.decide(cast.actor("otto"), "device:delete", made).allowed
    assert not engine.decide(cast.actor("anna"), "device:view", made).allowed
    event = Event.objects.select_related("detail").get(action="item.give")
    assert (event.thing_id, event.detail.changes) == (made.pk, {"owner_id": [anna.pk, otto.pk]})
    give_item(cast.actor("otto"), made, cast.accounts["northwind"])
    assert Item.objects.get(pk=made.pk).owner is None
    assert not engine.decide(cast.actor("otto"), "device:view", made).allowed


def test_giving_asks_every_permission_of_the_kind(cast: Cast) -> None:
    for section in catalogue.KINDS["device"].sections:
        with pytest.raises(AccessDenied):
            give_item(token_with(cast, whole_rule("device", section)), cast.items["truck_8"], cast.people["anna"])
    given = give_item(token_with(cast, whole_rule("device")), cast.items["truck_8"], cast.people["anna"])
    assert given.owner == cast.people["anna"]


@pytest.mark.parametrize("to", ["sam", "adam", "carla", "contoso"])
def test_only_a_developer_of_the_account_or_the_account_owns(cast: Cast, to: str) -> None:
    heir = cast.people.get(to) or cast.accounts[to]
    for give in (
        lambda: give_item(CONSOLE, cast.items["truck_8"], heir),
        lambda: give_project(CONSOLE, cast.pilot, heir),
    ):
        if to == "contoso":
            give_item(CONSOLE, cast.items["truck_8"], cast.people["anna"])
            give_project(CONSOLE, cast.pilot, cast.people["anna"])
        with pytest.raises(Invalid) as refused:
            give()
        assert [one.code for one in refused.value.problems] == ["not_a_developer"]


def test_nobody_gives_to_somebody_who_outlasts_them(cast: Cast) -> None:
    change_user(CONSOLE, cast.people["adam"], expires_at=timezone.now() + timedelta(days=3))
    with pytest.raises(BeyondOwn):
        give_item(cast.actor("adam"), cast.items["truck_8"], cast.people["anna"])
    change_user(CONSOLE, cast.people["anna"], expires_at=timezone.now() + timedelta(days=2))
    assert give_item(cast.actor("adam"), cast.items["truck_8"], cast.people["anna"]).owner == cast.people["anna"]
    assert give_item(cast.actor("adam"), cast.items["truck_8"], cast.accounts["northwind"]).owner is None


# --- Projects


def lab(cast: Cast) -> Project:
    """Anna's project with two devices, of which she has given one to the account; lee may command what counts."""
    spare = create_item(cast.actor("anna"), cast.accounts["northwind"], kind="device", name="Spare")
    cast.items["spare"] = spare
    command = ProjectRuleSpec(effect="allow", permissions=("device:view", "device.commands:create"))
    lee = MemberSpec(user=cast.people["lee"], rules=(command,), accepted=True)
    project = create_project(cast.actor("anna"), cast.accounts["northwind"], name="Lab")
    add_project_items(cast.actor("anna"), project, [cast.items["sensor"], spare])
    change_project(CONSOLE, project, members=(lee,))
    give_item(cast.actor("anna"), spare, cast.accounts["northwind"])
    return project


def test_a_project_is_no_field_either(cast: Cast) -> None:
    project = lab(cast)
    for owner in (None, cast.people["otto"]):
        with pytest.raises(Invalid) as refused:
            change_project(cast.actor("adam"), project, owner=owner)
        assert [one.code for one in refused.value.problems] == ["given_not_changed"]
    assert Project.objects.get(pk=project.pk).owner == cast.people["anna"]


def test_a_project_that_goes_to_the_account_gives_members_what_counts_then(cast: Cast) -> None:
    project, lee, northwind = lab(cast), cast.actor("lee"), cast.accounts["northwind"]
    assert [engine.decide(lee, "device.commands:create", cast.items[name]).allowed for name in ("sensor", "spare")] == [
        True, False,
    ]  # fmt: skip
    without_devices = token_with(cast, whole_rule("project"))
    with pytest.raises((BeyondOwn, AccessDenied)):
        give_project(without_devices, project, northwind)
    seeing = token_with(cast, whole_rule("project"), TokenRuleSpec(kind="device", verbs=("view",)))
    with pytest.raises(BeyondOwn) as refused:
        give_project(seeing, project, northwind)
    assert [one.code for one in refused.value.problems] == ["beyond_own"]
    assert not engine.decide(lee, "device:view", cast.items["spare"]).allowed
    assert give_project(cast.actor("adam"), project, northwind).owner is None
    assert engine.decide(lee, "device.commands:create", cast.items["spare"]).allowed
    event = Event.objects.select_related("detail").get(action="project.give")
    assert event.detail.changes == {"owner_id": [cast.people["anna"].pk, None]}


def test_giving_a_project_asks_all_of_it(cast: Cast) -> None:
    project = lab(cast)
    for section in catalogue.KINDS["project"].sections:
        with pytest.raises(AccessDenied):
            give_project(token_with(cast, whole_rule("project", section)), project, cast.people["otto"])
    with pytest.raises(AccessDenied):
        give_project(cast.actor("otto"), project, cast.people["otto"])
    assert give_project(cast.actor("anna"), project, cast.people["otto"]).owner == cast.people["otto"]
    assert not engine.decide(cast.actor("lee"), "device:view", cast.items["sensor"]).allowed


def test_a_project_made_for_a_developer_is_within_the_ceiling(cast: Cast) -> None:
    creator = token_with(cast, TokenRuleSpec(kind="project", verbs=("create",)))
    with pytest.raises(BeyondOwn):
        create_project(creator, cast.accounts["northwind"], name="For Anna", owner=cast.people["anna"])
    made = create_project(cast.actor("adam"), cast.accounts["northwind"], name="For Anna", owner=cast.people["anna"])
    assert made.owner == cast.people["anna"]
