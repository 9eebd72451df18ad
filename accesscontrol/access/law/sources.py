"""Sources: the one list of ways to have access, and of denies, one function each (access model §3, 1–10).

A source turns facts into entitlements. The compiler hands them the facts, the time, and what accounts behind have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from accesscontrol import catalogue
from accesscontrol.access.fresh.facts import AccountFacts, GrantFacts, MembershipFacts, ProjectRuleFacts, UserFacts
from accesscontrol.access.law.belonging import in_branch, memberships_of, role_of
from accesscontrol.access.law.entitlements import Compiler, Entitlement
from accesscontrol.access.law.item_reaches import HoldsAssigned, InProject, Items, MadeBy, OwnedBy, Unlinked
from accesscontrol.access.law.levels import level_permissions, rights_permissions, share_permissions
from accesscontrol.access.law.reaches import (
    Accounts,
    Below,
    Branch,
    Everything,
    Own,
    OwnButOwner,
    OwnersOf,
    Reach,
    Received,
    ReceivedBelow,
    Rows,
)
from accesscontrol.access.permissions import CREATES, EVERYTHING, ITEMS, PermissionSet

#: Code → what the source is, as explanations list it.
SOURCES = {
    "branch": "The account's own branch",
    "received": "Grants that the account received",
    "roles_above": "Roles of the accounts above",
    "owner": "Being the owner",
    "developer": "What a developer makes and owns",
    "rights": "Rights of the role, on what the user reaches",
    "shares": "Direct shares",
    "oneself": "Oneself and one's own account",
    "project": "Project membership",
    "operator": "The platform operator",
}

_NOT_ON_ITSELF = PermissionSet.of(["account:delete", "account.limits:change", "subscription:change"])
_OWNER_SEEN = PermissionSet.of(["user:view", "token:view"])
_RECEIVED = PermissionSet.of(["grant:view", "grant:delete", "grant.logs:view"])
_RECEIVED_BELOW = PermissionSet.of(["grant:view", "grant.logs:view"])
_ONESELF = PermissionSet.of(["user:view", "user:change", "user.sessions:view", "user.sessions:delete"])
_TOKENS = EVERYTHING.only(["token"])
_DEVELOPER_MAKES = CREATES.only([*catalogue.ITEM_KINDS, "project", "token"])
_DEVELOPER_OWNS = EVERYTHING.only([*catalogue.ITEM_KINDS, "project", "token"]) - CREATES
_BY_DEVICE = ("alert_rule", "alarm")
_BY_DEVICE_OR_FREE = ("vehicle", "employee", "task", "maintenance")
_FOR_ALL = ("geofence", "place", "tag", "form_template", "custom_field", "department", "garage")
_ASSIGNABLE = tuple(kind for kind in catalogue.ITEM_KINDS if kind != "report")
_ASSIGNED_VIEW = PermissionSet.of(["*:view"]).only(_ASSIGNABLE)
_ON_ACCOUNT = CREATES | EVERYTHING.only(["subscription"])


# --- Sources for an account


def branch(account: AccountFacts, compiler: Compiler) -> Iterator[Entitlement]:
    """1. Every permission on everything its branch owns, except some on itself and on its own owner."""
    name, origin = account.name, ("account", account.id)
    yield Entitlement("branch", EVERYTHING, Below(account.id), f"it is in the branch of {name}", origin)
    own = f"it belongs to {name}"
    yield Entitlement("branch", EVERYTHING - _NOT_ON_ITSELF, OwnButOwner(account.id), own, origin)
    yield Entitlement("branch", _OWNER_SEEN, OwnersOf(account.id), own, origin)


def received(account: AccountFacts, compiler: Compiler) -> Iterator[Entitlement]:
    """2. Grants received, and what one may do with the grants themselves."""
    origin = ("account", account.id)
    yield Entitlement("received", _RECEIVED, Received(account.id), f"{account.name} received this grant", origin)
    below = f"an account below {account.name} received this grant"
    yield Entitlement("received", _RECEIVED_BELOW, ReceivedBelow(account.id), below, origin)
    for grant in compiler.facts.grants.get(account.id, ()):
        grantor = compiler.account(grant.grantor)
        in_time = compiler.in_force(grant.starts_at, grant.expires_at)
        holds = account.id not in grantor.path
        if in_time and grant.enabled and grant.accepted and holds:
            yield from _granted(grant, account, grantor)


def _granted(grant: GrantFacts, account: AccountFacts, grantor: AccountFacts) -> Iterator[Entitlement]:
    reach, permissions = _cover(grant), level_permissions("read")
    for level in grant.levels:
        to_descendant = level == "operate-as" and grantor.id in account.path
        if not to_descendant:
            permissions |= level_permissions(level)
    if grant.covers == "account":
        permissions |= PermissionSet.of(["account:view"])
    elif grant.covers == "kind":
        permissions = permissions.only([grant.kind])
    sentence = f"{grantor.name} granted it to {account.name}"
    yield Entitlement("received", permissions, reach, sentence, ("grant", grant.id))


def _cover(grant: GrantFacts) -> Reach:
    if grant.covers == "items":
        return Items(grant.items, within=grant.grantor)
    return Branch(grant.grantor) if grant.branch else Own(grant.grantor)


def roles_above(account: AccountFacts, compiler: Compiler) -> Iterator[Entitlement]:
    """3. Roles of the accounts above may be seen, to give them to one's users."""
    view = PermissionSet.of(["role:view"])
    sentence = f"a role of an account above {account.name} may be given to its users"
    yield Entitlement("roles_above", view, Accounts(frozenset(account.above)), sentence, ("account", account.id))


