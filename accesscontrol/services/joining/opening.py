"""Opening an account together with its first owner, who is invited: both, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import Account, User
from accesscontrol.services.accounts.accounts import open_account
from accesscontrol.services.frame.acts import act
from accesscontrol.services.frame.errors import Invalid, Problem
from accesscontrol.services.joining.invitations import Invited, invite_first_owner, invite_user

#: What a problem of the owner is called in the forms and payloads of accounts.
PREFIX = "owner_"


def open_account_with_owner(
    actor: Actor, parent: Account | None, *, owner: Mapping[str, Any], **fields: Any
) -> tuple[Account, Invited]:
    """Open an account (fields: those of AccountSpec) and invite its owner (owner: fields of UserSpec). Without an
    address the link is given back, for whoever opens it in person. Problems of the owner stand at `owner_…`."""
    with act([parent.pk] if parent is not None else [], of_tree=True):
        account = open_account(actor, parent, **fields)
        try:
            invited = _invite(actor, account, owner)
        except Invalid as error:
            told = [Problem(f"{PREFIX}{one.field}" if one.field else "", one.said, one.about) for one in error.problems]
            raise type(error)(told) from error
    return account, invited


def _invite(actor: Actor, account: Account, owner: Mapping[str, Any]) -> Invited:
    shown = not owner.get("email")
    if account.parent_id is None:
        return invite_first_owner(actor, account, **owner, shown=shown)
    return invite_user(actor, account, **owner, authority=User.Authority.OWNER, shown=shown)
