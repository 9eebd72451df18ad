"""Acts on projects: make, change, delete, with their items, roles, members and rules (access model §7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from accesscontrol.access.actor import Actor
from accesscontrol.access.permissions import CREATES, EVERYTHING
from accesscontrol.accounts.models import Account
from accesscontrol.items.models import Item
from accesscontrol.projects.models import Project, ProjectItem, ProjectMember, ProjectRole, ProjectRule
from accesscontrol.sentences import Wording
from accesscontrol.services.accounts.quotas import Growth, require_room
from accesscontrol.services.frame.acts import Caller, Fact, act, caller, difference, fresh, record_all, require_all
from accesscontrol.services.frame.ceilings import Ceiling
from accesscontrol.services.frame.errors import BeyondOwn, Conflict, Problem
from accesscontrol.services.frame.fields import Findings, make_key
from accesscontrol.services.frame.lines import chunks
from accesscontrol.services.frame.locks import read_named
from accesscontrol.services.frame.own_ends import for_good
from accesscontrol.services.frame.revisions import join
from accesscontrol.services.projects import checks as project_checks
from accesscontrol.services.projects.denies import require_taking
from accesscontrol.services.projects.rows import as_told, empty_spec, project_spec, store_members, store_roles
from accesscontrol.services.projects.specs import ProjectRoleSpec, ProjectSpec

PROJECT_GONE = Wording("project_gone", _("The project %(project)s has been deleted meanwhile. Reload the page."))
PROJECT_DEVELOPERS_OWN = Wording(
    "project_developers_own", _("What a developer makes is the developer's own. Leave it empty.")
)
PROJECT_STAYS = Wording("project_stays", _("A project stays in its account. Make a new one there."))

Pair = tuple[Project, ProjectSpec]
#: All that a project gives to whoever owns it, its creation aside.
OWNING = EVERYTHING.only(["project"]) - CREATES
GIVEN_NOT_CHANGED = Wording("given_not_changed", _("An owner is no field: give the project to them."))


# --- Making


def create_project(actor: Actor, account: Account, *, name: str, **fields: Any) -> Project:
    """Make a project. fields: those of ProjectSpec; a developer's project is theirs."""
    return create_projects(actor, [ProjectSpec(account=account, name=name, **fields)])[0]


def create_projects(actor: Actor, specs: Sequence[ProjectSpec]) -> list[Project]:
    """Make many projects with all that is in them; in the order of the specs."""
    with act(spec.account.pk for spec in specs):
        read_named(spec.owner for spec in specs)
        require_all(actor, [("project:create", spec.account) for spec in specs])
        who = caller(actor)
        wanted = [_keyed(_of_developer(who, spec)) for spec in specs]
        findings = Findings(actor)
        findings.keys(Project, specs)
        for spec, about in zip(wanted, specs, strict=True):
            project_checks.check(findings, spec, about)
        findings.stop()
        ceiling = Ceiling(actor)
        for spec, about in zip(wanted, specs, strict=True):
            if spec.owner is not None and spec.owner != who.user:
                extent = for_good("owner", spec.owner.expires_at).without_depth()
                ceiling.require_account(OWNING, spec.account, "owner", extent, about)
        projects = [_new(spec) for spec in wanted]
        Project.objects.bulk_create(projects, 2000)
        require_room(actor, [Growth(one.account_id, "project", owner_id=one.owner_id) for one in projects])
        facts = [Fact("project.create", one, one.account_id, {"name": [None, one.name]}, ()) for one in projects]
        record_all(actor, facts)
        empty = [(project, empty_spec(spec), spec) for project, spec in zip(projects, wanted, strict=True)]
        _bring(actor, who, empty)
    return projects


def _of_developer(who: Caller, spec: ProjectSpec) -> ProjectSpec:
    if not who.is_developer or who.user is None or spec.owner == who.user:
        return spec
    if spec.owner is not None:
        raise BeyondOwn([Problem("owner", PROJECT_DEVELOPERS_OWN(), spec)])
    return replace(spec, owner=who.user)


