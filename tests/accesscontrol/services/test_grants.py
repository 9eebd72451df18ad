"""Acts on grants: to whom, of what, accepted by whom; what changing, dropping and revoking do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.engine import AccessDenied
from accesscontrol.audit.models import Event, EventDetail
from accesscontrol.grants.models import Grant, GrantGrantee
from accesscontrol.items.models import Item, ItemLink
from accesscontrol.services.frame.errors import BeyondOwn, Conflict, Invalid
from accesscontrol.services.grants.grantees import accept_grant, drop_grant
from accesscontrol.services.grants.grants import (
    change_grant,
    create_grant,
    create_grants,
    extend_grant,
    pause_grant,
    resume_grant,
    revoke_grant,
)
from accesscontrol.services.grants.invitations import add_grantees, remove_grantee, withdraw_invitation
from accesscontrol.services.grants.specs import GrantSpec
from accesscontrol.services.items.items import create_item
from accesscontrol.services.items.links import link_items
from accesscontrol.services.tokens.specs import TokenRuleSpec
from accesscontrol.services.tokens.tokens import create_token
from tests.world import CONSOLE, Cast


def give(actor: Actor, cast: Cast, grantor: str = "contoso", to: str = "fabrikam", **fields: object) -> Grant:
    fields = {"covers": "account", "grantees": [cast.accounts[to]], **fields}
    return create_grant(actor, cast.accounts[grantor], **fields)


def test_an_account_of_the_same_tree_has_the_grant_at_once(cast: Cast) -> None:
    grant = give(cast.actor("carla"), cast, levels=("edit",))
    frank = cast.actor("frank")
    assert engine.decide(frank, "device:change", cast.items["van_1"]).allowed
    assert not engine.decide(frank, "device:delete", cast.items["van_1"]).allowed
    assert not engine.decide(frank, "device:view", cast.items["scooter"]).allowed
    told = Event.objects.filter(action="grant.create", thing_id=grant.pk).order_by("pk")
    assert list(told.values_list("account_id", flat=True)) == [
        cast.accounts["contoso"].pk,
        cast.accounts["fabrikam"].pk,
    ]


@pytest.mark.parametrize("username", ["siv", "frank", "alma", "anna", "sam"])
def test_others_grant_nothing(cast: Cast, username: str) -> None:
    with pytest.raises(AccessDenied):
        give(cast.actor(username), cast)


def test_not_to_itself_or_an_ancestor_and_no_operate_as_below(cast: Cast) -> None:
    carla = cast.actor("carla")
    for to in ("contoso", "northwind"):
        with pytest.raises(Invalid, match="has access already"):
            give(carla, cast, to=to)
    with pytest.raises(Invalid, match="cannot operate"):
        give(carla, cast, to="shop", levels=("operate-as",))
    assert give(carla, cast, to="shop", levels=("edit",)).levels == ["edit"]


def test_levels_of_the_whole_account_need_the_whole_account(cast: Cast) -> None:
    for level in ("operate-as", "create-device"):
        with pytest.raises(Invalid, match="only with the whole account"):
            give(cast.actor("carla"), cast, covers="kind", kind="device", levels=(level,))
    with pytest.raises(Invalid, match="“fly” is not a level"):
        give(cast.actor("carla"), cast, levels=("fly",))
    made = give(cast.actor("carla"), cast, levels=("operate-as", "create-device", "edit", "read"))
    assert made.levels == ["edit", "create-device", "operate-as"]


def test_what_was_received_is_not_granted_on(cast: Cast) -> None:
    with pytest.raises(Invalid, match="not of Contoso"):
        give(cast.actor("carla"), cast, covers="items", items=(cast.items["hub"],))


def test_wrong_specs_are_told_together(cast: Cast) -> None:
    contoso, fabrikam = cast.accounts["contoso"], cast.accounts["fabrikam"]
    now = timezone.now()
    wrong = [
        GrantSpec(account=contoso, grantees=(fabrikam,), covers="all"),
        GrantSpec(account=contoso, grantees=(), covers="account"),
        GrantSpec(account=contoso, grantees=(fabrikam,), covers="kind"),
        GrantSpec(account=contoso, grantees=(fabrikam,), covers="account", starts_at=now, expires_at=now),
        GrantSpec(account=contoso, grantees=(fabrikam, fabrikam), covers="account"),
        GrantSpec(account=contoso, grantees=(fabrikam,), covers="items", include_subaccounts=True),
    ]
    with pytest.raises(Invalid) as refused:
        create_grants(CONSOLE, wrong)
    told = [(wrong.index(one.about), one.field) for one in refused.value.problems]
    assert told == [
        (0, "covers"), (1, "grantees"), (2, "kind"), (3, "expires_at"), (4, "grantees"), (5, "include_subaccounts"),
    ]  # fmt: skip


@pytest.mark.checklist("Z06")
def test_nobody_grants_more_than_they_hold(cast: Cast) -> None:
    rules = (
        TokenRuleSpec(kind="grant", verbs=("view", "create", "change")),
        TokenRuleSpec(kind="device", verbs=("view",)),
    )
    end = timezone.now() + timedelta(days=1)
    issued = create_token(CONSOLE, cast.accounts["northwind"], type="acl", rules=rules, expires_at=end)
    actor = Actor.of(issued.token)
    with pytest.raises(BeyondOwn):
        give(actor, cast, "northwind", "contoso")
    with pytest.raises(BeyondOwn):
        give(actor, cast, "northwind", "contoso", covers="items", items=(cast.items["truck_8"],))
    paused = pause_grant(actor, cast.hub_grant)
    assert paused.enabled is False
    with pytest.raises(AccessDenied):
        resume_grant(actor, cast.hub_grant)  # it may not even view the hub
    assert resume_grant(cast.actor("nora"), cast.hub_grant).enabled is True


def test_an_account_of_another_tree_accepts_first(cast: Cast) -> None:
    van, alma = cast.items["van_1"], cast.actor("alma")
    grant = create_grant(cast.actor("carla"), cast.accounts["contoso"], covers="account", grantee_keys=["acme"])
    assert grant.invited == ["acme"]
    assert not engine.decide(alma, "device:view", van).allowed
    assert engine.decide(alma, "grant:view", grant).allowed
    with pytest.raises(AccessDenied):
        accept_grant(cast.actor("carla"), grant, cast.accounts["acme"])
    accept_grant(alma, grant, cast.accounts["acme"])
    assert engine.decide(alma, "device:view", van).allowed
    grant.refresh_from_db()
    assert grant.invited == []


@pytest.mark.checklist("Z04")
def test_unknown_and_unwilling_look_the_same(cast: Cast) -> None:
    contoso = cast.accounts["contoso"]
    known, unknown = (
        create_grant(cast.actor("carla"), contoso, covers="account", grantee_keys=[key]) for key in ("acme", "nobody")
    )
    assert (known.invited, unknown.invited) == (["acme"], ["nobody"])
    drop_grant(cast.actor("alma"), known)
    known.refresh_from_db()
    assert known.invited == ["acme"]
    lines = EventDetail.objects.filter(event__thing_type="grant", event__account_id=contoso.pk)
    seen = [[line.changes["grantees"] for line in lines.filter(event__thing_id=grant.pk)] for grant in (known, unknown)]
    assert seen == [[[]], [[]]]
    for grant, key in ((known, "acme"), (unknown, "nobody")):
        withdraw_invitation(cast.actor("carla"), grant, key)
        grant.refresh_from_db()
        assert grant.invited == []


def test_nobody_accepts_in_anothers_name(cast: Cast) -> None:
    with pytest.raises(AccessDenied):
        give(cast.actor("carla"), cast, to="acme", accepted=True)
    assert GrantGrantee.objects.filter(account=cast.accounts["acme"]).count() == 0
    grant = give(CONSOLE, cast, to="acme", accepted=True)
    assert grant.grantee_links.get().accepted_at is not None
    waiting = give(cast.actor("carla"), cast, to="acme")
    with pytest.raises(AccessDenied):
        change_grant(cast.actor("carla"), waiting, accepted=True)


def test_a_grantee_drops_out_for_itself_only(cast: Cast) -> None:
    grant = give(cast.actor("adam"), cast, "northwind", covers="kind", kind="device", grantees=[
        cast.accounts["contoso"], cast.accounts["fabrikam"]])  # fmt: skip
    with pytest.raises(Conflict, match="Drop out"):
        revoke_grant(cast.actor("frank"), grant)
    with pytest.raises(Conflict, match="for itself only"):
        drop_grant(cast.actor("frank"), grant, cast.accounts["contoso"])
    drop_grant(cast.actor("frank"), grant)
    assert [link.account for link in grant.grantee_links.all()] == [cast.accounts["contoso"]]
    assert engine.decide(cast.actor("carla"), "device:view", cast.items["truck_8"]).allowed


def test_revoking_cuts_the_links_made_under_it_and_names_them(cast: Cast) -> None:
    hub = cast.items["hub"]
    link_items(cast.actor("carla"), cast.items["van_1"], hub)
    assert Item.objects.get(pk=hub.pk).device_count == 2
    revoke_grant(cast.actor("adam"), cast.hub_grant)
    assert list(ItemLink.objects.filter(container=hub).values_list("member__key", flat=True)) == ["truck-7"]
    assert Item.objects.get(pk=hub.pk).device_count == 1
    detail = EventDetail.objects.get(event__action="item.unlink")
    assert (detail.changes["member"], detail.changes["because"]) == (cast.items["van_1"].pk, "grant ended")
    assert not engine.decide(cast.actor("carla"), "channel:view", hub).allowed


def test_links_stand_while_another_grant_still_carries_them(cast: Cast) -> None:
    second = give(cast.actor("adam"), cast, "northwind", "contoso", covers="kind", kind="channel")
    link_items(cast.actor("carla"), cast.items["van_1"], cast.items["hub"])
    revoke_grant(cast.actor("adam"), cast.hub_grant)
    assert ItemLink.objects.filter(container=cast.items["hub"]).count() == 2
    drop_grant(cast.actor("carla"), second)
    assert ItemLink.objects.filter(container=cast.items["hub"]).count() == 1


def test_taking_an_item_out_of_a_grant_cuts_its_links(cast: Cast) -> None:
    link_items(cast.actor("carla"), cast.items["van_1"], cast.items["hub"])
    change_grant(cast.actor("adam"), cast.hub_grant, items=(cast.items["truck_8"],))
    assert ItemLink.objects.filter(container=cast.items["hub"]).count() == 1
    assert engine.decide(cast.actor("carla"), "device:view", cast.items["truck_8"]).allowed


def test_a_grant_is_paused_extended_and_changed_by_the_grantor_only(cast: Cast) -> None:
    hub, carla = cast.items["hub"], cast.actor("carla")
    for refused in (lambda: pause_grant(carla, cast.hub_grant), lambda: extend_grant(carla, cast.hub_grant, None)):
        with pytest.raises(AccessDenied):
            refused()
    pause_grant(cast.actor("adam"), cast.hub_grant)
    assert not engine.decide(carla, "channel:view", hub).allowed
    resume_grant(cast.actor("adam"), cast.hub_grant)
    end = timezone.now() + timedelta(days=5)
    assert extend_grant(cast.actor("adam"), cast.hub_grant, end).expires_at == end
    assert engine.decide(carla, "channel:view", hub).allowed
    with pytest.raises(Invalid, match="keeps its grantor"):
        change_grant(CONSOLE, cast.hub_grant, account=cast.accounts["fabrikam"], items=(cast.items["lorry"],))


def test_a_grantee_reads_nothing_of_the_note_or_of_other_grantees(cast: Cast) -> None:
    grantees = [cast.accounts["contoso"], cast.accounts["fabrikam"]]
    change_grant(cast.actor("adam"), cast.hub_grant, grantees=tuple(grantees), note="secret terms", levels=("edit",))
    contoso = cast.accounts["contoso"]
    told = EventDetail.objects.filter(event__account_id=contoso.pk, event__action__startswith="grant.")
    assert [sorted(detail.changes) for detail in told.order_by("pk")][-1] == ["levels"]
    assert "secret" not in str([detail.changes for detail in told])
    assert str(cast.accounts["fabrikam"].pk) not in [str(value) for one in told for value in one.changes.values()]


def test_a_group_granted_takes_ones_own_items_without_showing_others(cast: Cast) -> None:
    group = create_item(CONSOLE, cast.accounts["northwind"], kind="group", name="Shared")
    link_items(CONSOLE, cast.items["truck_8"], group)
    give(cast.actor("adam"), cast, "northwind", "contoso", covers="items", items=(group,))
    link_items(cast.actor("carla"), cast.items["van_1"], group)
    assert not engine.decide(cast.actor("carla"), "device:view", cast.items["truck_8"]).allowed


def test_grantees_are_added_and_taken_out_one_by_one(cast: Cast) -> None:
    adam, hub = cast.actor("adam"), cast.items["hub"]
    grant = add_grantees(adam, cast.hub_grant, [cast.accounts["fabrikam"]], ["acme", "nobody"])
    assert grant.invited == ["acme", "nobody"]
    assert engine.decide(cast.actor("frank"), "channel:view", hub).allowed
    assert not engine.decide(cast.actor("alma"), "channel:view", hub).allowed
    remove_grantee(adam, grant, cast.accounts["fabrikam"])
    assert not engine.decide(cast.actor("frank"), "channel:view", hub).allowed
    assert engine.decide(cast.actor("carla"), "channel:view", hub).allowed
    lines = EventDetail.objects.filter(event__account_id=cast.accounts["northwind"].pk, event__action="grant.change")
    contoso, fabrikam = cast.accounts["contoso"].pk, cast.accounts["fabrikam"].pk
    told = [line.changes["grantees"] for line in lines.order_by("pk")]
    assert told == [[[contoso], [contoso, fabrikam]], [[contoso, fabrikam], [contoso]]]
