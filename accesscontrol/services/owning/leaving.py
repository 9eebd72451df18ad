"""Acts on people that end with somebody no longer a developer: the same act says who gets what they own (§11)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from accesscontrol.services.frame.acts import act, fresh, require_all
from accesscontrol.services.frame.errors import Invalid, Problem
from accesscontrol.services.frame.locks import read_named
from accesscontrol.services.items.items import remove_items
from accesscontrol.services.owning.giving import Heir, give_items, give_projects
from accesscontrol.services.people import removing
from accesscontrol.services.people import users as people
from accesscontrol.services.people.erasing import erase_removed
from accesscontrol.services.people.owned import HEIR, STAYS, ceases, owned_by, owners_among
from accesscontrol.services.projects.projects import remove_projects


def set_authority(actor: Actor, user: User, authority: str, hand_items_to: Heir | None = None) -> User:
    """Give another authority. hand_items_to: who gets what a developer owns."""
    return change_user(actor, user, hand_items_to, authority=authority)


def change_user(actor: Actor, user: User, hand_items_to: Heir | None = None, **changes: Any) -> User:
    """Change some fields of a user (those of UserSpec); a role stays only with a `user`. hand_items_to: who gets what a
    developer owns who ceases to be one; without it that is refused, with the list of it."""
    if changes.get("authority", User.Authority.USER) != User.Authority.USER:
        changes.setdefault("role", None)
    with act([user.account_id]):
        if hand_items_to is not None:
            require_all(actor, [("user:change", user)])
            for row in fresh(User, [user]).values():
                if not ceases(row, changes.get("authority", row.authority)):
                    raise Invalid([Problem(HEIR, STAYS(username=row.username), row)])
                hand_over(actor, [row], hand_items_to)
        return people.change_user(actor, user, **changes)


def change_users(actor: Actor, pairs: Sequence[people.Pair]) -> list[User]:
    """Bring users to their specs, as world files say them: what somebody owns who ceases to be a developer goes to the
    account, until the file's items say who has it."""
    with act(user.account_id for user, _spec in pairs):
        read_named(user for user, _spec in pairs)
        for user, spec in pairs:
            if ceases(user, spec.authority) and user.account is not None:
                hand_over(actor, [user], user.account)
        return people.change_users(actor, pairs)


def hand_over(actor: Actor, users: Sequence[User], to: Heir | None) -> None:
    """Give all that these developers own to somebody else, or (None) to the account of each; asked as giving is."""
    for user in owners_among(users):
        owned, heir = owned_by(user), to if to is not None else user.account
        if heir is not None:
            give_items(actor, owned.items, heir)
            give_projects(actor, owned.projects, heir)


def remove_user(actor: Actor, user: User, hand_items_to: Heir | None = None, **rest: bool) -> None:
    """Remove a user. What a developer owns is handed over or deleted with them; one of the two has to be said."""
    remove_users(actor, [user], hand_items_to, **rest)


def remove_users(
    actor: Actor, users: Sequence[User], hand_items_to: Heir | None = None, *, at_home: bool = False,
    delete_items: bool = False, erase: bool = False,
) -> None:  # fmt: skip
    """Remove many users. hand_items_to: who gets what they own, asked as giving is; at_home: the account of each.
    delete_items: it goes with them, items and projects, asked as deleting each of them is. erase: what the log holds of
    their names and addresses goes too."""
    with act(user.account_id for user in users):
        require_all(actor, [("user:delete", user) for user in users])
        rows = list(fresh(User, users, "account").values())
        if hand_items_to is not None or at_home:
            hand_over(actor, rows, hand_items_to)
        elif delete_items:
            for row in owners_among(rows):
                owned = owned_by(row)
                remove_projects(actor, owned.projects)
                remove_items(actor, owned.items)
        ids = [row.pk for row in rows]
        removing.remove_users(actor, rows)
        if erase:
            erase_removed(actor, ids)


def remove_users_at_home(actor: Actor, users: Sequence[User]) -> None:
    """Remove users as world files do: what they own, and the file keeps, stays with their account."""
    remove_users(actor, users, at_home=True)
