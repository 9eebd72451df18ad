"""What a project may hold, and who may put it there: input, items, rules, and the ceiling of what rules pass on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext_noop as _

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.engine import Question
from accesscontrol.access.permissions import ITEMS, PermissionSet, UnknownName
from accesscontrol.accounts.depths import deepest, depth_of, is_deeper, shallowest
from accesscontrol.accounts.life import is_later, is_sooner, latest
from accesscontrol.accounts.models import User
from accesscontrol.items.models import Item
from accesscontrol.projects.models import Project, ProjectMember
from accesscontrol.sentences import Wording
from accesscontrol.services.accounts.quotas import check_days
from accesscontrol.services.frame.acts import Caller
from accesscontrol.services.frame.ceilings import Ceiling
from accesscontrol.services.frame.fields import Findings
from accesscontrol.services.frame.lines import Lines
from accesscontrol.services.frame.own_ends import TO_NOBODY, Extent
from accesscontrol.services.projects.specs import MemberSpec, ProjectRoleSpec, ProjectRuleSpec, ProjectSpec

ACCOUNT_LACKS_ITEM = Wording("account_lacks_item", _("%(name)s does not have %(item_name)s. Take it out."))
MEMBER_TWICE = Wording("member_twice", _("A user is a member once. Put the rules together."))
NOT_ABOUT_ITEMS = Wording(
    "not_about_items", _("A project's rules are about items; %(named)s is not. Name one of an item.")
)
NOT_THE_DEVELOPERS = Wording(
    "not_the_developers", _("%(name)s does not belong to the developer of the project. Take it out.")
)
NO_PERMISSION = Wording("no_permission", _("Name at least one permission, such as device:view or *:view."))
PROJECT_DEVELOPER = Wording("project_developer", _("Choose a developer of %(name)s; %(username)s is not one."))
PROJECT_ROLE_TWICE = Wording(
    "project_role_twice", _("The role %(key)s stands there twice. Give each a key of its own.")
)

EFFECTS = ("allow", "deny")


def check(findings: Findings, spec: ProjectSpec, about: Any, before: ProjectSpec | None = None) -> None:
    """Every field of a project. before: what it is now."""
    there = members_by_user(before) if before is not None else {}
    findings.name("name", spec.name, about)
    findings.text("description", spec.description, about)
    owner = spec.owner
    if owner is not None and (owner.account_id != spec.account.pk or owner.authority != User.Authority.DEVELOPER):
        findings.add("owner", PROJECT_DEVELOPER(name=spec.account.name, username=owner.username), about)
    keys = [role.key for role in spec.roles if role.key is not None]
    for role in spec.roles:
        _check_role(findings, role, keys, about)
    if len({member.user.pk for member in spec.members}) != len(spec.members):
        findings.add("members", MEMBER_TWICE(), about)
    for member in spec.members:
        old = there.get(member.user.pk)
        findings.times(member.starts_at, member.expires_at, about, before=old.expires_at if old else None)
        if member.history_days is not None and (old is None or member.history_days != old.history_days):
            check_days(findings, member.history_days, spec.account.pk, Lines([spec.account.pk]), about)
        findings.known("members", member.roles, keys, "a role of this project", about)
        for rule in member.rules:
            _check_rule(findings, rule, about)


def _check_role(findings: Findings, role: ProjectRoleSpec, keys: Sequence[str], about: Any) -> None:
    if role.key is not None:
        findings.key(role.key, about)
    findings.name("roles", role.name, about, required=role.key is None)
    if role.key is not None and keys.count(role.key) > 1:
        findings.add("roles", PROJECT_ROLE_TWICE(key=role.key), about)
    for rule in role.rules:
        _check_rule(findings, rule, about)


def _check_rule(findings: Findings, rule: ProjectRuleSpec, about: Any) -> None:
    findings.known("rules", [rule.effect], EFFECTS, "an effect", about)
    if rule.kind:
        findings.known("rules", [rule.kind], catalogue.ITEM_KINDS, "a kind of item", about)
    if not rule.permissions:
        findings.add("rules", NO_PERMISSION(), about)
    try:
        given = PermissionSet.of(rule.permissions)
    except UnknownName as error:
        findings.permissions("rules", error, about)
        return
    if rule.permissions and not given & ITEMS:
        named = ", ".join(rule.permissions)
        findings.add("rules", NOT_ABOUT_ITEMS(named=named), about)


# --- Who may


def questions(old: ProjectSpec, new: ProjectSpec) -> list[str]:
    """The permissions on a project that a change takes."""
    asked = []
    if (old.name, old.description, old.owner, old.roles) != (new.name, new.description, new.owner, new.roles):
        asked.append("project:change")
    if set(new.items) - set(old.items):
        asked.append("project.items:create")
    if set(old.items) - set(new.items):
        asked.append("project.items:delete")
    before, after = members_by_user(old), members_by_user(new)
    if after.keys() - before.keys():
        asked.append("project.members:create")
    if before.keys() - after.keys():
        asked.append("project.members:delete")
    if any(before[user_id] != after[user_id] for user_id in before.keys() & after.keys()):
        asked.append("project.members:change")
    return asked


def members_by_user(spec: ProjectSpec) -> dict[int, MemberSpec]:
    return {member.user.pk: member for member in spec.members}


def check_new_items(findings: Findings, who: Caller, spec: ProjectSpec, new: Sequence[Item]) -> None:
    """Items that the account reaches; in a developer's project, and by a developer, only those the developer owns.

    The console may enter others (a world file holds what has lost its effect); the engine's cap decides.
    """
    if who.is_console:
        return
    for item in new:
        owners = [spec.owner] if spec.owner is not None else []
        owners += [who.user] if who.is_developer and who.user is not None else []
        if any(item.owner_id != owner.pk or item.account_id != spec.account.pk for owner in owners):
            findings.add("items", NOT_THE_DEVELOPERS(name=item.name), spec)
    account = Actor.of(spec.account)
    decisions = engine.decide_many([Question(account, f"{item.kind}:view", item) for item in new])
    for item, decision in zip(new, decisions, strict=True):
        if not decision.allowed:
            findings.add("items", ACCOUNT_LACKS_ITEM(name=spec.account.name, item_name=item.name), spec)


def passed_on(old: ProjectSpec, new: ProjectSpec) -> list[tuple[Item, PermissionSet]]:
    """What a change lets members do that they could not before: item by item."""
    roles = {role.key: role for role in new.roles}
    everything = [rule for role in new.roles for rule in role.rules]
    everything += [rule for member in new.members for rule in member.rules]
    before = {role.key: set(map(_identity, role.rules)) for role in old.roles}
    fresh = [rule for role in new.roles for rule in role.rules if _identity(rule) not in before.get(role.key, ())]
    earlier = members_by_user(old)
    for member in new.members:
        if _gains(earlier.get(member.user.pk), member):
            fresh += [*member.rules, *(rule for key in member.roles for rule in roles[key].rules)]
    added = set(new.items) - set(old.items)
    return [(item, _allowed(everything if item in added else fresh, item)) for item in new.items]


def uncapped(spec: ProjectSpec, owner: User | None) -> list[tuple[Item, PermissionSet]]:
    """What members have on items of a project once it is this owner's (None: the account's), and do not have now: in a
    developer's project only the items that this developer owns count (access model §3, *Cap*)."""
    roles = {role.key: role for role in spec.roles}
    rules = [rule for member in spec.members for rule in member.rules]
    rules += [rule for member in spec.members for key in member.roles for rule in roles[key].rules]
    new = [item for item in spec.items if _counts(item, spec, owner) and not _counts(item, spec, spec.owner)]
    return [(item, given) for item in new if (given := _allowed(rules, item))]


