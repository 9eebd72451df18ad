"""Nobody gives for longer than their own access, nobody acting in between, would allow the same act (§11)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import Account, User
from accesscontrol.grants.models import Grant
from accesscontrol.services.accounts.accounts import move_account
from accesscontrol.services.accounts.ownership import confirm_ownership, offer_ownership
from accesscontrol.services.frame.errors import BeyondOwn, Conflict
from accesscontrol.services.grants.grants import change_grant, create_grant, extend_grant, resume_grant
from accesscontrol.services.grants.invitations import add_grantees
from accesscontrol.services.items.assignments import assign_items, share_item
from accesscontrol.services.items.items import create_item
from accesscontrol.services.items.links import link_items
from accesscontrol.services.joining.registration import change_registration
from accesscontrol.services.owning.giving import give_item, give_project
from accesscontrol.services.owning.moving import move_item
from accesscontrol.services.people.roles import change_role, create_role
from accesscontrol.services.people.users import change_user, create_user, set_enabled, set_role
from accesscontrol.services.projects.members import add_light_member, add_member, change_member, invite_member
from accesscontrol.services.projects.projects import (
    add_project_items,
    change_project_role,
    create_project,
    create_project_role,
)
from accesscontrol.services.projects.specs import MemberSpec, ProjectRuleSpec
from accesscontrol.services.tokens.specs import TokenRuleSpec
from accesscontrol.services.tokens.tokens import change_token, create_token, rotate_token
from accesscontrol.tokens.models import Token
from tests.world import CONSOLE, Cast, enter, in_person

CODE = "beyond_own_end"
SEE = (ProjectRuleSpec(effect="allow", permissions=("device:view",)),)
DENY = (ProjectRuleSpec(effect="deny", permissions=("device:view",)),)


@dataclass
class Maker:
    """Somebody whose access ends: by whom they act, when that ends, and the cast."""

    cast: Cast
    by: Actor
    end: datetime

    @property
    def home(self) -> Account:
        return self.cast.accounts["northwind"]

    def person(self, name: str) -> User:
        return User.objects.get(username=name)


def ending(cast: Cast, how: str) -> Maker:
    """A temporary administrator of Northwind; one by a token that they made; and support staff of another tree."""
    end = timezone.now() + timedelta(days=20)
    northwind = cast.accounts["northwind"]
    if how == "operating":
        create_grant(
            CONSOLE, northwind, covers="account", levels=("operate-as",), grantees=[cast.accounts["acme"]],
            accepted=True, expires_at=end,
        )  # fmt: skip
        return Maker(cast, cast.actor("alma", acting=northwind.pk), end)
    change_user(CONSOLE, cast.people["adam"], expires_at=end)
    if how == "in person":
        return Maker(cast, cast.actor("adam"), end)
    token = create_token(cast.actor("adam"), northwind, type="master", name="of adam", expires_at=end).token
    if how == "by a token of before":
        change_user(CONSOLE, cast.people["adam"], expires_at=None)  # the token keeps the end as it was at issue
    return Maker(cast, Actor.of(token), end)


MAKERS = ("in person", "by a token", "by a token of before", "operating")
IN_PERSON = ("in person", "operating")
Gift = Callable[[Maker, datetime | None], Any]


def member_of_pilot(maker: Maker) -> Any:
    return maker.cast.pilot.members.get()


def off(username: str, maker: Maker, end: datetime | None) -> User:
    """A person who is switched off and would end then."""
    User.objects.filter(username=username).update(is_active=False, expires_at=end)
    return User.objects.get(username=username)


def with_end(username: str, end: datetime | None) -> User:
    User.objects.filter(username=username).update(expires_at=end)
    return User.objects.get(username=username)


GIFTS: dict[str, Gift] = {
    "a user": lambda maker, end: create_user(maker.by, maker.home, username="new", expires_at=end),
    "a user's end": lambda maker, end: change_user(
        maker.by, with_end("lee", maker.end - timedelta(days=9)), expires_at=end
    ),
    "switching on": lambda maker, end: set_enabled(maker.by, off("lee", maker, end), True),
    "a role": lambda maker, end: set_role(maker.by, with_end("lee", end), maker.cast.dispatcher),
    "more rights": lambda maker, end: (with_end("sam", end), change_role(
        maker.by, maker.cast.dispatcher, rights=["reports", "zone_update", "vehicle_update", "tag_update"]
    )),
    "an assignment": lambda maker, end: assign_items(
        maker.by, maker.person("lee"), [maker.cast.items["truck_8"]], end
    ),
    "an assignment's end": lambda maker, end: assign_items(
        maker.by, maker.person("sam"),
        assign_items(CONSOLE, maker.person("sam"), [maker.cast.items["truck_7"]], maker.end - timedelta(days=9))
        and [maker.cast.items["truck_7"]], end,
    ),
    "a share": lambda maker, end: share_item(
        maker.by, maker.person("otto"), maker.cast.items["sensor"], ["view_item"], end
    ),
    "a token": lambda maker, end: create_token(maker.by, maker.home, type="standard", name="new", expires_at=end),
    "a token's end": lambda maker, end: change_token(
        maker.by, create_token(CONSOLE, maker.home, type="standard", name="t",
                               expires_at=maker.end - timedelta(days=9)).token, expires_at=end,
    ),
    "a token's key": lambda maker, end: rotate_token(
        maker.by, create_token(CONSOLE, maker.home, type="standard", name="t", expires_at=end).token
    ),
    "a grant": lambda maker, end: create_grant(
        maker.by, maker.home, covers="kind", kind="group", grantees=[maker.cast.accounts["contoso"]], expires_at=end
    ),
    "a grant to act as it": lambda maker, end: create_grant(
        maker.by, maker.home, covers="account", levels=("operate-as",), grantee_keys=["acme"], expires_at=end
    ),
    "a grant's end": lambda maker, end: extend_grant(
        maker.by, extend_grant(CONSOLE, maker.cast.hub_grant, maker.end - timedelta(days=9)), end
    ),
    "a grantee": lambda maker, end: add_grantees(
        maker.by, extend_grant(CONSOLE, maker.cast.hub_grant, end), [maker.cast.accounts["fabrikam"]]
    ),
    "an invited grantee": lambda maker, end: add_grantees(
        maker.by, extend_grant(CONSOLE, maker.cast.hub_grant, end), keys=["nobody-there"]
    ),
    "a member": lambda maker, end: add_member(
        maker.by, maker.cast.pilot, maker.person("sam"), rules=SEE, expires_at=end
    ),
    "a member without rules": lambda maker, end: add_member(
        maker.by, maker.cast.pilot, maker.person("sam"), expires_at=end
    ),
    "an invited member": lambda maker, end: invite_member(
        maker.by, maker.cast.pilot, "frank@nowhere.example", rules=SEE, expires_at=end
    ),
    "a member's rules": lambda maker, end: change_member(
        maker.by, change_member(CONSOLE, member_of_pilot(maker), expires_at=end),
        rules=(*DENY, ProjectRuleSpec(effect="allow", permissions=("device.logs:view",))),
    ),
    "an item for members": lambda maker, end: (
        change_member(CONSOLE, member_of_pilot(maker), rules=SEE, expires_at=end),
        add_project_items(maker.by, maker.cast.pilot, [maker.cast.items["truck_8"]]),
    ),
    "a deny taken away": lambda maker, end: (
        change_member(CONSOLE, member_of_pilot(maker), rules=DENY, expires_at=end),
        change_member(maker.by, member_of_pilot(maker), rules=()),
    ),
}  # fmt: skip
#: What goes to somebody and has no end of its own; given that whoever gets it ends then.
FOR_GOOD: dict[str, Gift] = {
    "ownership": lambda maker, end: give_item(maker.by, maker.cast.items["truck_8"], with_end("anna", end)),
    "a thing made for a developer": lambda maker, end: create_item(
        maker.by, maker.home, kind="device", name="New", owner=with_end("anna", end)
    ),
    "a project": lambda maker, end: give_project(maker.by, maker.cast.pilot, with_end("anna", end)),
    "a project made for a developer": lambda maker, end: create_project(
        maker.by, maker.home, name="New", owner=with_end("anna", end)
    ),
    "an authority": lambda maker, end: change_user(
        maker.by, with_end("lee", end), authority="administrator", role=None
    ),
}  # fmt: skip


def refused(gift: Callable[[], Any]) -> list[str]:
    with pytest.raises(BeyondOwn) as caught:
        gift()
    return [problem.code for problem in caught.value.problems]


@pytest.mark.checklist("Z06")
@pytest.mark.parametrize("what", GIFTS)
@pytest.mark.parametrize("how", MAKERS)
def test_nothing_is_given_beyond_ones_own_end(cast: Cast, how: str, what: str) -> None:
    maker = ending(cast, how)
    for beyond in (maker.end + timedelta(microseconds=1), None):
        if not (what in ("a token", "a token's key", "a token's end") and beyond is None):
            assert refused(lambda beyond=beyond: GIFTS[what](maker, beyond)) == [CODE]
    GIFTS[what](maker, maker.end)


@pytest.mark.checklist("Z06")
@pytest.mark.parametrize("what", FOR_GOOD)
@pytest.mark.parametrize("how", IN_PERSON)
def test_what_has_no_end_goes_only_to_somebody_who_ends_no_later(cast: Cast, how: str, what: str) -> None:
    maker = ending(cast, how)
    for beyond in (maker.end + timedelta(microseconds=1), None):
        assert refused(lambda beyond=beyond: FOR_GOOD[what](maker, beyond)) == [CODE]
    FOR_GOOD[what](maker, maker.end)


@pytest.mark.parametrize("how", IN_PERSON)
def test_what_lasts_for_good_is_given_by_nobody_who_ends(cast: Cast, how: str) -> None:
    """Rules of registration, and a move, which gives all of it to somebody else."""
    maker, below = ending(cast, how), cast.accounts["contoso"]
    for gift in (
        lambda: change_registration(maker.by, maker.home, public=True),
        lambda: move_item(maker.by, cast.items["truck_8"], below),
        lambda: move_account(maker.by, cast.accounts["fabrikam"], below),
    ):
        assert refused(gift) == [CODE]


@pytest.mark.parametrize("gift", [*GIFTS, *FOR_GOOD])
def test_who_does_not_end_gives_without_an_end(cast: Cast, gift: str) -> None:
    if gift not in ("a token", "a token's key", "a token's end"):
        maker = Maker(cast, cast.actor("nora"), timezone.now() + timedelta(days=20))
        (GIFTS | FOR_GOOD)[gift](maker, None)


def test_what_takes_away_or_gives_nothing_is_not_asked_for_an_end(cast: Cast) -> None:
    maker, lee = ending(cast, "in person"), cast.people["lee"]
    change_user(maker.by, lee, phone="112")
    change_user(maker.by, lee, expires_at=maker.end + timedelta(days=9))  # lee had no end
    set_enabled(maker.by, lee, False)
    change_user(maker.by, cast.people["anna"], history_days=5)
    change_role(maker.by, cast.dispatcher, rights=["reports"])
    create_role(maker.by, maker.home, name="For later", rights=["reports", "tag_update"])
    change_grant(maker.by, cast.hub_grant, note="Mine", expires_at=maker.end + timedelta(days=9))
    create_project_role(maker.by, cast.pilot, name="Later", rules=SEE)
    move_account(cast.actor("nora"), cast.accounts["fabrikam"], cast.accounts["contoso"])


@pytest.mark.checklist("Z06")
def test_support_staff_leave_no_administrator_behind(cast: Cast) -> None:
    """Three weeks of acting as a client became an administrator without an end, and a master token for a year."""
    maker = ending(cast, "operating")
    fields = {"username": "left", "authority": "administrator", "verified": True}
    assert refused(lambda: create_user(maker.by, maker.home, **fields)) == [CODE]
    left = in_person(create_user(maker.by, maker.home, expires_at=maker.end, **fields))
    year = timezone.now() + timedelta(days=365)
    assert refused(lambda: create_token(left, maker.home, type="master", name="year", expires_at=year)) == [CODE]
    assert refused(lambda: create_user(left, maker.home, **{**fields, "username": "second"})) == [CODE]
    second = create_user(left, maker.home, expires_at=maker.end, **{**fields, "username": "second"})
    assert refused(lambda: change_user(in_person(second), User.objects.get(username="left"), expires_at=None)) == [CODE]


def test_a_person_whose_access_does_not_end_prolongs_it(cast: Cast) -> None:
    maker = ending(cast, "in person")
    made = create_user(maker.by, maker.home, username="new", expires_at=maker.end)
    assert change_user(cast.actor("nora"), made, expires_at=None).expires_at is None


def test_a_provisioning_token_gives_as_long_as_its_maker(cast: Cast) -> None:
    """An owner's makes users without an end, though the token ends; one of a temporary administrator does not."""
    rules = (TokenRuleSpec(kind="user", verbs=("view", "create")),)
    maker = ending(cast, "in person")
    for by, name in ((cast.actor("nora"), "owner"), (maker.by, "temporary")):
        token = create_token(by, maker.home, type="acl", name=name, rules=rules, expires_at=maker.end).token
        acting = Actor.of(token)
        if name == "owner":
            assert create_user(acting, maker.home, username=f"by.{name}").expires_at is None
        else:
            assert refused(lambda acting=acting: create_user(acting, maker.home, username="no")) == [CODE]
            assert create_user(acting, maker.home, username=f"by.{name}", expires_at=maker.end)


