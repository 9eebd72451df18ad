"""What an act decides on is read under its lock, and names taken at the same moment are refused with a sentence."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from accesscontrol.accounts.models import Account, OwnershipHandover, User
from accesscontrol.audit.models import Event
from accesscontrol.items.models import Item
from accesscontrol.roles.models import Role
from accesscontrol.services.accounts.accounts import change_limits, move_account
from accesscontrol.services.frame.acts import act
from accesscontrol.services.frame.collisions import OWNED, TAKEN, TAKEN_KEY, TAKEN_USERNAME, told_collisions
from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.services.frame.locks import places_of
from accesscontrol.services.items.items import create_item, create_items
from accesscontrol.services.items.sections import send_command
from accesscontrol.services.items.specs import ItemSpec
from accesscontrol.services.owning.leaving import change_user, set_authority
from accesscontrol.services.owning.moving import move_item
from accesscontrol.services.people.roles import change_role, create_role
from accesscontrol.services.people.users import create_user
from tests.world import CONSOLE, Cast, build_cast

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.both,
    pytest.mark.concurrency,
    pytest.mark.checklist("Z15"),
]

#: So long a writer is given to come as far as its lock.
A_WHILE = 0.7


@pytest.fixture
def stage() -> Cast:
    return build_cast()


@pytest.fixture
def beside() -> Iterator[Callable[[Callable[[], Any]], Future[Any]]]:
    """Starts an act on a connection of its own; gives what it will end with."""
    with ThreadPoolExecutor(4) as threads:

        def start(one: Callable[[], Any]) -> Future[Any]:
            def run() -> Any:
                try:
                    return one()
                finally:
                    connection.close()

            return threads.submit(run)

        yield start


@contextmanager
def while_waiting(beside: Any, one: Callable[[], Any]) -> Iterator[list[Future[Any]]]:
    """A transaction in which others work, while `one` has been asked for and waits for them."""
    started: list[Future[Any]] = []
    with transaction.atomic():
        yield started
        started.append(beside(one))
        time.sleep(A_WHILE)


@contextmanager
def impatient() -> Iterator[None]:
    """A connection to SQLite that does not wait for the lock of others; PostgreSQL is told in the statement."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 100")
        yield
        cursor.execute("PRAGMA busy_timeout = 20000")


def test_a_move_during_a_creation_does_not_pass_the_quota_of_the_new_tree(stage: Cast, beside: Any) -> None:
    shop, new = stage.accounts["shop"], stage.accounts["acme"]
    there = Item.objects.filter(kind="device", account__top__in=[new.top_id]).count()
    moved = Item.objects.filter(kind="device", account=shop).count()
    change_limits(CONSOLE, new, {"device": there + moved + 1})
    inside, go = threading.Event(), threading.Event()

    def create_slowly() -> None:
        with transaction.atomic():
            create_items(CONSOLE, [ItemSpec(account=shop, kind="device", name="in the moved account")])
            inside.set()
            go.wait(5)

    with while_waiting(beside, create_slowly) as started:
        move_account(CONSOLE, shop, new)
    assert inside.wait(10)
    other = beside(lambda: create_item(CONSOLE, new, kind="device", name="in the new tree"))
    time.sleep(A_WHILE)
    go.set()
    failures = [future.exception() for future in (*started, other)]
    assert [type(one) for one in failures] == [type(None), Invalid]
    assert Item.objects.filter(kind="device", account__top=new.top_id).count() == there + moved + 1


def test_an_act_holds_the_tree_that_a_moved_item_is_in_by_then(stage: Cast, beside: Any) -> None:
    item, new = stage.items["truck_8"], stage.accounts["acme"]
    held, go = threading.Event(), threading.Event()

    def act_slowly() -> None:
        with act(places_of([item])):
            held.set()
            go.wait(5)

    with while_waiting(beside, act_slowly) as started:
        move_item(CONSOLE, Item.objects.get(pk=item.pk), new)
    assert held.wait(10)
    with impatient(), pytest.raises(OperationalError), transaction.atomic():
        list(Account.objects.select_for_update(no_key=True, nowait=True).filter(pk=new.top_id))
    go.set()
    assert [future.exception() for future in started] == [None]


def test_an_event_of_an_item_stands_in_the_log_of_the_account_that_has_it_by_then(stage: Cast, beside: Any) -> None:
    item, new = stage.items["truck_8"], stage.accounts["acme"]
    with while_waiting(beside, lambda: send_command(CONSOLE, item, {"power": "off"})) as started:
        move_item(CONSOLE, Item.objects.get(pk=item.pk), new)
    assert [future.exception() for future in started] == [None]
    assert list(Event.objects.filter(action="item.commands.create").values_list("account_id", flat=True)) == [new.pk]


