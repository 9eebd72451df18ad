"""Acts on the sessions of people: one sees and ends one's own, administrators those of whom they manage (S06).

What is ended here tells its browser so at the next click; nothing wakes it.
"""

from __future__ import annotations

import uuid

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from accesscontrol.accounts.signing_in import Session
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.acts import act, caller, record, require_all
from accesscontrol.services.frame.ended import end_sessions
from accesscontrol.services.frame.errors import Conflict
from accesscontrol.services.frame.freshness import require_fresh
from accesscontrol.services.frame.revisions import require_seen

GONE = Wording("session_gone", _("This session has ended meanwhile."))


def live_sessions(user: User) -> list[Session]:
    """The sessions of a person that go on, the latest seen first."""
    rows = Session.objects.filter(user_id=user.pk, ended="", expire_date__gt=timezone.now())
    return list(rows.order_by("-last_seen_at", "session_key"))


def end_session(actor: Actor, user: User, public: uuid.UUID | str) -> None:
    """End one session of a person."""
    with act([user.account_id]):
        require_all(actor, [("user.sessions:delete", user)])
        require_fresh(actor)
        if not _end(actor, user, Q(public=public)):
            raise Conflict(GONE())
        record(actor, "user.sessions.end", user, user.account_id, {"sessions": 1}, counted=())


def end_all_sessions(actor: Actor, user: User, keep: str | None = None) -> int:
    """End all sessions of a person, those opened by their tokens too. keep: the key of the one that goes on; a face
    renews it (`update_session_auth_hash`). Gives how many of their own were ended."""
    with act([user.account_id]):
        require_all(actor, [("user.sessions:delete", user)])
        require_fresh(actor)
        require_seen(actor, [user])
        number = _end(actor, user, ~Q(session_key=keep) if keep else Q())
        end_sessions(User.objects.filter(pk=user.pk))
        record(actor, "user.sessions.end", user, user.account_id, {"sessions": number}, counted=())
    return number


def _end(actor: Actor, user: User, which: Q) -> int:
    own = caller(actor.itself()).is_person(user)
    rows = Session.objects.filter(which, user_id=user.pk, ended="", expire_date__gt=timezone.now())
    return rows.update(ended=Session.Ended.ONESELF if own else Session.Ended.OTHERS)
