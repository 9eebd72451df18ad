"""Sessions in the database that go on from the last request, without a write at each of them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.utils import timezone

from accesscontrol.access.waiting import is_busy
from accesscontrol.services.people import sessions

#: A session is renewed once in so many seconds, and at least ten times in its life.
EVERY = 60


class SessionStore(db.SessionStore):
    """A session ends SESSION_COOKIE_AGE seconds after its last renewal."""

    ends_at: datetime | None = None
    only_goes_on = False

    def go_on(self) -> None:
        """Called at the end of a request: renew the session, and its cookie, when that is due."""
        since = timedelta(seconds=settings.SESSION_COOKIE_AGE - min(EVERY, settings.SESSION_COOKIE_AGE / 10))
        if not self.modified and self.ends_at is not None and self.ends_at - timezone.now() < since:
            self.only_goes_on = self.modified = True

    def save(self, must_create: bool = False) -> None:
        """Write it. A renewal touches nothing that a request beside this one wrote, and waits for nobody."""
        if not self.only_goes_on or self.session_key is None:
            self._write(must_create)
            return
        person = str(self.get(SESSION_KEY, ""))
        sessions.renew_session(self.session_key, self.get_expiry_date(), int(person) if person.isdigit() else None)

    def _write(self, must_create: bool) -> None:
        """As Django's, but a database that is busy is not taken for a session that somebody has deleted."""
        try:
            super().save(must_create)
        except UpdateError as error:
            reason = error.__context__
            if isinstance(reason, OperationalError) and is_busy(reason):
                raise reason from reason.__cause__
            raise

    def _get_session_from_db(self) -> Session | None:
        found = super()._get_session_from_db()  # type: ignore[misc]  # Django's types leave it out
        self.ends_at = found.expire_date if found is not None else None
        return found
