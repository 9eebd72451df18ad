"""What letting somebody in gives, in numbers: the same as what a user who was let in then sees."""

from __future__ import annotations

import pytest

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.doors.newcomers import seen_by_newcomers
from accesscontrol.services.accounts.accounts import block_account
from accesscontrol.services.items.items import create_item
from accesscontrol.services.items.links import link_items
from accesscontrol.services.people.users import create_user
from tests.world import CONSOLE, Cast, build_cast

pytestmark = [pytest.mark.django_db, pytest.mark.checklist("E06")]


@pytest.fixture
def cast() -> Cast:
    return build_cast()


def seen(cast: Cast, reader: str, account: str = "northwind") -> dict[str, int]:
    return seen_by_newcomers(engine.look(cast.actor(reader)), cast.accounts[account])


def test_the_number_is_what_a_new_user_then_sees(cast: Cast) -> None:
    northwind = cast.accounts["northwind"]
    for kind, number in (("tag", 3), ("vehicle", 2), ("employee", 1), ("geofence", 4), ("device", 5)):
        for place in range(number):
            create_item(CONSOLE, northwind, kind=kind, name=f"{kind} {place}")
    create_item(CONSOLE, cast.accounts["contoso"], kind="tag", name="Theirs")
    link_items(CONSOLE, cast.items["truck_8"], create_item(CONSOLE, northwind, kind="task", name="Taken"))
    told = seen(cast, "nora")
    assert told == {"tag": 3, "vehicle": 2, "employee": 1}
    newcomer = create_user(CONSOLE, northwind, username="new", verified=True)
    rows = engine.visible(Actor.of(newcomer), engine.ANY_ITEM_VIEW)
    assert sorted(rows.values_list("kind", flat=True)) == sorted(
        kind for kind, count in told.items() for _ in range(count)
    )


def test_it_counts_nothing_that_the_reader_may_not_view(cast: Cast) -> None:
    create_item(CONSOLE, cast.accounts["northwind"], kind="tag", name="One")
    assert seen(cast, "nora") == {"tag": 1}
    assert [seen(cast, reader) for reader in ("anna", "carla", "alma")] == [{}, {}, {}]


def test_into_a_blocked_account_nobody_is_let(cast: Cast) -> None:
    create_item(CONSOLE, cast.accounts["contoso"], kind="tag", name="One")
    assert seen(cast, "nora", "contoso") == {"tag": 1}
    block_account(CONSOLE, cast.accounts["contoso"])
    assert seen(cast, "nora", "contoso") == {}


def test_it_takes_two_statements(cast: Cast, django_assert_num_queries) -> None:
    look = engine.look(cast.actor("nora"))
    with django_assert_num_queries(2):
        seen_by_newcomers(look, cast.accounts["northwind"])
