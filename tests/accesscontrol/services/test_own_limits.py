"""How much a developer may create: never above the account's, counted of what they own (access model §6)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accesscontrol.accounts.models import User
from accesscontrol.services.accounts.accounts import change_limits
from accesscontrol.services.frame.errors import Invalid
from accesscontrol.services.items.items import create_item
from accesscontrol.services.owning.giving import give_item
from accesscontrol.services.owning.leaving import set_authority
from accesscontrol.services.people.users import change_user
from accesscontrol.services.projects.projects import create_project
from accesscontrol.services.tokens.tokens import create_token
from tests.world import CONSOLE, Cast

pytestmark = pytest.mark.both


def limited(cast: Cast, **limits: int) -> None:
    change_user(cast.actor("adam"), cast.people["anna"], limits=limits)


def refused(act) -> list[tuple[str, object]]:
    with pytest.raises(Invalid) as error:
        act()
    return [(one.code, one.parts.get("value")) for one in error.value.problems]


def test_what_a_developer_creates_counts_for_them_alone(cast: Cast) -> None:
    limited(cast, device=2)  # the sensor is one
    home = cast.accounts["northwind"]
    create_item(cast.actor("anna"), home, kind="device", name="Second")
    third = lambda: create_item(cast.actor("anna"), home, kind="device", name="Third")  # noqa: E731
    assert refused(third) == [("own_limit_reached", 2)]
    create_item(cast.actor("anna"), home, kind="bucket", name="Of another kind")
    create_item(cast.actor("otto"), home, kind="device", name="Otto's")
    create_item(cast.actor("nora"), home, kind="device", name="The account's")


def test_tokens_and_projects_count_too(cast: Cast) -> None:
    limited(cast, token=1, project=0)
    home, soon = cast.accounts["northwind"], timezone.now() + timedelta(days=1)
    anna = cast.people["anna"]
    act = lambda: create_token(cast.actor("anna"), home, type="standard", user=anna, expires_at=soon)  # noqa: E731
    assert refused(act) == [("own_limit_reached", 1)]
    assert refused(lambda: create_project(cast.actor("anna"), home, name="Mine")) == [("own_limit_reached", 0)]


def test_nothing_is_given_beyond_it(cast: Cast) -> None:
    limited(cast, device=1)
    assert refused(lambda: give_item(cast.actor("nora"), cast.items["truck_8"], cast.people["anna"])) == [
        ("own_limit_reached", 1)
    ]


@pytest.mark.checklist("Z06")
def test_a_limit_of_a_developer_is_never_above_the_accounts(cast: Cast) -> None:
    change_limits(CONSOLE, cast.accounts["northwind"], {"device": 5})
    with pytest.raises(Invalid) as error:
        limited(cast, device=6)
    assert [(one.code, one.parts["most"]) for one in error.value.problems] == [("limit_above_accounts", 5)]
    limited(cast, device=5)


@pytest.mark.parametrize("limits", [{"developer": 1}, {"dragon": 1}, {"device": -1}, {"device": True}, {"device": "5"}])
def test_only_what_developers_create_is_limited_by_whole_numbers(cast: Cast, limits) -> None:
    with pytest.raises(Invalid) as error:
        change_user(cast.actor("adam"), cast.people["anna"], limits=limits)
    assert list(error.value.errors) == ["limits"]


def test_only_developers_have_such_limits(cast: Cast) -> None:
    with pytest.raises(Invalid) as error:
        change_user(cast.actor("adam"), cast.people["lee"], limits={"device": 1})
    assert [one.code for one in error.value.problems] == ["limits_of_developers"]
    limited(cast, device=1)
    set_authority(cast.actor("nora"), cast.people["anna"], "user", cast.people["otto"])
    assert User.objects.get(username="anna").limits == {}


@pytest.mark.checklist("Z07")
def test_nobody_changes_their_own(cast: Cast) -> None:
    with pytest.raises(Invalid) as error:
        change_user(cast.actor("anna"), cast.people["anna"], limits={"device": 100})
    assert list(error.value.errors) == ["limits"]
