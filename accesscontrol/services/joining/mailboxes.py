"""Whose mailbox an address is: folded two may be one, and yet different people read them (strauß, strauss)."""

from __future__ import annotations

from collections.abc import Iterable

from accesscontrol.accounts.models import User


def by_mailbox(people: Iterable[User]) -> list[list[User]]:
    """These people by the address that each has, letter by letter: what is written to one tells of nobody else."""
    found: dict[str, list[User]] = {}
    for user in people:
        found.setdefault(user.email, []).append(user)
    return list(found.values())
