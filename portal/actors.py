"""From a request to its actor: who asks, from where, acting as whom."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_htmx.http import HttpResponseClientRedirect
from rest_framework.views import APIView

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.look import Look
from accesscontrol.accounts.addresses import Address, is_inside, read_address
from accesscontrol.accounts.demands import Demands, demands_on
from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.signing_in import Session
from accesscontrol.services.providers.sources import must_come_by_provider
from accesscontrol.services.signing_in import sessions
from accesscontrol.services.tokens import keys
from accesscontrol.tokens.models import Token
from portal.declared import PUBLIC
from portal.exposed_keys import IN_ADDRESS, key_in_address
from portal.freshness import STARTED, came_by_provider, shown_at
from portal.must_change import must_change, to_new_password
from portal.problems import DECISIONS
from portal.requests import PortalRequest, ProgramRequest, SignedInRequest
from portal.signed_in import token_sessions
from portal.signed_in.session_store import EVERY
from portal.signed_in.token_sessions import SESSION_TOKEN, TokenHolder

OPERATES = "operates"
#: Why a session is over that somebody ended, in words.
ENDED = {
    Session.Ended.ONESELF: gettext_lazy("You ended this session from another one. Sign in again to go on."),
    Session.Ended.OTHERS: gettext_lazy("An administrator ended your sessions. Sign in again to go on."),
}
#: What a view says that people without a second factor reach, of whom one is asked: it leads to one.
LEADS_TO_FACTOR = "leads_to_factor"
ACCOUNT_HEADER = "X-Account-Id"


@dataclass(frozen=True, slots=True)
class OperatingAs:
    """The account that a session operates as, and since when."""

    account_id: int
    since: datetime


def client_address(request: PortalRequest) -> str | None:
    """The address the call comes from; X-Forwarded-For is believed from the networks of TRUSTED_PROXIES only.

    Read from the right: the first address that is no trusted proxy is the client. None when it is no address at all.
    """
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    found = _address(request.META.get("REMOTE_ADDR", ""))
    while found is not None and hops and is_inside(found, settings.TRUSTED_PROXIES):
        found = _address(hops.pop())
    return str(found) if found is not None else None


def _address(text: str) -> Address | None:
    try:
        return read_address(text)
    except ValueError:
        return None


def actor_of(request: PortalRequest, caller: User | Token, acting: int | None = None) -> Actor:
    """The actor of a request: this caller, from this address, under this request's id."""
    fresh_at = shown_at(request, caller) if isinstance(caller, User) else None
    return Actor.of(caller, acting=acting, address=client_address(request), request_id=request.request_id,
                    fresh_at=fresh_at)  # fmt: skip


def look_of(request: PortalRequest | ProgramRequest, actor: Actor | None = None) -> Look:
    """What the caller of this request may, or another who is asked about: decided at one moment for the whole page.

    An act ends the look, so that what is shown after it is decided anew.
    """
    wanted = actor if actor is not None else request.actor
    if wanted is None:
        raise ValueError("Nobody asks here: a public page has no look.")
    looks: dict[Actor, Look] = getattr(request, "_request", request).__dict__.setdefault("looks", {})
    if wanted not in looks or not looks[wanted].stands:
        looks[wanted] = engine.look(wanted)
    return looks[wanted]


def operating_as(request: PortalRequest) -> OperatingAs | None:
    """The account that this session operates as, or None."""
    kept = request.session.get(OPERATES)
    if kept is None:
        return None
    return OperatingAs(kept["account"], datetime.fromtimestamp(kept["since"], UTC))


def operate_as(request: SignedInRequest, account: Account) -> bool:
    """From now on this session operates as an account. False when the caller may not, and nothing changes."""
    actor = request.actor.acting_as(account)
    if not look_of(request, actor).alive:
        return False
    request.session[OPERATES] = {"account": account.pk, "since": int(time.time())}
    request.session.cycle_key()  # whoever knew the session as it was does not act as the account
    request.actor = actor
    return True


def stop_operating(request: PortalRequest) -> None:
    """Back to one's own account."""
    if request.session.pop(OPERATES, None) is not None:
        request.session.cycle_key()
    if request.actor is not None:
        request.actor = request.actor.itself()


def _request_id(request: PortalRequest) -> str:
    """What names the request in logs and answers: our own word; at the decision endpoints the caller's (AuthZEN)."""
    sent = request.headers.get("X-Request-ID", "") if request.path.startswith(DECISIONS) else ""
    return sent if sent and sent.isprintable() else str(uuid.uuid4())


def _to_sign_in(request: PortalRequest) -> HttpResponse:
    """Go to the sign-in, and from there back to the page; a fragment takes the whole window there."""
    if not request.htmx:
        return redirect_to_login(request.get_full_path())
    page = request.htmx.current_url_abs_path or "/"
    return HttpResponseClientRedirect(redirect_to_login(page).url)


def _to_factor(request: PortalRequest) -> HttpResponse:
    """Go to the page on which a second factor is added, which is asked for here."""
    to = reverse("own_sign_in")
    return HttpResponseClientRedirect(to) if request.htmx else redirect(to)


def is_held_to_provider(request: PortalRequest, user: User, demands: Demands) -> bool:
    """Whether somebody has to come by their account's identity provider, and has not in this session."""
    return demands.provider_only and not came_by_provider(request, user) and must_come_by_provider(user)


