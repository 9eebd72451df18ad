"""How people stand, for lists of them: who was here when, who has a second factor, who has not joined yet.

Nothing here is asked by the law; each is a condition of rows, and where a list shows it for a page, one statement.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, Q

from accesscontrol.accounts.life import ending_rows
from accesscontrol.accounts.models import User

#: Who has not been here for so long may not be needed any more; whose access ends within so long is asked about.
LONG, SOON = timedelta(days=90), timedelta(days=7)
#: What proves that somebody is there beside the password; recovery codes alone are none.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def having_second_factor() -> Exists:
    """Whether somebody has a second factor, for rows of people."""
    return Exists(Authenticator.objects.filter(user=OuterRef("pk"), type__in=FACTORS))


def without_second_factor() -> Q:
    """The people who sign in by their password alone."""
    return ~Q(having_second_factor())


def with_second_factor(users: Iterable[User]) -> set[int]:
    """Those of these people, by id, who have a second factor."""
    found = Authenticator.objects.filter(user__in=[user.pk for user in users], type__in=FACTORS)
    return set(found.values_list("user", flat=True))


def never_seen() -> Q:
    """The people who have never signed in."""
    return Q(last_seen_at=None)


def not_seen_for_long(now: datetime) -> Q:
    """The people who were not here for 90 days; who is younger than that does not count."""
    since = now - LONG
    return Q(last_seen_at__lt=since) | Q(last_seen_at=None, date_joined__lt=since)


def ending_soon(now: datetime) -> Q:
    """The people whose access ends within a week."""
    return Q(ending_rows(now, SOON), is_active=True)
