"""Sources: the one list of ways to have access, and of denies, one function each (access model §3, 1–10).

A source turns facts into entitlements. The compiler hands them the facts, the time, and what accounts behind have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.utils.translation import gettext_lazy as _

from accesscontrol import catalogue
from accesscontrol.access.fresh.facts import AccountFacts, GrantFacts, MembershipFacts, ProjectRuleFacts, UserFacts
from accesscontrol.access.law import history, sentences
from accesscontrol.access.law.belonging import in_branch, memberships_of, role_of
from accesscontrol.access.law.entitlements import Compiler, Entitlement
from accesscontrol.access.law.item_reaches import HoldsAssigned, InProject, Items, MadeBy, OwnedBy, Unlinked
from accesscontrol.access.law.levels import (
    DEVELOPER_MAKES,
    ON_ITSELF,
    level_permissions,
    rights_permissions,
    share_permissions,
)
from accesscontrol.access.law.operators import OPERATOR, operator
from accesscontrol.access.law.reaches import (
    Accounts,
    Below,
    Branch,
    Own,
    OwnButOwner,
    OwnersOf,
    Reach,
    Received,
    ReceivedBelow,
    Rows,
)
from accesscontrol.access.permissions import CREATES, EVERYTHING, ITEMS, PermissionSet
from accesscontrol.grants.life import GrantState, grant_state
from accesscontrol.sentences import Sentence

#: Code → what the source is, as explanations list it.
SOURCES = {
    "branch": _("The account's own branch"),
    "received": _("Grants that the account received"),
    "roles_above": _("Roles of the accounts above"),
    "owner": _("Being the owner"),
    "developer": _("What a developer makes and owns"),
    "rights": _("Rights of the role, on what the user reaches"),
    "shares": _("Direct shares"),
    "oneself": _("Oneself and one's own account"),
    "project": _("Project membership"),
    OPERATOR: _("The platform operator"),
}

_OWNER_SEEN = PermissionSet.of(["user:view", "token:view"])
_ACCOUNT_VIEW = PermissionSet.of(["account:view"])
_ROLE_VIEW = PermissionSet.of(["role:view"])
_PROJECT_VIEW = PermissionSet.of(["project:view"])
_SUBSCRIPTION_CHANGE = PermissionSet.of(["subscription:change"])
_DEVICE_DELETE = PermissionSet.of(["device:delete"])
_RECEIVED = PermissionSet.of(["grant:view", "grant:delete", "grant.logs:view"])
_RECEIVED_BELOW = PermissionSet.of(["grant:view", "grant.logs:view"])
_ONESELF = PermissionSet.of(["user:view", "user:change", "user.sessions:view", "user.sessions:delete"])
_TOKENS = EVERYTHING.only(["token"])
_DEVELOPER_OWNS = EVERYTHING.only([*catalogue.ITEM_KINDS, "project", "token"]) - CREATES
_ASSIGNED_VIEW = PermissionSet.of(["*:view"]).only(catalogue.ASSIGNABLE)
_ON_ACCOUNT = CREATES | EVERYTHING.only(["subscription"])


# --- Sources for an account


def branch(account: AccountFacts, compiler: Compiler) -> Iterator[Entitlement]:
    """1. Every permission on everything its branch owns, except some on itself and on its own owner."""
    origin = ("account", account.id)
    yield Entitlement("branch", EVERYTHING, Below(account.id), sentences.IN_BRANCH(account=account.name), origin)
    own = sentences.OF_ACCOUNT(account=account.name)
    yield Entitlement("branch", ON_ITSELF, OwnButOwner(account.id), own, origin)
    yield Entitlement("branch", _OWNER_SEEN, OwnersOf(account.id), own, origin)


def received(account: AccountFacts, compiler: Compiler) -> Iterator[Entitlement]:
    """2. Grants received, and what one may do with the grants themselves."""
    origin = ("account", account.id)
    own = sentences.RECEIVED(account=account.name)
    yield Entitlement("received", _RECEIVED, Received(account.id), own, origin)
    below = sentences.RECEIVED_BELOW(account=account.name)
    yield Entitlement("received", _RECEIVED_BELOW, ReceivedBelow(account.id), below, origin)
    for grant in compiler.facts.grants.get(account.id, ()):
        grantor = compiler.account(grant.grantor)
        compiler.wait_for(grant.starts_at, grant.expires_at)
        holds = account.id not in grantor.path
        states = [grant_state(grant, grant.accepted, moment) for moment in compiler.moments]
        if holds and all(state is GrantState.LIVE for state in states):
            yield from _granted(grant, account, grantor)


def _granted(grant: GrantFacts, account: AccountFacts, grantor: AccountFacts) -> Iterator[Entitlement]:
    reach, permissions = _cover(grant), level_permissions("read")
    for level in grant.levels:
        to_descendant = level == "operate-as" and grantor.id in account.path
        if not to_descendant:
            permissions |= level_permissions(level)
    if grant.covers == "account":
        permissions |= _ACCOUNT_VIEW
    elif grant.covers == "kind":
        permissions = permissions.only([grant.kind])
    sentence = sentences.GRANTED(grantor=grantor.name, account=account.name)
    depth = history.of_grant(grant, grantor)
    yield Entitlement("received", permissions, reach, sentence, ("grant", grant.id), history=depth)


def _cover(grant: GrantFacts) -> Reach:
    if grant.covers == "items":
        return Items(grant.items, within=grant.grantor)
    return Branch(grant.grantor) if grant.branch else Own(grant.grantor)


def roles_above(account: AccountFacts, compiler: Compiler) -> Iterator[Entitlement]:
    """3. Roles of the accounts above may be seen, to give them to one's users."""
    sentence = sentences.ROLE_ABOVE(account=account.name)
    yield Entitlement("roles_above", _ROLE_VIEW, Accounts(frozenset(account.above)), sentence, ("account", account.id))


