"""How a token lives: each state stated once, read on a row and as a condition of rows (access model §4).

A token without use ends `idle_ttl` seconds after its last use, or its making; null = never. Forms and files take no
figure below some minutes; a stored 0 is no exception: it ends at the very moment of use, so it opens nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from django.db.models import DateTimeField, DurationField, ExpressionWrapper, IntegerField, Q, Value
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import GreaterThan, LessThanOrEqual

from accesscontrol import catalogue
from accesscontrol.accounts.life import is_over


class Lasting(Protocol):
    """What a token's state is read from."""

    enabled: bool
    expires_at: datetime | None
    idle_ttl: int | None
    last_used_at: datetime | None
    created_at: datetime


class TokenState(StrEnum):
    """Whether a token works, as far as it stands in the token itself, or the first reason why not."""

    ALIVE = "alive"
    DISABLED = "disabled"
    ENDED = "ended"
    UNUSED = "unused"


_FOREVER = Value(datetime(9999, 1, 1, tzinfo=UTC), output_field=DateTimeField())
_IDLE = ExpressionWrapper(Cast("idle_ttl", IntegerField()) * Value(timedelta(seconds=1)), DurationField())
#: When a token was last used, or made, and when it ends unless it is used before: `used_at` and `idle_end` as columns.
USED_AT = Coalesce("last_used_at", "created_at")
IDLE_END = ExpressionWrapper(USED_AT + _IDLE, DateTimeField())


def may_have_tokens(authority: str) -> bool:
    """Whether people of this authority have tokens of their own; the token of one who no longer may is dead."""
    return authority in (*catalogue.MANAGERS, "developer")


def used_at(token: Lasting) -> datetime:
    """When a token was last used, or made."""
    return token.last_used_at or token.created_at


def idle_end(token: Lasting, used: datetime | None = None) -> datetime | None:
    """When a token ends unless it is used before; None = never. used: as if it were used then."""
    if token.idle_ttl is None:
        return None
    return (used or used_at(token)) + timedelta(seconds=token.idle_ttl)


def token_state(token: Lasting, now: datetime) -> TokenState:
    """How a token stands."""
    if not token.enabled:
        return TokenState.DISABLED
    if is_over(token.expires_at, now):
        return TokenState.ENDED
    return TokenState.UNUSED if is_over(idle_end(token), now) else TokenState.ALIVE


def token_rows(state: TokenState, now: datetime) -> Q:
    """The tokens of this state.

    Most tokens live, so a list of them is read in its own order: `going` hides the column of ends from an index on it,
    which would sort them all.
    """
    going = Q(GreaterThan(Coalesce("expires_at", _FOREVER), now))
    unused = Q(idle_ttl__isnull=False) & Q(LessThanOrEqual(IDLE_END, now))
    return {
        TokenState.DISABLED: Q(enabled=False),
        TokenState.ENDED: Q(enabled=True, expires_at__lte=now),
        TokenState.UNUSED: Q(enabled=True) & going & unused,
        TokenState.ALIVE: Q(enabled=True) & going & (Q(idle_ttl=None) | Q(GreaterThan(IDLE_END, now))),
    }[state]
