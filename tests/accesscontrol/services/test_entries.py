"""The platform operator's entry into a tree: what it opens, for how long, and what the tree's log says of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.engine import AccessDenied
from accesscontrol.accounts.models import Account, TreeEntry, User
from accesscontrol.audit.models import Event
from accesscontrol.audit.verification import verify
from accesscontrol.grants.models import Grant
from accesscontrol.services.accounts.accounts import move_account, open_account
from accesscontrol.services.accounts.entries import ENTRY_LASTS, enter_tree, entries_of, leave_tree
from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.services.frame.freshness import NotFresh, NotInPerson
from accesscontrol.services.grants.grantees import drop_grant
from accesscontrol.services.grants.grants import create_grant, revoke_grant
from accesscontrol.services.grants.sides import Sides, with_grantees
from accesscontrol.services.items.items import change_item, create_item
from accesscontrol.services.joining.invitations import invite_first_owner
from accesscontrol.services.people.users import create_user
from accesscontrol.services.signing_in.new_passwords import set_password
from accesscontrol.services.signing_in.sessions import start_operating
from accesscontrol.services.tokens.tokens import create_token
from tests.world import CONSOLE, Cast, in_person

pytestmark = pytest.mark.django_db
WHY = "A ticket says that trucks are missing"


@pytest.fixture
def operator(cast: Cast) -> User:
    return User.objects.create(username="op", is_superuser=True)


@pytest.fixture
def northwind(cast: Cast) -> Account:
    return cast.accounts["northwind"]


def may(actor: Actor, permission: str, thing: Any) -> bool:
    return engine.decide(actor, permission, thing).allowed


# --- What it opens


@pytest.mark.checklist("Z12")
def test_outside_an_operator_opens_top_level_accounts_under_a_name_and_sees_nothing_else(cast, operator, northwind):
    op = in_person(operator)
    made = open_account(op, None, name="Globex")
    tops = set(Account.objects.filter(parent=None).values_list("pk", flat=True))
    assert set(engine.visible(op, "account:view").values_list("pk", flat=True)) == tops
    assert made.pk in tops
    assert may(op, "subscription:view", northwind)
    closed = ("account:change", "account:delete", "account:create", "account:operate", "account.limits:view",
              "account.limits:change", "event:view", "subscription:change", "user:create", "device:create")  # fmt: skip
    assert [name for name in closed if may(op, name, northwind)] == []
    assert not may(op, "account:view", cast.accounts["contoso"])
    assert [engine.visible(op, "*:view").count(), engine.visible(op, "event:view").count()] == [0, 0]
    assert list(engine.visible(op, "user:view")) == [operator]
    with pytest.raises(AccessDenied):
        create_user(op, made, username="first.owner")


@pytest.mark.checklist("E12")
def test_inside_the_operator_has_everything_of_that_tree_and_of_no_other(cast, operator, northwind):
    op = in_person(operator)
    other = open_account(CONSOLE, None, name="Globex")
    there = create_item(CONSOLE, other, kind="device", name="Elsewhere")
    enter_tree(op, northwind, WHY)
    assert may(op, "device:delete", cast.items["truck_7"])
    assert may(op, "account:delete", northwind)
    assert may(op, "subscription:change", northwind)
    assert may(op, "user:change", cast.people["nora"])
    assert not may(op, "device:view", there)
    assert not may(op, "event:view", other)


def test_it_ends_by_the_hour_and_when_it_is_left(cast, operator, northwind):
    op, truck = in_person(operator), cast.items["truck_7"]
    entry = enter_tree(op, northwind, WHY)
    assert entry.expires_at - entry.starts_at == ENTRY_LASTS == timedelta(hours=1)
    scope = engine.look(op).scope
    assert scope is not None and scope.valid_until == entry.expires_at
    moments = (entry.starts_at - timedelta(seconds=1), entry.expires_at - timedelta(seconds=1), entry.expires_at)
    assert [may(Actor.of(operator, at=at), "device:view", truck) for at in moments] == [False, True, False]
    leave_tree(op, northwind)
    assert not may(op, "device:view", truck)
    with pytest.raises(Conflict, match="not inside"):
        leave_tree(op, northwind)


def test_who_enters_again_begins_a_new_hour_with_a_reason_of_its_own(operator, northwind):
    op = in_person(operator)
    first = enter_tree(op, northwind, WHY)
    over = timezone.now() - timedelta(minutes=5)
    TreeEntry.objects.filter(pk=first.pk).update(starts_at=over - ENTRY_LASTS, expires_at=over)
    second = enter_tree(op, northwind, "The same ticket, second hour")
    third = enter_tree(op, northwind, "The same ticket, third hour")
    left = dict(TreeEntry.objects.values_list("pk", "left_at"))
    assert left[first.pk] == over  # its hour was over then
    assert left[second.pk] is not None and left[third.pk] is None
    assert [one.pk for one in entries_of(op)] == [third.pk]


def test_a_tree_that_was_moved_below_another_is_entered_no_more(cast, operator, northwind):
    op = in_person(operator)
    other = open_account(CONSOLE, None, name="Globex")
    enter_tree(op, northwind, WHY)
    move_account(CONSOLE, northwind, other)
    assert not may(op, "device:view", cast.items["truck_7"])
    assert entries_of(op) == []
    with pytest.raises(AccessDenied):  # nor seen
        enter_tree(op, Account.objects.get(pk=northwind.pk), WHY)
    move_account(CONSOLE, Account.objects.get(pk=northwind.pk), None)
    assert may(op, "device:view", cast.items["truck_7"])


def test_the_operator_acts_as_accounts_of_the_tree_while_inside(cast, operator, northwind):
    op, contoso = in_person(operator), cast.accounts["contoso"]
    with pytest.raises(AccessDenied):
        start_operating(op, contoso)
    entry = enter_tree(op, northwind, WHY)
    acting = start_operating(op, contoso)
    assert engine.look(acting).alive
    made = create_item(acting, contoso, kind="device", name="Made while acting")
    line = Event.objects.get(action="item.create", thing_id=made.pk)
    assert (line.entry_id, line.acting_account_id) == (entry.pk, contoso.pk)
    with pytest.raises(AccessDenied):
        enter_tree(acting, northwind, WHY)  # as nobody else
    leave_tree(acting, northwind)  # the way out is always open
    assert not engine.look(acting).alive


# --- Who may, and with what reason


@pytest.mark.checklist("E12")
@pytest.mark.parametrize("username", ["nora", "adam", "sam", "carla"])
def test_nobody_but_the_operator_enters(cast, northwind, username):
    with pytest.raises(AccessDenied):
        enter_tree(cast.actor(username), northwind, WHY)
    assert not TreeEntry.objects.exists()


@pytest.mark.checklist("E12")
def test_no_token_enters_and_none_has_what_its_operator_has(cast, northwind):
    """An operator may belong to an account, and have tokens there."""
    nora, truck = cast.people["nora"], cast.items["truck_7"]
    other = open_account(CONSOLE, None, name="Globex")
    there = create_item(CONSOLE, other, kind="device", name="Elsewhere")
    issued = create_token(CONSOLE, northwind, type="master", user=nora, name="Mine", idle_ttl=3600)
    User.objects.filter(pk=nora.pk).update(is_superuser=True)
    by_token = Actor.of(issued.token)
    with pytest.raises(NotInPerson):
        enter_tree(by_token, northwind, WHY)
    enter_tree(in_person(nora), other, WHY)
    assert may(in_person(nora), "device:view", there)
    assert [may(by_token, "device:view", one) for one in (there, truck)] == [False, True]
    assert not may(by_token, "account:view", other)
    assert not engine.look(by_token.acting_as(other)).alive
    with pytest.raises(AccessDenied):
        open_account(by_token, None, name="Initech")


@pytest.mark.checklist("E12")
def test_who_enters_has_just_signed_in(operator, northwind):
    with pytest.raises(NotFresh):
        enter_tree(Actor.of(operator), northwind, WHY)
    enter_tree(in_person(operator), northwind, WHY)
    leave_tree(Actor.of(operator), northwind)  # the way out asks for nothing


def test_the_console_needs_no_entry(northwind):
    with pytest.raises(Conflict, match="inside every tree"):
        enter_tree(CONSOLE, northwind, WHY)


@pytest.mark.parametrize("reason", ["", "   ", "too short", "x" * 301, "two\nlines of it"])
def test_a_reason_says_something_in_one_line(operator, northwind, reason):
    with pytest.raises(Invalid) as refused:
        enter_tree(in_person(operator), northwind, reason)
    assert list(refused.value.errors) == ["reason"]
    assert not TreeEntry.objects.exists()


def test_only_the_top_of_a_tree_is_entered(cast, operator, northwind):
    with pytest.raises(AccessDenied):  # what is below is not even seen
        enter_tree(in_person(operator), cast.accounts["contoso"], WHY)
    enter_tree(in_person(operator), northwind, WHY)
    with pytest.raises(Conflict, match="top-level account above Contoso"):
        enter_tree(in_person(operator), cast.accounts["contoso"], WHY)


# --- What the log says


@pytest.mark.checklist("E12")
@pytest.mark.checklist("Z12")
def test_the_entry_and_every_act_inside_are_lines_of_that_tree_that_name_it(cast, operator, northwind):
    op = in_person(operator)
    entry = enter_tree(op, northwind, WHY)
    change_item(op, cast.items["truck_7"], name="Truck 7a")
    create_user(op, cast.accounts["shop"], username="new.person")
    leave_tree(op, northwind)
    outside = open_account(op, None, name="Globex")
    lines = Event.objects.filter(actor_type="user", actor_id=operator.pk).order_by("pk")
    assert list(lines.values_list("action", "chain", "entry_id")) == [
        ("account.enter", northwind.pk, entry.pk),
        ("item.change", northwind.pk, entry.pk),
        ("user.create", northwind.pk, entry.pk),
        ("account.leave", northwind.pk, entry.pk),
        ("account.open", outside.pk, None),
    ]
    told = lines[0].detail.changes
    assert told["reason"] == [None, WHY]
    assert told["until"][1].startswith(f"{entry.expires_at:%Y-%m-%dT%H:%M}")
    assert may(Actor.of(cast.people["nora"]), "event:view", northwind)
    assert verify() == []


@pytest.mark.checklist("Z12")
def test_an_entry_into_one_tree_is_not_named_in_another(cast, operator, northwind):
    op = in_person(operator)
    other = open_account(CONSOLE, None, name="Globex")
    here, there = enter_tree(op, northwind, WHY), enter_tree(op, other, WHY)
    create_item(op, other, kind="device", name="There")
    create_item(op, northwind, kind="device", name="Here")
    lines = dict(Event.objects.filter(action="item.create", actor_id=operator.pk).values_list("chain", "entry_id"))
    assert lines == {northwind.pk: here.pk, other.pk: there.pk}


def test_what_an_entry_was_cannot_be_taken_from_the_line(cast, operator, northwind):
    enter_tree(in_person(operator), northwind, WHY)
    line = Event.objects.get(action="account.enter")
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER audit_keep_event_update")
        cursor.execute("UPDATE audit_event SET entry_id = NULL WHERE id = %s", [line.pk])
    assert verify() != []


# --- Nobody stands above, but only in trees that were entered


def test_an_operator_moves_an_account_between_trees_that_they_have_entered(cast, operator, northwind):
    op, shop = in_person(operator), cast.accounts["shop"]
    other = open_account(CONSOLE, None, name="Globex")
    enter_tree(op, northwind, WHY)
    with pytest.raises(AccessDenied):
        move_account(op, shop, other)
    enter_tree(op, other, WHY)
    assert move_account(op, shop, other).parent_id == other.pk
    assert move_account(op, shop, None).parent_id is None


def test_inside_one_tree_the_operator_stands_on_its_side_of_a_grant_alone(cast, operator, northwind):
    op = in_person(operator)
    other = open_account(CONSOLE, None, name="Globex")
    grant = create_grant(CONSOLE, other, covers="account", grantees=[northwind, cast.accounts["shop"]], accepted=True,
                         note="For us alone")  # fmt: skip
    assert not may(op, "grant:view", grant)
    enter_tree(op, northwind, WHY)
    assert may(op, "grant:view", grant) and may(op, "grant.logs:view", grant)
    with pytest.raises(AccessDenied):
        revoke_grant(op, grant)
    row = with_grantees(Grant.objects.filter(pk=grant.pk)).get()
    sides = Sides(engine.look(op), [row])
    assert (sides.gave(row), {link.account_id for link in sides.received(row)}) == (
        False, {northwind.pk, cast.accounts["shop"].pk})  # fmt: skip
    acting = op.acting_as(northwind)
    drop_grant(acting, grant)
    assert set(row.grantees.values_list("pk", flat=True)) == {cast.accounts["shop"].pk}
    enter_tree(op, other, WHY)
    revoke_grant(op, grant)


def test_the_operator_sets_nobodys_password(cast, operator, northwind):
    op = in_person(operator)
    enter_tree(op, northwind, WHY)
    with pytest.raises(Invalid, match="Only the user sets the password"):
        set_password(op, cast.people["sam"], "a long enough password here")


def test_an_operator_of_an_account_is_there_what_they_are(cast, northwind):
    """Carla, the owner of Contoso, is an operator besides: in Contoso she has what its owner has, elsewhere nothing."""
    carla = cast.people["carla"]
    User.objects.filter(pk=carla.pk).update(is_superuser=True)
    actor = in_person(carla)
    assert may(actor, "account:change", cast.accounts["contoso"])
    assert not may(actor, "account:delete", cast.accounts["contoso"])
    assert not may(actor, "device:view", cast.items["truck_7"])
    grant = create_grant(CONSOLE, northwind, covers="account", grantees=[cast.accounts["contoso"]], accepted=True)
    with pytest.raises(Conflict, match="Only the account that granted this revokes it"):
        revoke_grant(actor, grant)
    enter_tree(actor, northwind, WHY)
    assert may(actor, "account:delete", cast.accounts["contoso"])
    revoke_grant(actor, grant)


@pytest.mark.checklist("E12")
def test_the_first_owner_of_a_new_tree_takes_no_entry_and_anybody_later_does(cast, operator):
    op = in_person(operator)
    made = open_account(op, None, name="Globex")
    invite_first_owner(op, made, username="glen.owner", email="glen@globex.example", shown=False)
    User.objects.filter(username="glen.owner").update(authority="administrator")
    second: dict[str, Any] = {"username": "other.owner", "email": "other@globex.example", "shown": False}
    with pytest.raises(AccessDenied):
        invite_first_owner(op, made, **second)
    enter_tree(op, made, WHY)
    assert invite_first_owner(op, made, **second).user.account_id == made.pk