def why_over(request: PortalRequest, user: User, demands: Demands) -> str | None:
    """Why a person's session is over by what their account asks for, as a sentence; None while it goes on."""  # Z13
    now = time.time()
    renewed = request.session.renewed_at
    if not demands.lets_in_from(client_address(request)):
        return _("Your account lets people in from certain networks only, and you are not in one of them.")
    if now - request.session.get(STARTED, now) > demands.absolute_seconds:
        return _("You were signed in for very long. Sign in again to go on.")
    if renewed is not None and now - renewed.timestamp() > demands.idle_seconds + EVERY:
        return _("You were away for longer than your account allows. Sign in again to go on.")
    if is_held_to_provider(request, user, demands):
        return _("The people of your account sign in at their own provider now. Sign in there to go on.")
    return None


class ActorMiddleware:
    """Gives each request its id and its actor (None before signing in), and lets nobody past unsigned.

    A view that declares itself public is open to all; the REST interface authenticates by itself.
    """

    def __init__(self, get_response: Callable[[PortalRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: PortalRequest) -> HttpResponse:
        request.request_id = _request_id(request)
        request.session.seen_from(client_address(request), request.headers.get("User-Agent", ""))
        request.actor = self._actor(request)
        with timezone.override(self._time_zone(request)):
            response = self.get_response(request)
        response["X-Request-ID"] = request.request_id
        if request.actor is not None:
            response.setdefault("Cache-Control", "no-store")
        if STARTED in request.session:
            request.session.go_on()
        return response

    def process_view(self, request: PortalRequest, view: Callable, *_rest: Any) -> HttpResponse | None:
        """Ask for a sign-in where the view needs one. The REST interface and public views look at keys themselves."""
        if getattr(view, "declares", None) == PUBLIC or issubclass(getattr(view, "cls", object), APIView):
            return None
        if key_in_address(request, client_address(request)):
            return self._refuse_key(request)
        if request.actor is None:
            return _to_sign_in(request)
        if must_change(request):
            return to_new_password(request)
        lacks = getattr(request, "lacks_factor", False) and not getattr(view, LEADS_TO_FACTOR, False)
        return _to_factor(request) if lacks else None

    @staticmethod
    def _refuse_key(request: PortalRequest) -> HttpResponse:
        """Neither is the page shown, nor the address passed on to the sign-in."""
        if request.actor is None:
            messages.error(request, IN_ADDRESS)
            return redirect(settings.LOGIN_URL)
        request.GET, request.path, request.META["QUERY_STRING"] = QueryDict(), "/", ""  # the frame writes them down
        return render(request, "portal/wrong.html", {"reason": IN_ADDRESS}, status=400)

    def _actor(self, request: PortalRequest) -> Actor | None:
        by_token, begun = SESSION_TOKEN in request.session, SESSION_KEY in request.session
        user = request.user
        if not by_token and not isinstance(user, User):
            return self._told_why(request, begun=begun)
        now = time.time()
        if now - request.session.setdefault(STARTED, now) > settings.SESSION_ABSOLUTE_SECONDS:
            return self._end(request, _("You were signed in for very long. Sign in again to go on."))
        if by_token or not isinstance(user, User):
            return self._actor_by_token(request)
        return self._actor_in_person(request, user)

    def _actor_in_person(self, request: PortalRequest, user: User) -> Actor | None:
        """The person who is signed in, as long as they are alive: the same look then answers for the page."""
        actor = self._acting(request, actor_of(request, user))
        if not look_of(request, actor).alive:
            return self._end(request, str(token_sessions.SIGNED_OUT))
        over = why_over(request, user, demands_on(user))
        if over is not None:
            return self._end(request, over)
        request.lacks_factor = demands_on(user).second_factor and not getattr(user, "has_second_factor", False)
        return actor

    def _actor_by_token(self, request: PortalRequest) -> Actor | None:
        """The token that the session was opened by; the session ends with it, and says why."""
        token = sessions.find_session_token(request.session[SESSION_TOKEN]["number"])
        actor = actor_of(request, token) if token is not None else None
        over = token_sessions.why_over(request, token, look_of(request, actor) if actor is not None else None)
        if over is not None or token is None or actor is None:
            return self._end(request, over or "")
        keys.note_use(token, actor.address)
        request.user = TokenHolder(token)
        return self._acting(request, actor)

    @staticmethod
    def _told_why(request: PortalRequest, *, begun: bool) -> None:
        """Say on the next page why a session is over that somebody ended, or that ended with what it began with."""
        if request.session.ended:
            messages.info(request, ENDED[Session.Ended(request.session.ended)])
        elif begun:
            messages.info(request, token_sessions.SIGNED_OUT)

    @staticmethod
    def _end(request: PortalRequest, sentence: str) -> None:
        """Sign out, and say why on the next page."""
        logout(request)
        messages.info(request, sentence)

    def _acting(self, request: PortalRequest, actor: Actor) -> Actor:
        """Operating as the session's account, as long as that is allowed."""
        kept = operating_as(request)
        if kept is None:
            return actor
        acting = actor.acting_as(kept.account_id)
        if look_of(request, acting).alive:
            return acting
        if look_of(request, actor).alive:
            del request.session[OPERATES]
            messages.warning(request, _("You can no longer act as that account. You are back in your own."))
        return actor

    @staticmethod
    def _time_zone(request: PortalRequest) -> ZoneInfo | None:
        """The zone of the person's settings; None is the server's."""
        name = getattr(request.user, "time_zone", "") if request.actor is not None else ""
        try:
            return ZoneInfo(name) if name else None
        except (ZoneInfoNotFoundError, ValueError):
            return None
