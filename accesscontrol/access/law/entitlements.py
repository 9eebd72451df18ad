"""Entitlements: what a source gives or a deny takes, as data that decisions, lists and explanations all read.

The two protocols say what the law needs of the machinery that compiles it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db.models import Q

from accesscontrol.access.fresh.facts import AccountFacts, Facts
from accesscontrol.access.fresh.things import Thing
from accesscontrol.access.law.history import Figure, least
from accesscontrol.access.law.reaches import Reach
from accesscontrol.access.permissions import Permission, PermissionSet
from accesscontrol.sentences import Sentence


class Cap(Protocol):
    """What a cap needs of the scope of the account behind it."""

    account: int | None
    dead: tuple[str, Sentence] | None
    allows_list: list[Entitlement]

    @property
    def clips(self) -> bool:
        """Whether any figure of history depth stands on what the account has."""

    def grants(self, wanted: Permission, thing: Thing) -> Iterator[Entitlement]:
        """Every entitlement that gives this permission on this thing, denies and limits aside."""

    def allows(self, wanted: Permission, thing: Thing) -> bool:
        """Whether the account has this permission on this thing now."""

    def looks_back(self, wanted: Permission, thing: Thing) -> Figure | None:
        """How far back the account sees by this permission on this thing, the thing's own figures aside."""

    def condition(self, wanted: Sequence[Permission]) -> Q:
        """The rows of one model that the account has these permissions on now."""


@dataclass(frozen=True, slots=True, eq=False)
class Entitlement:
    """A set of permissions on a reach, from a source.

    source: the code of the source (`sources.SOURCES`).
    sentence: why, to be read after “because”: “it belongs to the branch of Northwind”.
    origin: the row that it comes from, (type, id), for the explanation's links.
    cap: the account behind; the entitlement never gives more than that account has at that moment.
    history: the history depth of the grant or membership that it comes from.
    """

    source: str
    permissions: PermissionSet
    reach: Reach
    sentence: Sentence
    origin: tuple[str, int] | None = None
    cap: Cap | None = None
    history: Figure | None = None

    def gives(self, wanted: Permission, thing: Thing) -> bool:
        """Whether it gives this permission on this thing, its cap included."""
        return (
            self.permissions.has(wanted)
            and self.reach.covers(thing)
            and (self.cap is None or self.cap.allows(wanted, thing))
        )

    @property
    def clips(self) -> bool:
        """Whether a figure of history depth stands on it, or on the account behind."""
        return self.history is not None or (self.cap is not None and self.cap.clips)

    def looks_back(self, wanted: Permission, thing: Thing) -> Figure | None:
        """How far back it lets see by a permission that it gives on this thing, its cap included."""
        return least((self.history, self.cap.looks_back(wanted, thing) if self.cap is not None else None))


class Compiler(Protocol):
    """What a source needs of the compiler. at: the caller's what-if time, or None.

    moments: now, and where what holds throughout is asked for also the last moment of it.
    """

    facts: Facts
    now: datetime
    moments: tuple[datetime, ...]
    at: datetime | None

    def account(self, account: int) -> AccountFacts:
        """The facts of an account, which the outcome then depends on."""

    def wait_for(self, *edges: datetime | None) -> None:
        """Note the moments at which the outcome may change by time alone."""

    def in_force(self, starts_at: datetime | None, expires_at: datetime | None) -> bool:
        """Whether all moments are within the times, which the outcome then depends on."""

    def ever_in_force(self, starts_at: datetime | None, expires_at: datetime | None) -> bool:
        """The same of any time between the moments: for what takes away."""

    def account_scope(self, account: int) -> Cap:
        """What an account has; nothing while it is blocked."""
