"""Belonging: what a user is part of, as far as it counts: their role, their memberships, the branches above them."""

from __future__ import annotations

from accesscontrol.access.fresh.facts import MembershipFacts, RoleFacts, UserFacts
from accesscontrol.access.law.entitlements import Compiler


def role_of(user: UserFacts, compiler: Compiler) -> RoleFacts | None:
    """The role that counts: of the user's account or an account above, for authority `user` only."""
    role = compiler.facts.roles.get(user.role) if user.role is not None and user.authority == "user" else None
    if role is None or user.account is None:
        return None
    compiler.account(role.account)
    return role if in_branch(user, role.account, compiler) else None


def memberships_of(user: UserFacts, compiler: Compiler, *, taking: bool = False) -> list[MembershipFacts]:
    """The project memberships that count: accepted and in time. taking: for what they take away, at any time asked."""
    in_force, found = compiler.ever_in_force if taking else compiler.in_force, []
    for membership in compiler.facts.memberships.get(user.id, ()):
        compiler.account(membership.account)
        if in_force(membership.starts_at, membership.expires_at) and membership.accepted:
            found.append(membership)
    return found


def in_branch(user: UserFacts, account: int, compiler: Compiler) -> bool:
    """Whether a user is of the branch of an account."""
    return user.account is not None and account in compiler.account(user.account).path
