"""Who calls the REST interface: a token in the Authorization header, or a person's session with its CSRF key.

The outcome is `request.actor`, as in the pages. Whatever is wrong with a token, the answer is one and the same 401.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import structlog
from rest_framework import authentication, exceptions, throttling
from rest_framework.request import Request
from rest_framework.views import APIView

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.limits import wrong_address
from accesscontrol.accounts.models import Account
from accesscontrol.services import keys
from accesscontrol.services.exposures import report_exposure
from accesscontrol.tokens.models import Token
from portal.actors import ACCOUNT_HEADER, actor_of, client_address

log = structlog.get_logger("portal.api")

REFUSED = "This needs a token that is valid here, in the header “Authorization: Bearer …”, or a signed-in session."
IN_ADDRESS = "A token stands in the Authorization header, never in an address. Rotate it: it may be known now."
NO_SUCH_ACCOUNT = f"There is no account “%s” to operate as here, or nothing lets you. Leave {ACCOUNT_HEADER} out."


class TokenCaller:
    """The `request.user` of a call by token: signed in, and nobody in person."""

    is_authenticated = True
    is_anonymous = False
    is_active = True
    is_superuser = False

    def __init__(self, token: Token):
        self.token = token
        self.pk = f"token-{token.pk}"

    def __str__(self) -> str:
        return self.token.name


class BearerAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer <key>`; also says, by coming first, that a 401 asks for a token."""

    def authenticate(self, request: Request) -> tuple[TokenCaller, Token] | None:
        _refuse_key_in_address(request)
        header = request.headers.get("Authorization")
        if header is None:
            return None
        scheme, _, key = header.partition(" ")
        token = keys.find_token_by_key(key.strip()) if scheme.lower() == "bearer" else None
        actor = actor_of(request._request, token) if token is not None else None
        if token is None or actor is None or not is_alive(actor):
            log.warning("token_refused", request_id=request.request_id)
            raise exceptions.AuthenticationFailed(REFUSED)
        keys.note_use(token, actor.address)
        request._request.actor = operating(request, actor)
        return TokenCaller(token), token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="access control"'


class SessionAuthentication(authentication.SessionAuthentication):
    """The session of the pages; every unsafe method needs its CSRF key."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        actor = request._request.actor
        if actor is None:
            return None
        self.enforce_csrf(request)
        if not is_alive(actor.itself()):
            raise exceptions.AuthenticationFailed(REFUSED)
        request._request.actor = operating(request, actor)
        return request._request.user, None


def is_alive(actor: Actor) -> bool:
    """Whether the caller has anything at all: enabled, not ended, not blocked, from an allowed address."""
    scope = engine.scope_of(actor)
    return scope is not None and scope.dead is None and wrong_address(scope.networks, actor.address) is None


def operating(request: Request, actor: Actor) -> Actor:
    """The actor as the account that the X-Account-Id header names by its key (or its number); without one, as it is."""
    named = request.headers.get(ACCOUNT_HEADER)
    if named is None:
        return actor
    account = _account_named(actor.itself(), named)
    acting = actor.acting_as(account)
    if account is None or not is_alive(acting):
        raise exceptions.PermissionDenied(NO_SUCH_ACCOUNT % named)
    return acting


def _account_named(actor: Actor, named: str) -> Account | None:
    """The account of this key among those that the caller may operate as or see."""
    if "\x00" in named:
        return None
    column = "pk" if named.isascii() and named.isdigit() and len(named) < 19 else "key"
    for wanted in ("account:view", "account:operate"):
        account = engine.visible(actor, wanted).filter(**{column: named}).first()
        if account is not None:
            return account
    return None


def _refuse_key_in_address(request: Request) -> None:
    """An address is kept in histories and logs of others, so a key in it is refused, whoever else calls."""  # T05
    found = keys.PATTERN.search(unquote(request.META.get("QUERY_STRING", "")))
    if found is not None:
        report_exposure(found.group(), client_address(request._request), request.request_id)
        raise exceptions.AuthenticationFailed(IN_ADDRESS)


class TokenRateThrottle(throttling.SimpleRateThrottle):
    """So many calls a minute for each token."""

    scope = "token"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        if not isinstance(request.user, TokenCaller):
            return None
        return self.cache_format % {"scope": self.scope, "ident": request.user.pk}


class PersonRateThrottle(throttling.UserRateThrottle):
    """So many calls a minute for each person."""

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        if isinstance(request.user, TokenCaller) or not request.user.is_authenticated:
            return None
        return super().get_cache_key(request, view)


THROTTLES = (throttling.AnonRateThrottle, PersonRateThrottle, TokenRateThrottle)
