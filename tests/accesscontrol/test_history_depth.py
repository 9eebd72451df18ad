"""Whose history depth counts: the smallest on the way, and of several ways the one that reaches furthest (§3, 13)."""

from __future__ import annotations

import pytest
from django.db import connection

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.doors.explaining import explain
from accesscontrol.accounts.models import Account
from accesscontrol.items.models import Item
from accesscontrol.services.accounts.accounts import change_account
from accesscontrol.services.grants.grants import create_grant
from accesscontrol.services.items.assignments import assign_items
from accesscontrol.services.items.items import change_item
from accesscontrol.services.people.users import change_user, create_user
from accesscontrol.services.projects.members import change_member
from accesscontrol.services.projects.specs import ProjectRuleSpec
from accesscontrol.services.tokens.tokens import create_token
from accesscontrol.tokens.models import Token
from tests.world import CONSOLE, Cast, build_cast

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.checklist("E02")]

READ = (ProjectRuleSpec(effect="allow", permissions=("device:view", "device.messages:view")),)


@pytest.fixture
def cast() -> Cast:
    return build_cast()


@pytest.fixture
def truck(cast: Cast) -> Item:
    return cast.items["truck_8"]


def days(actor: Actor, thing: Item, section: str = "messages") -> int | None:
    decision = engine.decide(actor, f"device.{section}:view", thing)
    assert decision.allowed
    return decision.history_days


def whose(actor: Actor, thing: Item, asker: Actor | None = None) -> str:
    """The sentence of the explanation about history depth."""
    looks = engine.look(actor), engine.look(asker) if asker is not None else None
    found = [
        one for one in explain(looks[0], "device.messages:view", thing, looks[1]).outcomes if one.code == "history"
    ]
    return str(found[0].sentence) if found else ""


def granted(cast: Cast, to: Account, figure: int | None, **fields: object) -> None:
    """A grant of all devices of Northwind."""
    kind = {"covers": "kind", "kind": "device"} | fields
    create_grant(CONSOLE, cast.accounts["northwind"], grantees=[to], accepted=True, history_days=figure, **kind)


def test_a_token_sees_no_further_back_than_its_own_figure_and_whom_it_acts_for(cast: Cast, truck: Item) -> None:
    fields = {"type": "standard", "idle_ttl": 3600}
    token = create_token(CONSOLE, cast.accounts["northwind"], name="Gateway", history_days=7, **fields).token
    assert days(Actor.of(token), truck) == 7
    assert whose(Actor.of(token), truck) == (
        "Only the last 7 days are shown, by the history depth of the token Gateway."
    )
    change_user(CONSOLE, cast.people["adam"], history_days=5)
    own = create_token(
        CONSOLE, cast.accounts["northwind"], name="A", user=cast.people["adam"], history_days=7, **fields
    )
    assert days(Actor.of(own.token), truck) == 5
    assert days(Actor.of(own.token), truck, "telemetry") is None, "history depth clips what has a past"


def test_of_two_grants_the_one_that_reaches_furthest_counts(cast: Cast, truck: Item) -> None:
    acme = cast.accounts["acme"]
    granted(cast, acme, 7)
    assert days(Actor.of(acme), truck) == 7
    granted(cast, acme, 30)
    assert days(Actor.of(acme), truck) == 30
    assert whose(cast.actor("alma"), truck) == (
        "Only the last 30 days are shown, by the history depth of the grant from Northwind."
    )
    granted(cast, acme, None)
    assert days(Actor.of(acme), truck) is None
    change_item(CONSOLE, truck, history_days=3)
    assert days(Actor.of(acme), truck) == 3
    assert whose(cast.actor("alma"), truck) == "Only the last 3 days are shown, by the history depth of Truck 8."


def test_what_is_passed_on_of_a_grant_sees_no_further_back_than_the_grant(cast: Cast, truck: Item) -> None:
    contoso = cast.accounts["contoso"]
    granted(cast, contoso, 7)
    light = create_user(CONSOLE, contoso, username="light", verified=True)
    assign_items(CONSOLE, light, [truck])
    assert days(Actor.of(light), truck) == 7
    change_user(CONSOLE, light, history_days=2)
    assert days(Actor.of(light), truck) == 2


def test_a_membership_clips_what_its_rules_give_and_nothing_else(cast: Cast) -> None:
    member = change_member(CONSOLE, cast.pilot.members.get(), rules=READ, history_days=7)
    lee, truck = Actor.of(member.user), cast.items["truck_7"]
    assert days(lee, truck) == 7
    assert whose(lee, truck) == "Only the last 7 days are shown, by the history depth of the membership in Pilot."
    assign_items(CONSOLE, member.user, [truck])
    assert days(lee, truck) is None, "by the assignment lee sees all of it"


def test_who_operates_by_a_grant_sees_no_further_back_than_it(cast: Cast, truck: Item) -> None:
    northwind = cast.accounts["northwind"]
    granted(cast, cast.accounts["acme"], 7, covers="account", kind="", levels=("operate-as",))
    alma = cast.actor("alma", acting=northwind.pk)
    assert days(alma, truck) == 7
    change_account(CONSOLE, northwind, history_days=5)
    assert days(alma, truck) == 5
    assert whose(alma, truck) == "Only the last 5 days are shown, by the history depth of Northwind."
    assert days(cast.actor("nora", acting=cast.accounts["contoso"].pk), cast.items["van_1"]) == 5
    assert whose(cast.actor("carl"), cast.items["van_1"]) == (
        "Only the last 5 days are shown, by the history depth of an account above Contoso."
    ), "an account above is not named"


def test_a_figure_that_one_may_not_see_is_told_without_its_name(cast: Cast, truck: Item) -> None:
    """Who asks about somebody reads how far back, and of whose figure no more than they may view."""
    granted(cast, cast.accounts["acme"], 7)
    seen = whose(Actor.of(cast.accounts["acme"]), truck, cast.actor("alma"))
    assert seen == "Only the last 7 days are shown, by the history depth of the grant from Northwind."
    hidden = whose(Actor.of(cast.accounts["acme"]), truck, cast.actor("sam"))
    assert hidden == "Only the last 7 days are shown, by the history depth of a grant you cannot see."


@pytest.mark.parametrize(
    ("table", "noun"), [("tokens_token", "token"), ("grants_grant", "grant"), ("projects_projectmember", "member")]
)
def test_a_figure_that_is_lowered_by_anybody_counts_at_the_next_decision(cast: Cast, table: str, noun: str) -> None:
    truck = cast.items["truck_7"]
    granted(cast, cast.accounts["acme"], 30)
    change_member(CONSOLE, cast.pilot.members.get(), rules=READ, history_days=30)
    token = create_token(CONSOLE, cast.accounts["northwind"], name="T", type="standard", idle_ttl=3600, history_days=30)
    actor = {"token": Actor.of(token.token), "grant": Actor.of(cast.accounts["acme"]), "member": cast.actor("lee")}[
        noun
    ]
    assert days(actor, truck) == 30
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET history_days = 9 WHERE history_days = 30")
        assert cursor.rowcount == 1
    assert days(actor, truck) == 9
    assert Token.objects.filter(history_days=30).exists() is (noun != "token")