ACCOUNT_SOURCES: tuple[Callable[[AccountFacts, Compiler], Iterator[Entitlement]], ...] = (branch, received, roles_above)


# --- Sources for a user

CONSOLE = Entitlement("operator", EVERYTHING, Everything(), "the console is the platform operator's")


def operator(user: UserFacts, compiler: Compiler) -> Iterator[Entitlement]:
    """The platform operator (superuser) has everything."""
    if user.superuser:
        origin = ("user", user.id)
        yield Entitlement("operator", EVERYTHING, Everything(), f"{user.name} is the platform operator", origin)


def owner(user: UserFacts, compiler: Compiler) -> Iterator[Entitlement]:
    """4. Owners and administrators have what their account has; the owner also the subscription and their tokens."""
    if user.account is None or user.authority not in ("owner", "administrator"):
        return
    yield from compiler.account_scope(user.account).allows_list
    if user.authority == "owner":
        origin = ("user", user.id)
        change = PermissionSet.of(["subscription:change"])
        yield Entitlement("owner", change, Own(user.account), f"{user.name} is the owner of the account", origin)
        mine = f"it is a token of {user.name}, the owner"
        yield Entitlement("owner", _TOKENS - CREATES, OwnedBy(user.id, user.account), mine, origin)


def developer(user: UserFacts, compiler: Compiler) -> Iterator[Entitlement]:
    """5. A developer creates items, projects and tokens, and has every permission on those they own."""
    if user.account is None or user.authority != "developer":
        return
    origin = ("user", user.id)
    makes = f"{user.name} is a developer of the account"
    yield Entitlement("developer", _DEVELOPER_MAKES, Own(user.account), makes, origin)
    owns = f"{user.name} owns it"
    yield Entitlement("developer", _DEVELOPER_OWNS, OwnedBy(user.id, user.account), owns, origin)


def rights(user: UserFacts, compiler: Compiler) -> Iterator[Entitlement]:
    """6. A `user` has the permissions of their rights on what they reach."""
    if user.account is None or user.authority != "user":
        return
    role = role_of(user, compiler)
    given = rights_permissions(role.rights if role else ()) - PermissionSet.of(["device:delete"])
    origin = ("role", role.id) if role else ("user", user.id)
    because = f"the role {role.name}" if role else "the basic rights"
    cap = compiler.account_scope(user.account)
    assigned = frozenset(
        share.item
        for share in compiler.facts.shares.get(user.id, ())
        if share.codename == "view_item" and compiler.in_force(None, share.expires_at)
    )
    for kinds, reach, words in _user_reaches(user.id, user.account, assigned, compiler):
        permissions = given.only(kinds) - _ON_ACCOUNT
        if words == _ASSIGNED:
            view = Entitlement("rights", _ASSIGNED_VIEW, reach, words, ("user", user.id), cap)
            yield view
        yield Entitlement("rights", permissions, reach, f"{words}, and {because} allows it", origin, cap)
    on_account = PermissionSet(given & _ON_ACCOUNT)
    yield Entitlement("rights", on_account, Own(user.account), f"{because} allows it in the account", origin, cap)


_ASSIGNED = "it is assigned to the user"


