"""When the person of a session last showed a factor: allauth keeps every one of them in the session."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from django.http import HttpRequest

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from portal.requests import SignedInRequest

STARTED = "started"  # a name in the session: when it began, which is a factor too


def shown_at(request: HttpRequest, user: User) -> datetime | None:
    """When this person last showed a factor in this session; None where it knows of none."""
    at = [record["at"] for record in get_authentication_records(request, user)]
    at += [request.session[STARTED]] if STARTED in request.session else []
    return datetime.fromtimestamp(max(at), UTC) if at else None


def note_password(request: SignedInRequest, user: User) -> Actor:
    """The person who acts has just given their right password."""
    reauthenticate_by_password(request)
    return replace(request.actor.itself(), fresh_at=shown_at(request, user))
