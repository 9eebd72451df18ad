"""Revisions (access model §11): every act counts up what it changes, once, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accesscontrol.accounts.models import User
from accesscontrol.accounts.revisions import Revised
from accesscontrol.grants.models import GrantGrantee
from accesscontrol.items.models import Item
from accesscontrol.services.accounts.accounts import change_account, open_account
from accesscontrol.services.accounts.ownership import confirm_ownership, offer_ownership
from accesscontrol.services.grants.grantees import accept_grant, drop_grant
from accesscontrol.services.grants.grants import change_grant, create_grant
from accesscontrol.services.items.assignments import assign_items
from accesscontrol.services.items.items import change_item, change_items, create_item, create_items, item_spec
from accesscontrol.services.items.links import link_items
from accesscontrol.services.items.sections import add_record, change_record
from accesscontrol.services.items.specs import ItemSpec
from accesscontrol.services.owning.giving import give_item, give_project
from accesscontrol.services.owning.leaving import remove_user
from accesscontrol.services.owning.moving import move_item
from accesscontrol.services.people.roles import change_role, create_role, delete_role
from accesscontrol.services.people.specs import UserSpec
from accesscontrol.services.people.users import change_user, create_users
from accesscontrol.services.projects.members import add_member, change_member, remove_member
from accesscontrol.services.projects.projects import change_project, create_project
from accesscontrol.services.signing_in.sessions import record_sign_in, start_operating
from accesscontrol.services.tokens.tokens import change_token, rotate_token
from tests.world import CONSOLE, Cast


def revision(thing: Revised) -> int:
    """The thing's revision as it is stored."""
    return type(thing)._default_manager.values_list("revision", flat=True).get(pk=thing.pk)


def change_truck(cast: Cast, **changes: Any) -> Item:
    return change_item(CONSOLE, cast.items["truck_7"], **changes)


#: What is changed → (the thing, what it does, what changes nothing).
ACTS: dict[str, tuple[Callable[[Cast], Revised], Callable[[Cast], Any], Callable[[Cast], Any]]] = {
    "account": (
        lambda cast: cast.accounts["contoso"],
        lambda cast: change_account(CONSOLE, cast.accounts["contoso"], notes="New"),
        lambda cast: change_account(CONSOLE, cast.accounts["contoso"], notes=""),
    ),
    "account moved": (
        lambda cast: cast.accounts["shop"],
        lambda cast: change_account(CONSOLE, cast.accounts["shop"], parent=cast.accounts["fabrikam"]),
        lambda cast: change_account(CONSOLE, cast.accounts["shop"], parent=cast.accounts["contoso"]),
    ),
    "user": (
        lambda cast: cast.people["sam"],
        lambda cast: change_user(CONSOLE, cast.people["sam"], phone="1", enabled=False),
        lambda cast: change_user(CONSOLE, cast.people["sam"], phone=""),
    ),
    "user, by an assignment": (
        lambda cast: cast.people["sam"],
        lambda cast: assign_items(CONSOLE, cast.people["sam"], [cast.items["truck_8"]]),
        lambda cast: record_sign_in(CONSOLE, cast.people["sam"]),
    ),
    "role": (
        lambda cast: cast.dispatcher,
        lambda cast: change_role(CONSOLE, cast.dispatcher, rights=()),
        lambda cast: change_role(CONSOLE, cast.dispatcher, name="Dispatcher"),
    ),
    "item": (
        lambda cast: cast.items["truck_7"],
        lambda cast: change_truck(cast, name="Other"),
        lambda cast: change_truck(cast, name="Truck 7"),
    ),
    "item, by a link": (
        lambda cast: cast.items["truck_8"],
        lambda cast: link_items(CONSOLE, cast.items["truck_8"], cast.items["night"]),
        lambda cast: add_record(CONSOLE, cast.items["truck_8"], "messages", data={"speed": 1}),
    ),
    "item, by a move": (
        lambda cast: cast.items["truck_8"],
        lambda cast: move_item(CONSOLE, cast.items["truck_8"], cast.accounts["contoso"]),
        lambda cast: move_item(CONSOLE, cast.items["truck_8"], cast.accounts["northwind"]),
    ),
    "item, by a gift": (
        lambda cast: cast.items["sensor"],
        lambda cast: give_item(CONSOLE, cast.items["sensor"], cast.people["otto"]),
        lambda cast: give_item(CONSOLE, cast.items["sensor"], cast.people["anna"]),
    ),
    "token": (
        lambda cast: cast.tokens["viewer"].token,
        lambda cast: change_token(CONSOLE, cast.tokens["viewer"].token, rules=()),
        lambda cast: change_token(CONSOLE, cast.tokens["viewer"].token, enabled=True),
    ),
    "token, by a new key": (
        lambda cast: cast.tokens["viewer"].token,
        lambda cast: rotate_token(CONSOLE, cast.tokens["viewer"].token),
        lambda cast: record_sign_in(CONSOLE, cast.tokens["viewer"].token),
    ),
    "grant": (
        lambda cast: cast.hub_grant,
        lambda cast: change_grant(CONSOLE, cast.hub_grant, levels=("edit",)),
        lambda cast: change_grant(CONSOLE, cast.hub_grant, levels=()),
    ),
    "project": (
        lambda cast: cast.pilot,
        lambda cast: change_project(CONSOLE, cast.pilot, description="New"),
        lambda cast: change_project(CONSOLE, cast.pilot, description=""),
    ),
    "project, by a member": (
        lambda cast: cast.pilot,
        lambda cast: add_member(CONSOLE, cast.pilot, cast.people["siv"]),
        lambda cast: change_member(CONSOLE, cast.pilot.members.get(), starts_at=None),
    ),
}


