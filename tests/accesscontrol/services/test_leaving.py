"""Who ceases to be a developer leaves nothing owned behind: demoted, promoted or removed, by any act."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.engine import AccessDenied
from accesscontrol.accounts.models import User
from accesscontrol.audit.models import Event
from accesscontrol.items.models import Item
from accesscontrol.projects.models import Project
from accesscontrol.services.frame.errors import BeyondOwn, Invalid
from accesscontrol.services.owning.giving import Heir, give_item
from accesscontrol.services.owning.leaving import change_user, remove_user, remove_users, set_authority
from accesscontrol.services.people import users
from accesscontrol.services.people.users import user_spec
from accesscontrol.services.projects.projects import create_project
from accesscontrol.services.projects.specs import MemberSpec, ProjectRuleSpec
from accesscontrol.services.tokens.specs import TokenRuleSpec
from accesscontrol.services.tokens.tokens import create_token
from tests.accesscontrol.services.test_owning import token_with, whole_rule
from tests.world import CONSOLE, Cast

NOT_ANY_MORE = ("user", "administrator")


def demoted(cast: Cast, authority: str) -> Any:
    anna = User.objects.get(username="anna")
    spec = user_spec(anna)
    spec.authority = authority
    return [(anna, spec)]


#: Acts by which anna ceases to be a developer, without a word on what she owns.
ACTS: dict[str, Callable[[Cast, Actor, str], Any]] = {
    "set_authority": lambda cast, by, authority: set_authority(by, cast.people["anna"], authority),
    "change_user": lambda cast, by, authority: change_user(by, cast.people["anna"], authority=authority),
    "the plain act": lambda cast, by, authority: users.change_user(by, cast.people["anna"], authority=authority),
    "in bulk": lambda cast, by, authority: users.change_users(by, demoted(cast, authority)),
}


@pytest.mark.parametrize("authority", NOT_ANY_MORE)
@pytest.mark.parametrize("act", ACTS)
def test_ceasing_to_be_a_developer_says_who_gets_what_they_own(cast: Cast, act: str, authority: str) -> None:
    with pytest.raises(Invalid) as refused:
        ACTS[act](cast, cast.actor("nora"), authority)
    [problem] = refused.value.problems
    assert (problem.field, problem.code, problem.parts["names"]) == ("hand_items_to", "owns_things", ["Sensor"])
    assert User.objects.get(username="anna").authority == "developer"
    give_item(CONSOLE, cast.items["sensor"], cast.accounts["northwind"])
    ACTS[act](cast, cast.actor("nora"), authority)
    assert User.objects.get(username="anna").authority == authority


@pytest.mark.parametrize("heir", ["otto", "northwind"])
@pytest.mark.parametrize("authority", NOT_ANY_MORE)
def test_the_same_act_hands_it_over(cast: Cast, authority: str, heir: str) -> None:
    project = create_project(cast.actor("anna"), cast.accounts["northwind"], name="Lab", items=(cast.items["sensor"],))
    to: Heir = cast.people["otto"] if heir == "otto" else cast.accounts["northwind"]
    set_authority(cast.actor("nora"), cast.people["anna"], authority, to)
    owner = cast.people["otto"] if heir == "otto" else None
    assert Item.objects.get(key="sensor").owner == owner
    assert Project.objects.get(pk=project.pk).owner == owner
    assert User.objects.get(username="anna").authority == authority
    assert [event.action for event in Event.objects.order_by("pk")][-3:] == ["item.give", "project.give", "user.change"]


def test_handing_over_is_asked_as_giving_is(cast: Cast) -> None:
    people = TokenRuleSpec(kind="user", verbs=("view", "change", "delete"))
    changer = token_with(cast, people)
    for act in (
        lambda: set_authority(changer, cast.people["anna"], "user", cast.accounts["northwind"]),
        lambda: remove_user(changer, cast.people["anna"], cast.accounts["northwind"]),
        lambda: remove_user(changer, cast.people["anna"], cast.people["otto"]),
        lambda: remove_user(changer, cast.people["anna"], delete_items=True),
    ):
        with pytest.raises(AccessDenied):
            act()
    assert Item.objects.get(key="sensor").owner == cast.people["anna"]
    whole = token_with(cast, people, whole_rule("device"))
    assert set_authority(whole, cast.people["anna"], "user", cast.accounts["northwind"]).authority == "user"


@pytest.mark.parametrize("to", ["sam", "carla", "contoso", "anna"])
def test_only_another_developer_or_the_account_gets_it(cast: Cast, to: str) -> None:
    heir = cast.people.get(to) or cast.accounts[to]
    for act in (
        lambda: set_authority(cast.actor("nora"), cast.people["anna"], "user", heir),
        lambda: remove_user(cast.actor("nora"), cast.people["anna"], heir),
    ):
        with pytest.raises(Invalid):
            act()
    assert Item.objects.get(key="sensor").owner == cast.people["anna"]


def test_who_stays_a_developer_keeps_everything(cast: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        change_user(cast.actor("nora"), cast.people["anna"], cast.people["otto"], first_name="Anna")
    assert [one.code for one in refused.value.problems] == ["stays_developer"]
    assert change_user(cast.actor("nora"), cast.people["anna"], first_name="Anna").first_name == "Anna"
    assert Item.objects.get(key="sensor").owner == cast.people["anna"]


def test_projects_that_go_to_the_account_give_their_members_nothing_that_is_not_there_to_give(cast: Cast) -> None:
    """A token that hands over must have what members then have, of things that were not the developer's any more."""
    command = ProjectRuleSpec(effect="allow", permissions=("channel:view", "channel.messages:create"))
    lee = MemberSpec(user=cast.people["lee"], rules=(command,), accepted=True)
    project = create_project(CONSOLE, cast.accounts["northwind"], name="Lab", owner=cast.people["anna"],
                             items=(cast.items["hub"],), members=(lee,))  # fmt: skip
    people = TokenRuleSpec(kind="user", verbs=("view", "change"))
    by = token_with(cast, people, whole_rule("device"), whole_rule("project"),
                    TokenRuleSpec(kind="channel", verbs=("view",)))  # fmt: skip
    with pytest.raises(BeyondOwn):
        set_authority(by, cast.people["anna"], "user", cast.accounts["northwind"])
    assert Project.objects.get(pk=project.pk).owner == cast.people["anna"]
    assert not engine.decide(cast.actor("lee"), "channel:view", cast.items["hub"]).allowed
    set_authority(cast.actor("adam"), cast.people["anna"], "user", cast.accounts["northwind"])
    assert engine.decide(cast.actor("lee"), "channel:view", cast.items["hub"]).allowed


