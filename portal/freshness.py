"""When the person of a session last showed a factor: allauth keeps every one of them in the session."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from django.http import HttpRequest

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from portal.requests import SignedInRequest

STARTED = "started"  # a name in the session: when it began, which is a factor too where no other is known
PROVIDER = "provider"  # what allauth calls a sign-in at an identity provider; `shown_at`: when a factor was shown there


def shown_at(request: HttpRequest, user: User) -> datetime | None:
    """When this person last showed a factor in this session; None where it knows of none.

    Whoever comes from a provider may have shown it there hours ago: its word counts, not the moment of coming.
    """
    records = get_authentication_records(request, user)
    at = [record["shown_at"] if record["method"] == PROVIDER else record["at"] for record in records]
    if not records and STARTED in request.session:
        at = [request.session[STARTED]]
    return datetime.fromtimestamp(max(at), UTC) if at else None


def came_by_provider(request: HttpRequest, user: User) -> bool:
    """Whether this session began at an identity provider."""
    return any(record["method"] == PROVIDER for record in get_authentication_records(request, user))


def note_password(request: SignedInRequest, user: User) -> Actor:
    """The person who acts has just given their right password."""
    reauthenticate_by_password(request)
    return replace(request.actor.itself(), fresh_at=shown_at(request, user))


def note_provider(request: SignedInRequest, user: User, at: float) -> None:
    """The person has shown a factor at their provider at this moment; the session goes on under a new name."""  # S01
    record_authentication(request, user, method=PROVIDER, shown_at=at)
    request.session.cycle_key()
