"""Giving by taking away: a deny goes only by who has what it denied, and nobody takes one from themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from accesscontrol.projects.models import Project, ProjectMember, ProjectRule
from accesscontrol.services.frame.errors import BeyondOwn
from accesscontrol.services.items.assignments import assign_items
from accesscontrol.services.owning.leaving import set_authority
from accesscontrol.services.projects.members import add_member, change_member, remove_member
from accesscontrol.services.projects.projects import (
    change_project,
    change_project_role,
    create_project,
    delete_project,
    delete_project_role,
    remove_project_items,
)
from accesscontrol.services.projects.rows import project_spec
from accesscontrol.services.projects.specs import MemberSpec, ProjectRoleSpec, ProjectRuleSpec
from accesscontrol.services.tokens.specs import TokenRuleSpec
from accesscontrol.services.tokens.tokens import create_token
from tests.accesscontrol.services.test_owning import token_with, whole_rule
from tests.world import CONSOLE, Cast

pytestmark = pytest.mark.checklist("E13")
SEE = ProjectRuleSpec(effect="allow", permissions=("device:view",))
NO_MESSAGES = ProjectRuleSpec(effect="deny", permissions=("device.messages:view", "device.messages:delete"))


def quiet(cast: Cast, who: str = "sam") -> Project:
    """Truck 7 and truck 8, of which nobody in it reads messages: by their own rule, and by the role “silent”."""
    silent = ProjectRoleSpec(key="silent", name="Silent", rules=(NO_MESSAGES,))
    member = MemberSpec(user=cast.people[who], rules=(SEE, NO_MESSAGES), accepted=True)
    other = MemberSpec(user=cast.people["lee"], roles=("silent",), rules=(SEE,), accepted=True)
    items = (cast.items["truck_7"], cast.items["truck_8"])
    return create_project(
        CONSOLE, cast.accounts["northwind"], name="Quiet", items=items, roles=(silent,), members=(member, other)
    )


def of(project: Project, username: str) -> ProjectMember:
    return project.members.get(user__username=username)


def role(project: Project) -> Any:
    return project.roles.get(key="silent")


def without(project: Project, username: str, **fields: Any) -> dict[str, Any]:
    members = project_spec(project).members
    return {"members": tuple(replace(one, **fields) if one.user.username == username else one for one in members)}


SOON = timedelta(hours=1)
#: Everything that takes a deny away or shortens it.
TAKING: dict[str, Callable[[Cast, Actor, Project], Any]] = {
    "the rule": lambda cast, by, project: change_member(by, of(project, "sam"), rules=(SEE,)),
    "a part of the rule": lambda cast, by, project: change_member(
        by, of(project, "sam"), rules=(SEE, replace(NO_MESSAGES, permissions=("device.messages:delete",)))
    ),
    "the rule on one item": lambda cast, by, project: change_member(
        by, of(project, "sam"), rules=(SEE, replace(NO_MESSAGES, item=cast.items["truck_8"]))
    ),
    "the rule on a kind": lambda cast, by, project: change_member(
        by, of(project, "sam"), rules=(SEE, replace(NO_MESSAGES, kind="channel"))
    ),
    "the membership": lambda cast, by, project: remove_member(by, of(project, "sam")),
    "all members": lambda cast, by, project: change_project(by, project, members=()),
    "an earlier end": lambda cast, by, project: change_member(by, of(project, "sam"), expires_at=timezone.now() + SOON),
    "a later start": lambda cast, by, project: change_member(by, of(project, "sam"), starts_at=timezone.now() + SOON),
    "no longer accepted": lambda cast, by, project: change_project(
        by, project, **without(project, "sam", accepted=False)
    ),
    "a role of the membership": lambda cast, by, project: change_member(by, of(project, "lee"), roles=()),
    "the role": lambda cast, by, project: delete_project_role(by, role(project)),
    "the role's rule": lambda cast, by, project: change_project_role(by, role(project), rules=()),
    "an item of the project": lambda cast, by, project: remove_project_items(by, project, [cast.items["truck_7"]]),
    "the project": lambda cast, by, project: delete_project(by, project),
}


def manager(cast: Cast, *rules: TokenRuleSpec) -> Actor:
    """A token that manages projects and sees devices and people."""
    return token_with(
        cast, whole_rule("project"), TokenRuleSpec(kind="user", verbs=("view",)),
        TokenRuleSpec(kind="device", verbs=("view",)), *rules,
    )  # fmt: skip


@pytest.mark.checklist("Z06")
@pytest.mark.parametrize("act", TAKING)
def test_a_deny_goes_only_by_who_has_what_it_denied(cast: Cast, act: str) -> None:
    project = quiet(cast)
    assign_items(CONSOLE, cast.people["sam"], [cast.items["truck_8"]])
    sam, truck = cast.actor("sam"), cast.items["truck_7"]
    assert not engine.decide(sam, "device.messages:view", truck).allowed
    with pytest.raises(BeyondOwn) as refused:
        TAKING[act](cast, manager(cast), project)
    assert [(one.field, one.code) for one in refused.value.problems] == [("members", "beyond_own")]
    assert not engine.decide(sam, "device.messages:view", truck).allowed
    reading = TokenRuleSpec(kind="device", verbs=(), sections={"messages": ("view", "delete")})
    TAKING[act](cast, manager(cast, reading), project)


@pytest.mark.parametrize("act", TAKING)
def test_nobody_takes_a_deny_from_themselves(cast: Cast, act: str) -> None:
    """Not even who manages the project and could give it to anybody else: neither in person nor by a token."""
    set_authority(CONSOLE, cast.people["sam"], "developer")
    project = quiet(cast)
    for name in ("sam", "lee"):
        Project.objects.filter(pk=project.pk).update(owner=cast.people["sam"])
        cast.people["sam"].refresh_from_db()
        by = cast.actor("sam")
        if name == "lee":
            issued = create_token(CONSOLE, cast.accounts["northwind"], type="master", user=cast.people["sam"],
                                  expires_at=timezone.now() + timedelta(days=1))  # fmt: skip
            by = Actor.of(issued.token)
        with pytest.raises(BeyondOwn) as refused:
            TAKING[act](cast, by, project)
        own = act not in ("a role of the membership", "the role", "the role's rule")
        assert [one.code for one in refused.value.problems] == ["own_deny" if own else "beyond_own"]


#: What takes no deny away: asked of nobody but who may do it.
KEEPING: dict[str, Callable[[Cast, Actor, Project], Any]] = {
    "less to see": lambda cast, by, project: change_member(by, of(project, "sam"), rules=(NO_MESSAGES,)),
    "more denied": lambda cast, by, project: change_member(
        by, of(project, "sam"), rules=(SEE, NO_MESSAGES, replace(NO_MESSAGES, permissions=("device:view",)))
    ),
    "said in other words": lambda cast, by, project: change_member(
        by,
        of(project, "sam"),
        rules=(SEE, *(replace(NO_MESSAGES, permissions=(one,)) for one in NO_MESSAGES.permissions)),
    ),
    "by the role instead": lambda cast, by, project: change_member(
        by, of(project, "sam"), rules=(SEE,), roles=("silent",)
    ),
    "a start in the past": lambda cast, by, project: change_member(
        by, of(project, "sam"), starts_at=timezone.now() - SOON
    ),
    "a name": lambda cast, by, project: change_project(by, project, name="Calm"),
}


@pytest.mark.parametrize("act", KEEPING)
def test_what_takes_no_deny_away_needs_no_more_than_before(cast: Cast, act: str) -> None:
    KEEPING[act](cast, manager(cast), quiet(cast))


def test_a_deny_that_counts_for_nothing_is_taken_by_anybody_who_manages(cast: Cast) -> None:
    """Of a membership that is over or not accepted, and of managers whose branch holds the item."""
    project = quiet(cast)
    ended = timezone.now() - SOON
    for change in ({"expires_at": ended}, {"accepted_at": None}):
        ProjectMember.objects.filter(project=project).update(**change)
        spec = project_spec(project)
        remove_member(manager(cast), of(project, "sam"))
        change_project(CONSOLE, project, members=spec.members)
        ProjectMember.objects.filter(project=project).update(expires_at=None, accepted_at=timezone.now())
    User.objects.filter(username="sam").update(authority="administrator", role=None)
    remove_member(manager(cast), of(project, "sam"))


def test_what_the_members_accounts_lack_is_no_matter(cast: Cast) -> None:
    """Contoso received the hub to read: its owner ends a deny of more than that, since nobody there can have it."""
    deny = ProjectRuleSpec(effect="deny", permissions=("channel:view", "channel:delete", "channel.messages:view"))
    carla, contoso = cast.actor("carla"), cast.accounts["contoso"]
    siv = MemberSpec(user=cast.people["siv"], rules=(deny,), accepted=True)
    project = create_project(carla, contoso, name="Hub", items=(cast.items["hub"],), members=(siv,))
    remove_member(carla, of(project, "siv"))
    assert not ProjectRule.objects.filter(project=project).exists()


def test_a_member_added_with_a_deny_and_removed_again_is_asked_alike(cast: Cast) -> None:
    project = quiet(cast)
    by = manager(cast)
    add_member(by, project, cast.people["siv"], rules=(NO_MESSAGES,))
    with pytest.raises(BeyondOwn):
        remove_member(by, of(project, "siv"))
    remove_member(cast.actor("adam"), of(project, "siv"))
