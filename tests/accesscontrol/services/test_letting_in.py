"""Letting people in: a token sets nobody's password, verifies nobody, and opens no account to everybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import Account, User
from accesscontrol.services.accounts.accounts import move_account
from accesscontrol.services.frame.errors import BeyondOwn
from accesscontrol.services.joining.registration import change_registration
from accesscontrol.services.people.users import change_user, create_user, set_enabled
from accesscontrol.services.projects.members import add_light_member
from accesscontrol.services.tokens.specs import TokenRuleSpec
from accesscontrol.services.tokens.tokens import create_token
from tests.world import CONSOLE, PASSWORD, Cast

pytestmark = pytest.mark.checklist("E06")
TOKENS = ("master", "delegate", "manager")
MANAGER = (
    TokenRuleSpec(kind="project", verbs=("view", "change"), sections={"members": ("view", "create")}),
    TokenRuleSpec(kind="user", verbs=("view", "create", "change")),
    TokenRuleSpec(kind="account", verbs=("view", "create", "change"), sections={"limits": ("view", "change")}),
)


def by_token(cast: Cast, name: str) -> Actor:
    """A token of the cast, or one that manages people, projects and accounts."""
    if name != "manager":
        return cast.token(name)
    soon = timezone.now() + timedelta(days=1)
    issued = create_token(CONSOLE, cast.accounts["northwind"], type="acl", rules=MANAGER, expires_at=soon)
    return Actor.of(issued.token)


ACTS: dict[str, Callable[[Cast, Actor, dict[str, Any]], Any]] = {
    "a user": lambda cast, by, fields: create_user(by, cast.accounts["northwind"], username="made", **fields),
    "a user below": lambda cast, by, fields: create_user(by, cast.accounts["contoso"], username="made", **fields),
    "a light member": lambda cast, by, fields: add_light_member(by, cast.pilot, username="made", **fields),
}


@pytest.mark.checklist("T12")
@pytest.mark.parametrize("name", TOKENS)
@pytest.mark.parametrize("fields", [{"password": PASSWORD}, {"verified": True}], ids=["password", "verified"])
@pytest.mark.parametrize("act", ["a user", "a user below"])
def test_whom_a_token_makes_has_no_password_and_is_not_verified(
    cast: Cast, name: str, fields: dict[str, Any], act: str
) -> None:
    by = by_token(cast, name)
    with pytest.raises(BeyondOwn) as refused:
        ACTS[act](cast, by, fields)
    assert list(refused.value.errors) == list(fields)
    assert not User.objects.filter(username="made").exists()
    made = ACTS[act](cast, by, {})
    assert (made.verified, made.has_usable_password()) == (False, False)


def test_a_light_member_made_by_a_token_has_no_password(cast: Cast) -> None:
    by = by_token(cast, "manager")
    with pytest.raises(BeyondOwn) as refused:
        ACTS["a light member"](cast, by, {"password": PASSWORD})
    assert list(refused.value.errors) == ["password"]
    made = ACTS["a light member"](cast, by, {}).user
    assert (made.verified, made.has_usable_password()) == (False, False)


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_verifies_nobody_later(cast: Cast, name: str) -> None:
    by = by_token(cast, name)
    made = create_user(by, cast.accounts["northwind"], username="made")
    with pytest.raises(BeyondOwn) as refused:
        change_user(by, made, verified=True)
    assert list(refused.value.errors) == ["verified"]
    assert change_user(cast.actor("adam"), made, verified=True).verified is True
    set_enabled(CONSOLE, made, False)
    assert set_enabled(by, made, True).is_active is True  # whom a person has let in may be switched on again


@pytest.mark.parametrize("name", ["master", "manager"])
def test_a_token_opens_no_account_to_everybody(cast: Cast, name: str) -> None:
    by, contoso = by_token(cast, name), cast.accounts["contoso"]
    with pytest.raises(BeyondOwn) as refused:
        change_registration(by, contoso, public=True)
    assert list(refused.value.errors) == ["public"]
    assert change_registration(cast.actor("adam"), contoso, public=True).public is True
    assert change_registration(by, contoso, public=False).public is False


@pytest.mark.checklist("E13")
def test_a_move_of_an_account_gives_what_it_holds_so_whoever_moves_it_has_all_of_that(cast: Cast) -> None:
    by, shop = by_token(cast, "manager"), cast.accounts["shop"]
    with pytest.raises(BeyondOwn) as refused:
        move_account(by, shop, cast.accounts["fabrikam"])
    assert list(refused.value.errors) == ["parent"]
    assert Account.objects.get(pk=shop.pk).parent == cast.accounts["contoso"]
    assert move_account(by, shop, cast.accounts["northwind"]).parent == cast.accounts["northwind"]  # nobody gains
    assert move_account(cast.token("master"), shop, cast.accounts["fabrikam"]).parent == cast.accounts["fabrikam"]