def test_rotating_is_issuing(cast: Cast) -> None:
    """Who rotates answers for what the token gives from then on; who widens a token cannot make it give for longer."""
    rules = (TokenRuleSpec(kind="user", verbs=("view", "create")),)
    maker, nora = ending(cast, "in person"), cast.actor("nora")
    token = create_token(maker.by, maker.home, type="acl", name="t", rules=rules, expires_at=maker.end).token
    change_token(nora, token, rules=(*rules, TokenRuleSpec(kind="device", verbs=("view",))))
    assert Token.objects.get(pk=token.pk).maker_ends_at == maker.end
    rotate_token(nora, token)
    assert Token.objects.get(pk=token.pk).maker_ends_at is None
    change_token(maker.by, token, rules=rules)
    assert Token.objects.get(pk=token.pk).maker_ends_at is None, "who narrows gives nothing"
    change_token(maker.by, token, rules=(*rules, TokenRuleSpec(kind="device", verbs=("view",))))
    assert Token.objects.get(pk=token.pk).maker_ends_at == maker.end


def test_a_tokens_own_end_counts_for_tokens_and_for_acting_as_its_account(cast: Cast) -> None:
    """And for nothing else: what an owner's token gives does not end with the token."""
    end = Token.objects.get(pk=cast.tokens["master"].token.pk).expires_at
    by, northwind, late = cast.token("master"), cast.accounts["northwind"], end + timedelta(seconds=1)
    fields = {"covers": "account", "grantee_keys": ["acme"]}
    assert refused(lambda: create_token(by, northwind, type="standard", name="t", expires_at=late)) == [CODE]
    assert refused(lambda: create_grant(by, northwind, levels=("operate-as",), **fields)) == [CODE]
    create_grant(by, northwind, levels=("operate-as",), expires_at=end, **fields)
    assert create_grant(by, northwind, levels=("edit",), **fields).expires_at is None
    assert resume_grant(by, change_grant(CONSOLE, cast.hub_grant, enabled=False)).enabled is True
    assign_items(by, cast.people["lee"], [cast.items["truck_8"]])


