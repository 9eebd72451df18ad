"""Nothing is given that is over already, where people type; what ended keeps its end, and files tell of the past."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import Model
from django.utils import timezone

from accesscontrol.accounts.models import User
from accesscontrol.grants.models import Grant
from accesscontrol.items.models import ItemUserObjectPermission
from accesscontrol.projects.models import ProjectMember
from accesscontrol.services.frame.errors import Invalid
from accesscontrol.services.frame.fields import IN_THE_PAST
from accesscontrol.services.grants.grants import change_grant, create_grant, extend_grant
from accesscontrol.services.items.assignments import assign_items, share_item
from accesscontrol.services.people.users import change_user, create_user
from accesscontrol.services.projects.members import add_light_member, add_member, change_member, invite_member
from accesscontrol.services.projects.specs import ProjectRuleSpec
from accesscontrol.services.tokens.tokens import change_token, create_token
from accesscontrol.tokens.models import Token
from tests.world import CONSOLE, Cast

Give = Callable[[Cast, str, datetime], Any]
SEE = (ProjectRuleSpec(effect="allow", permissions=("device:view",)),)


def by(cast: Cast, name: str) -> Any:
    return CONSOLE if name == "console" else cast.actor(name)


GIVE: dict[str, Give] = {
    "a user": lambda cast, who, end: create_user(
        by(cast, who), cast.accounts["northwind"], username="late", expires_at=end
    ),
    "an end for a user": lambda cast, who, end: change_user(by(cast, who), cast.people["lee"], expires_at=end),
    "a token": lambda cast, who, end: create_token(
        by(cast, who), cast.accounts["northwind"], type="standard", name="late", expires_at=end
    ),
    "an end for a token": lambda cast, who, end: change_token(
        by(cast, who), cast.tokens["viewer"].token, expires_at=end
    ),
    "a grant": lambda cast, who, end: create_grant(
        by(cast, who), cast.accounts["northwind"], covers="kind", kind="group", grantees=[cast.accounts["contoso"]],
        expires_at=end,
    ),
    "an end for a grant": lambda cast, who, end: extend_grant(by(cast, who), cast.hub_grant, end),
    "an assignment": lambda cast, who, end: assign_items(
        by(cast, who), cast.people["lee"], [cast.items["truck_8"]], end
    ),
    "an end for an assignment": lambda cast, who, end: assign_items(
        by(cast, who), cast.people["sam"], [cast.items["truck_7"]], end
    ),
    "a share": lambda cast, who, end: share_item(
        by(cast, who), cast.people["otto"], cast.items["sensor"], ["view_item"], end
    ),
    "a membership": lambda cast, who, end: add_member(
        by(cast, who), cast.pilot, cast.people["sam"], rules=SEE, expires_at=end
    ),
    "a light member": lambda cast, who, end: add_light_member(
        by(cast, who), cast.pilot, username="late", rules=SEE, expires_at=end
    ),
    "an invitation": lambda cast, who, end: invite_member(by(cast, who), cast.pilot, "alma", rules=SEE, expires_at=end),
    "an end for a membership": lambda cast, who, end: change_member(
        by(cast, who), ProjectMember.objects.get(project=cast.pilot), expires_at=end
    ),
}  # fmt: skip
ENDING: tuple[type[Model], ...] = (User, Token, Grant, ItemUserObjectPermission, ProjectMember)


@pytest.mark.parametrize("what", GIVE)
def test_an_end_in_the_past_is_refused(cast: Cast, what: str) -> None:
    with pytest.raises(Invalid) as refused:
        GIVE[what](cast, "nora", timezone.now() - timedelta(seconds=1))
    assert [(one.field, one.code) for one in refused.value.problems] == [("expires_at", IN_THE_PAST.code)]
    assert not any(model._default_manager.filter(expires_at__lt=timezone.now()).exists() for model in ENDING)
    GIVE[what](cast, "nora", timezone.now() + timedelta(minutes=10))


@pytest.mark.parametrize("what", [name for name in GIVE if name not in ("a light member", "an invitation")])
def test_the_console_may_tell_of_the_past(cast: Cast, what: str) -> None:
    GIVE[what](cast, "console", timezone.now() - timedelta(days=1))
    assert any(model._default_manager.filter(expires_at__lt=timezone.now()).exists() for model in ENDING)


def test_what_has_ended_keeps_its_end_when_something_else_changes(cast: Cast) -> None:
    past, nora = timezone.now() - timedelta(days=1), cast.actor("nora")
    for name in ("an end for a user", "an end for a token", "an end for a grant", "an end for a membership"):
        GIVE[name](cast, "console", past)
    assert change_user(nora, cast.people["lee"], phone="112").expires_at == past
    assert change_token(nora, cast.tokens["viewer"].token, name="Over").expires_at == past
    assert change_grant(nora, cast.hub_grant, note="Over").expires_at == past
    member = ProjectMember.objects.get(project=cast.pilot)
    assert change_member(nora, member, rules=SEE).expires_at == past
