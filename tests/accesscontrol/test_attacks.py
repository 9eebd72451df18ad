"""Attacks on the acts: nobody passes on what they do not hold, by whatever way round."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accesscontrol.access.actor import Actor
from accesscontrol.access.engine import AccessDenied
from accesscontrol.accounts.models import User
from accesscontrol.projects.models import Project
from accesscontrol.services.frame.errors import BeyondOwn, Invalid
from accesscontrol.services.people import users
from accesscontrol.services.projects import projects
from accesscontrol.services.projects.specs import MemberSpec, ProjectRoleSpec, ProjectRuleSpec
from accesscontrol.services.tokens import tokens
from accesscontrol.services.tokens.specs import TokenRuleSpec
from tests.world import CONSOLE, Cast, build_cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return build_cast()


def project_with_roles(cast: Cast) -> Project:
    """“Fleet”: the role reader is empty and lee's; the role driver may do more, and nobody has it."""
    rule = ProjectRuleSpec(effect="allow", permissions=("device:delete",))
    lee = MemberSpec(user=cast.people["lee"], roles=("reader",), accepted=True)
    return projects.create_project(
        CONSOLE, cast.accounts["northwind"], name="Fleet", items=(cast.items["truck_8"],), members=(lee,),
        roles=(
            ProjectRoleSpec(key="reader", name="Reader"),
            ProjectRoleSpec(key="driver", name="Driver", rules=(rule,)),
        ),
    )  # fmt: skip


def test_copying_a_rule_from_one_project_role_to_another_is_passing_on(cast):
    project = project_with_roles(cast)
    manage = TokenRuleSpec(kind="project", verbs=("view", "change"), sections={})
    issued = tokens.create_token(
        CONSOLE, cast.accounts["northwind"], type="acl", rules=(manage,), expires_at=timezone.now() + timedelta(days=1)
    )
    reader = project.roles.get(key="reader")
    rule = ProjectRuleSpec(effect="allow", permissions=("device:delete",))
    with pytest.raises((BeyondOwn, AccessDenied)):
        projects.change_project_role(Actor.of(issued.token), reader, rules=(rule,))


def test_nobody_issues_a_token_of_the_account_that_outlives_their_own_access(cast):
    ends = timezone.now() + timedelta(days=2)
    users.change_user(CONSOLE, cast.people["adam"], expires_at=ends)
    later = {"type": "master", "expires_at": ends + timedelta(days=1)}
    with pytest.raises(BeyondOwn) as refused:
        tokens.create_token(cast.actor("adam"), cast.accounts["northwind"], **later)
    assert list(refused.value.errors) == ["expires_at"]
    adam = User.objects.get(username="adam")
    assert tokens.create_token(cast.actor("adam"), cast.accounts["northwind"], user=adam, **later)
    assert tokens.create_token(cast.actor("adam"), cast.accounts["northwind"], type="master", expires_at=ends)


@pytest.mark.parametrize("year", [1, 9999])
def test_a_time_at_the_end_of_the_calendar_is_refused(cast, year):
    moment = datetime(year, 6, 1, tzinfo=UTC)
    with pytest.raises(Invalid) as refused:
        users.change_user(CONSOLE, cast.people["sam"], expires_at=moment)
    assert list(refused.value.errors) == ["expires_at"]
