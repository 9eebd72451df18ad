"""Sessions in the database that go on from the last request, without a write at each of them.

The row of a session says whose it is, from where and by which browser, and why it ended where somebody ended it: pages
list what stands there, and what is ended there opens nothing (one truth).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.utils import timezone

from accesscontrol.accounts.signing_in import Session
from accesscontrol.services.signing_in import sessions
from portal.signed_in.agents import LONGEST

#: A session is renewed once in so many seconds, and at least ten times in its life.
EVERY = 60
#: What a session keeps of itself when its name changes.
PUBLIC, BEGAN = "public", "began"


class SessionStore(db.SessionStore):
    """A session ends SESSION_COOKIE_AGE seconds after its last renewal.

    address, agent: of the browser that asks now. ended: why the session that its cookie names was ended.
    """

    ends_at: datetime | None = None
    only_goes_on = False
    address = agent = ended = ""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def seen_from(self, address: str | None, agent: str) -> None:
        """Whence this request comes."""
        self.address, self.agent = address or "", agent[:LONGEST]

    @property
    def renewed_at(self) -> datetime | None:
        """When it was renewed last, to the minute; None for one that has just begun."""
        return self.ends_at - timedelta(seconds=settings.SESSION_COOKIE_AGE) if self.ends_at is not None else None

    def create_model_instance(self, data: dict[str, object]) -> Session:
        """The row: the same browser under a new name stays the same session."""
        if data.get(SESSION_KEY) is not None and PUBLIC not in data:
            new = Session()
            data[PUBLIC], data[BEGAN] = str(new.public), new.started_at.timestamp()
        row: Session = super().create_model_instance(data)  # type: ignore[assignment]  # of the class above
        row.address, row.agent = self.address, self.agent
        if data.get(SESSION_KEY) is not None:
            row.user_id, row.public = int(str(data[SESSION_KEY])), str(data[PUBLIC])
            row.started_at = datetime.fromtimestamp(float(str(data[BEGAN])), UTC)
        return row

    def go_on(self) -> None:
        """Called at the end of a request: renew the session, and its cookie, when that is due."""
        since = timedelta(seconds=settings.SESSION_COOKIE_AGE - min(EVERY, settings.SESSION_COOKIE_AGE / 10))
        if not self.modified and self.ends_at is not None and self.ends_at - timezone.now() < since:
            self.only_goes_on = self.modified = True

    def save(self, must_create: bool = False) -> None:
        """Write it. A renewal touches nothing that a request beside this one wrote, and waits for nobody; no write
        wakes a session that somebody has ended meanwhile."""
        if must_create or self.session_key is None:
            super().save(must_create)
        elif self.only_goes_on:
            person = str(self.get(SESSION_KEY, ""))
            user_id = int(person) if person.isdigit() else None
            sessions.renew_session(self.session_key, self.get_expiry_date(), user_id, self.address)
        elif not sessions.write_session(self.create_model_instance(self._get_session())):  # type: ignore[attr-defined]
            raise UpdateError

    def cycle_key(self) -> None:
        """A new name; one that somebody has ended meanwhile goes on under none."""
        data, old = self._session, self.session_key  # type: ignore[attr-defined]  # Django's types leave it out
        self.create()
        self._session_cache = data
        if old is not None and not sessions.forget_session(old):
            sessions.forget_session(str(self.session_key))
            raise SessionInterrupted("The session was ended while this request went on.")

    def _get_session_from_db(self) -> Session | None:
        """The row behind the cookie; one that was ended opens nothing, and says why."""
        found = super()._get_session_from_db()  # type: ignore[misc]  # Django's types leave it out
        if found is not None and found.ended:
            self.ended, self._session_key = found.ended, None
            return None
        self.ends_at = found.expire_date if found is not None else None
        return found