# --- Removing


def test_removing_whoever_owns_something_is_refused_with_the_list(cast: Cast) -> None:
    create_project(cast.actor("anna"), cast.accounts["northwind"], name="Lab")
    with pytest.raises(Invalid) as refused:
        remove_user(cast.actor("adam"), cast.people["anna"])
    [problem] = refused.value.problems
    assert (problem.field, problem.code, problem.parts["names"]) == ("hand_items_to", "owns_things", ["Sensor", "Lab"])
    assert User.objects.filter(username="anna").exists()


def test_the_list_names_only_what_the_caller_may_view(cast: Cast) -> None:
    blind = token_with(cast, TokenRuleSpec(kind="user", verbs=("view", "delete")))
    seeing = token_with(
        cast, TokenRuleSpec(kind="user", verbs=("delete",)), TokenRuleSpec(kind="device", verbs=("view",))
    )
    create_project(cast.actor("anna"), cast.accounts["northwind"], name="Lab")
    for by, names in ((blind, []), (seeing, ["Sensor"])):
        with pytest.raises(Invalid) as refused:
            remove_users(by, [cast.people["anna"]])
        [problem] = refused.value.problems
        assert problem.parts["names"] == names
        assert "cannot see" in problem.sentence and "Lab" not in problem.sentence


def test_a_token_that_may_only_remove_users_deletes_no_items(cast: Cast) -> None:
    remover = token_with(cast, TokenRuleSpec(kind="user", verbs=("view", "delete")))
    with pytest.raises(AccessDenied):
        remove_user(remover, cast.people["anna"], delete_items=True)
    assert Item.objects.filter(key="sensor").exists() and User.objects.filter(username="anna").exists()
    both = token_with(
        cast, TokenRuleSpec(kind="user", verbs=("delete",)), TokenRuleSpec(kind="device", verbs=("delete",))
    )
    remove_user(both, cast.people["anna"], delete_items=True)
    assert not Item.objects.filter(key="sensor").exists() and not User.objects.filter(username="anna").exists()


def test_deleting_takes_items_and_projects(cast: Cast) -> None:
    project = create_project(cast.actor("anna"), cast.accounts["northwind"], name="Lab", items=(cast.items["sensor"],))
    only_items = token_with(cast, TokenRuleSpec(kind="user", verbs=("delete",)), whole_rule("device"))
    with pytest.raises(AccessDenied):
        remove_user(only_items, cast.people["anna"], delete_items=True)
    remove_user(cast.actor("adam"), cast.people["anna"], delete_items=True)
    assert not Project.objects.filter(pk=project.pk).exists()
    assert list(Event.objects.order_by("pk").values_list("action", flat=True))[-3:] == [
        "project.delete", "item.delete", "user.remove",
    ]  # fmt: skip


def test_tokens_of_whoever_is_removed_are_no_reason_to_ask(cast: Cast) -> None:
    soon = timezone.now() + timedelta(days=1)
    create_token(
        cast.actor("adam"), cast.accounts["northwind"], type="master", user=cast.people["adam"], expires_at=soon
    )
    remove_user(cast.actor("nora"), cast.people["adam"])
    assert not User.objects.filter(username="adam").exists()