@pytest.mark.parametrize(("thing", "change", "nothing"), ACTS.values(), ids=ACTS.keys())
def test_an_act_counts_what_it_changes_once_and_what_it_leaves_not_at_all(
    cast: Cast, thing: Any, change: Any, nothing: Any
) -> None:
    before = revision(thing(cast))
    nothing(cast)
    assert revision(thing(cast)) == before
    change(cast)
    assert revision(thing(cast)) == before + 1


def test_what_an_act_gives_back_bears_its_revision(cast: Cast) -> None:
    before = revision(cast.items["truck_7"])
    assert change_truck(cast, name="Other").revision == before + 1 == revision(cast.items["truck_7"])


def test_what_is_new_begins_with_one(cast: Cast) -> None:
    northwind, end = cast.accounts["northwind"], timezone.now() + timedelta(days=1)
    made: list[Revised] = [
        open_account(CONSOLE, northwind, name="New"),
        *create_users(CONSOLE, [UserSpec(account=northwind, username="new")]),
        create_role(CONSOLE, northwind, name="New"),
        create_item(CONSOLE, northwind, kind="device", name="New"),
        create_grant(CONSOLE, northwind, covers="account", grantees=[cast.accounts["shop"]], expires_at=end),
        create_project(CONSOLE, northwind, name="New"),
        add_record(CONSOLE, cast.items["truck_7"], "messages", data={}),
    ]
    assert [(type(one).__name__, revision(one)) for one in made if revision(one) != 1] == []


def test_a_record_is_counted_by_itself_and_not_as_its_item(cast: Cast) -> None:
    truck = cast.items["truck_7"]
    row = add_record(CONSOLE, truck, "properties", name="plate", data={"value": 1})
    before = revision(truck)
    change_record(CONSOLE, truck, row, data={"value": 2})
    assert (revision(row), revision(truck)) == (2, before)


def test_both_sides_of_a_hand_over_are_counted(cast: Cast) -> None:
    nora, adam = cast.people["nora"], cast.people["adam"]
    before = revision(nora), revision(adam)
    confirm_ownership(cast.actor("adam"), offer_ownership(cast.actor("nora"), adam))
    assert (revision(nora), revision(adam)) == (before[0] + 1, before[1] + 1)


def test_the_users_of_a_role_that_goes_are_counted(cast: Cast) -> None:
    sam, lee = revision(cast.people["sam"]), revision(cast.people["lee"])
    delete_role(CONSOLE, cast.dispatcher)
    assert (revision(cast.people["sam"]), revision(cast.people["lee"])) == (sam + 1, lee)
    assert User.objects.get(username="sam").history_days == 90


def test_a_project_whose_developer_is_removed_is_counted(cast: Cast) -> None:
    anna = cast.people["anna"]
    one, other = (create_project(CONSOLE, cast.accounts["northwind"], name="P", owner=anna) for _ in range(2))
    give_project(CONSOLE, other, cast.people["otto"])
    before = revision(one), revision(other)
    remove_user(CONSOLE, anna, cast.accounts["northwind"])
    assert (revision(one), revision(other)) == (before[0] + 1, before[1])


def test_a_member_who_leaves_is_counted_in_the_project(cast: Cast) -> None:
    before = revision(cast.pilot)
    remove_member(CONSOLE, cast.pilot.members.get())
    assert revision(cast.pilot) == before + 1


def test_operating_as_an_account_is_no_change_of_it(cast: Cast) -> None:
    contoso = cast.accounts["contoso"]
    start_operating(cast.actor("nora"), contoso)
    assert revision(contoso) == 1


def test_a_silent_no_to_a_grant_counts_nothing(cast: Cast) -> None:
    """Unknown and unwilling look the same: the number rises for neither. A yes is told, so it counts."""
    acme, northwind = cast.accounts["acme"], cast.accounts["northwind"]
    given = create_grant(cast.actor("nora"), northwind, covers="account", grantee_keys=["acme", "nobody-at-all"])
    before = revision(given)
    drop_grant(cast.actor("alma"), given)
    assert (revision(given), GrantGrantee.objects.filter(grant=given).exists()) == (before, False)
    other = create_grant(cast.actor("nora"), northwind, covers="account", grantee_keys=["acme"])
    accept_grant(cast.actor("alma"), other, acme)
    assert revision(other) == before + 1


def test_what_does_not_happen_is_not_counted(cast: Cast) -> None:
    before = revision(cast.items["truck_7"])
    with pytest.raises(Exception, match="name"):
        change_truck(cast, name="")
    assert revision(cast.items["truck_7"]) == before


def test_a_bulk_act_counts_in_one_statement_a_model(cast: Cast) -> None:
    northwind = cast.accounts["northwind"]
    items = create_items(CONSOLE, [ItemSpec(account=northwind, kind="device", name=f"D{n}") for n in range(40)])

    def counting(some: list[Item], name: str) -> int:
        pairs = [(item, item_spec(item)) for item in some]
        for _, spec in pairs:
            spec.name = name
        with CaptureQueriesContext(
            connection,
        ) as queries:
            change_items(CONSOLE, pairs)
        return sum('"revision" + 1' in query["sql"] for query in queries)

    assert (counting(items[:1], "A"), counting(items, "B")) == (1, 1)
    assert set(Item.objects.filter(name="B").values_list("revision", flat=True)) == {2, 3}


def test_everything_that_is_changed_has_a_revision() -> None:
    """The models that acts change by themselves; what belongs to one of them is counted as that one."""
    assert {model.__name__ for model in Revised.__subclasses__()} == {
        "Account", "User", "Role", "Item", "Record", "Token", "Grant", "Project", "RegistrationRules",
        "IdentityProvider",
    }  # fmt: skip
