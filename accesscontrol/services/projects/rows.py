"""The rows inside a project (roles, members, rules): read as specs, and brought to a spec."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.utils import timezone

from accesscontrol.items.models import Item
from accesscontrol.projects.models import Project, ProjectMember, ProjectRole, ProjectRule
from accesscontrol.services.frame.acts import Fact
from accesscontrol.services.projects.specs import MemberSpec, ProjectRoleSpec, ProjectRuleSpec, ProjectSpec


def project_spec(project: Project) -> ProjectSpec:
    """The state of a project, with everything in it, as a spec."""
    of_role: dict[int, list[ProjectRuleSpec]] = {}
    of_member: dict[int, list[ProjectRuleSpec]] = {}
    for rule in ProjectRule.objects.filter(project=project).select_related("item__account").order_by("pk"):
        spec = ProjectRuleSpec(
            effect=rule.effect, permissions=tuple(rule.permissions), kind=rule.kind, item=rule.item
        )  # fmt: skip
        if rule.role_id is not None:
            of_role.setdefault(rule.role_id, []).append(spec)
        elif rule.member_id is not None:
            of_member.setdefault(rule.member_id, []).append(spec)
    roles = [
        ProjectRoleSpec(key=role.key, name=role.name, rules=tuple(of_role.get(role.pk, ())))
        for role in ProjectRole.objects.filter(project=project).order_by("pk")
    ]
    members = (
        ProjectMember.objects.filter(project=project)
        .select_related("user__account", "user__role")
        .prefetch_related("roles")
    )
    return ProjectSpec(
        account=project.account, name=project.name, key=project.key, owner=project.owner,
        description=project.description, roles=tuple(roles),
        items=tuple(Item.objects.filter(project_links__project=project).select_related("account").order_by("pk")),
        members=tuple(_member(one, of_member.get(one.pk, ())) for one in members.order_by("pk")),
    )  # fmt: skip


def _member(member: ProjectMember, rules: Iterable[ProjectRuleSpec]) -> MemberSpec:
    return MemberSpec(
        user=member.user, roles=tuple(sorted(role.key for role in member.roles.all())), rules=tuple(rules),
        starts_at=member.starts_at, expires_at=member.expires_at, history_days=member.history_days,
        accepted=member.accepted_at is not None,
    )  # fmt: skip


def as_told(project: Project, spec: ProjectSpec) -> ProjectSpec:
    """The state of a project as its own side knows it: of people elsewhere who have not answered, the names typed."""
    known: list[Any] = [one for one in spec.members if one.accepted or one.user.account_id == project.account_id]
    return replace(spec, members=(*known, *project.invited))


def told_spec(project: Project) -> ProjectSpec:
    """The state of a project as its own side knows it."""
    return as_told(project, project_spec(project))


def empty_spec(spec: ProjectSpec) -> ProjectSpec:
    """The same project with nothing in it."""
    return replace(spec, items=(), roles=(), members=())


def store_roles(project: Project, old: ProjectSpec, new: ProjectSpec) -> list[Fact]:
    """Bring the project's roles to the spec; gives the events."""
    before, after = {role.key: role for role in old.roles}, {role.key: role for role in new.roles}
    facts = []
    for key in before.keys() - after.keys():
        ProjectRole.objects.filter(project=project, key=key).delete()
        facts.append(_fact("project.role.delete", project, {"role": [before[key].name, None]}))
    for key, role in after.items():
        if before.get(key) == role:
            continue
        row, _ = ProjectRole.objects.update_or_create(project=project, key=key, defaults={"name": role.name})
        ProjectRule.objects.filter(role=row).delete()
        _store_rules(project, role.rules, role=row)
        told = {"role": role.name, "rules": [_told(rule) for rule in role.rules]}
        facts.append(_fact("project.role.change" if key in before else "project.role.create", project, told))
    return facts


def store_members(project: Project, old: ProjectSpec, new: ProjectSpec) -> list[Fact]:
    """Bring the project's members to the spec; gives the events."""
    before, after = {one.user.pk: one for one in old.members}, {one.user.pk: one for one in new.members}
    facts = []
    for user_id in before.keys() - after.keys():
        ProjectMember.objects.filter(project=project, user=user_id).delete()
        facts.append(_member_fact("project.member.remove", project, before[user_id], {}))
    for user_id, member in after.items():
        if before.get(user_id) == member:
            continue
        _store_member(project, member)
        told = {
            "roles": list(member.roles), "rules": [_told(rule) for rule in member.rules],
            "starts_at": member.starts_at, "expires_at": member.expires_at, "history_days": member.history_days,
            "accepted": member.accepted,
        }  # fmt: skip
        action = "project.member.change" if user_id in before else "project.member.add"
        facts.append(_member_fact(action, project, member, told))
    return facts


def _store_member(project: Project, member: MemberSpec) -> None:
    times = {name: getattr(member, name) for name in ("starts_at", "expires_at", "history_days")}
    row, _ = ProjectMember.objects.update_or_create(project=project, user=member.user, defaults=times)
    if member.accepted != (row.accepted_at is not None):
        row.accepted_at = timezone.now() if member.accepted else None
        row.save(update_fields=["accepted_at"])
    row.roles.set(ProjectRole.objects.filter(project=project, key__in=member.roles))
    ProjectRule.objects.filter(member=row).delete()
    _store_rules(project, member.rules, member=row)


def _store_rules(project: Project, rules: Iterable[ProjectRuleSpec], **of: Any) -> None:
    rows = [
        ProjectRule(project=project, effect=rule.effect, kind=rule.kind, item=rule.item,
                    permissions=list(rule.permissions), **of)
        for rule in rules
    ]  # fmt: skip
    ProjectRule.objects.bulk_create(rows, 2000)


def _told(rule: ProjectRuleSpec) -> dict[str, Any]:
    item = rule.item.pk if rule.item else None
    return {"effect": rule.effect, "kind": rule.kind, "item": item, "permissions": list(rule.permissions)}


def _member_fact(action: str, project: Project, member: MemberSpec, told: dict[str, Any]) -> Fact:
    """The line of a member. One of another account who has not accepted stands in their own account's log only: in the
    project's log, who exists and who does not look the same."""
    user = member.user
    if member.accepted or user.account_id == project.account_id:
        return _fact(action, project, {"user": user.pk} | told)
    return Fact(action, project, user.account_id, {"user": user.pk})


def _fact(action: str, project: Project, changes: dict[str, Any]) -> Fact:
    return Fact(action, project, project.account_id, changes)