def _keyed(spec: ProjectSpec) -> ProjectSpec:
    """The spec with a key and a name for every role."""
    roles = tuple(
        replace(role, key=role.key or make_key(role.name), name=role.name or role.key or "") for role in spec.roles
    )
    return replace(spec, roles=roles)


def _new(spec: ProjectSpec) -> Project:
    return Project(
        key=spec.key or make_key(spec.name), account=spec.account, owner=spec.owner, name=spec.name,
        description=spec.description,
    )  # fmt: skip


# --- Changing


def change_project(actor: Actor, project: Project, **changes: Any) -> Project:
    """Change some fields of a project (those of ProjectSpec; items, roles and members as a whole)."""
    with act([project.account_id]):
        current = present(fresh(Project, [project], "account", "owner"), project)
        before = project_spec(current)
        return change_projects(actor, [(current, join(actor, current, before, changes, as_told(current, before)))])[0]


def add_project_items(actor: Actor, project: Project, items: Sequence[Item]) -> Project:
    """Put items into a project."""
    with act([project.account_id]):
        there = project_spec(project).items
        return change_project(actor, project, items=(*there, *(item for item in items if item not in there)))


def remove_project_items(actor: Actor, project: Project, items: Sequence[Item]) -> Project:
    """Take items out of a project; what members had on them through it ends at once."""
    with act([project.account_id]):
        kept = tuple(one for one in project_spec(project).items if one not in items)
        return change_project(actor, project, items=kept)


def create_project_role(actor: Actor, project: Project, *, name: str, rules: Sequence[Any] = ()) -> ProjectRole:
    """Make a role of a project: a named set of rules."""
    role = ProjectRoleSpec(key=make_key(name), name=name, rules=tuple(rules))
    with act([project.account_id]):
        change_project(actor, project, roles=(*project_spec(project).roles, role))
    return ProjectRole.objects.get(project=project, key=role.key)


def change_project_role(actor: Actor, role: ProjectRole, **changes: Any) -> ProjectRole:
    """Change the name or the rules of a project role."""
    with act([role.project.account_id]):
        there = project_spec(role.project).roles
        roles = tuple(replace(one, **changes) if one.key == role.key else one for one in there)
        change_project(actor, role.project, roles=roles)
    return ProjectRole.objects.get(pk=role.pk)


def delete_project_role(actor: Actor, role: ProjectRole) -> None:
    """Delete a project role; members keep their other roles and their own rules."""
    with act([role.project.account_id]):
        spec = project_spec(role.project)
        members = tuple(replace(one, roles=tuple(key for key in one.roles if key != role.key)) for one in spec.members)
        roles = tuple(one for one in spec.roles if one.key != role.key)
        change_project(actor, role.project, roles=roles, members=members)


def change_projects(actor: Actor, pairs: Sequence[Pair]) -> list[Project]:
    """Bring projects with all in them to their specs; in the order of the pairs. Account and key never change."""
    with act(project.account_id for project, _spec in pairs):
        rows = fresh(Project, [project for project, _spec in pairs], "account", "owner")
        current = [(present(rows, project), _keyed(spec)) for project, spec in pairs]
        before = {project.pk: project_spec(project) for project, _spec in current}
        findings = Findings(actor)
        for project, spec in current:
            if spec.account.pk != project.account_id:
                findings.add("account", PROJECT_STAYS(), project)
            if spec.owner != project.owner:
                findings.add("owner", GIVEN_NOT_CHANGED(), project)
            project_checks.check(findings, spec, project, before[project.pk])
        triples = [(project, before[project.pk], spec) for project, spec in current]
        _require(actor, triples)
        findings.stop()
        _bring(actor, caller(actor), triples)
    return [project for project, _spec in current]