def _counts(item: Item, spec: ProjectSpec, owner: User | None) -> bool:
    return owner is None or (item.owner_id == owner.pk and item.account_id == spec.account.pk)


def _identity(rule: ProjectRuleSpec) -> tuple[Any, ...]:
    return (rule.effect, rule.kind, rule.item.pk if rule.item else None, tuple(sorted(rule.permissions)))


def _gains(old: MemberSpec | None, new: MemberSpec) -> bool:
    """Whether a member has more roles or allows, or has them sooner, longer or further back."""
    if old is None or (new.accepted and not old.accepted) or not set(new.roles) <= set(old.roles):
        return True
    longer = is_sooner(new.starts_at, old.starts_at) or is_later(new.expires_at, old.expires_at)
    longer = longer or is_deeper(new.history_days, old.history_days)
    allows = [{_identity(rule) for rule in one.rules if rule.effect == "allow"} for one in (new, old)]
    return longer or not allows[0] <= allows[1]


def _allowed(rules: Iterable[ProjectRuleSpec], item: Item) -> PermissionSet:
    found = PermissionSet()
    for rule in rules:
        if rule.effect == "allow" and rule.kind in ("", item.kind) and rule.item in (None, item):
            found |= PermissionSet.of(rule.permissions).only([item.kind])
    return found


def require_giving(actor: Actor, old: ProjectSpec, new: ProjectSpec, project: Project) -> None:
    """The ceiling: what rules pass on, as far as the project's account has it; the act too, for as long as it gives."""
    ceiling, wanted = Ceiling(actor), [(item, given) for item, given in passed_on(old, new) if given]
    extent = _extent(old, new, bool({item for item, _ in wanted} - set(old.items)))
    for permission in questions(old, new):
        ceiling.require_act(permission, project, extent.without_depth(), project)
    ceiling.require_items(wanted, "rules", extent, behind=Actor.of(new.account), about=project)


def _extent(old: ProjectSpec, new: ProjectSpec, items_given: bool) -> Extent:
    """How long and how deep a change gives: to the end of the last membership that gains by it, and as far back as the
    one of them that reaches the furthest."""
    earlier, before = members_by_user(old), {role.key: set(map(_identity, role.rules)) for role in old.roles}
    wider = {role.key for role in new.roles if not set(map(_identity, role.rules)) <= before.get(role.key, set())}
    gaining = [member for member in new.members if _gains(earlier.get(member.user.pk), member)]
    others = [one for one in new.members if one not in gaining and (items_given or wider & set(one.roles))]
    given = [*gaining, *others]
    if not given:
        return TO_NOBODY
    ends = [member.expires_at for member in given]
    return Extent(latest(ends), deepest(map(depth_of_member, given)), open_end=bool(others))


def depth_of_member(member: MemberSpec | ProjectMember) -> int | None:
    """How far back a member sees by the rules of the membership, their account aside."""
    return shallowest((member.history_days, depth_of(member.user)))