def _user_reaches(
    user: int, account: int, assigned: frozenset[int], compiler: Compiler
) -> Iterator[tuple[tuple[str, ...], Reach, str]]:
    behind = compiler.account_scope(account)
    by_device = HoldsAssigned(account, assigned, True, behind, compiler.at)
    linked = "a device assigned to the user is linked to it"
    yield _ASSIGNABLE, Items(assigned), _ASSIGNED
    yield (*_BY_DEVICE, *_BY_DEVICE_OR_FREE), by_device, linked
    yield _BY_DEVICE, MadeBy(user, account, True), "the user made it and no device is linked to it yet"
    yield _BY_DEVICE_OR_FREE, Unlinked(account), "no device is linked to it"
    by_any = HoldsAssigned(account, assigned, False, behind, compiler.at)
    yield ("group",), by_any, "something assigned to the user is in it"
    yield _FOR_ALL, Own(account), "it is there for all users of the account"
    yield ("report",), MadeBy(user, account, False), "the user made it"


def shares(user: UserFacts, compiler: Compiler) -> Iterator[Entitlement]:
    """7. Guardian's object permissions on one item, for developers and users."""
    if user.account is None or user.authority not in ("developer", "user"):
        return
    cap = compiler.account_scope(user.account)
    items: dict[str, set[int]] = {}
    for share in compiler.facts.shares.get(user.id, ()):
        assignment = share.codename == "view_item" and user.authority == "user"
        if not assignment and compiler.in_force(None, share.expires_at):
            items.setdefault(share.codename, set()).add(share.item)
    for codename, shared in items.items():
        permissions = PermissionSet()
        for kind in catalogue.ITEM_KINDS:
            if not (codename == "delete_item" and kind == "device" and user.authority == "user"):
                permissions |= share_permissions(codename, kind)
        sentence = f"it is shared with {user.name} ({catalogue.SHARE_CODENAMES[codename].lower()})"
        yield Entitlement("shares", permissions, Items(frozenset(shared)), sentence, ("user", user.id), cap)


def oneself(user: UserFacts, compiler: Compiler) -> Iterator[Entitlement]:
    """8. Every user: their own account's page, and themselves."""
    origin = ("user", user.id)
    myself = Rows("user", frozenset([user.id]))
    yield Entitlement("oneself", _ONESELF, myself, "everybody may see and change themselves", origin)
    if user.account is not None:
        own = Rows("account", frozenset([user.account]))
        view = PermissionSet.of(["account:view"])
        yield Entitlement("oneself", view, own, "everybody may see their own account", origin)


def projects(user: UserFacts, compiler: Compiler) -> Iterator[Entitlement]:
    """9. What the allow rules of project memberships give, under the cap of the project's account."""
    for membership in memberships_of(user, compiler):
        cap = compiler.account_scope(membership.account)
        origin = ("project", membership.project)
        seen = Rows("project", frozenset([membership.project]))
        view = PermissionSet.of(["project:view"])
        yield Entitlement("project", view, seen, f"{user.name} is a member of {membership.name}", origin, cap)
        inside = in_branch(user, membership.account, compiler)
        for rule in membership.rules:
            if rule.effect == "allow":
                reach = InProject(
                    membership.project,
                    rule.item,
                    membership.account,
                    owner=membership.owner,
                    within=None if inside else membership.account,
                )
                by = f"the project role {rule.role}" if rule.role else "a rule"
                sentence = f"{by} of the project {membership.name} allows it"
                yield Entitlement("project", _rule_permissions(rule), reach, sentence, origin, cap)


def _rule_permissions(rule: ProjectRuleFacts) -> PermissionSet:
    permissions = PermissionSet(PermissionSet.of(rule.permissions) & ITEMS)
    return permissions.only([rule.kind]) if rule.kind else permissions


USER_SOURCES: tuple[Callable[[UserFacts, Compiler], Iterator[Entitlement]], ...] = (
    operator,
    owner,
    developer,
    rights,
    shares,
    oneself,
    projects,
)


# --- Denies


def project_denies(user: UserFacts, compiler: Compiler) -> Iterator[Entitlement]:
    """10. Deny rules of project memberships beat every allow that the user has on the items of that project."""
    for membership in memberships_of(user, compiler):
        for rule in membership.rules:
            if rule.effect == "deny":
                by = f"the project role {rule.role}" if rule.role else "a deny rule"
                sentence = f"{by} of the project {membership.name} denies it"
                reach = _denied(user, membership, rule, compiler)
                permissions = _rule_permissions(rule)
                yield Entitlement("deny", permissions, reach, sentence, ("project", membership.project))


def _denied(user: UserFacts, membership: MembershipFacts, rule: ProjectRuleFacts, compiler: Compiler) -> InProject:
    """Counts where item or member is of the project's branch; not for managers whose branch holds the item."""
    inside = in_branch(user, membership.account, compiler)
    manager = user.authority in ("owner", "administrator")
    return InProject(
        membership.project,
        rule.item,
        membership.account,
        within=None if inside else membership.account,
        outside=user.account if manager else None,
    )
