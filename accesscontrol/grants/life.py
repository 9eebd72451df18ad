"""How a grant lives: each state stated once, read on a row and as a condition of rows (access model §5).

Whether the grantee stands above the grantor meanwhile, so that the grant gives nothing that it has not, is no state of
the grant but of the tree.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from django.db import connection
from django.db.models import Q

from accesscontrol.accounts.life import going_rows, in_time_rows, in_time_sql, is_begun, is_over, over_rows


class Lasting(Protocol):
    """What a grant's state is read from, besides the answer of a grantee."""

    starts_at: datetime | None
    expires_at: datetime | None
    enabled: bool


class GrantState(StrEnum):
    """Whether a grant gives something, or the first reason why not."""

    LIVE = "live"
    PAUSED = "paused"
    ENDED = "ended"
    LATER = "later"
    WAITING = "waiting"


def grant_state(grant: Lasting, accepted: bool, now: datetime) -> GrantState:
    """How a grant stands. accepted: whether a grantee has, of those that the question is about."""
    if not grant.enabled:
        return GrantState.PAUSED
    if is_over(grant.expires_at, now):
        return GrantState.ENDED
    if not is_begun(grant.starts_at, now):
        return GrantState.LATER
    return GrantState.LIVE if accepted else GrantState.WAITING


def grant_rows(state: GrantState, accepted: Q, now: datetime) -> Q:
    """The grants of this state. accepted: the condition that a grantee has accepted."""
    in_time = Q(enabled=True) & in_time_rows(now)
    return {
        GrantState.PAUSED: Q(enabled=False),
        GrantState.ENDED: Q(enabled=True) & over_rows(now),
        GrantState.LATER: Q(enabled=True, starts_at__gt=now) & going_rows(now),
        GrantState.WAITING: in_time & ~accepted,
        GrantState.LIVE: in_time & accepted,
    }[state]


# --- Links that were made under a grant: they count while it lives


def counting_rows(now: datetime) -> Q:
    """The links of items that count: each grant that one was made under lives, or it was made under none."""
    rows = Q()
    for end in ("member_under", "container_under"):
        lives = Q(**{f"{end}__accepted_at__isnull": False, f"{end}__grant__enabled": True})
        rows &= Q(**{end: None}) | (lives & in_time_rows(now, f"{end}__grant__"))
    return rows


def counting_sql(link: str, now: datetime) -> tuple[str, list[str | datetime]]:
    """The condition in SQL, and its parameters. link: the alias of `items_itemlink`."""
    ends = [
        f"({link}.{column} IS NULL OR EXISTS (SELECT 1 FROM grants_grantgrantee gl JOIN grants_grant g "
        f"ON g.id = gl.grant_id WHERE gl.id = {link}.{column} AND gl.accepted_at IS NOT NULL AND g.enabled "
        f"AND {in_time_sql('g')}))"
        for column in ("member_under_id", "container_under_id")
    ]
    return f"({' AND '.join(ends)})", [connection.ops.adapt_datetimefield_value(now)] * 4
