"""Acts on users: authorities, the ceiling, oneself, owners, removal with or without a hand-over."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import check_password
from django.utils import timezone

from accesscontrol.access import engine
from accesscontrol.access.engine import AccessDenied
from accesscontrol.accounts.models import User
from accesscontrol.audit.models import Event, EventDetail
from accesscontrol.items.models import Item
from accesscontrol.projects.models import Project
from accesscontrol.services.frame.errors import BeyondOwn, Conflict, Invalid
from accesscontrol.services.items.items import create_item
from accesscontrol.services.owning.leaving import remove_user, set_authority
from accesscontrol.services.people.specs import UserSpec
from accesscontrol.services.people.users import (
    change_user,
    change_users,
    create_user,
    create_users,
    set_enabled,
    set_role,
    user_spec,
)
from accesscontrol.services.projects.projects import create_project
from accesscontrol.services.signing_in.new_passwords import set_password
from tests.world import CONSOLE, PASSWORD, Cast


@pytest.mark.seed("user-accounts.01")
@pytest.mark.seed("user-accounts.08")
@pytest.mark.seed("user-accounts.21")
def test_an_administrator_makes_users_of_every_authority_but_a_second_owner(cast: Cast) -> None:
    adam, northwind = cast.actor("adam"), cast.accounts["northwind"]
    for authority in ("administrator", "developer", "user"):
        assert create_user(adam, northwind, username=f"new.{authority}", authority=authority).authority == authority
    with pytest.raises(Invalid) as refused:
        create_user(adam, northwind, username="second", authority="owner")
    assert "has an owner" in str(refused.value)


def test_an_administrator_of_the_account_makes_no_owner_but_one_above_does(cast: Cast) -> None:
    shop = cast.accounts["shop"]
    with pytest.raises(BeyondOwn, match="subscription:change"):
        create_user(cast.actor("shira"), shop, username="boss", authority="owner")
    assert create_user(cast.actor("carla"), shop, username="boss", authority="owner").authority == "owner"


@pytest.mark.seed("user-accounts.28")
@pytest.mark.parametrize("username", ["anna", "sam", "lee", "carla", "alma"])
def test_others_make_no_users(cast: Cast, username: str) -> None:
    with pytest.raises(AccessDenied):
        create_user(cast.actor(username), cast.accounts["northwind"], username="no")


@pytest.mark.checklist("T12")
def test_a_token_makes_users_of_authority_user_only(cast: Cast) -> None:
    northwind = cast.accounts["northwind"]
    for name in ("master", "delegate"):
        made = create_user(cast.token(name), northwind, username=f"by.{name}")
        assert made.authority == "user"
        with pytest.raises(BeyondOwn, match="“user” only"):
            create_user(cast.token(name), northwind, username=f"no.{name}", authority="developer")
    with pytest.raises(AccessDenied):
        create_user(cast.token("standard"), northwind, username="no")


@pytest.mark.checklist("Z06")
def test_a_token_gives_no_role_beyond_its_rules(cast: Cast) -> None:
    with pytest.raises(BeyondOwn, match="geofence:view"):
        create_user(cast.token("delegate"), cast.accounts["northwind"], username="x", role=cast.dispatcher)
    with pytest.raises(BeyondOwn):
        set_role(cast.token("delegate"), cast.people["lee"], cast.dispatcher)
    assert set_role(cast.token("master"), cast.people["lee"], cast.dispatcher).role == cast.dispatcher


def test_a_token_lets_nobody_in_again_who_has_more(cast: Cast) -> None:
    set_enabled(CONSOLE, cast.people["adam"], False)
    with pytest.raises(BeyondOwn):
        set_enabled(cast.token("delegate"), cast.people["adam"], True)
    set_enabled(CONSOLE, cast.people["sam"], False)
    with pytest.raises(BeyondOwn):
        set_enabled(cast.token("delegate"), cast.people["sam"], True)
    set_enabled(CONSOLE, cast.people["lee"], False)
    assert set_enabled(cast.token("delegate"), cast.people["lee"], True).is_active is True


@pytest.mark.checklist("Z07")
def test_nobody_changes_their_own_access(cast: Cast) -> None:
    for username in ("nora", "adam", "sam", "anna"):
        me = cast.people[username]
        assert change_user(cast.actor(username), me, first_name="New").first_name == "New"
        for act in (
            lambda me=me: change_user(cast.actor(me.username), me, history_days=7),
            lambda me=me: change_user(cast.actor(me.username), me, expires_at=timezone.now() + timedelta(days=9)),
            lambda me=me: change_user(cast.actor(me.username), me, username="other"),
        ):
            with pytest.raises(Invalid, match="about yourself"):
                act()
    with pytest.raises(Invalid, match="about yourself"):
        set_authority(cast.token("of_anna"), cast.people["anna"], "administrator")


@pytest.mark.seed("user-accounts.09")
def test_nobody_else_of_the_account_touches_the_owner(cast: Cast) -> None:
    with pytest.raises(AccessDenied):
        set_enabled(cast.actor("adam"), cast.people["nora"], False)
    with pytest.raises(AccessDenied):
        remove_user(cast.actor("adam"), cast.people["nora"])


@pytest.mark.checklist("Z07")
def test_the_last_administrator_stays_unless_an_account_above_decides(cast: Cast) -> None:
    shira = cast.people["shira"]
    create_user(CONSOLE, cast.accounts["shop"], username="second", authority="administrator")
    remove_user(cast.actor("shira"), User.objects.get(username="second"))
    with pytest.raises(Conflict, match="last administrator"):
        remove_user(cast.actor("shira"), shira)
    set_authority(cast.actor("carla"), shira, "user")
    assert User.objects.get(username="shira").authority == "user"


def test_an_administrator_who_cannot_sign_in_does_not_count_as_the_last(cast: Cast) -> None:
    second = create_user(CONSOLE, cast.accounts["shop"], username="second", authority="administrator", verified=False)
    with pytest.raises(Conflict, match="last administrator"):
        remove_user(cast.actor("shira"), cast.people["shira"])
    User.objects.filter(pk=second.pk).update(verified=True)
    remove_user(cast.actor("shira"), cast.people["shira"])


def test_a_swap_of_owners_is_one_call_and_never_two_owners(cast: Cast) -> None:
    nora, adam = cast.people["nora"], cast.people["adam"]
    up = UserSpec(**{**_fields(adam), "authority": "owner"})
    down = UserSpec(**{**_fields(nora), "authority": "administrator"})
    with pytest.raises(Invalid, match="one owner only"):
        change_users(CONSOLE, [(adam, up)])
    change_users(CONSOLE, [(adam, up), (nora, down)])
    assert list(User.objects.filter(authority="owner", account=adam.account)) == [adam]


def _fields(user: User) -> dict[str, object]:
    spec = user_spec(user)
    return {each.name: getattr(spec, each.name) for each in fields(UserSpec)}


@pytest.mark.seed("user-accounts.20")
def test_usernames_are_unique_whatever_their_case_and_no_bare_numbers(cast: Cast) -> None:
    wrong = [
        UserSpec(account=cast.accounts["northwind"], username="NORA"),
        UserSpec(account=cast.accounts["northwind"], username="17"),
        UserSpec(account=cast.accounts["northwind"], username="a b"),
        UserSpec(account=cast.accounts["northwind"], username="ok", authority="king"),
        UserSpec(account=cast.accounts["northwind"], username="ok2", role=cast.dispatcher, authority="developer"),
        UserSpec(account=cast.accounts["acme"], username="ok3", role=cast.dispatcher),
        UserSpec(account=cast.accounts["acme"], username="ok4", email="nonsense", time_zone="Mars/Base"),
    ]
    with pytest.raises(Invalid) as refused:
        create_users(CONSOLE, wrong)
    told = sorted((wrong.index(one.about), one.field) for one in refused.value.problems)
    assert told == [
        (0, "username"), (1, "username"), (2, "username"), (3, "authority"), (4, "role"), (5, "role"),
        (6, "email"), (6, "time_zone"),
    ]  # fmt: skip


def test_a_weak_password_is_refused_with_the_reason(cast: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        create_user(CONSOLE, cast.accounts["northwind"], username="weak", password="short")
    assert "15 characters" in refused.value.errors["password"][0]


@pytest.mark.checklist("A16")
def test_a_password_is_set_in_person_only(cast: Cast) -> None:
    fresh = "another long secret sentence"
    for actor in (cast.actor("adam"), cast.token("of_anna"), cast.token("master")):
        with pytest.raises(Invalid):
            set_password(actor, cast.people["anna"], fresh)
    with pytest.raises(Invalid, match="Only the user"):
        change_user(cast.actor("adam"), cast.people["anna"], password=fresh)
    set_password(cast.actor("anna"), cast.people["anna"], fresh)
    assert check_password(fresh, User.objects.get(username="anna").password)
    details = EventDetail.objects.filter(event__action="user.password").values_list("changes", flat=True)
    assert list(details) == [{}]
    assert fresh not in str(list(EventDetail.objects.values_list("changes", flat=True)))
    assert PASSWORD not in str(list(EventDetail.objects.values_list("changes", flat=True)))


def test_no_token_changes_an_email(cast: Cast) -> None:
    with pytest.raises(Invalid, match="token cannot"):
        change_user(cast.token("master"), cast.people["sam"], email="thief@example.com")
    assert change_user(cast.actor("adam"), cast.people["sam"], email="sam2@example.com").email == "sam2@example.com"


@pytest.mark.seed("user-accounts.33")
def test_removing_a_developer_takes_what_they_own_where_that_is_said(cast: Cast) -> None:
    project = create_project(cast.actor("anna"), cast.accounts["northwind"], name="Lab", items=(cast.items["sensor"],))
    with pytest.raises(Invalid, match="Say who gets it"):
        remove_user(cast.actor("adam"), cast.people["anna"])
    remove_user(cast.actor("adam"), cast.people["anna"], delete_items=True)
    assert not Item.objects.filter(key="sensor").exists()
    assert not Project.objects.filter(pk=project.pk).exists()
    assert Event.objects.filter(action="item.delete").count() == 1


def test_a_developers_items_are_handed_to_another_developer_or_the_account(cast: Cast) -> None:
    with pytest.raises(Invalid, match="Choose a developer"):
        remove_user(cast.actor("adam"), cast.people["anna"], hand_items_to=cast.people["sam"])
    with pytest.raises(Invalid, match="Choose a developer"):
        remove_user(cast.actor("adam"), cast.people["anna"], hand_items_to=cast.accounts["contoso"])
    remove_user(cast.actor("adam"), cast.people["anna"], hand_items_to=cast.people["otto"])
    assert Item.objects.get(key="sensor").owner == cast.people["otto"]
    remove_user(cast.actor("adam"), cast.people["otto"], hand_items_to=cast.accounts["northwind"])
    assert Item.objects.filter(key__in=["sensor", "pump"], owner=None).count() == 2


def test_a_users_reports_go_and_what_else_they_made_stays(cast: Cast) -> None:
    create_item(cast.actor("sam"), cast.accounts["northwind"], kind="report", name="Mine")
    zone = create_item(cast.actor("sam"), cast.accounts["northwind"], kind="geofence", name="Yard")
    remove_user(cast.actor("adam"), cast.people["sam"])
    assert not Item.objects.filter(kind="report").exists()
    zone.refresh_from_db()
    assert zone.made_by is None


@pytest.mark.seed("user-accounts.25")
def test_a_disabled_user_has_nothing_at_the_next_decision(cast: Cast) -> None:
    assert engine.decide(cast.actor("sam"), "device:view", cast.items["truck_7"]).allowed
    set_enabled(cast.actor("adam"), cast.people["sam"], False)
    assert not engine.decide(cast.actor("sam"), "device:view", cast.items["truck_7"]).allowed
    set_enabled(cast.actor("adam"), cast.people["anna"], False)
    assert not engine.decide(cast.token("of_anna"), "device:view", cast.items["sensor"]).allowed


def test_a_user_never_changes_account(cast: Cast) -> None:
    with pytest.raises(Invalid, match="stays in their account"):
        change_user(CONSOLE, cast.people["sam"], account=cast.accounts["acme"])


@pytest.mark.parametrize("username", [".", "..", "12345", "with space"])
def test_a_username_that_no_address_can_hold_is_refused(cast: Cast, username: str) -> None:
    with pytest.raises(Invalid) as caught:
        create_user(cast.actor("adam"), cast.accounts["northwind"], username=username)
    assert set(caught.value.errors) == {"username"}