def test_an_item_is_not_given_to_somebody_who_has_been_demoted_meanwhile(stage: Cast, beside: Any) -> None:
    acme = stage.accounts["acme"]
    owner = create_user(CONSOLE, acme, username="dev.two", authority="developer", verified=True)
    spec = ItemSpec(account=acme, kind="device", name="Owned", owner=owner)
    with while_waiting(beside, lambda: create_items(CONSOLE, [spec])) as started:
        set_authority(CONSOLE, User.objects.get(pk=owner.pk), "user")
    assert isinstance(started[0].exception(), Invalid)
    assert not Item.objects.filter(owner=owner).exists()


def test_a_role_that_has_grown_meanwhile_is_given_within_the_ceiling_only(stage: Cast, beside: Any) -> None:
    """Whoever may give a role of few rights does not give many because they came while they waited."""
    acme = stage.accounts["acme"]
    role = create_role(CONSOLE, acme, name="Small", rights=[])
    person = create_user(CONSOLE, acme, username="new.person", authority="user")
    with while_waiting(beside, lambda: change_user(CONSOLE, person, role=role)) as started:
        change_role(CONSOLE, Role.objects.get(pk=role.pk), rights=("reports",))
    assert [future.exception() for future in started] == [None]
    assert role.rights == ["reports"], "what the ceiling was asked about"


def test_two_people_of_one_name_in_two_trees_at_the_same_moment(stage: Cast, beside: Any) -> None:
    def make(account: str) -> Callable[[], User]:
        return lambda: create_user(CONSOLE, stage.accounts[account], username="twin")

    with while_waiting(beside, make("northwind")) as started:
        make("acme")()
    error = started[0].exception()
    assert isinstance(error, Invalid)
    assert error.errors == {"username": [str(TAKEN_USERNAME(value="twin"))]}
    assert User.objects.filter(username="twin").count() == 1


def test_two_things_of_one_key_in_two_trees_at_the_same_moment(stage: Cast, beside: Any) -> None:
    def make(account: str) -> Callable[[], object]:
        spec = ItemSpec(account=stage.accounts[account], kind="device", name="Twin", key="twin")
        return lambda: create_items(CONSOLE, [spec])

    with while_waiting(beside, make("northwind")) as started:
        make("acme")()
    error = started[0].exception()
    assert isinstance(error, Invalid)
    assert error.errors == {"key": [str(TAKEN_KEY(value="twin"))]}


def test_what_is_removed_while_it_is_named_is_told_as_a_conflict(stage: Cast, beside: Any) -> None:
    acme = stage.accounts["acme"]
    role = create_role(CONSOLE, acme, name="Short-lived", rights=[])
    with while_waiting(
        beside, lambda: create_user(CONSOLE, acme, username="late", authority="user", role=role)
    ) as started:
        Role.objects.get(pk=role.pk).delete()
    assert isinstance(started[0].exception(), Conflict)


def test_an_account_has_one_open_offer_of_its_ownership(stage: Cast) -> None:
    rows = {"account": stage.accounts["contoso"], "from_user": stage.people["carla"], "to_user": stage.people["carl"]}
    OwnershipHandover.objects.create(**rows)
    with pytest.raises(Invalid), told_collisions(), transaction.atomic():
        OwnershipHandover.objects.create(**rows)


def test_what_the_database_refuses_is_told_as_the_check_would(stage: Cast) -> None:
    """The constraints stand on both databases, and each has its sentence."""
    acme = stage.accounts["acme"]
    people = {"account": acme, "authority": "owner"}
    User.objects.filter(**people).delete()
    User.objects.create(username="one.owner", **people)
    for make, field, sentences in (
        (lambda: User.objects.create(username="two.owner", **people), "authority", {str(OWNED())}),
        (lambda: User.objects.create(username="ONE.owner", account=acme), "username",
         {str(TAKEN_USERNAME(value="one.owner")), str(TAKEN())}),
        (lambda: Item.objects.create(key=stage.items["truck_8"].key, kind="device", name="T", account=acme), "key",
         {str(TAKEN_KEY(value=stage.items["truck_8"].key)), str(TAKEN())}),
    ):  # fmt: skip
        with pytest.raises(Invalid) as caught, told_collisions(), transaction.atomic():
            make()
        assert list(caught.value.errors) == [field]
        assert set(caught.value.errors[field]) <= sentences


def test_a_row_that_is_named_and_gone_is_a_conflict_on_both_databases(stage: Cast) -> None:
    with pytest.raises(Conflict), told_collisions(), transaction.atomic():
        User.objects.create(username="of.nobody", account_id=10_000_000)
