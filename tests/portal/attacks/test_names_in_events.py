"""Every name in every line of the log, for everybody who reads lines: none is of a thing that they may not view."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import Account, User
from accesscontrol.grants.models import Grant
from accesscontrol.items.models import Item
from accesscontrol.projects.models import Project
from accesscontrol.roles.models import Role
from accesscontrol.services.grants.grants import change_grant, create_grant
from accesscontrol.services.items.assignments import assign_items, unassign_items
from accesscontrol.services.items.items import change_item
from accesscontrol.services.items.links import link_items, unlink_items
from accesscontrol.services.owning.giving import give_item, give_project
from accesscontrol.services.owning.moving import move_item
from accesscontrol.services.people.users import change_user
from accesscontrol.services.projects.members import add_member
from accesscontrol.services.tokens.specs import TokenRuleSpec
from accesscontrol.services.tokens.tokens import change_token, create_token
from accesscontrol.tokens.models import Token
from tests.world import CONSOLE, Cast

pytestmark = [pytest.mark.django_db, pytest.mark.checklist("E11")]
MODELS: dict[Any, tuple[str, tuple[str, ...]]] = {
    Item: (engine.ANY_ITEM_VIEW, ("name", "key", "ident")),
    User: ("user:view", ("username", "email", "phone")),
    Token: ("token:view", ("name", "key")),
    Grant: ("grant:view", ("key", "note")),
    Role: ("role:view", ("name", "key")),
    Project: ("project:view", ("name", "key")),
    Account: ("account:view", ("name", "key")),
}
#: Callers of other accounts collapse into their account's name.
COLLAPSED = {"actor_name", "acting_account_name"}


def busy(cast: Cast) -> None:
    """One of everything that names a second thing."""
    items, people, accounts = cast.items, cast.people, cast.accounts
    change_item(CONSOLE, items["truck_8"], name="Hidden truck", ident="352093081234567")
    assign_items(CONSOLE, people["sam"], [items["truck_8"]])
    unassign_items(CONSOLE, people["sam"], [items["truck_8"]])
    assign_items(CONSOLE, people["lee"], [items["truck_8"], items["hub"]])
    link_items(CONSOLE, items["truck_8"], items["night"])
    unlink_items(CONSOLE, items["truck_8"], items["night"])
    link_items(cast.actor("carla"), items["van_1"], items["hub"])
    give_item(CONSOLE, items["truck_8"], people["anna"])
    give_project(CONSOLE, cast.pilot, people["otto"])
    add_member(CONSOLE, cast.pilot, people["sam"])
    change_user(CONSOLE, people["lee"], role=cast.dispatcher, phone="555-0100")
    create_grant(CONSOLE, accounts["northwind"], covers="items", items=(items["truck_7"], items["truck_8"]),
                 grantees=[accounts["contoso"], accounts["fabrikam"]], note="Only for us")  # fmt: skip
    change_grant(CONSOLE, cast.hub_grant, items=(items["hub"], items["pump"]), note="Ours")
    rule = TokenRuleSpec(kind="device", reach="list", verbs=("view",), items=(items["truck_8"],))
    change_token(CONSOLE, cast.tokens["viewer"].token, rules=(rule,))
    move_item(CONSOLE, items["trips"], accounts["fabrikam"])
    move_item(CONSOLE, items["pump"], accounts["shop"])


def words(told: Any) -> Iterator[str]:
    if isinstance(told, dict):
        for inner in told.values():
            yield from words(inner)
    elif isinstance(told, list):
        for inner in told:
            yield from words(inner)
    elif isinstance(told, str):
        yield told


def names_unseen(actor: Actor) -> set[str]:
    """What things are called that the actor may not view, where nothing that they may view is called so."""
    seen: set[str] = set()
    unseen: set[str] = set()
    for model, (permission, fields) in MODELS.items():
        visible = set(engine.visible(actor, permission).values_list("pk", flat=True))
        for row in model._default_manager.all():
            (seen if row.pk in visible else unseen).update(str(getattr(row, name)) for name in fields)
    return unseen - seen - {""}


def lines(client: APIClient, **headers: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    address: str | None = "/api/v1/events/?limit=200"
    while address:
        answer = client.get(address, headers=headers).json()
        found += answer["results"]
        address = answer["next"]
    return found


def told_unseen(actor: Actor, found: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    unseen = names_unseen(actor)
    assert len(unseen) > 5
    return [(line["action"], name, word) for line in found for name, told in line.items() if name not in COLLAPSED
            for word in words(told) if word in unseen]  # fmt: skip


@pytest.mark.parametrize("person", ["adam", "carla", "carl", "shira", "frank", "alma"])
def test_who_reads_lines_reads_no_name_of_what_they_may_not_view(cast: Cast, person: str) -> None:
    busy(cast)
    client = APIClient()
    client.force_login(cast.people[person])
    found = lines(client)
    assert found
    assert told_unseen(cast.actor(person), found) == []


@pytest.mark.parametrize("kinds", [(), ("user",), ("device",), ("grant", "token"), ("project", "role", "account")])
def test_nor_does_a_token_that_reads_lines_and_little_else(cast: Cast, kinds: tuple[str, ...]) -> None:
    busy(cast)
    rules = [
        TokenRuleSpec(kind="event", verbs=("view",)),
        *(TokenRuleSpec(kind=kind, verbs=("view",)) for kind in kinds),
    ]
    issued = create_token(CONSOLE, cast.accounts["northwind"], type="acl", name="Reader", rules=tuple(rules),
                          expires_at=timezone.now() + timedelta(days=1))  # fmt: skip
    found = lines(APIClient(), Authorization=f"Bearer {issued.secret}")
    assert found
    assert told_unseen(Actor.of(issued.token), found) == []
