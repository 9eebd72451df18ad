"""Sessions in the database that go on from the last request, without a write at each of them."""

from __future__ import annotations

from contextlib import nullcontext

from django.conf import settings
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import OperationalError

from accesscontrol.access.waiting import is_busy, stamping

RENEWED = "renewed"
#: A session is renewed once in so many seconds (sooner where it lives shorter than ten minutes).
EVERY = 60


class SessionStore(db.SessionStore):
    """A session that somebody goes on using ends SESSION_COOKIE_AGE seconds after its last renewal."""

    only_goes_on = False

    def go_on(self, now: float) -> None:
        """Renew the session when that is due: called at the end of a request, with the time in seconds."""
        if now - self.get(RENEWED, 0) < min(EVERY, settings.SESSION_COOKIE_AGE / 10):
            return
        self.only_goes_on = not self.modified
        self[RENEWED] = int(now)

    def save(self, must_create: bool = False) -> None:
        """Write it; where nothing but the renewal is new, no page waits for a long change of somebody else."""
        with stamping() if self.only_goes_on else nullcontext():
            self._write(must_create)

    def _write(self, must_create: bool) -> None:
        """As Django's, but a database that is busy is not taken for a session that somebody has deleted."""
        try:
            super().save(must_create)
        except UpdateError as error:
            reason = error.__context__
            if isinstance(reason, OperationalError) and is_busy(reason):
                raise reason from reason.__cause__
            raise
