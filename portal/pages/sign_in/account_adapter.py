"""How allauth signs people in here: by their folded names, only who is alive, from the address that the portal sees.

Every way in has one end: the line of the events, the browser remembered, the person told of a new one.
"""

from __future__ import annotations

import ipaddress
import time
from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.stagekit import clear_login
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.demands import demands_on
from accesscontrol.accounts.models import User
from accesscontrol.accounts.names import fold
from accesscontrol.services.signing_in import sessions, telling
from portal.actors import actor_of, client_address, is_held_to_provider, look_of
from portal.freshness import STARTED
from portal.pages.sign_in.words import ELSEWHERE, NOT_LET_IN, PROVIDER_ONLY, SLOWED
from portal.requests import PortalRequest
from portal.signed_in import devices
from portal.signed_in.agents import browser_in_words

log = structlog.get_logger("portal.sign_in")
BEGUN_AS = "begun_as"  # a name in the session: the mark of the person as they were when the sign-in began
#: How the factors are called in events and logs, by what allauth calls them.
FACTORS = {"totp": "code", "recovery_codes": "recovery_code", "webauthn": "passkey"}


class AccountAdapter(DefaultAccountAdapter):
    """allauth's own, where this portal does it otherwise."""

    error_messages = {**DefaultAccountAdapter.error_messages, "too_many_login_attempts": SLOWED}

    def get_client_ip(self, request: HttpRequest) -> str:
        """The one address of the caller that everything here goes by."""
        return client_address(request) or "unknown"  # type: ignore[arg-type]

    # --- Trying

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Slow down who guesses: by name and network, by network, and by name from wherever. A browser in which
        the person signed in before counts for itself, so that no stranger keeps them out of it. A name is what was
        typed: a count that a username and an address share would tell that they belong together."""  # A10, A11
        name = credentials.get("username", "")
        device = devices.known_device(request, sessions.find_by_login(name))
        person = f"name:{fold(name)}"
        if device is not None:
            limits = [("sign_in_from_device", device)]
        else:
            network = network_of(self.get_client_ip(request))
            limits = [("sign_in", f"{person}|{network}"), ("sign_in_of_person", person)]
        self.counted: list[ratelimit.RateLimitUsage] = []
        for action, key in limits:
            usage = ratelimit.consume(request, app="allauth.account", action=action, key=key)
            if usage is None:
                raise self.validation_error("too_many_login_attempts")
            self.counted.append(usage)

    def _rollback_login_failed_rl_usage(self) -> None:
        """A right password was no try of a stranger."""
        for usage in self.counted:
            usage.rollback()

    def reauthenticate(self, user: Any, password: str) -> bool:
        """Whether this is the password of somebody who is signed in; names are compared folded."""
        found = self.authenticate(context.request, username=user.username_folded, password=password)
        return isinstance(found, User) and found.pk == user.pk

    # --- Getting in

    def pre_login(self, request: PortalRequest, user: Any, **_rest: Any) -> HttpResponse | None:
        """Whoever has shown a factor gets in only while they are alive; everybody else reads the one sentence."""
        actor = actor_of(request, user)
        alive = look_of(request, actor).alive
        if alive and is_held_to_provider(request, user, demands_on(user)):
            return self._refuse(request, user, actor, PROVIDER_ONLY)
        if alive and demands_on(user).lets_in_from(actor.address):
            request.session[BEGUN_AS] = user.get_session_auth_hash()
            return None
        return self._refuse(request, user, actor, ELSEWHERE if alive else NOT_LET_IN)

    def _refuse(self, request: PortalRequest, user: Any, actor: Actor, said: Any = NOT_LET_IN) -> HttpResponse:
        sessions.record_refused_factor(
            user, self.factors(request, user), address=actor.address, request_id=actor.request_id
        )
        clear_login(request)
        messages.error(request, str(said))
        return redirect("account_login")

    def login(self, request: PortalRequest, user: Any) -> None:
        """Begin the session, whose name is new, and which counts from now. Whoever was half way in when sessions of
        theirs ended, or a new password was set, begins anew (access model §11, ended is ended)."""
        actor, begun_as = actor_of(request, user), request.session.pop(BEGUN_AS, "")
        if begun_as != user.get_session_auth_hash() or not look_of(request, actor).alive:
            raise ImmediateHttpResponse(self._refuse(request, user, actor))
        request.is_first_sign_in = user.last_login is None  # type: ignore[attr-defined]
        super().login(request, user)
        request.session[STARTED] = time.time()

    def post_login(self, request: PortalRequest, user: Any, **rest: Any) -> HttpResponse:
        """What follows every way in."""
        response = super().post_login(request, user, **rest)
        actor, factors = actor_of(request, user), self.factors(request, user)
        sessions.record_sign_in(actor, user, factors)
        log.info("sign_in", user=user.pk, factor=factors, address=actor.address, request_id=actor.request_id)
        if devices.known_device(request, user) is None and not getattr(request, "is_first_sign_in", False):
            browser = browser_in_words(request.headers.get("User-Agent", ""))
            telling.tell(user, [telling.NEW_DEVICE(browser=browser)], actor)  # A18
        devices.remember(request, response, user)
        return response

    @staticmethod
    def factors(request: HttpRequest, user: Any) -> str:
        """The factors that were shown, in their order: “password, code”."""
        shown = [FACTORS.get(one.get("type", ""), one["method"]) for one in get_authentication_records(request, user)]
        return ", ".join(dict.fromkeys(shown))


def network_of(address: str) -> str:
    """The network that an address belongs to, as far as tries are counted together."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 56), strict=False))
