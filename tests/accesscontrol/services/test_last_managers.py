"""An account that somebody manages keeps somebody for as long as the last of them was to last; by every act."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from accesscontrol.services.frame.errors import Conflict
from accesscontrol.services.people.removing import remove_users
from accesscontrol.services.people.users import change_user, change_users, create_user, user_spec
from accesscontrol.services.tokens.specs import TokenRuleSpec
from accesscontrol.services.tokens.tokens import create_token
from tests.world import CONSOLE, Cast, in_person

FAR = timezone.now() + timedelta(days=300)
ACTS: dict[str, Callable[[Actor, User], Any]] = {
    "switched off": lambda by, user: change_user(by, user, enabled=False),
    "not verified": lambda by, user: change_user(by, user, verified=False),
    "an end in seconds": lambda by, user: change_user(by, user, expires_at=soon()),
    "an end in months": lambda by, user: change_user(by, user, expires_at=FAR),
    "another authority": lambda by, user: change_user(by, user, authority="user"),
    "removed": lambda by, user: remove_users(by, [user]),
}


def soon() -> datetime:
    return timezone.now() + timedelta(seconds=5)


@pytest.fixture
def callers(cast: Cast) -> dict[str, Actor]:
    """Who of the shop, or in its name, may change its administrator: its tokens, and somebody who operates as it."""
    rules = (TokenRuleSpec(kind="user", verbs=("view", "change", "delete")),)
    shop, until = cast.accounts["shop"], timezone.now() + timedelta(days=30)
    master = create_token(CONSOLE, shop, type="master", name="m", expires_at=until).token
    narrow = create_token(CONSOLE, shop, type="acl", name="n", expires_at=until, rules=rules).token
    operating = cast.actor("carla", acting=shop.pk)
    return {"master token": Actor.of(master), "ACL token": Actor.of(narrow), "operating": operating}


@pytest.mark.checklist("Z07")
@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("caller", ["master token", "ACL token", "operating"])
def test_no_act_takes_the_last_administrator(cast: Cast, callers: dict[str, Actor], act: str, caller: str) -> None:
    shira, siv = cast.people["shira"], cast.people["siv"]
    with pytest.raises(Conflict):
        ACTS[act](callers[caller], shira)
    state = User.objects.get(pk=shira.pk)
    assert (state.is_active, state.verified, state.expires_at, state.authority) == (True, True, None, "administrator")
    change_user(callers[caller], siv, expires_at=FAR)
    assert User.objects.get(pk=siv.pk).expires_at == FAR, "whoever manages nothing may end"


@pytest.mark.parametrize("act", ACTS)
def test_one_of_two_administrators_may_go_when_the_other_stays_as_long(cast: Cast, act: str) -> None:
    create_user(CONSOLE, cast.accounts["shop"], username="second", authority="administrator", verified=True)
    ACTS[act](cast.actor("shira"), User.objects.get(username="second"))


@pytest.mark.parametrize("act", [name for name in ACTS if name != "an end in months"])
def test_the_other_administrator_who_ends_sooner_does_not_count(cast: Cast, act: str) -> None:
    second = create_user(
        CONSOLE, cast.accounts["shop"], username="second", authority="administrator", verified=True, expires_at=FAR
    )
    with pytest.raises(Conflict):
        ACTS[act](in_person(second), cast.people["shira"])
    assert User.objects.filter(username="shira", is_active=True, expires_at=None).exists()


def test_the_last_to_end_keeps_their_end_and_may_be_prolonged(cast: Cast) -> None:
    shop = cast.accounts["shop"]
    change_user(CONSOLE, cast.people["shira"], expires_at=FAR)
    second = create_user(
        CONSOLE, shop, username="second", authority="administrator", verified=True, expires_at=FAR - timedelta(days=1)
    )
    by = in_person(second)
    with pytest.raises(Conflict, match="from .* UTC on"):
        change_user(by, cast.people["shira"], expires_at=FAR - timedelta(seconds=1))
    change_user(cast.actor("shira"), second, expires_at=FAR - timedelta(days=2))


def test_many_at_once_are_one_act(cast: Cast) -> None:
    """Both ends of a pair end: together they leave nobody, each alone would not."""
    second = create_user(CONSOLE, cast.accounts["shop"], username="second", authority="administrator", verified=True)
    third = create_user(CONSOLE, cast.accounts["shop"], username="third", authority="administrator", verified=True)
    off = [(user, user_spec(user)) for user in (cast.people["shira"], second)]
    for _, spec in off:
        spec.expires_at = soon()
    change_users(in_person(third), off)
    with pytest.raises(Conflict):
        remove_users(cast.actor("carla", acting=cast.accounts["shop"].pk), [third])


@pytest.mark.parametrize("act", ACTS)
def test_an_account_above_decides(cast: Cast, act: str) -> None:
    ACTS[act](cast.actor("carla"), cast.people["shira"])
