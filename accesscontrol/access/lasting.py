"""How long access lasts: what a caller has throughout from now until a moment, nobody acting in between (§11)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property

from django.utils import timezone

from accesscontrol.access.actor import Actor
from accesscontrol.access.compiled.compiling import ScopeCompiler
from accesscontrol.access.fresh import facts as facts_of
from accesscontrol.access.fresh.facts import Facts
from accesscontrol.access.look import Look
from accesscontrol.accounts.life import EntryState, entry_state
from accesscontrol.tokens.life import idle_end

FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
#: What is asked of a look: whether the caller has all that it takes.
Holds = Callable[[Look], bool]


class Lasting:
    """What lies ahead of one caller, from facts that are read once.

    A row that is in force now and at the last moment is so throughout; what takes away counts at any time between. Of
    rows that follow each other, none lasts throughout: `end` goes on from one to the next.
    own_end: whether the own end of a token that acts counts; the end of whom it acts for always does.
    """

    def __init__(self, actor: Actor, *, own_end: bool = True):
        self._actor, self._own_end, self._now = actor, own_end, timezone.now()
        self._looks: dict[tuple[datetime, datetime | None], Look] = {}

    def look(self, until: datetime | None, since: datetime | None = None) -> Look:
        """What the caller has throughout until this end (None = for ever), from now on or since a later moment."""
        start = since or self._now
        if (start, until) not in self._looks:
            last = max(start, (until or FOREVER) - INSTANT)
            scope = ScopeCompiler(self._facts, start, last, own_end=self._own_end).compile(self._actor)
            self._looks[start, until] = Look(self._actor, scope, last)
        return self._looks[start, until]

    def end(self, holds: Holds) -> datetime | None:
        """The moment up to which this holds, which does now; None where it never ends."""
        since = self._now
        while not holds(self.look(None, since)):
            ahead = [edge for edge in self._edges if edge > since]
            # What holds until an edge holds until each one before it.
            number = bisect_right(range(len(ahead)), 0, key=lambda at: int(not holds(self.look(ahead[at], since))))
            if number == 0:
                return since
            since = ahead[number - 1]
        return None

    @cached_property
    def _facts(self) -> Facts:
        facts = facts_of.load([self._actor])
        for entries in facts.entries.values():
            for entry in entries:
                if entry_state(entry, self._now) is EntryState.INSIDE:
                    entry.expires_at = FOREVER  # an operator's entry into a tree is no end
        return facts

    @cached_property
    def _edges(self) -> list[datetime]:
        """The moments at which something begins or ends, in order."""
        return sorted({edge for edge in _edges(self._facts) if edge is not None and edge > self._now})


def _edges(facts: Facts) -> Iterator[datetime | None]:
    for user in facts.users.values():
        yield user.expires_at
    for token in facts.tokens.values():
        yield from (token.expires_at, idle_end(token))
    for shares in facts.shares.values():
        yield from (share.expires_at for share in shares)
    for grants in facts.grants.values():
        yield from (edge for grant in grants for edge in (grant.starts_at, grant.expires_at))
    for memberships in facts.memberships.values():
        yield from (edge for membership in memberships for edge in (membership.starts_at, membership.expires_at))
