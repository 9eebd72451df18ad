"""Ended is ended (access model §11): an act that takes somebody's life or secret ends the sessions there are for good.

Each person and each token has a number that counts how often that happened. A session keeps the number that it began
with and goes on while it stands: nothing wakes an old one, whatever comes back later. Tokens themselves follow their
own switch and their account.
"""

from __future__ import annotations

from typing import Any

from django.db.models import F, Q, QuerySet

from accesscontrol.accounts.life import blocked_rows
from accesscontrol.accounts.models import User
from accesscontrol.accounts.tree import branch_ids
from accesscontrol.tokens.models import Token


def end_sessions(rows: QuerySet[User] | QuerySet[Token], **values: Any) -> None:
    """End the sessions of these people, or those opened by these tokens, and write these values with it."""
    rows.update(sessions_ended=F("sessions_ended") + 1, **values)


def end_sessions_of_blocked(account_id: int) -> None:
    """End the sessions of everybody in an account's branch whose account is blocked, and of who came by its tokens."""
    blocked = blocked_rows("account") & Q(account__in=branch_ids(account_id))
    end_sessions(User.objects.filter(blocked))
    end_sessions(Token.objects.filter(blocked))