ACCOUNT_SOURCES: tuple[Callable[[AccountFacts, Compiler], Iterator[Entitlement]], ...] = (branch, received, roles_above)


# --- Sources for a user


def owner(user: UserFacts, compiler: Compiler) -> Iterator[Entitlement]:
    """4. Owners and administrators have what their account has; the owner also the subscription and their tokens."""
    if user.account is None or user.authority not in catalogue.MANAGERS:
        return
    yield from compiler.account_scope(user.account).allows_list
    if user.authority == "owner":
        origin = ("user", user.id)
        yield Entitlement("owner", _SUBSCRIPTION_CHANGE, Own(user.account), sentences.OWNER(user=user.name), origin)
        mine = sentences.TOKEN_OF_OWNER(user=user.name)
        yield Entitlement("owner", _TOKENS - CREATES, OwnedBy(user.id, user.account), mine, origin)


def developer(user: UserFacts, compiler: Compiler) -> Iterator[Entitlement]:
    """5. A developer creates items, projects and tokens, and has every permission on those they own."""
    if user.account is None or user.authority != "developer":
        return
    origin = ("user", user.id)
    makes = sentences.DEVELOPER(user=user.name)
    yield Entitlement("developer", DEVELOPER_MAKES, Own(user.account), makes, origin)
    owns = sentences.OWNED(user=user.name)
    yield Entitlement("developer", _DEVELOPER_OWNS, OwnedBy(user.id, user.account), owns, origin)


def rights(user: UserFacts, compiler: Compiler) -> Iterator[Entitlement]:
    """6. A `user` has the permissions of their rights on what they reach."""
    if user.account is None or user.authority != "user":
        return
    role = role_of(user, compiler)
    given = rights_permissions(role.rights if role else ()) - _DEVICE_DELETE
    origin = ("role", role.id) if role else ("user", user.id)
    given_by = sentences.THE_ROLE(role=role.name) if role else sentences.BASIC_RIGHTS
    cap = compiler.account_scope(user.account)
    assigned = Items(
        frozenset(
            share.item
            for share in compiler.facts.shares.get(user.id, ())
            if share.codename == "view_item" and compiler.in_force(None, share.expires_at)
        )
    )
    yield Entitlement("rights", _ASSIGNED_VIEW, assigned, sentences.ASSIGNED, ("user", user.id), cap)
    for kinds, reach, reached in _user_reaches(user.id, user.account, assigned, compiler):
        permissions = given.only(kinds) - _ON_ACCOUNT
        sentence = sentences.BY_RIGHTS(reached=reached, given_by=given_by)
        yield Entitlement("rights", permissions, reach, sentence, origin, cap)
    on_account = PermissionSet(given & _ON_ACCOUNT)
    yield Entitlement("rights", on_account, Own(user.account), sentences.IN_ACCOUNT(given_by=given_by), origin, cap)


