"""Acts on tokens: what may be issued by whom, what a change may widen, and rotation."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.engine import AccessDenied
from accesscontrol.services.frame.errors import BeyondOwn, Invalid
from accesscontrol.services.owning.leaving import set_authority
from accesscontrol.services.people.users import create_user
from accesscontrol.services.projects.projects import create_project
from accesscontrol.services.projects.specs import MemberSpec
from accesscontrol.services.tokens.specs import TokenRuleSpec, TokenSpec, TopicSpec
from accesscontrol.services.tokens.tokens import (
    change_token,
    create_token,
    create_tokens,
    disable_token,
    enable_token,
    revoke_token,
    rotate_token,
    token_spec,
)
from accesscontrol.tokens.models import Token
from tests.world import CONSOLE, Cast

VIEW = TokenRuleSpec(kind="device", verbs=("view",))


def soon(days: int = 1) -> datetime:
    return timezone.now() + timedelta(days=days)


def issue(actor: Actor, cast: Cast, account: str = "northwind", **fields: Any) -> Token:
    fields = {"type": "acl", "expires_at": soon(), **fields}
    return create_token(actor, cast.accounts[account], **fields).token


def test_owners_and_administrators_issue_every_type_for_the_account(cast: Cast) -> None:
    for username in ("nora", "adam"):
        for token_type in ("standard", "master", "acl"):
            assert issue(cast.actor(username), cast, type=token_type).type == token_type


@pytest.mark.parametrize("username", ["sam", "lee", "carla", "alma"])
def test_others_issue_none(cast: Cast, username: str) -> None:
    with pytest.raises(AccessDenied):
        issue(cast.actor(username), cast)


def test_what_a_developer_issues_acts_for_that_developer(cast: Cast) -> None:
    token = issue(cast.actor("anna"), cast, type="master")
    assert token.user == cast.people["anna"]
    with pytest.raises(BeyondOwn, match="themself only"):
        issue(cast.actor("anna"), cast, type="master", user=cast.people["otto"])
    assert issue(cast.token("of_anna"), cast, type="standard").user == cast.people["anna"]


def test_a_user_has_no_token_of_their_own(cast: Cast) -> None:
    for person in ("sam", "carla"):
        with pytest.raises(Invalid, match="Only developers, owners and administrators of Northwind"):
            issue(CONSOLE, cast, user=cast.people[person])
    set_authority(CONSOLE, cast.people["anna"], "user", cast.accounts["northwind"])
    assert not engine.decide(cast.token("of_anna"), "device:view", cast.items["sensor"]).allowed


@pytest.mark.checklist("T07")
def test_a_token_has_an_end(cast: Cast, settings: Any) -> None:
    with pytest.raises(Invalid, match="Enter an end"):
        issue(CONSOLE, cast, expires_at=None)
    assert issue(CONSOLE, cast, expires_at=None, idle_ttl=300).idle_ttl == 300
    settings.TOKENS_MAY_BE_ENDLESS = True
    assert issue(CONSOLE, cast, expires_at=None).expires_at is None


def test_every_wrong_field_is_named(cast: Cast) -> None:
    northwind, truck = cast.accounts["northwind"], cast.items["truck_7"]
    good = TokenSpec(account=northwind, type="acl", expires_at=soon())
    wrong = [
        replace(good, type="super"),
        replace(good, rules=(TokenRuleSpec(kind="subscription", verbs=("view",)),)),
        replace(good, rules=(TokenRuleSpec(kind="account", verbs=("operate",)),)),
        replace(good, rules=(TokenRuleSpec(kind="device", verbs=("create",), reach="list", items=(truck,)),)),
        replace(good, rules=(TokenRuleSpec(kind="device", sections={"trips": ("view",)}),)),
        replace(good, rules=(TokenRuleSpec(kind="device", sections={"telemetry": ("change",)}),)),
        replace(good, rules=(TokenRuleSpec(kind="channel", reach="list", items=(truck,), verbs=("view",)),)),
        replace(good, rules=(TokenRuleSpec(kind="device", reach="in_groups", items=(truck,)),)),
        replace(good, type="master", rules=(VIEW,)),
        replace(good, allowed_addresses=("10.0.0.1/8",)),
        replace(good, topics=(TopicSpec(filter="a/#/b", actions=("publish",)),)),
        replace(good, topics=(TopicSpec(filter="a", actions=("listen",)),)),
        replace(good, idle_ttl=299),
        replace(good, preset="box"),
    ]
    with pytest.raises(Invalid) as refused:
        create_tokens(CONSOLE, wrong)
    told = [(wrong.index(one.about), one.field) for one in refused.value.problems]
    assert told == [
        (0, "type"), (1, "rules"), (2, "rules"), (3, "rules"), (4, "rules"), (5, "rules"), (6, "rules"), (7, "rules"),
        (8, "rules"), (9, "allowed_addresses"), (10, "topics"), (11, "topics"), (12, "idle_ttl"), (13, "preset"),
    ]  # fmt: skip
    assert Token.objects.count() == len(cast.tokens)


@pytest.mark.checklist("T12")
def test_a_token_issues_nothing_stronger_than_itself(cast: Cast) -> None:
    delegate = cast.token("delegate")
    end = cast.tokens["delegate"].token.expires_at
    assert issue(delegate, cast, rules=(VIEW,), expires_at=end).type == "acl"
    for fields in (
        {"type": "master"},
        {"type": "standard"},
        {"rules": (TokenRuleSpec(kind="device", verbs=("view", "change")),)},
        {"rules": (TokenRuleSpec(kind="device", verbs=("view",), sections="all"),)},
        {"rules": (TokenRuleSpec(kind="account", verbs=("view",)),)},
        {"topics": (TopicSpec(filter="#", actions=("subscribe",)),)},
        {"user": cast.people["nora"], "rules": (VIEW,)},
        {"user": cast.people["anna"], "rules": (VIEW,)},
    ):
        with pytest.raises(BeyondOwn):
            issue(delegate, cast, **fields)
    with pytest.raises(BeyondOwn, match="Choose an end"):
        issue(delegate, cast, rules=(VIEW,), expires_at=end + timedelta(seconds=1))
    with pytest.raises(BeyondOwn, match="own account only"):
        issue(delegate, cast, "contoso", rules=(VIEW,))


def test_a_token_bound_to_networks_issues_within_them(cast: Cast) -> None:
    end = timezone.now() + timedelta(days=1)
    change_token(CONSOLE, cast.tokens["master"].token, allowed_addresses=("10.0.0.0/8",), expires_at=end, idle_ttl=None)
    master = cast.token("master", address="10.1.2.3")
    for fields in ({}, {"allowed_addresses": ("0.0.0.0/0",)}, {"allowed_addresses": ("10.1.0.0/16", "192.0.2.0/24")}):
        with pytest.raises(BeyondOwn, match="networks within"):
            issue(master, cast, expires_at=end, **fields)
    made = issue(master, cast, allowed_addresses=("10.1.0.0/16",), expires_at=end)
    assert made.allowed_addresses == ["10.1.0.0/16"]


def test_an_administrator_issues_no_token_of_the_owner(cast: Cast) -> None:
    with pytest.raises(BeyondOwn, match="subscription:change"):
        issue(cast.actor("adam"), cast, type="master", user=cast.people["nora"])
    assert issue(cast.actor("nora"), cast, type="master", user=cast.people["nora"]).user == cast.people["nora"]
    assert issue(cast.actor("adam"), cast, type="master", user=cast.people["otto"]).user == cast.people["otto"]


def test_nobody_issues_a_token_of_somebody_with_projects_elsewhere(cast: Cast) -> None:
    member = MemberSpec(user=cast.people["otto"], accepted=True)
    create_project(CONSOLE, cast.accounts["acme"], name="Far", members=(member,))
    with pytest.raises(BeyondOwn, match="projects that are not yours"):
        issue(cast.actor("adam"), cast, type="master", user=cast.people["otto"])
    assert issue(cast.actor("otto"), cast, type="master").user == cast.people["otto"]


def test_items_of_others_are_not_listed(cast: Cast) -> None:
    rule = TokenRuleSpec(kind="device", reach="list", items=(cast.items["rover"],), verbs=("view",))
    with pytest.raises(AccessDenied):
        issue(cast.actor("adam"), cast, rules=(rule,))
    hub = TokenRuleSpec(kind="channel", reach="list", items=(cast.items["hub"],), verbs=("view",))
    assert issue(cast.actor("carla"), cast, "contoso", rules=(hub,)).rules.count() == 1
    wide = replace(hub, verbs=("view", "delete"))
    with pytest.raises(BeyondOwn, match="channel:delete"):
        issue(cast.actor("carla"), cast, "contoso", rules=(wide,))


def test_things_of_access_management_are_listed_by_number(cast: Cast) -> None:
    rule = TokenRuleSpec(kind="user", reach="list", things=(cast.people["sam"].pk,), verbs=("view",))
    token = issue(cast.actor("adam"), cast, rules=(rule,))
    assert engine.decide(Actor.of(token), "user:view", cast.people["sam"]).allowed
    assert not engine.decide(Actor.of(token), "user:view", cast.people["lee"]).allowed
    foreign = replace(rule, things=(cast.people["alma"].pk,))
    with pytest.raises(BeyondOwn):
        issue(cast.actor("adam"), cast, rules=(foreign,))


@pytest.mark.checklist("Z06")
def test_narrowing_needs_no_ceiling_and_widening_does(cast: Cast) -> None:
    delegate, viewer = cast.token("delegate"), cast.tokens["viewer"].token
    wide = TokenRuleSpec(kind="device", verbs=("view", "delete"))
    change_token(CONSOLE, viewer, rules=(wide,))
    with pytest.raises(BeyondOwn):
        change_token(delegate, viewer, expires_at=soon(29))  # it would keep a delete that the delegate lacks
        change_token(delegate, viewer, rules=(wide, VIEW), allowed_addresses=())
        change_token(delegate, viewer, expires_at=soon(400))
    assert disable_token(delegate, viewer).enabled is False
    with pytest.raises(BeyondOwn):
        enable_token(delegate, viewer)
    assert token_spec(change_token(delegate, viewer, rules=(VIEW,))).rules == (VIEW,)
    assert enable_token(delegate, viewer).enabled is True


def test_a_token_cannot_prolong_itself(cast: Cast) -> None:
    own = cast.tokens["delegate"].token
    with pytest.raises(BeyondOwn):
        change_token(cast.token("delegate"), own, expires_at=own.expires_at + timedelta(days=1))
    assert change_token(cast.token("delegate"), own, expires_at=soon()).expires_at < own.expires_at


def test_account_user_and_type_never_change(cast: Cast) -> None:
    with pytest.raises(Invalid, match="Issue a new one"):
        change_token(CONSOLE, cast.tokens["viewer"].token, type="master", rules=())
    with pytest.raises(Invalid, match="Issue a new one"):
        change_token(CONSOLE, cast.tokens["of_anna"].token, user=cast.people["otto"])


def test_rotating_is_issuing(cast: Cast) -> None:
    rule = TokenRuleSpec(kind="token", verbs=("view", "change"))
    weak = create_token(CONSOLE, cast.accounts["northwind"], type="acl", rules=(rule,), expires_at=soon()).token
    with pytest.raises(BeyondOwn):
        rotate_token(Actor.of(weak), cast.tokens["master"].token)
    with pytest.raises(Invalid, match="7 days"):
        rotate_token(cast.actor("adam"), cast.tokens["master"].token, overlap=timedelta(days=8))
    assert rotate_token(cast.actor("adam"), cast.tokens["master"].token).secret != cast.tokens["master"].secret


@pytest.mark.checklist("T09")
def test_a_revoked_token_has_nothing_at_the_next_decision(cast: Cast) -> None:
    viewer = cast.token("viewer")
    assert engine.decide(viewer, "device:view", cast.items["truck_7"]).allowed
    with pytest.raises(AccessDenied):
        revoke_token(cast.actor("sam"), cast.tokens["viewer"].token)
    revoke_token(cast.actor("adam"), cast.tokens["viewer"].token)
    assert not engine.decide(viewer, "device:view", cast.items["truck_7"]).allowed


def test_a_user_made_by_a_delegate_is_seen_by_it(cast: Cast) -> None:
    made = create_user(cast.token("delegate"), cast.accounts["northwind"], username="made")
    assert engine.decide(cast.token("delegate"), "user:change", made).allowed
