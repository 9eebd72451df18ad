"""Who calls the REST interface: a token in the Authorization header, or a person's session with its CSRF key.

The outcome is `request.actor`, as in the pages. Whatever is wrong with a token, the answer is one and the same 401 and
the same one statement runs; a key with a wrong checksum runs none, and a flood of bad keys from an address neither.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, unquote_plus

from django.core.cache import caches
from django.utils.translation import gettext, gettext_noop
from rest_framework import authentication, exceptions, throttling
from rest_framework.request import Request
from rest_framework.views import APIView

from accesscontrol.access.actor import Actor
from accesscontrol.access.law.limits import wrong_address
from accesscontrol.access.look import Look
from accesscontrol.accounts.models import Account
from accesscontrol.accounts.names import named
from accesscontrol.services.tokens import keys
from accesscontrol.services.tokens.doors import open_with_key
from accesscontrol.services.tokens.exposures import report_exposure
from accesscontrol.services.tokens.refusals import refusals
from accesscontrol.tokens.models import Token
from portal.actors import ACCOUNT_HEADER, actor_of, client_address, look_of
from portal.exposed_keys import count_refusal
from portal.kept_out import log_csrf_refused, log_operating_refused
from portal.must_change import FIRST, must_change
from portal.requests import beneath

REFUSED = "This needs a token that is valid here, in the header “Authorization: Bearer …”, or a signed-in session."
EXPOSED = "A token stands in the Authorization header, never in an address or a form. Rotate it: it may be known now."
FACTOR_ASKED_FOR = gettext_noop(
    "Your account asks for a second factor. Add one on the page of your sign-in, then call again."
)
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
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
        address = client_address(beneath(request))
        _refuse_exposed_key(request, address)
        header = request.headers.get("Authorization")
        if header is None:
            return None
        scheme, _, key = header.partition(" ")
        key = key.strip() if scheme.lower() == "bearer" else ""
        _refuse_flood(address, key)
        token = open_with_key(key, address)
        if token is None:
            raise _counted(request, address, REFUSED)
        refusals.opened(key)
        keys.note_use(token, address)
        beneath(request).actor = operating(request, actor_of(beneath(request), token))
        return TokenCaller(token), token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="access control"'


class SessionAuthentication(authentication.SessionAuthentication):
    """The session of the pages; every unsafe method needs its CSRF key."""

    def enforce_csrf(self, request: Request) -> None:
        """As everywhere; a refusal is a line of the log."""  # L05
        try:
            super().enforce_csrf(request)
        except exceptions.PermissionDenied:
            log_csrf_refused(beneath(request))
            raise

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        actor = beneath(request).actor
        if actor is None:
            return None
        self.enforce_csrf(request)
        if must_change(beneath(request)):
            raise exceptions.PermissionDenied(gettext(FIRST))
        if getattr(beneath(request), "lacks_factor", False):
            raise exceptions.PermissionDenied(gettext(FACTOR_ASKED_FOR))
        if not is_alive(look_of(beneath(request), actor.itself())):
            raise exceptions.AuthenticationFailed(REFUSED)
        beneath(request).actor = operating(request, actor)
        return beneath(request).user, None


def is_alive(look: Look) -> bool:
    """Whether the caller has anything at all: enabled, not ended, not blocked, from an allowed address."""
    scope = look.scope
    return scope is not None and look.alive and wrong_address(scope.networks, look.actor.address) is None


def operating(request: Request, actor: Actor) -> Actor:
    """The actor as the account that the X-Account-Id header names by its key (or its number); without one, as it is."""
    name = request.headers.get(ACCOUNT_HEADER)
    if name is None:
        return actor
    account = _account_named(look_of(beneath(request), actor.itself()), name)
    acting = actor.acting_as(account)
    if account is None or not is_alive(look_of(beneath(request), acting)):
        log_operating_refused(beneath(request), actor, name)
        raise exceptions.PermissionDenied(NO_SUCH_ACCOUNT % name)
    return acting


def _account_named(look: Look, name: str) -> Account | None:
    """The account of this key (or number) among those that the caller may operate as or see."""
    is_number = name.isascii() and name.isdigit() and len(name) < 19
    for wanted in ("account:view", "account:operate"):
        rows = look.visible(wanted)
        account = (rows.filter(pk=name) if is_number else named(rows, name)).first()
        if account is not None:
            return account
    return None


class KeyRefused(exceptions.AuthenticationFailed):
    """A key that does not open; counted already."""


def _refuse_flood(address: str | None, key: str) -> None:
    """More keys from where too many bad ones came from are not even looked up. Raises Throttled."""
    wait = refusals.wait(address, key)
    if wait is not None:
        raise exceptions.Throttled(wait)


def _counted(request: Request, address: str | None, sentence: str) -> KeyRefused:
    """The refusal of a key. One line of the log for a minute full of them, not one for each."""  # L05
    count_refusal(beneath(request), address)
    return KeyRefused(sentence)


def _refuse_exposed_key(request: Request, address: str | None) -> None:
    """An address is kept in histories and logs of others, a form too; a key in it is refused, whoever calls."""  # T05
    found = keys.PATTERN.search(unquote(request.get_full_path())) or keys.PATTERN.search(_form(request))
    if found is not None:
        _refuse_flood(address, "")
        report_exposure(found.group(), address, beneath(request).request_id)
        raise _counted(request, address, EXPOSED)


def _form(request: Request) -> str:
    """The body of a call that sends a form, which nothing here takes."""
    is_form = request.content_type.partition(";")[0].strip().lower() in _FORMS
    return unquote_plus(beneath(request).body.decode("latin-1")) if is_form else ""


class AddressRateThrottle(throttling.AnonRateThrottle):
    """So many calls a minute for each address, while nobody is signed in."""

    cache = caches["calls"]


class TokenRateThrottle(throttling.SimpleRateThrottle):
    """So many calls a minute for each token."""

    cache = caches["calls"]
    scope = "token"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        caller: Any = request.user
        return (
            self.cache_format % {"scope": self.scope, "ident": caller.pk} if isinstance(caller, TokenCaller) else None
        )


class PersonRateThrottle(throttling.UserRateThrottle):
    """So many calls a minute for each person."""

    cache = caches["calls"]

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        caller: Any = request.user
        is_person = caller.is_authenticated and not isinstance(caller, TokenCaller)
        return super().get_cache_key(request, view) if is_person else None


THROTTLES = (AddressRateThrottle, PersonRateThrottle, TokenRateThrottle)