def _user_reaches(
    user: int, account: int, assigned: Items, compiler: Compiler
) -> Iterator[tuple[tuple[str, ...], Reach, Sentence]]:
    """(kinds, what a `user` reaches of them, why): each way of the catalogue as the reaches that it means."""
    kinds, behind = catalogue.REACHED, compiler.account_scope(account)
    by_device = HoldsAssigned(account, assigned.ids, True, behind, compiler.at)
    by_any = HoldsAssigned(account, assigned.ids, False, behind, compiler.at)
    yield catalogue.ASSIGNABLE, assigned, sentences.ASSIGNED
    yield kinds[catalogue.BY_DEVICE] + kinds[catalogue.BY_DEVICE_OR_FREE], by_device, sentences.DEVICE_ASSIGNED
    yield kinds[catalogue.BY_DEVICE], MadeBy(user, account, True), sentences.MADE_WITHOUT_DEVICE
    yield kinds[catalogue.BY_DEVICE_OR_FREE], Unlinked(account), sentences.WITHOUT_DEVICE
    yield kinds[catalogue.BY_MEMBER], by_any, sentences.HOLDS_ASSIGNED
    yield kinds[catalogue.ALL], Own(account), sentences.FOR_ALL
    yield kinds[catalogue.MADE], MadeBy(user, account, False), sentences.MADE


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
        permissions = share_permissions(codename)
        if user.authority == "user":
            permissions -= _DEVICE_DELETE
        named = sentences.lowered(catalogue.SHARE_CODENAMES[codename])
        sentence = sentences.SHARED(user=user.name, share=named)
        yield Entitlement("shares", permissions, Items(frozenset(shared)), sentence, ("user", user.id), cap)


def oneself(user: UserFacts, compiler: Compiler) -> Iterator[Entitlement]:
    """8. Every user: their own account's page, and themselves."""
    origin = ("user", user.id)
    myself = Rows("user", frozenset([user.id]))
    yield Entitlement("oneself", _ONESELF, myself, sentences.ONESELF, origin)
    if user.account is not None:
        own = Rows("account", frozenset([user.account]))
        yield Entitlement("oneself", _ACCOUNT_VIEW, own, sentences.OWN_ACCOUNT, origin)


def projects(user: UserFacts, compiler: Compiler) -> Iterator[Entitlement]:
    """9. What the allow rules of project memberships give, under the cap of the project's account."""
    for membership in memberships_of(user, compiler):
        cap = compiler.account_scope(membership.account)
        origin = ("project", membership.project)
        seen = Rows("project", frozenset([membership.project]))
        member = sentences.MEMBER(user=user.name, project=membership.name)
        yield Entitlement("project", _PROJECT_VIEW, seen, member, origin, cap)
        inside, depth = in_branch(user, membership.account, compiler), history.of_membership(membership)
        for rule in membership.rules:
            if rule.effect == "allow":
                reach = InProject(
                    membership.project,
                    rule.item,
                    membership.account,
                    owner=membership.owner,
                    within=None if inside else membership.account,
                )
                by = sentences.PROJECT_ROLE(role=rule.role) if rule.role else sentences.A_RULE
                sentence = sentences.RULE_ALLOWS(rule=by, project=membership.name)
                yield Entitlement("project", _rule_permissions(rule), reach, sentence, origin, cap, depth)


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
    for membership in memberships_of(user, compiler, taking=True):
        for rule in membership.rules:
            if rule.effect == "deny":
                by = sentences.PROJECT_ROLE(role=rule.role) if rule.role else sentences.A_DENY_RULE
                sentence = sentences.RULE_DENIES(rule=by, project=membership.name)
                reach = _denied(user, membership, rule, compiler)
                permissions = _rule_permissions(rule)
                yield Entitlement("deny", permissions, reach, sentence, ("project", membership.project))


def _denied(user: UserFacts, membership: MembershipFacts, rule: ProjectRuleFacts, compiler: Compiler) -> InProject:
    """Counts where item or member is of the project's branch; not for managers whose branch holds the item."""
    inside = in_branch(user, membership.account, compiler)
    manager = user.authority in catalogue.MANAGERS
    return InProject(
        membership.project,
        rule.item,
        membership.account,
        within=None if inside else membership.account,
        outside=user.account if manager else None,
    )
