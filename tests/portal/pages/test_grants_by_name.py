"""Grants are found by the name of the other side, as far as the caller may know of it, at every door that searches."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accesscontrol.accounts.models import User
from accesscontrol.grants.models import GrantGrantee
from accesscontrol.services.accounts.accounts import change_account
from accesscontrol.services.grants.grants import create_grant
from tests.world import CONSOLE, Cast, build_cast

pytestmark = [pytest.mark.django_db, pytest.mark.both]
GIVEN, RECEIVED = "/grants/", "/grants/~received/"


@pytest.fixture
def cast() -> Cast:
    """Northwind lends to Contoso and Fabrikam below it, and to Acme of another tree, which has not answered."""
    made = build_cast()
    for key, name in {"contoso": "Müller & Söhne", "acme": "Zebra Labs", "fabrikam": "Quarry ΟΔΟΣ"}.items():
        change_account(CONSOLE, made.accounts[key], name=name)
    for key in ("contoso", "acme", "fabrikam"):
        create_grant(CONSOLE, made.accounts["northwind"], grantees=[made.accounts[key]], key=f"lent-{key[0]}1",
                     covers="kind", kind="device")  # fmt: skip
    GrantGrantee.objects.filter(account=made.accounts["acme"]).update(accepted_at=None)
    return made


def found(cast: Cast, username: str, letters: str) -> list[set[str]]:
    """The keys that each door finds: the two lists, search, selects and the interface."""
    browser, program = Client(), APIClient()
    person = User.objects.get(username=username)
    browser.force_login(person)
    program.force_login(person)
    lists = [
        {row.record.key for row in browser.get(page, {"q": letters}).context["table"].page.object_list}
        for page in (GIVEN, RECEIVED)
    ]
    groups = browser.get("/search/", {"q": letters}).context["groups"]
    searched = {row["label"] for group in groups if group["label"] == "Grants" for row in group["rows"]}
    offered = {one["value"] for one in browser.get("/choices/grant:view/", {"q": letters}).json()["results"]}
    given, received = (
        {row["key"] for row in program.get(f"/api/v1/{path}/", {"search": letters}).json()["results"]}
        for path in ("grants", "received")
    )
    assert offered == searched == given
    assert received == lists[1]
    return [lists[0], lists[1], searched]


@pytest.mark.parametrize("letters", ["müller", "MULLER", "söhne", "& so"])
def test_the_giver_finds_a_grant_by_whom_it_was_given(cast, letters):
    """In the list of what was received, too: Contoso, which received it, is of Northwind's branch."""
    keys = {"lent-c1", "hub-for-contoso"}
    assert found(cast, "nora", letters) == [keys, keys, keys]


def test_whoever_received_it_finds_it_by_the_giver(cast):
    assert found(cast, "carla", "northw") == [set(), {"lent-c1", "hub-for-contoso"}, {"lent-c1", "hub-for-contoso"}]
    assert found(cast, "frank", "NORTHWIND") == [set(), {"lent-f1"}, {"lent-f1"}]


def test_a_stranger_is_found_by_name_once_it_has_accepted(cast):
    assert found(cast, "nora", "zebra") == [set(), set(), set()]
    GrantGrantee.objects.update(accepted_at=timezone.now())
    assert found(cast, "nora", "ZEBRA") == [{"lent-a1"}, set(), {"lent-a1"}]
    assert found(cast, "nora", "quarry οδος") == [{"lent-f1"}] * 3  # of Northwind's own branch


def test_one_grantee_is_not_told_of_the_others(cast):
    grant = create_grant(CONSOLE, cast.accounts["northwind"], key="for-both", covers="kind", kind="modem",
                         grantees=[cast.accounts["contoso"], cast.accounts["fabrikam"]])  # fmt: skip
    GrantGrantee.objects.filter(grant=grant, accepted_at=None).update(accepted_at=grant.created_at)
    assert found(cast, "carla", "quarry") == [set(), set(), set()]
    assert found(cast, "frank", "müller") == [set(), set(), set()]
    assert "for-both" in found(cast, "nora", "quarry")[0] & found(cast, "nora", "müller")[0]


@pytest.mark.parametrize(("username", "letters"), [("carla", "thwind\nnorth"), ("nora", "acme"), ("frank", "northw")])
def test_the_key_of_an_account_finds_nothing(cast, username, letters):
    """Keys of strangers are not to be found out letter by letter."""
    change_account(CONSOLE, cast.accounts["northwind"], name="Thwind")
    GrantGrantee.objects.update(accepted_at=timezone.now())
    assert found(cast, username, letters) == [set(), set(), set()]
