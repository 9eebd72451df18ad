"""How a token lives: each state stated once, read on a row and as a condition of rows (access model §4).

A token without use ends `idle_ttl` seconds after its last use, or its making; null = never. Forms and files take no
figure below some minutes; a stored 0 is no exception: it ends at the very moment of use, so it opens nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from django.db.models import DateTimeField, Func, Q, Value
from django.db.models.functions import Coalesce
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


class _Later(Func):
    """A moment so many seconds later, in SQL; null without the seconds."""

    output_field = DateTimeField()

    def as_sqlite(self, compiler: Any, _connection: Any, **_context: Any) -> tuple[str, list[Any]]:
        """`datetime()` rounds, so the part of a second is kept out of it. Django's own arithmetic is exact as well, but
        calls Python for each row: 100,000 tokens are counted in a tenth of the time."""
        (moment, known), (seconds, added) = (compiler.compile(one) for one in self.get_source_expressions())
        later = f"(datetime(substr({moment}, 1, 19), {seconds} || ' seconds') || substr({moment}, 20))"
        return later, [*known, *added, *known]

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        template = "(%(expressions)s * interval '1 second')"
        return super().as_sql(compiler, connection, template=template, arg_joiner=" + ", **context)


_FOREVER = Value(datetime(9999, 1, 1, tzinfo=UTC), output_field=DateTimeField())
#: When a token was last used, or made, and when it ends unless it is used before: `used_at` and `idle_end` as columns.
USED_AT = Coalesce("last_used_at", "created_at")
IDLE_END = _Later(USED_AT, "idle_ttl")


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