def test_what_is_given_dies_with_what_it_rests_on(cast: Cast) -> None:
    """Contoso received the hub for a while: what it passes on to its own people ends with that by itself, and so it may
    be passed on without an end; who is at Contoso for a while gives no longer than they are."""
    hub, contoso = cast.items["hub"], cast.accounts["contoso"]
    week, day = timezone.now() + timedelta(days=7), timezone.now() + timedelta(days=1)
    extend_grant(CONSOLE, cast.hub_grant, week)
    light = create_user(CONSOLE, contoso, username="light", verified=True)
    assign_items(cast.actor("carl"), light, [hub])
    listed = TokenRuleSpec(kind="channel", reach="list", verbs=("view",), items=(hub,))
    late = timezone.now() + timedelta(days=30)
    create_token(cast.actor("carl"), contoso, type="acl", name="hub", rules=(listed,), expires_at=late)
    assert not engine.decide(Actor.of(light, at=week), "channel:view", hub)
    change_user(CONSOLE, cast.people["carl"], expires_at=day)
    other = create_user(CONSOLE, contoso, username="other", verified=True)
    assert refused(lambda: assign_items(cast.actor("carl"), other, [hub])) == [CODE]
    assert refused(lambda: assign_items(cast.actor("carl"), other, [hub], day + timedelta(seconds=1))) == [CODE]
    assign_items(cast.actor("carl"), other, [hub], day)


