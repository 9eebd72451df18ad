"""Acts on the members of a project: add, invite, accept, change, remove."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from accesscontrol.accounts.names import fold, same_mailbox
from accesscontrol.projects.models import Project, ProjectMember
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.acts import Fact, act, caller, record, record_all, require_all
from accesscontrol.services.frame.ceilings import Ceiling
from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.services.frame.fields import Findings
from accesscontrol.services.frame.revisions import join
from accesscontrol.services.people import checks as user_checks
from accesscontrol.services.people.specs import UserSpec
from accesscontrol.services.people.users import check_new_users, store_users
from accesscontrol.services.projects import checks as project_checks
from accesscontrol.services.projects.projects import change_project
from accesscontrol.services.projects.rows import as_told, project_spec
from accesscontrol.services.projects.specs import MemberSpec

#: Of those who may be meant by a name, so many are looked at.
MOST_CALLED = 20
NOT_THE_INVITED = Wording("not_the_invited", _("Only the person invited answers, signed in in person."))
ANSWERED_MEANWHILE = Wording(
    "answered_meanwhile", _("The invitation has been answered or withdrawn meanwhile. Reload the page.")
)
NO_INVITATION = Wording("no_invitation", _("There is no open invitation of this name. Reload the page."))
MEMBER_ALREADY = Wording("member_already", _("%(username)s is a member already. Change that membership."))


def add_member(actor: Actor, project: Project, user: User, **fields: Any) -> ProjectMember:
    """Make a user whom the actor may see a member. fields: roles (keys), rules, starts_at, expires_at,
    history_days."""
    with act([project.account_id]):
        require_all(actor, [("project.members:create", project), ("user:view", user)])
        _require_new(project, user)
        _add(actor, project, MemberSpec(user=user, accepted=True, **fields))
    return ProjectMember.objects.get(project=project, user=user)


def invite_member(actor: Actor, project: Project, name: str, **fields: Any) -> None:
    """Invite somebody by exact username or e-mail. Whoever the actor may see is a member at once; somebody else
    accepts first, and whether there is such a person is never told."""
    with act([project.account_id]):
        engine.require(actor, "project.members:create", project)
        findings = Findings()
        findings.name("user", name, length=254)
        findings.stop()
        user = _meant(actor, project, name)
        if user is not None and engine.decide(actor, "user:view", user).allowed:
            add_member(actor, project, user, **fields)
            return
        _check_unseen(actor, project, fields)
        row = Project.objects.select_related("account", "owner").get(pk=project.pk)
        before = project_spec(row)
        join(actor, row, before, {}, as_told(row, before), gives=True)
        row.invited = sorted({*row.invited, fold(name)})
        row.save(update_fields=["invited"])
        record(actor, "project.invite", row, row.account_id, {"name": name})
        if user is not None and not ProjectMember.objects.filter(project=project, user=user).exists():
            # The name is among those invited by now, so this goes on from no older state.
            _add(replace(actor, origin=None), project, MemberSpec(user=user, accepted=False, **fields))


def _meant(actor: Actor, project: Project, name: str) -> User | None:
    """Who is invited by this name: whoever is surely called so. An address is whose who has proven it (access model
    §6), or whom the project's own account has entered with it; a username that looks like one proves nothing."""
    called = list(User.objects.filter(Q(username_folded=name) | Q(email_folded=name)).order_by("pk")[:MOST_CALLED])
    surely = [user for user in called if _is_theirs(user, name)]
    own = [user for user in called if user.account_id == project.account_id]
    found = surely or [user for user in own if engine.decide(actor, "user:view", user).allowed]
    return found[0] if len(found) == 1 else None


def _is_theirs(user: User, name: str) -> bool:
    if "@" in name:
        return user.proven_at is not None and same_mailbox(user.email, name)
    return user.username_folded == fold(name)


def add_light_member(actor: Actor, project: Project, *, username: str, email: str = "", **fields: Any) -> ProjectMember:
    """Make a new light user (authority user, no role) of the project's account and a member in one go. Made by somebody
    whose access ends, or who does not see all of the past, the user ends with the membership, and sees as far back."""
    user_fields = {name: fields.pop(name) for name in ("first_name", "last_name", "password") if name in fields}
    spec = UserSpec(account=project.account, username=username, email=email, **user_fields)
    with act([project.account_id]):
        engine.require(actor, "project.members:create", project)
        if Ceiling(actor).end_of("project.members:create", project) is not None:
            spec.expires_at = fields.get("expires_at")
        if Ceiling(actor).depth_of("project.members:create", project) is not None:
            spec.history_days = fields.get("history_days")
        user_checks.refuse_letting_in(caller(actor), spec, None)
        check_new_users(actor, [spec])
        [user] = store_users(actor, [spec])
        _add(actor, project, MemberSpec(user=user, accepted=False, **fields))
        member = ProjectMember.objects.get(project=project, user=user)
        member.accepted_at = timezone.now()
        member.save(update_fields=["accepted_at"])
    return member


