"""Writes changed users: those who get the same values in one statement, however many they are."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import F

from accesscontrol.accounts.models import User
from accesscontrol.accounts.names import followers
from accesscontrol.services.frame.lines import chunks


class Written:
    """Users with the columns that an act gave them, in the order in which they are to be written."""

    def __init__(self) -> None:
        self._alone: list[tuple[User, list[str]]] = []
        self._together: dict[tuple[tuple[str, Any], ...], list[int]] = {}

    def add(self, user: User, columns: Collection[str], *, ends: bool, password: bool) -> None:
        """ends: whether the sessions that the user has are over by it. password: whether a new one stands in the row.

        A name, an owner and a password are written row by row: what follows from a name is stored with it, and an
        account has one owner at most at every moment.
        """
        user.sessions_ended += int(ends)
        names = set(columns) | ({"password"} if password else set())
        if password or names & {"authority", "limits"} or followers(User, names):
            self._alone.append((user, sorted(names)))
            return
        values = tuple((name, getattr(user, name)) for name in sorted(names))
        self._together.setdefault((*values, ("sessions_ended", ends)), []).append(user.pk)

    def write(self) -> None:
        """Write them all."""
        for user, names in self._alone:
            fields = [user._meta.get_field(name).name for name in names]
            if "password" in names:
                user.password_must_change = False
                fields.append("password_must_change")
            user.save(update_fields=[*fields, "sessions_ended"])
        for values, users in self._together.items():
            columns: dict[str, Any] = dict(values)
            if columns.pop("sessions_ended"):
                columns["sessions_ended"] = F("sessions_ended") + 1
            for piece in chunks(users):
                User.objects.filter(pk__in=piece).update(**columns)
