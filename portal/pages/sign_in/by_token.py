"""Signing in by token: by pasting it, and by an access link whose key stands behind `#` and never reaches a log."""

from __future__ import annotations

import re

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters

from accesscontrol.services.signing_in import sessions
from accesscontrol.services.tokens.refusals import WINDOW_SECONDS, refusals
from accesscontrol.tokens.models import Token
from portal.actors import actor_of, client_address, look_of
from portal.declared import PUBLIC, declares
from portal.exposed_keys import IN_ADDRESS, count_refusal, key_in_address
from portal.pages.sign_in.forms import TokenSignInForm
from portal.requests import PortalRequest
from portal.signed_in.token_sessions import open_session
from portal.tool_registry import landing

OK, BAD, REFUSED, TOO_MANY = 200, 400, 403, 429
_JSON = re.compile(r"^application/json\b")


@declares(PUBLIC)
@sensitive_post_parameters("key")
def token_sign_in(request: PortalRequest) -> HttpResponse:
    """GET: a field for the token. POST key=…: sign in by it and go to what it opens; JSON for an access link."""
    form = TokenSignInForm(request.POST or None)
    status = BAD if key_in_address(request, client_address(request)) else OK
    if status == BAD:
        form = TokenSignInForm({"key": ""})
        form.errors.clear()
        form.add_error(None, IN_ADDRESS)
    elif request.method == "POST" and form.is_valid():
        token, status = admit(request, form)
        if token is not None:
            return _go(request, landing(look_of(request), token))
    return _answer(request, form, status)


def admit(request: PortalRequest, form: TokenSignInForm) -> tuple[Token | None, int]:
    """Open a session by the key; where that fails, the form says the one sentence, and the try is counted."""
    key, address = form.cleaned_data["key"], client_address(request)
    if refusals.wait(address, key) is not None:
        form.add_error(None, form.too_many)
        return None, TOO_MANY
    token = sessions.sign_in_by_token(key, address=address, request_id=request.request_id)
    if token is None:
        count_refusal(request, address)
        form.add_error(None, form.refusal)
        return None, REFUSED
    refusals.opened(key)
    open_session(request, token, key)
    request.actor = actor_of(request, token)
    return token, OK


def _go(request: PortalRequest, to: str) -> HttpResponse:
    """To the page that was asked for before, if it is one of ours; else to what the token opens."""
    asked = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    to = asked if safe and asked != "/" else to
    return JsonResponse({"next": to}) if _wants_json(request) else redirect(to)


def _answer(request: PortalRequest, form: TokenSignInForm, status: int) -> HttpResponse:
    if _wants_json(request):
        sentences = [str(one) for errors in form.errors.values() for one in errors]
        answer: HttpResponse = JsonResponse({"error": " ".join(sentences)}, status=status if status != OK else BAD)
    else:
        shown = {"token_form": form, "next": request.POST.get("next", request.GET.get("next", ""))}
        # As with passwords, a refusal is a page like any other.
        answer = render(request, "tools/token_sign_in.html", shown, status=OK if status == REFUSED else status)
    if status == TOO_MANY:
        answer["Retry-After"] = str(WINDOW_SECONDS)
    return answer


def _wants_json(request: PortalRequest) -> bool:
    return _JSON.match(request.headers.get("Accept", "")) is not None


@declares(PUBLIC)
def open_tool(request: PortalRequest) -> HttpResponse:
    """GET: the page of an access link. Its script takes the key out of the address bar at once and signs in by it."""
    wrong = key_in_address(request, client_address(request))
    shown = {"problem": IN_ADDRESS if wrong else ""}
    page = render(request, "tools/open.html", shown, status=BAD if wrong else OK)
    page["Referrer-Policy"] = "no-referrer"
    page["Cache-Control"] = "no-store"
    return page


urlpatterns = [
    path("sign-in/token/", token_sign_in, name="token_sign_in"),
    path("tools/open/", open_tool, name="open_tool"),
]