def _require_new(project: Project, user: User) -> None:
    if ProjectMember.objects.filter(project=project, user=user).exists():
        raise Invalid({"user": [MEMBER_ALREADY(username=user.username)]})


def _check_unseen(actor: Actor, project: Project, fields: dict[str, Any]) -> None:
    """Check an invitation alike for somebody unseen and for nobody, so that no wrong field tells which it is."""
    old = project_spec(project)
    somebody = MemberSpec(user=User(pk=0), accepted=False, **fields)
    new = replace(old, members=(*old.members, somebody))
    findings = Findings(actor)
    project_checks.check(findings, new, project, old)
    findings.stop()
    project_checks.require_giving(actor, old, new, project)


def _add(actor: Actor, project: Project, member: MemberSpec) -> None:
    change_project(actor, project, members=(*project_spec(project).members, member))


def change_member(actor: Actor, member: ProjectMember, **changes: Any) -> ProjectMember:
    """Change the roles (keys), rules, start, end or history depth of a membership."""
    unknown = sorted(changes.keys() - {"roles", "rules", "starts_at", "expires_at", "history_days"})
    if unknown:
        raise Invalid({name: [f"“{name}” of a membership cannot be changed."] for name in unknown})
    with act([member.project.account_id]):
        members = project_spec(member.project).members
        changed = tuple(replace(one, **changes) if one.user.pk == member.user_id else one for one in members)
        change_project(actor, member.project, members=changed)
    return ProjectMember.objects.get(pk=member.pk)


def remove_member(actor: Actor, member: ProjectMember) -> None:
    """End a membership at once; what its rules denied is denied no more."""
    remove_members(actor, member.project, [member])


def remove_members(actor: Actor, project: Project, members: Sequence[ProjectMember]) -> None:
    gone = {member.user_id for member in members}
    with act([project.account_id]):
        kept = tuple(one for one in project_spec(project).members if one.user.pk not in gone)
        change_project(actor, project, members=kept)


def withdraw_member_invitation(actor: Actor, project: Project, name: str) -> None:
    """Take back an invitation that nobody has accepted."""
    with act([project.account_id]):
        engine.require(actor, "project.members:delete", project)
        row = Project.objects.get(pk=project.pk)
        if fold(name) not in row.invited:
            raise Conflict(NO_INVITATION())
        row.invited = [other for other in row.invited if other != fold(name)]
        row.save(update_fields=["invited"])
        called = Q(user__username_folded=name) | Q(user__email_folded=name)
        ProjectMember.objects.filter(called, project=row, accepted_at=None).delete()
        record(actor, "project.withdraw_invitation", row, row.account_id, {"name": name})


# --- By the person invited


def accept_membership(actor: Actor, member: ProjectMember) -> ProjectMember:
    """Accept an invitation to a project, in person."""
    with act([member.project.account_id, member.user.account_id]):
        current = _invited(actor, member)
        current.accepted_at = timezone.now()
        current.save(update_fields=["accepted_at"])
        project, user = current.project, current.user
        project.invited = [name for name in project.invited if name not in (user.username_folded, user.email_folded)]
        project.save(update_fields=["invited"])
        told = {"user": user.pk}
        both = [project.account_id, *([user.account_id] if user.account_id is not None else [])]
        record_all(actor, [Fact("project.member.accept", project, one, told) for one in dict.fromkeys(both)])
    return current


def decline_membership(actor: Actor, member: ProjectMember) -> None:
    """Decline an invitation, in person; the project's side is not told, as if there were no such person."""
    with act([member.project.account_id, member.user.account_id]):
        current = _invited(actor, member)
        record(actor, "project.member.decline", current.project, current.user.account_id)
        current.delete()


def _invited(actor: Actor, member: ProjectMember) -> ProjectMember:
    require_all(actor, [("user:change", member.user)])
    if not caller(actor).is_person(member.user):
        raise Conflict(NOT_THE_INVITED())
    current = ProjectMember.objects.select_related("project", "user").filter(pk=member.pk, accepted_at=None).first()
    if current is None:
        raise Conflict(ANSWERED_MEANWHILE())
    return current
