"""Nobody gives a deeper history than their own, by any act (access model §11)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from accesscontrol.services.accounts.accounts import (
    change_account,
    change_limits,
    move_account,
    open_account,
    unblock_account,
)
from accesscontrol.services.frame.errors import BeyondOwn
from accesscontrol.services.grants.grants import change_grant, create_grant, resume_grant
from accesscontrol.services.grants.invitations import add_grantees
from accesscontrol.services.items.assignments import assign_items, share_item
from accesscontrol.services.items.items import change_item, create_item
from accesscontrol.services.items.links import link_items
from accesscontrol.services.joining.registration import change_registration
from accesscontrol.services.owning.giving import give_item, give_project
from accesscontrol.services.owning.moving import move_item
from accesscontrol.services.people.roles import change_role
from accesscontrol.services.people.users import change_user, create_user, set_enabled, set_role
from accesscontrol.services.projects.members import add_light_member, add_member, change_member, invite_member
from accesscontrol.services.projects.projects import add_project_items, create_project
from accesscontrol.services.projects.specs import MemberSpec, ProjectRuleSpec
from accesscontrol.services.tokens.specs import TokenRuleSpec
from accesscontrol.services.tokens.tokens import change_token, create_token, rotate_token
from accesscontrol.tokens.models import Token
from tests.accesscontrol.services.test_ends_pass_on import Maker, member_of_pilot
from tests.world import CONSOLE, Cast

pytestmark = pytest.mark.checklist("E02")

CODE = "beyond_own_depth"
OWN = 30
READ = (ProjectRuleSpec(effect="allow", permissions=("device:view", "device.messages:view")),)
DENY = (ProjectRuleSpec(effect="deny", permissions=("device.messages:view",)),)
MESSAGES = TokenRuleSpec(kind="device", verbs=("view",), sections={"messages": ("view",)})
Gift = Callable[[Maker, int | None], Any]


def shallow(cast: Cast, how: str) -> Maker:
    """An administrator of Northwind who sees 30 days back; a token of one; and support staff by a grant of 30 days."""
    end, northwind = timezone.now() + timedelta(days=20), cast.accounts["northwind"]
    if how == "operating":
        create_grant(
            CONSOLE, northwind, covers="account", levels=("operate-as",), grantees=[cast.accounts["acme"]],
            accepted=True, history_days=OWN,
        )  # fmt: skip
        return Maker(cast, cast.actor("alma", acting=northwind.pk), end)
    if how == "by a token":
        token = create_token(CONSOLE, northwind, type="master", name="m", expires_at=end, history_days=OWN).token
        return Maker(cast, Actor.of(token), end)
    change_user(CONSOLE, cast.people["adam"], history_days=OWN)
    return Maker(cast, cast.actor("adam"), end)


MAKERS = ("in person", "by a token", "operating")


def seeing(username: str, days: int | None) -> User:
    User.objects.filter(username=username).update(history_days=days)
    return User.objects.get(username=username)


def off(username: str, days: int | None) -> User:
    User.objects.filter(username=username).update(is_active=False)
    return seeing(username, days)


GIFTS: dict[str, Gift] = {
    "a user": lambda maker, days: create_user(maker.by, maker.home, username="new", history_days=days),
    "a user's depth": lambda maker, days: change_user(maker.by, seeing("lee", 9), history_days=days),
    "switching on": lambda maker, days: set_enabled(maker.by, off("lee", days), True),
    "a role of somebody": lambda maker, days: (
        change_role(CONSOLE, maker.cast.dispatcher, history_days=None),
        set_role(maker.by, seeing("lee", days), maker.cast.dispatcher),
    ),
    "no role, which clipped": lambda maker, days: (
        change_role(CONSOLE, maker.cast.dispatcher, history_days=9), set_role(maker.by, seeing("sam", days), None)
    ),
    "a role's depth": lambda maker, days: (
        change_role(CONSOLE, maker.cast.dispatcher, history_days=9),
        change_role(maker.by, maker.cast.dispatcher, history_days=days),
    ),
    "an assignment": lambda maker, days: assign_items(
        maker.by, seeing("lee", days), [maker.cast.items["truck_8"]]
    ),
    "a share": lambda maker, days: share_item(
        maker.by, seeing("otto", days), maker.cast.items["truck_8"], ["view_item"]
    ),
    "a token": lambda maker, days: create_token(
        maker.by, maker.home, type="standard", name="new", expires_at=maker.end, history_days=days
    ),
    "a token of one rule": lambda maker, days: create_token(
        maker.by, maker.home, type="acl", name="new", rules=(MESSAGES,), expires_at=maker.end, history_days=days
    ),
    "a token's depth": lambda maker, days: change_token(
        maker.by, create_token(CONSOLE, maker.home, type="standard", name="t", expires_at=maker.end,
                               history_days=9).token, history_days=days,
    ),
    "a token's key": lambda maker, days: rotate_token(
        maker.by, create_token(CONSOLE, maker.home, type="standard", name="t", expires_at=maker.end,
                               history_days=days).token
    ),
    "a grant": lambda maker, days: create_grant(
        maker.by, maker.home, covers="kind", kind="device", grantees=[maker.cast.accounts["contoso"]],
        history_days=days,
    ),
    "a grant of one item": lambda maker, days: create_grant(
        maker.by, maker.home, covers="items", items=(maker.cast.items["truck_8"],),
        grantees=[maker.cast.accounts["contoso"]], history_days=days,
    ),
    "a grant's depth": lambda maker, days: change_grant(
        maker.by, create_grant(CONSOLE, maker.home, covers="kind", kind="device", history_days=9,
                               grantees=[maker.cast.accounts["contoso"]]), history_days=days,
    ),
    "a grant that was off": lambda maker, days: resume_grant(
        maker.by, create_grant(CONSOLE, maker.home, covers="kind", kind="device", history_days=days, enabled=False,
                               grantees=[maker.cast.accounts["contoso"]]),
    ),
    "a grantee": lambda maker, days: add_grantees(
        maker.by, create_grant(CONSOLE, maker.home, covers="kind", kind="device", history_days=days,
                               grantees=[maker.cast.accounts["contoso"]]), [maker.cast.accounts["fabrikam"]],
    ),
    "a member": lambda maker, days: add_member(
        maker.by, maker.cast.pilot, seeing("sam", None), rules=READ, history_days=days
    ),
    "an invited member": lambda maker, days: invite_member(
        maker.by, maker.cast.pilot, "frank@nowhere.example", rules=READ, history_days=days
    ),
    "a light member": lambda maker, days: add_light_member(
        maker.by, maker.cast.pilot, username="light", rules=READ, history_days=days
    ),
    "a member's depth": lambda maker, days: change_member(
        maker.by, change_member(CONSOLE, member_of_pilot(maker), rules=READ, history_days=9), history_days=days
    ),
    "a member's rules": lambda maker, days: change_member(
        maker.by, change_member(CONSOLE, member_of_pilot(maker), rules=(), history_days=days), rules=READ
    ),
    "an item for members": lambda maker, days: (
        change_member(CONSOLE, member_of_pilot(maker), rules=READ, history_days=days),
        add_project_items(maker.by, maker.cast.pilot, [maker.cast.items["truck_8"]]),
    ),
    "a deny taken away": lambda maker, days: (
        seeing("lee", days), change_member(CONSOLE, member_of_pilot(maker), rules=DENY),
        change_member(maker.by, member_of_pilot(maker), rules=()),
    ),
    "a link into a token's group": lambda maker, days: (
        Token.objects.filter(name="group").delete(),
        create_token(CONSOLE, maker.home, type="acl", name="group", expires_at=maker.end, history_days=days, rules=(
            TokenRuleSpec(kind="device", reach="in_groups", verbs=("view",), sections={"messages": ("view",)},
                          items=(maker.cast.items["night"],)),
        )),
        link_items(maker.by, maker.cast.items["truck_8"], maker.cast.items["night"]),
    ),
    "ownership": lambda maker, days: give_item(maker.by, maker.cast.items["truck_8"], seeing("anna", days)),
    "a thing made for a developer": lambda maker, days: create_item(
        maker.by, maker.home, kind="device", name="New", owner=seeing("anna", days)
    ),
    "an authority": lambda maker, days: change_user(
        maker.by, seeing("lee", days), authority="developer", role=None
    ),
}  # fmt: skip
#: A token makes a `user` only, and no other authority; it lets nobody in.
IN_PERSON_ONLY = ("an authority", "switching on")


def refused(gift: Callable[[], Any]) -> list[str]:
    with pytest.raises(BeyondOwn) as caught:
        gift()
    return [problem.code for problem in caught.value.problems]


@pytest.mark.parametrize("what", GIFTS)
@pytest.mark.parametrize("how", MAKERS)
def test_nothing_is_given_beyond_ones_own_depth(cast: Cast, how: str, what: str) -> None:
    maker = shallow(cast, how)
    if how == "by a token" and what in IN_PERSON_ONLY:
        return
    for beyond in (OWN + 1, None):
        assert refused(lambda beyond=beyond: GIFTS[what](maker, beyond)) == [CODE]
    GIFTS[what](maker, OWN)


@pytest.mark.parametrize("what", GIFTS)
def test_who_sees_all_of_the_past_gives_all_of_it(cast: Cast, what: str) -> None:
    GIFTS[what](Maker(cast, cast.actor("nora"), timezone.now() + timedelta(days=20)), None)


@pytest.mark.parametrize("how", MAKERS)
def test_what_reaches_as_far_back_as_there_is_anything_is_given_by_nobody_who_does_not_see_it(
    cast: Cast, how: str
) -> None:
    """A move, which gives all of an item; a project that goes to the account; rules of registration."""
    maker, below = shallow(cast, how), cast.accounts["contoso"]
    assert refused(lambda: move_item(maker.by, cast.items["truck_8"], below)) == [CODE]
    assert refused(lambda: move_account(maker.by, cast.accounts["fabrikam"], below)) == [CODE]
    lee = MemberSpec(user=cast.people["lee"], rules=READ, accepted=True)
    fields = {"owner": cast.people["anna"], "items": (cast.items["truck_8"],), "members": (lee,)}
    made = create_project(CONSOLE, maker.home, name="Anna's", **fields)
    assert refused(lambda: give_project(maker.by, made, maker.home)) == [CODE]
    if how != "by a token":
        assert refused(lambda: change_registration(maker.by, maker.home, public=True)) == [CODE]


@pytest.mark.parametrize("how", MAKERS)
def test_no_account_is_let_see_further_back_than_oneself(cast: Cast, how: str) -> None:
    """By its own figure, by lifting its block, and by a move that leaves the figure above it behind."""
    contoso, northwind = cast.accounts["contoso"], cast.accounts["northwind"]
    inner = open_account(CONSOLE, contoso, name="Inner")
    change_limits(CONSOLE, contoso, {}, 9)
    maker = shallow(cast, how)
    for beyond in (OWN + 1, None):
        assert refused(lambda beyond=beyond: change_limits(maker.by, contoso, {}, beyond)) == [CODE]
    assert refused(lambda: move_account(maker.by, inner, northwind)) == [CODE]
    assert change_limits(maker.by, contoso, {}, OWN).history_days == OWN
    change_account(CONSOLE, contoso, blocked=True, history_days=None)
    assert refused(lambda: unblock_account(maker.by, contoso)) == [CODE]
    change_account(CONSOLE, contoso, history_days=OWN)
    assert unblock_account(maker.by, contoso).blocked is False


def test_an_items_own_figure_is_raised_by_nobody_beyond_their_own(cast: Cast) -> None:
    truck = change_item(CONSOLE, cast.items["truck_8"], history_days=9)
    change_user(CONSOLE, cast.people["nora"], history_days=OWN)
    assert refused(lambda: change_item(cast.actor("nora"), truck, history_days=None)) == [CODE]
    assert change_item(cast.actor("nora"), truck, history_days=OWN).history_days == OWN


def test_what_gives_no_history_is_not_asked_for_a_depth(cast: Cast) -> None:
    maker = shallow(cast, "in person")
    change_user(maker.by, cast.people["lee"], phone="112", history_days=9)
    change_grant(maker.by, cast.hub_grant, note="Mine")
    groups = create_grant(maker.by, maker.home, covers="kind", kind="group", grantees=[cast.accounts["contoso"]])
    assert groups.history_days is None
    seen = (ProjectRuleSpec(effect="allow", permissions=("device:view",)),)
    assert add_member(maker.by, cast.pilot, cast.people["sam"], rules=seen).history_days is None


def test_what_clips_both_alike_makes_no_difference(cast: Cast) -> None:
    """Who sees 30 days back because the account does gives without a figure: nobody there sees further."""
    northwind = cast.accounts["northwind"]
    change_role(CONSOLE, cast.dispatcher, history_days=OWN)
    change_account(CONSOLE, northwind, history_days=OWN)
    nora = cast.actor("nora")
    create_user(nora, northwind, username="new", authority="administrator")
    create_grant(nora, northwind, covers="kind", kind="device", grantees=[cast.accounts["contoso"]])
    share_item(nora, cast.people["otto"], cast.items["truck_8"], ["view_item"])
    token = create_token(nora, northwind, type="standard", name="t", idle_ttl=3600).token
    decision = engine.decide(Actor.of(token), "device.messages:view", cast.items["truck_8"])
    assert decision.history_days == OWN


def test_what_was_received_with_a_depth_is_passed_on_without_one(cast: Cast) -> None:
    """Contoso sees 30 days of what Northwind granted: so do its people, whoever assigns it to them."""
    contoso, truck = cast.accounts["contoso"], cast.items["truck_8"]
    create_grant(
        CONSOLE, cast.accounts["northwind"], covers="items", items=(truck,), grantees=[contoso], history_days=OWN
    )
    light = create_user(CONSOLE, contoso, username="light", verified=True)
    assign_items(cast.actor("carl"), light, [truck])
    assert engine.decide(Actor.of(light), "device.messages:view", truck).history_days == OWN
    change_user(CONSOLE, cast.people["carl"], history_days=9)
    other = create_user(CONSOLE, contoso, username="other", verified=True)
    assert refused(lambda: assign_items(cast.actor("carl"), other, [truck])) == [CODE]


@pytest.mark.parametrize("kind", ["master", "acl"])
def test_a_token_makes_no_token_that_sees_further_back_than_itself(cast: Cast, kind: str) -> None:
    """Also none for the very person that it acts for, who sees all of the past, and with no more in its rules."""
    northwind, nora = cast.accounts["northwind"], cast.people["nora"]
    rules = (MESSAGES, TokenRuleSpec(kind="token", verbs=("view", "create"))) if kind == "acl" else ()
    fields = {"type": kind, "user": nora, "rules": rules, "expires_at": timezone.now() + timedelta(days=20)}
    by = Actor.of(create_token(cast.actor("nora"), northwind, name="own", history_days=OWN, **fields).token)
    made = {**fields, "rules": rules[:1], "expires_at": fields["expires_at"]}
    for beyond in (OWN + 1, None):
        assert refused(lambda beyond=beyond: create_token(by, northwind, name="t", history_days=beyond, **made)) == [
            CODE
        ]
    assert create_token(by, northwind, name="t", history_days=OWN, **made).token.history_days == OWN


def test_what_is_lifted_is_lifted_for_good_by_nobody_who_ends(cast: Cast) -> None:
    """A block, a figure of an account or an item, and what stands above an account that moves away from it."""
    contoso, northwind = cast.accounts["contoso"], cast.accounts["northwind"]
    inner = open_account(CONSOLE, contoso, name="Inner")
    truck = change_item(CONSOLE, cast.items["truck_8"], history_days=9)
    change_account(CONSOLE, contoso, blocked=True, history_days=9)
    for name in ("adam", "nora"):
        change_user(CONSOLE, cast.people[name], expires_at=timezone.now() + timedelta(days=20))
    adam, nora = cast.actor("adam"), cast.actor("nora")
    for lifting in (
        lambda: unblock_account(adam, contoso),
        lambda: change_limits(adam, contoso, {}, 10),
        lambda: move_account(adam, inner, northwind),
        lambda: change_item(nora, truck, history_days=10),
    ):
        assert refused(lifting) == ["beyond_own_end"]
    assert change_limits(adam, contoso, {}, 8).history_days == 8
    change_user(CONSOLE, cast.people["adam"], expires_at=None)
    assert unblock_account(adam, contoso).blocked is False
