"""Figures of history depth: how many days back something may be looked at; None = as far as there is anything."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol


class _Role(Protocol):
    @property
    def history_days(self) -> int | None: ...


class Person(Protocol):
    """A user, or what one shall be."""

    @property
    def expires_at(self) -> datetime | None: ...
    @property
    def authority(self) -> str: ...
    @property
    def history_days(self) -> int | None: ...
    @property
    def role(self) -> _Role | None: ...


def is_deeper(days: int | None, other: int | None) -> bool:
    """Whether one figure reaches further back than another; none reaches the furthest."""
    return other is not None and (days is None or days > other)


def shallowest(figures: Iterable[int | None]) -> int | None:
    """The smallest of these figures; None where none is one."""
    return min((days for days in figures if days is not None), default=None)


def deepest(figures: Iterable[int | None]) -> int | None:
    """The figure of these (at least one) that reaches the furthest back."""
    known = list(figures)
    return None if None in known else max(days for days in known if days is not None)


def depth_of(user: Person) -> int | None:
    """How far back a user, or who shall be one, sees by their own figure and their role's, their account aside."""
    role = user.role if user.authority == "user" else None
    return shallowest((user.history_days, role.history_days if role is not None else None))
