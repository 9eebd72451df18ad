"""Taking a deny away, or shortening it, gives what it denied: within the ceiling, and never for oneself (§4).

It goes with whatever carries it: its rule, a project role, the membership, the project, or the item of the project.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_noop as _

from accesscontrol import catalogue
from accesscontrol.access.actor import Actor
from accesscontrol.access.permissions import ITEMS, PermissionSet
from accesscontrol.accounts.depths import depth_of
from accesscontrol.accounts.life import earliest, is_begun, is_later, is_over, is_sooner
from accesscontrol.accounts.models import Account, User
from accesscontrol.items.models import Item
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.acts import Caller
from accesscontrol.services.frame.ceilings import Ceiling
from accesscontrol.services.frame.errors import BeyondOwn, Problem
from accesscontrol.services.frame.lines import Lines
from accesscontrol.services.frame.own_ends import for_good
from accesscontrol.services.projects.specs import MemberSpec, ProjectRuleSpec, ProjectSpec

#: Item by item, what is denied no more.
Given = list[tuple[Item, PermissionSet]]
OWN_DENY = Wording(
    "own_deny",
    _("Something is denied to you here, and nobody takes that away for themselves. Ask somebody else who manages it."),
)


def require_taking(actor: Actor, who: Caller, old: ProjectSpec, new: ProjectSpec, about: Any) -> None:
    """Asked before a project is brought from one state to another. Raises BeyondOwn."""
    ceiling = Ceiling(actor)
    for member, given in given_back(old, new):
        if who.user is not None and who.user.pk == member.user.pk:
            raise BeyondOwn([Problem("members", OWN_DENY(), about)])
        extent = for_good("members", earliest((member.expires_at, member.user.expires_at)), depth_of(member.user))
        ceiling.require_items(given, "members", extent, behind=_behind(member.user, old.account), about=about)


def given_back(old: ProjectSpec, new: ProjectSpec) -> Iterator[tuple[MemberSpec, Given]]:
    """The members to whom something is denied now that no longer will be, each with what that is."""
    found = [(member, given) for member in old.members if (given := _lost(member, old, new))]
    accounts = {member.user.account_id for member, _given in found} | {old.account.pk}
    items = {item.account_id for _member, given in found for item, _permissions in given}
    lines = Lines(one for one in accounts | items if one is not None) if found else None
    for member, given in found:
        counting = [pair for pair in given if lines is not None and _counts(member.user, pair[0], old.account, lines)]
        if counting:
            yield member, counting


def _lost(member: MemberSpec, old: ProjectSpec, new: ProjectSpec) -> Given:
    denies = _denies(member, old)
    if not denies or not member.accepted or is_over(member.expires_at, timezone.now()):
        return []
    after = next((one for one in new.members if one.user.pk == member.user.pk), None)
    kept = _denies(after, new) if after is not None and not _is_shorter(member, after) else []
    there = set(new.items)
    if all(rule in kept for rule in denies):
        return [(item, was) for item in old.items if item not in there and (was := _denied(denies, item))]
    pairs = ((item, _denied(denies, item), _denied(kept if item in there else [], item)) for item in old.items)
    return [(item, lost) for item, was, still in pairs if (lost := was - still)]


def _denies(member: MemberSpec, spec: ProjectSpec) -> list[ProjectRuleSpec]:
    """The deny rules of a membership: its own, and those of its roles."""
    roles = {role.key: role.rules for role in spec.roles}
    rules = (*member.rules, *(rule for key in member.roles for rule in roles.get(key, ())))
    return [rule for rule in rules if rule.effect == "deny"]


def _is_shorter(member: MemberSpec, after: MemberSpec) -> bool:
    """Whether a membership will count for less of the time to come."""
    later = is_sooner(member.starts_at, after.starts_at) and not is_begun(after.starts_at, timezone.now())
    return later or not after.accepted or is_later(member.expires_at, after.expires_at)


def _denied(rules: Iterable[ProjectRuleSpec], item: Item) -> PermissionSet:
    found = PermissionSet()
    for rule in rules:
        if rule.kind in ("", item.kind) and rule.item in (None, item):
            found |= (PermissionSet.of(rule.permissions) & ITEMS).only([item.kind])
    return found


def _counts(user: User, item: Item, account: Account, lines: Lines) -> bool:
    """Where a deny counts (access model §3, 10): item or member of the project's branch, and no manager of the item."""
    inside = user.account_id is not None and lines.within(user.account_id, account.pk)
    manages = user.account_id is not None and user.authority in catalogue.MANAGERS
    own = manages and lines.within(item.account_id, user.account_id or 0)
    return (inside or lines.within(item.account_id, account.pk)) and not own


def _behind(user: User, account: Account) -> list[Actor]:
    """The accounts from which a member may have things: their own, and those of the projects that they are in."""
    projects = Account.objects.filter(projects__members__user=user, projects__members__accepted_at__isnull=False)
    accounts = {account, *projects.distinct(), *([user.account] if user.account is not None else [])}
    return [Actor.of(one) for one in sorted(accounts, key=lambda one: one.pk)]
