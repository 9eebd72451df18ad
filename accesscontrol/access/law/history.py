"""History depth: how many days back the rows of a section may be seen (access model §3, 13).

The smallest of the figures on the way counts: of caller, role and accounts, and of the thing. None = no limit.
"""

from __future__ import annotations

from collections.abc import Iterable

from accesscontrol.access.fresh.facts import AccountFacts, RoleFacts, UserFacts
from accesscontrol.access.fresh.things import Thing
from accesscontrol.access.permissions import Permission
from accesscontrol.catalogue import history_clips


def of_account(account: AccountFacts) -> int | None:
    """What an account may look back: its own figure or one of an account above."""
    return _least(account.depths)


def of_user(user: UserFacts, role: RoleFacts | None, account: AccountFacts) -> int | None:
    """What a user of an account may look back."""
    return _least((*account.depths, user.history, role.history if role else None))


def of_operating(users: Iterable[UserFacts], account: AccountFacts) -> int | None:
    """What these users may look back while they operate as an account."""
    return _least((*account.depths, *(user.history for user in users)))


def days(caller: int | None, wanted: Permission, thing: Thing) -> int | None:
    """How many days back a caller with this figure sees what the permission is about, on this thing."""
    return _least((caller, *thing.depths)) if history_clips(wanted.section) else None


def _least(figures: Iterable[int | None]) -> int | None:
    return min((figure for figure in figures if figure is not None), default=None)
