"""What a request carries beside Django's own once ActorMiddleware has seen it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeGuard, cast

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails
from rest_framework.request import Request

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from portal.signed_in.session_store import SessionStore
from portal.signed_in.token_sessions import TokenHolder


class PortalRequest(HttpRequest):
    """A request of anybody. actor: None before signing in. request_id: its name in the logs and on its answer."""

    actor: Actor | None
    request_id: str
    htmx: HtmxDetails
    session: SessionStore
    user: User | TokenHolder | AnonymousUser  # type: ignore[assignment]  # Django knows no holder of a token
    lacks_factor: bool
    frame: Mapping[str, object]


class SignedInRequest(PortalRequest):
    """A request of somebody: a page that does not declare itself public gets no other."""

    actor: Actor
    user: User | TokenHolder


class ProgramRequest(Request):
    """A request to the REST interface: REST framework's, which passes on what it does not know to Django's."""

    actor: Actor
    request_id: str


def beneath(request: Request) -> PortalRequest:
    """Django's request below REST framework's, as ActorMiddleware left it."""
    return cast(PortalRequest, request._request)


def is_signed_in(request: HttpRequest) -> TypeGuard[SignedInRequest]:
    """Whether somebody asks; nobody does on public pages and where the middleware has not been."""
    return getattr(request, "actor", None) is not None
