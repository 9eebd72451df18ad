"""What previews tell of callers is what all decisions before and after an act tell, whatever the act is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from accesscontrol.access.actor import Actor
from accesscontrol.access.compiled.keeping import scopes
from accesscontrol.access.fresh import things
from accesscontrol.access.permissions import kind_permissions
from accesscontrol.catalogue import ASKED_OF_ACCOUNT, KINDS
from accesscontrol.services.accounts.accounts import block_account
from accesscontrol.services.items.assignments import assign_items, share_item, unassign_items
from accesscontrol.services.items.links import link_items, unlink_items
from accesscontrol.services.owning.giving import give_item, give_project
from accesscontrol.services.owning.leaving import set_authority
from accesscontrol.services.owning.moving import move_item
from accesscontrol.services.people.roles import change_role
from accesscontrol.services.people.users import set_enabled
from accesscontrol.services.previews import callers
from accesscontrol.services.previews.callers import Callers
from accesscontrol.services.projects.members import remove_member
from accesscontrol.services.tokens.specs import TokenRuleSpec
from accesscontrol.services.tokens.tokens import change_token
from tests.world import CONSOLE, Cast

EVERY = [wanted for kind in KINDS if kind not in ASKED_OF_ACCOUNT for wanted in kind_permissions(kind)]


def listing(*names: str) -> Callable[[Cast], Any]:
    """The act that makes the viewer's entries a list of these devices."""

    def act(cast: Cast) -> None:
        chosen = tuple(cast.items[name] for name in names)
        rule = TokenRuleSpec(kind="device", reach="list", verbs=("view",), items=chosen)
        change_token(CONSOLE, cast.tokens["viewer"].token, rules=(rule,))

    return act


ACTS: dict[str, Callable[[Cast], Any]] = {
    "assigning": lambda cast: assign_items(CONSOLE, cast.people["sam"], [cast.items["truck_8"]]),
    "taking an assignment": lambda cast: unassign_items(CONSOLE, cast.people["sam"], [cast.items["truck_7"]]),
    "sharing": lambda cast: share_item(CONSOLE, cast.people["otto"], cast.items["sensor"], ["view_item"]),
    "rights of a role": lambda cast: change_role(CONSOLE, cast.dispatcher, rights=("reports",)),
    "entries of a token": listing("truck_7"),
    "a switch": lambda cast: set_enabled(CONSOLE, cast.people["sam"], False),
    "authority": lambda cast: set_authority(CONSOLE, cast.people["sam"], "administrator"),
    "a block": lambda cast: block_account(CONSOLE, cast.accounts["contoso"]),
    "an owner": lambda cast: give_item(CONSOLE, cast.items["sensor"], cast.people["otto"]),
    "moving": lambda cast: move_item(CONSOLE, cast.items["truck_7"], cast.accounts["contoso"]),
    "giving a project": lambda cast: give_project(CONSOLE, cast.pilot, cast.people["anna"]),
    "linking": lambda cast: link_items(CONSOLE, cast.items["truck_7"], cast.items["night"]),
    "unlinking": lambda cast: unlink_items(CONSOLE, cast.items["truck_7"], cast.items["van_a"]),
    "removing a member": lambda cast: remove_member(CONSOLE, cast.pilot.members.get(user=cast.people["lee"])),
}


def decisions(cast: Cast, actors: list[Actor]) -> dict[Actor, set[tuple]]:
    """What each may, by permission and thing."""
    found = scopes(actors, timezone.now())
    users = {user for scope in found.values() if scope for user in scope.users}
    rows = {("item", item.pk) for item in cast.items.values()} | {("account", one.pk) for one in cast.accounts.values()}
    loaded = things.load(rows, users)
    return {
        actor: {
            (str(wanted), ref)
            for ref, thing in loaded.items()
            for wanted in EVERY
            if wanted.asked_of == thing.kind and scope is not None and scope.evaluate(wanted, thing, None).allowed
        }
        for actor, scope in found.items()
    }


@pytest.mark.parametrize("most", [200, 0], ids=["one by one", "by rows"])
@pytest.mark.parametrize("name", ACTS)
def test_gains_and_losses_are_those_of_all_decisions(
    cast: Cast, name: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callers, "MOST_THINGS", most)
    monkeypatch.setattr(callers, "MOST_READ", most)
    actors = [*map(cast.actor, cast.people), *map(cast.token, cast.tokens), *map(Actor.of, cast.accounts.values())]
    listing("truck_8", "pump")(cast)
    before = decisions(cast, actors)
    looked = Callers(actors, {("item", item.pk) for item in cast.items.values()})
    looked.before()
    ACTS[name](cast)
    told, after = looked.after(), decisions(cast, actors)
    real = {one: (bool(after[one] - before[one]), bool(before[one] - after[one])) for one in actors}
    assert any(any(turned) for turned in real.values())
    assert told == real