def test_a_second_grant_that_goes_on_is_a_longer_end(cast: Cast) -> None:
    """Acting by one grant that ends and by another that follows: the end is that of the last, without a gap."""
    now, northwind, acme = timezone.now(), cast.accounts["northwind"], cast.accounts["acme"]
    fields = {"covers": "account", "levels": ("operate-as",), "grantees": [acme], "accepted": True}
    create_grant(CONSOLE, northwind, expires_at=now + timedelta(days=1), **fields)
    start, last = now + timedelta(hours=20), now + timedelta(days=3)
    create_grant(CONSOLE, northwind, starts_at=start, expires_at=last, **fields)
    create_grant(CONSOLE, northwind, starts_at=last + timedelta(days=1), expires_at=last + timedelta(days=9), **fields)
    by = cast.actor("alma", acting=northwind.pk)
    assert refused(lambda: create_user(by, northwind, username="no", expires_at=last + timedelta(seconds=1))) == [CODE]
    assert create_user(by, northwind, username="yes", expires_at=last).expires_at == last


def test_a_light_member_made_by_somebody_who_ends_has_the_end_of_the_membership(cast: Cast) -> None:
    maker = ending(cast, "in person")
    assert refused(lambda: add_light_member(maker.by, cast.pilot, username="light", rules=SEE)) == [CODE]
    member = add_light_member(maker.by, cast.pilot, username="light", rules=SEE, expires_at=maker.end)
    assert (member.expires_at, member.user.expires_at) == (maker.end, maker.end)
    endless = add_light_member(cast.actor("nora"), cast.pilot, username="other", rules=SEE, expires_at=maker.end)
    assert endless.user.expires_at is None


