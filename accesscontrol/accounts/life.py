"""When something counts, and who lives: each state stated once, read on a row (`is_…`) and as a condition (`…_rows`).

A start belongs to the time that it begins, an end does not: what ends at noon is over at noon. Rows may be loaded
models or facts of the engine. `at` is the relation that leads to the row, with its two underscores.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from django.db.models import Q
from django.db.models.expressions import RawSQL

from accesscontrol.accounts.tree import branch_sql, line_sql

# --- Times


def is_begun(starts_at: datetime | None, now: datetime) -> bool:
    """Whether the start is not to come."""
    return starts_at is None or starts_at <= now


def begun_rows(now: datetime, at: str = "") -> Q:
    return Q(**{f"{at}starts_at": None}) | Q(**{f"{at}starts_at__lte": now})


def is_over(expires_at: datetime | None, now: datetime) -> bool:
    """Whether the end has come."""
    return expires_at is not None and expires_at <= now


def over_rows(now: datetime, at: str = "") -> Q:
    return Q(**{f"{at}expires_at__lte": now})


def going_rows(now: datetime, at: str = "") -> Q:
    """Those that are not over."""
    return Q(**{f"{at}expires_at": None}) | Q(**{f"{at}expires_at__gt": now})


def is_in_time(starts_at: datetime | None, expires_at: datetime | None, now: datetime) -> bool:
    """Whether it has begun and is not over."""
    return is_begun(starts_at, now) and not is_over(expires_at, now)


def in_time_rows(now: datetime, at: str = "") -> Q:
    return begun_rows(now, at) & going_rows(now, at)


def in_time_sql(alias: str) -> str:
    """The condition in SQL; its two parameters are the moment, twice."""
    return (
        f"({alias}.starts_at IS NULL OR {alias}.starts_at <= %s) "
        f"AND ({alias}.expires_at IS NULL OR {alias}.expires_at > %s)"
    )


def is_later(end: datetime | None, other: datetime | None) -> bool:
    """Whether one end is later than another; no end is the latest."""
    return other is not None and (end is None or end > other)


def latest(ends: Iterable[datetime | None]) -> datetime | None:
    """The latest of these ends (at least one); no end is the latest."""
    known = list(ends)
    return None if None in known else max(end for end in known if end is not None)


def earliest(ends: Iterable[datetime | None]) -> datetime | None:
    """The earliest of these ends; None where none is an end."""
    return min((end for end in ends if end is not None), default=None)


def is_sooner(start: datetime | None, other: datetime | None) -> bool:
    """Whether one start is sooner than another; no start is the soonest."""
    return other is not None and (start is None or start < other)


def is_ending(expires_at: datetime | None, now: datetime, span: timedelta) -> bool:
    """Whether the end comes within this span of time; what is over ends no more."""
    return expires_at is not None and now < expires_at <= now + span


def ending_rows(now: datetime, span: timedelta, at: str = "") -> Q:
    return Q(**{f"{at}expires_at__gt": now, f"{at}expires_at__lte": now + span})


def ended_rows(now: datetime, span: timedelta, at: str = "") -> Q:
    """Those that ended within the span before."""
    return Q(**{f"{at}expires_at__gt": now - span, f"{at}expires_at__lte": now})


# --- People


class Person(Protocol):
    """What a person's state is read from."""

    is_active: bool
    verified: bool
    is_superuser: bool
    expires_at: datetime | None


class PersonState(StrEnum):
    """Whether a person may do anything, their account aside, or the first reason why not."""

    ALIVE = "alive"
    DISABLED = "disabled"
    UNVERIFIED = "unverified"
    ENDED = "ended"


def person_state(person: Person, now: datetime) -> PersonState:
    """How a person stands. The operator needs no verified address: nobody stands above who could verify it."""
    if not person.is_active:
        return PersonState.DISABLED
    if not person.verified and not person.is_superuser:
        return PersonState.UNVERIFIED
    return PersonState.ENDED if is_over(person.expires_at, now) else PersonState.ALIVE


def alive_rows(now: datetime, at: str = "") -> Q:
    """The people whose state is `alive`."""
    named = Q(**{f"{at}verified": True}) | Q(**{f"{at}is_superuser": True})
    return Q(**{f"{at}is_active": True}) & named & going_rows(now, at)


def may_come(person: Person, now: datetime) -> bool:
    """Whether a person would be alive once verified: enabled and in time."""
    return person.is_active and not is_over(person.expires_at, now)


class Joining(Protocol):
    """What tells whether a person has joined."""

    last_login: datetime | None
    proven_at: datetime | None


def has_joined(person: Joining) -> bool:
    """Whether a person has signed in or answered a mail: from then on only they change their address."""
    return person.last_login is not None or person.proven_at is not None


def joined_rows(at: str = "") -> Q:
    return Q(**{f"{at}last_login__isnull": False}) | Q(**{f"{at}proven_at__isnull": False})


# --- Accounts


def blocked_by(line: Iterable[tuple[str, bool]]) -> str | None:
    """The first account that is blocked on a line of (name, blocked), top-level account first; None when none is."""
    return next((name for name, blocked in line if blocked), None)


def blocked_rows(at: str = "account") -> Q:
    """The rows of which this account is blocked: it, or one above it."""
    blocked = branch_sql("(SELECT b.id FROM accounts_account b WHERE b.blocked)")
    return Q(**{f"{at}__in": RawSQL(blocked, [])})


def blocked_sql(account: str) -> str:
    """The condition in SQL. account: the SQL of an account's id."""
    return f"EXISTS (SELECT 1 FROM accounts_account b WHERE b.blocked AND b.id IN {line_sql(account)})"


# --- Entries of the platform operator into a tree


class Entry(Protocol):
    """What an entry's state is read from."""

    starts_at: datetime
    expires_at: datetime
    left_at: datetime | None


class EntryState(StrEnum):
    """Whether the operator is inside, or the first reason why not."""

    INSIDE = "inside"
    LEFT = "left"
    OVER = "over"
    AHEAD = "ahead"


def entry_state(entry: Entry, now: datetime) -> EntryState:
    """How an entry stands. One that was left stays left, whatever the clock of a process says."""
    if entry.left_at is not None:
        return EntryState.LEFT
    if is_over(entry.expires_at, now):
        return EntryState.OVER
    return EntryState.INSIDE if is_begun(entry.starts_at, now) else EntryState.AHEAD


def entry_rows(state: EntryState, now: datetime, at: str = "") -> Q:
    """The entries of this state."""
    unleft = Q(**{f"{at}left_at": None})
    return {
        EntryState.LEFT: Q(**{f"{at}left_at__isnull": False}),
        EntryState.OVER: unleft & over_rows(now, at),
        EntryState.INSIDE: unleft & in_time_rows(now, at),
        EntryState.AHEAD: unleft & going_rows(now, at) & Q(**{f"{at}starts_at__gt": now}),
    }[state]


def unleft_sql(alias: str) -> str:
    """The condition of entries that were not left, at most one a tree and operator: what decisions read."""
    return f"{alias}.left_at IS NULL"
