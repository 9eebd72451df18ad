"""The first page: each person reads who they are, what they may see in honest numbers, what ends and what happened."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accesscontrol.accounts.models import User
from accesscontrol.grants.models import Grant
from accesscontrol.items.models import ItemUserObjectPermission
from accesscontrol.projects.models import ProjectMember
from accesscontrol.services.accounts.accounts import block_account, open_account
from accesscontrol.services.grants.grants import create_grant
from accesscontrol.services.items.assignments import assign_items
from accesscontrol.services.items.items import create_items
from accesscontrol.services.items.specs import ItemSpec
from accesscontrol.services.people.users import change_user, create_user
from accesscontrol.services.projects.members import change_member
from accesscontrol.services.tokens.tokens import create_token
from accesscontrol.tokens.models import Token
from tests.statements import of_page, statements
from tests.world import CONSOLE


def tiles(client, name: str = "item_tiles") -> dict[str, str]:
    return {one["heading"]: one["number"] for one in client.get("/").context[name]}


def prolonging(client, part: str) -> dict[str, str]:
    """What is offered to be prolonged, and where."""
    return {one["label"]: one["prolong_url"] for one in client.get("/going-on/").context[part] if one["prolong_url"]}


def endings(client) -> list[tuple[str, str]]:
    return [(one["label"], one["note"]) for one in client.get("/going-on/").context["endings"]]


def soon(days: float = 3) -> timezone.datetime:
    return timezone.now() + timedelta(days=days)


@pytest.mark.parametrize(
    ("person", "who"),
    [
        ("nora", "You are the owner of Northwind."),
        ("anna", "You are a developer of Northwind."),
        ("lee", "You are a user of Northwind."),
        ("sam", "You are a user of Northwind, with the role Dispatcher."),
        ("carl", "You are an administrator of Contoso."),
    ],
)
def test_it_says_who_one_is(browse, person, who):
    assert browse(person).get("/").context["subtitle"] == who


def test_the_numbers_are_of_what_one_sees(browse):
    assert tiles(browse("nora")) == {
        "Devices": "7", "Channels": "1", "Calculators": "2", "Groups": "1", "Geofences": "1", "Vehicles": "1",
    }  # fmt: skip
    assert tiles(browse("sam")) == {"Devices": "1", "Geofences": "1", "Vehicles": "1"}
    assert tiles(browse("alma")) == {"Devices": "1"}
    assert tiles(browse("nora"), "noun_tiles") == {
        "Accounts": "4", "Users": "11", "Roles": "1", "Tokens": "5", "Grants given": "1", "Grants received": "1",
        "Projects": "1",
    }  # fmt: skip
    assert tiles(browse("sam"), "noun_tiles") == {}


def test_a_newcomer_is_told_what_to_do_next(browse):
    steps = {
        person: [one["icon"] for one in browse(person).get("/").context["steps"]] for person in ("frank", "siv", "nora")
    }
    assert steps == {"frank": ["account", "user", "token", "grant"], "siv": [], "nora": []}


def test_somebody_without_any_item_reads_whom_to_ask(client, cast):
    client.force_login(create_user(CONSOLE, cast.accounts["fabrikam"], username="nele", verified=True))
    empty = client.get("/").context["empty"]
    assert empty["title"] == "Nothing is assigned to you yet"
    assert empty["text"].endswith("Ask an administrator of Fabrikam.")
    client.force_login(
        create_user(CONSOLE, open_account(CONSOLE, None, name="New"), username="neo", authority="owner", verified=True)
    )
    assert client.get("/").context["empty"]["title"] == "No items yet"


def test_what_ends_within_a_week_is_shown_to_who_may_see_it(browse, cast):
    northwind = cast.accounts["northwind"]
    create_grant(CONSOLE, northwind, covers="items", items=(cast.items["hub"],), grantees=[cast.accounts["fabrikam"]],
                 key="hub-for-a-while", expires_at=soon(1))  # fmt: skip
    create_token(CONSOLE, northwind, type="master", name="Short", key="short", expires_at=soon(2))
    create_token(CONSOLE, northwind, type="master", name="Long", key="long", expires_at=soon(20))
    create_user(CONSOLE, northwind, username="temp", verified=True, expires_at=soon(4))
    assign_items(CONSOLE, cast.people["lee"], [cast.items["truck_8"]], expires_at=soon(5))
    cast.pilot.members.filter(user=cast.people["lee"]).update(expires_at=soon(6))
    assert endings(browse("nora")) == [
        ("Chosen items of Northwind", "grant · Northwind"),
        ("Short", "token · Northwind"),
        ("temp", "user · Northwind"),
        ("Truck 8", "assigned to lee"),
        ("lee", "member of Pilot"),
    ]
    assert endings(browse("frank")) == [("Chosen items of Northwind", "grant · Northwind")]
    assert endings(browse("lee")) == [("Truck 8", "assigned to you or shared with you"), ("Pilot", "your membership")]
    assert endings(browse("carla")) == []


@pytest.mark.checklist("E02")
def test_what_waits_to_be_prolonged_is_shown_to_who_may(browse, cast):
    """What a temporary administrator gave ends with them; who does not end gives it another end, also afterwards."""
    northwind, end = cast.accounts["northwind"], soon(1)
    change_user(CONSOLE, cast.people["adam"], expires_at=end)
    adam = cast.actor("adam")
    fields = {"grantees": [cast.accounts["contoso"]], "expires_at": end}
    grant = create_grant(adam, northwind, covers="kind", kind="group", **fields)
    create_token(adam, northwind, type="standard", name="Temporary", key="temporary", expires_at=end)
    create_user(adam, northwind, username="temp", expires_at=end)
    assign_items(adam, cast.people["lee"], [cast.items["truck_8"]], expires_at=end)
    member = change_member(CONSOLE, cast.pilot.members.get(), expires_at=end)
    doors = {
        "adam": "/users/adam/change/",
        "All groups of Northwind": f"/grants/{grant.key}/extend/",
        "Temporary": "/tokens/temporary/change/",
        "temp": "/users/temp/change/",
        "Truck 8": "/users/lee/assign/?items=truck-8",
        "lee": f"/projects/pilot/members/{member.pk}/change/",
    }
    nora = browse("nora")
    assert prolonging(nora, "endings") == doors
    assert [nora.get(door).status_code for door in doors.values()] == [200] * len(doors)
    assert prolonging(browse("adam"), "endings") == {}, "whose own access ends as soon gives nothing for longer"
    assert prolonging(nora, "ended") == {}
    yesterday = timezone.now() - timedelta(days=1)
    for rows in (User.objects.filter(username__in=["adam", "temp"]), Token.objects.filter(key="temporary"),
                 Grant.objects.filter(pk=grant.pk), ProjectMember.objects.filter(pk=member.pk),
                 ItemUserObjectPermission.objects.filter(user=cast.people["lee"])):  # fmt: skip
        rows.update(expires_at=yesterday)
    assert prolonging(nora, "ended") == doors
    assert prolonging(browse("lee"), "ended") == {}


def test_ones_own_end_is_shown(browse):
    User.objects.filter(username="sam").update(expires_at=soon())
    assert endings(browse("sam")) == [("Your own access", "")]


def test_blocked_accounts_and_the_latest_changes(browse, cast):
    block_account(CONSOLE, cast.accounts["shop"])
    block_account(CONSOLE, cast.accounts["acme"])
    page = browse("carla").get("/going-on/")
    assert [one.key for one in page.context["blocked"]] == ["shop"]
    assert page.context["events"][0]["sentence"] == "console blocked account Shop"
    assert browse("sam").get("/going-on/").context["events"] == []


def test_what_is_going_on_follows_the_first_page_as_a_fragment(browse):
    assert 'hx-get="/going-on/"' in browse("nora").get("/").content.decode()
    fragment = browse("nora").get("/going-on/", HTTP_HX_REQUEST="true").content.decode()
    assert "Ends within a week" in fragment
    assert "<html" not in fragment


@pytest.mark.parametrize("rows", [1, 3])
def test_the_number_of_statements_does_not_grow(browse, cast, rows):
    acme = cast.accounts["acme"]
    create_items(CONSOLE, [ItemSpec(account=acme, kind="device", name=f"Meter {n}") for n in range(rows)])
    for n in range(rows):
        create_token(CONSOLE, acme, type="master", name=f"Token {n}", expires_at=soon())
    alma = browse("alma")
    alma.get("/")
    with statements() as made:
        assert tiles(alma) == {"Devices": str(rows + 1)}
    assert made == of_page(7)
    with statements() as made:
        assert len(endings(alma)) == rows
    assert made == of_page(15, things=3)  # what may be prolonged, what changed, and what the newest events are about