def test_a_project_role_with_more_goes_to_no_member_who_stays_longer(cast: Cast) -> None:
    maker = ending(cast, "in person")
    role = create_project_role(CONSOLE, cast.pilot, name="Viewer", rules=SEE)
    wider = (*SEE, ProjectRuleSpec(effect="allow", permissions=("device.logs:view",)))
    change_project_role(maker.by, role, rules=wider)  # nobody has it
    member = member_of_pilot(maker)
    change_member(CONSOLE, member, roles=(role.key,))
    widest = (*wider, ProjectRuleSpec(effect="allow", permissions=("device:change",)))
    assert refused(lambda: change_project_role(maker.by, role, rules=widest)) == [CODE]
    change_member(CONSOLE, member, expires_at=maker.end)
    change_project_role(maker.by, role, rules=widest)


def test_the_ownership_goes_to_nobody_who_stays_longer(cast: Cast) -> None:
    end = timezone.now() + timedelta(days=20)
    User.objects.filter(username="nora").update(expires_at=end)
    assert refused(lambda: offer_ownership(cast.actor("nora"), cast.people["adam"])) == [CODE]
    User.objects.filter(username="adam").update(expires_at=end)
    offer = offer_ownership(cast.actor("nora"), User.objects.get(username="adam"))
    User.objects.filter(username="adam").update(expires_at=None)
    with pytest.raises(Conflict, match="ends before yours"):
        confirm_ownership(cast.actor("adam"), offer)


def test_the_platform_operator_gives_without_an_end(cast: Cast) -> None:
    root = User.objects.create(username="root", is_superuser=True, is_active=True)
    inside = enter(root, cast.accounts["shop"])
    assert create_user(inside, cast.accounts["shop"], username="new").expires_at is None
    acting = inside.acting_as(cast.accounts["contoso"])
    assert create_user(acting, cast.accounts["shop"], username="newer").expires_at is None
    assert Grant.objects.filter(expires_at=None).exists()


def test_an_item_and_its_deny_are_given_with_their_own_ends(cast: Cast) -> None:
    """A group that a token names: what is linked into it is given for as long as the token lasts."""
    maker = ending(cast, "in person")
    rule = TokenRuleSpec(kind="device", reach="in_groups", verbs=("view",), items=(cast.items["night"],))
    late = maker.end + timedelta(days=1)
    token = create_token(CONSOLE, maker.home, type="acl", name="group", rules=(rule,), expires_at=late).token
    assert refused(lambda: link_items(maker.by, cast.items["truck_8"], cast.items["night"])) == [CODE]
    change_token(CONSOLE, token, expires_at=maker.end)
    link_items(maker.by, cast.items["truck_8"], cast.items["night"])


def test_a_member_spec_is_complete_and_keeps_its_end(cast: Cast) -> None:
    """Making a whole project gives to each member until that member's end."""
    maker = ending(cast, "in person")
    lee = MemberSpec(user=cast.people["lee"], rules=SEE, accepted=True)
    fields = {"name": "Whole", "items": (cast.items["truck_8"],)}
    assert refused(lambda: create_project(maker.by, maker.home, members=(lee,), **fields)) == [CODE]
    lee.expires_at = maker.end
    create_project(maker.by, maker.home, members=(lee,), **fields)
