"""One act on many people at once: all of them, or nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from accesscontrol.roles.models import Role
from accesscontrol.services.frame.acts import act, fresh
from accesscontrol.services.frame.shown import require_as_shown
from accesscontrol.services.joining.invitations import send_invitations
from accesscontrol.services.owning.giving import Heir
from accesscontrol.services.owning.leaving import remove_users
from accesscontrol.services.people import users as people

ENABLE, DISABLE, ROLE, INVITE, REMOVE = "enable", "disable", "role", "invite", "remove"
#: What can be done → the permission that it takes on each of the people.
NEEDED = dict.fromkeys((ENABLE, DISABLE, ROLE, INVITE), "user:change") | {REMOVE: "user:delete"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What is done with many people.

    role: of ROLE, None for no role. heir, at_home, delete_items: of REMOVE, who gets what they own, if it is not their
    own account or goes with them. erase: of REMOVE, whether their values leave the log.
    seen: the people as they were shown to whoever asked for it (`state_of`); empty where nobody was shown them.
    """

    what: str
    role: Role | None = None
    heir: Heir | None = None
    at_home: bool = False
    delete_items: bool = False
    erase: bool = False
    seen: str = ""


def do_with_users(actor: Actor, users: Sequence[User], deed: Deed) -> None:
    """Do it, in one transaction with its events; only with the people as they were shown. Raises Conflict."""
    with act(user.account_id for user in users):
        require_as_shown(fresh(User, users).values(), deed.seen)
        _do(actor, users, deed)


def _do(actor: Actor, users: Sequence[User], deed: Deed) -> None:
    if deed.what == REMOVE:
        remove_users(actor, users, deed.heir, at_home=deed.at_home, delete_items=deed.delete_items, erase=deed.erase)
    elif deed.what == ROLE:
        people.set_role_all(actor, users, deed.role)
    elif deed.what == INVITE:
        send_invitations(actor, users)
    else:
        people.set_enabled_all(actor, users, deed.what == ENABLE)