def _require(actor: Actor, triples: Sequence[tuple[Project, ProjectSpec, ProjectSpec]]) -> None:
    asked: list[tuple[str, Model]] = []
    for project, old, new in triples:
        asked += [(name, project) for name in project_checks.questions(old, new) or ["project:view"]]
    require_all(actor, asked)


def _bring(actor: Actor, who: Caller, triples: Sequence[tuple[Project, ProjectSpec, ProjectSpec]]) -> None:
    """Ask for the contents and the ceiling, then write the difference and its events."""
    _require(actor, triples)
    findings = Findings()
    for _project, old, new in triples:
        added = [item for item in new.items if item not in old.items]
        read_named(added)
        require_all(actor, [(f"{item.kind}:view", item) for item in added])
        _require_members(actor, old, new)
        project_checks.check_new_items(findings, who, new, added)
    findings.stop()
    for project, old, new in triples:
        project_checks.require_giving(actor, old, new, project)
        require_taking(actor, who, old, new, project)
    facts = []
    for project, old, new in triples:
        facts += _write(project, old, new)
    record_all(actor, facts)


def _require_members(actor: Actor, old: ProjectSpec, new: ProjectSpec) -> None:
    """Whoever is a member at once must be somebody the actor may see; others are invited and accept."""
    before = project_checks.members_by_user(old)
    accepted = [one for one in new.members if one.accepted]
    known = [one.user for one in accepted if one.user.pk not in before or not before[one.user.pk].accepted]
    require_all(actor, [("user:view", user) for user in known])


def _write(project: Project, old: ProjectSpec, new: ProjectSpec) -> list[Fact]:
    project.name, project.description = new.name, new.description
    project.changed_at = timezone.now()
    project.save(update_fields=["name", "description", "changed_at"])
    added = [item for item in new.items if item not in old.items]
    gone = [item.pk for item in old.items if item not in new.items]
    ProjectItem.objects.bulk_create([ProjectItem(project=project, item=item) for item in dict.fromkeys(added)], 2000)
    for piece in chunks(gone):
        ProjectItem.objects.filter(project=project, item__in=piece).delete()
    roles = store_roles(project, old, new)
    members = store_members(project, old, new)
    told = difference(_plain(old), _plain(new))
    facts = [Fact("project.change", project, project.account_id, told)] if told else []
    if added or gone:
        items = {"added": [item.pk for item in added], "removed": gone}
        facts.append(Fact("project.items", project, project.account_id, items))
    return [*facts, *roles, *members]


def _plain(spec: ProjectSpec) -> dict[str, Any]:
    return {"name": spec.name, "description": spec.description}


def present(rows: dict[int, Project], project: Project) -> Project:
    """The row of a project as it is now. Raises Conflict where it has gone."""
    if project.pk not in rows:
        raise Conflict(PROJECT_GONE(project=project.name))
    return rows[project.pk]


# --- Deleting


def delete_project(actor: Actor, project: Project) -> None:
    remove_projects(actor, [project])


def remove_projects(actor: Actor, projects: Sequence[Project]) -> None:
    """Delete many projects; their items stay, what members had through them ends."""
    with act(project.account_id for project in projects):
        require_all(actor, [("project:delete", project) for project in projects])
        rows, who = list(fresh(Project, projects, "account", "owner").values()), caller(actor)
        denying = ProjectRule.objects.filter(project__in=rows, effect=ProjectRule.Effect.DENY)
        holding = set(denying.values_list("project", flat=True))
        for row in rows:
            spec = project_spec(row) if row.pk in holding else None
            if spec is not None:
                require_taking(actor, who, spec, empty_spec(spec), row)
        record_all(actor, [Fact("project.delete", row, row.account_id, {"name": [row.name, None]}) for row in rows])
        ProjectMember.objects.filter(project__in=rows).delete()
        for piece in chunks([row.pk for row in rows]):
            Project.objects.filter(pk__in=piece).delete()
