"""What the attacks share: a grant to the other company, a secret project, a question."""

from __future__ import annotations

from typing import Any

from rest_framework.test import APIClient

from accesscontrol.projects.models import Project
from accesscontrol.services.grants import grants
from accesscontrol.services.projects import projects
from accesscontrol.services.projects.specs import MemberSpec, ProjectRuleSpec
from tests.world import CONSOLE, Cast


def grant_to_contoso(cast: Cast, *items: str, levels: tuple[str, ...] = ()) -> Any:
    chosen = tuple(cast.items[name] for name in items)
    return grants.create_grant(
        CONSOLE, cast.accounts["northwind"], covers="items", items=chosen, grantees=[cast.accounts["contoso"]],
        levels=levels,
    )  # fmt: skip


def make_member(cast: Cast, username: str, *rules: ProjectRuleSpec, item: str = "truck_8") -> Project:
    """A project of Northwind, “Secret”, with one item and one member."""
    member = MemberSpec(user=cast.people[username], rules=rules, accepted=True)
    return projects.create_project(
        CONSOLE, cast.accounts["northwind"], name="Secret", key="secret", items=(cast.items[item],), members=(member,)
    )


def ask(client: APIClient, subject: str, action: str, thing: str, kind: str = "device") -> dict[str, Any]:
    asked = {
        "subject": {"type": "user", "id": subject}, "action": {"name": action}, "resource": {"type": kind, "id": thing}
    }  # fmt: skip
    return client.post("/access/v1/evaluation", asked, format="json").json()
