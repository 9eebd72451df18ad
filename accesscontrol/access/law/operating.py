"""Operate as: acting as another account, and having exactly what that account has (access model §3)."""

from __future__ import annotations

from collections.abc import Iterator

from accesscontrol import catalogue
from accesscontrol.access.actor import Actor
from accesscontrol.access.fresh.facts import AccountFacts, Facts
from accesscontrol.access.fresh.things import account_thing
from accesscontrol.access.law.entitlements import Cap
from accesscontrol.access.law.history import Figure
from accesscontrol.access.law.operators import OPERATOR
from accesscontrol.access.permissions import permission

OPERATE = permission("account:operate")


def may_operate(actor: Actor, own: Cap, account: AccountFacts, facts: Facts) -> bool:
    """Whether a caller with this scope of their own may operate as an account: as one who may, by branch or grant."""
    may = _is_one_who_may(actor, facts)
    return any(may or one.source == OPERATOR for one in own.grants(OPERATE, account_thing(account)))


def ways_to_operate(own: Cap, account: AccountFacts) -> Iterator[Figure | None]:
    """The history depth of each way in which a caller with this scope of their own may operate as an account."""
    return (way.history for way in own.grants(OPERATE, account_thing(account)))


def _is_one_who_may(actor: Actor, facts: Facts) -> bool:
    """Owners, administrators, their and the account's master tokens, an account itself, and the console."""
    if actor.type in ("account", "system"):
        return True
    user_id: int | None = actor.id
    if actor.type == "token":
        token = facts.tokens[actor.id]
        if token.type != "master":
            return False
        user_id = token.user
    user = facts.users.get(user_id) if user_id is not None else None
    return user is None or user.authority in catalogue.MANAGERS
