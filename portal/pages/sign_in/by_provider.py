"""Signing in at an identity provider: which one, going there, and coming back.

What somebody is sent with stands in their session under its state, and is used once. Browsers hold forms to this site
(form-action), so the page that answers the form leads on by itself.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import TypedDict

import structlog
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django import forms
from django.http import Http404, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accesscontrol.accounts.models import User
from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.services.joining.secrets import address_of
from accesscontrol.services.providers.coming import come_in
from accesscontrol.services.providers.confirming import confirm_by_provider
from accesscontrol.services.providers.sources import Source, domain_of, source_named, sources_for
from accesscontrol.services.providers.speaking import (
    Asking,
    NotBelieved,
    NotFetched,
    address_to_ask,
    claims_of,
    shown_at,
)
from accesscontrol.services.signing_in import factors, sessions
from portal.actors import client_address
from portal.declared import PUBLIC, SIGNED_IN, declares
from portal.freshness import PROVIDER, note_provider
from portal.open_shapes import Claims
from portal.requests import PortalRequest, SignedInRequest, is_signed_in

log = structlog.get_logger("portal.sign_in")

#: In the session: what somebody was sent with, by its state. Of several tabs so many, and each for so long.
SENT, MOST, LASTS = "sent_to_provider", 5, 600
SIGN_IN, CONFIRM = "sign_in", "confirm"


class Sent(TypedDict):
    """What somebody was sent with, and what for."""

    asking: dict[str, str]
    provider: str
    purpose: str
    next: str
    at: float


class ProviderPage(TypedDict, total=False):
    """What the pages of sign_in/ read."""

    form: forms.Form
    sources: Sequence[Source]
    source: Source
    to: str
    words: Sequence[str]
    code: str


class AddressForm(forms.Form):
    """Of whom only the mail domain counts."""

    email = forms.EmailField(
        label=gettext_lazy("Your e-mail address at work"), max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )  # fmt: skip


# --- Which one


@declares(PUBLIC)
def find_provider(request: PortalRequest) -> HttpResponse:
    """GET: asks for an address. POST: the providers of its domain, whoever has it; one alone is gone on to."""
    form = AddressForm(request.POST or None)
    found: list[Source] = []
    if request.method == "POST" and form.is_valid():
        found = sources_for(form.cleaned_data["email"])
        if len(found) == 1:
            return _go(request, found[0], SIGN_IN, hint=form.cleaned_data["email"])
        if not found:
            domain = domain_of(form.cleaned_data["email"])
            form.add_error("email", _("No provider signs in people of %(domain)s here. Use your password, or ask the "
                                      "owner of your account.") % {"domain": domain})  # fmt: skip
    return _page(request, "sign_in/providers.html", {"form": form, "sources": found})


@declares(PUBLIC)
def provider_sign_in(request: PortalRequest, key: str = "") -> HttpResponse:
    """The sign-in address of an account's own provider. POST: go there."""
    source = _open(key)
    if request.method == "POST":
        return _go(request, source, SIGN_IN)
    return _page(request, "sign_in/provider.html", {"source": source})


@declares(SIGNED_IN)
def provider_confirm(request: SignedInRequest, key: str = "") -> HttpResponse:
    """Go to the provider to show once more that it is oneself."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    return _go(request, _open(key), CONFIRM)


def _open(key: str) -> Source:
    source = source_named(key)
    if source is None:
        raise Http404
    return source


def _page(request: PortalRequest, template: str, shown: ProviderPage, status: int = 200) -> HttpResponse:
    after = {"next": request.POST.get("next", request.GET.get("next", ""))}
    page = render(request, template, {**after, **shown}, status=status)
    page["Cache-Control"] = "no-store"
    return page


# --- Going there


def _go(request: PortalRequest, source: Source, purpose: str, hint: str = "") -> HttpResponse:
    """The page that leads on to the provider."""
    asking = Asking.new()
    try:
        to = address_to_ask(source.client, asking, _back(source), fresh=purpose == CONFIRM, hint=hint)
    except (NotFetched, NotBelieved) as error:
        return _failed(request, error.code, None)
    now = time.time()
    kept = {state: one for state, one in request.session.get(SENT, {}).items() if now - one["at"] < LASTS}
    sent = Sent(asking=asdict(asking), provider=source.key, purpose=purpose, at=now,
                next=request.POST.get("next", ""))  # fmt: skip
    request.session[SENT] = {**dict(list(kept.items())[1 - MOST :]), asking.state: sent}
    return _page(request, "sign_in/going.html", {"source": source, "to": to})


def _back(source: Source) -> str:
    """Where people come back to: by the settings, one address a provider."""
    return address_of("provider_back", source.key) if source.key else address_of("installation_back")


# --- Coming back


@declares(PUBLIC)
def provider_back(request: PortalRequest, key: str = "") -> HttpResponse:
    """What a provider answers. It counts once, in the browser that asked, and only from the provider asked."""
    sent: Sent | None = None
    waiting = request.session.get(SENT, {})
    if request.GET.get("state", "") in waiting:
        sent = waiting.pop(request.GET["state"])
        request.session[SENT] = waiting
    if sent is None or sent["provider"] != key or time.time() - sent["at"] >= LASTS:
        return _failed(request, "state", None)
    source, code = source_named(key), request.GET.get("code", "")
    if source is None or not code:
        return _failed(request, "refused", sent)
    if request.GET.get("iss", source.client.issuer) != source.client.issuer:
        return _failed(request, "issuer", sent)
    try:
        claims = claims_of(source.client, Asking(**sent["asking"]), _back(source), code, source.groups_claim)
        return _signed_in(request, source, claims, sent) if sent["purpose"] == SIGN_IN else _confirmed(
            request, source, claims
        )  # fmt: skip
    except (NotFetched, NotBelieved) as error:
        return _failed(request, error.code, sent)
    except Conflict as error:
        return _failed(request, "not_linked", sent, [str(error)])
    except Invalid as error:
        return _failed(request, "not_made", sent, [str(one.sentence) for one in error.problems])


def _signed_in(request: PortalRequest, source: Source, claims: Claims, sent: Sent) -> HttpResponse:
    """The end is that of every way in: who is not alive stays out, who has a second factor here is asked for it."""
    user = come_in(source, claims, address=client_address(request), request_id=request.request_id)
    # Where somebody has a factor here, only that makes them fresh (access model §11).
    at = 0.0 if user.has_usable_password() or factors.kinds_of(user) else shown_at(claims)
    record_authentication(request, user, method=PROVIDER, shown_at=at)
    asked, host = sent["next"], {request.get_host()}
    safe = url_has_allowed_host_and_scheme(asked, host, require_https=request.is_secure())
    return perform_login(request, Login(user=user, redirect_url=asked if safe else None))


def _confirmed(request: PortalRequest, source: Source, claims: Claims) -> HttpResponse:
    """The same person has shown there, just now, that it is them."""
    if not is_signed_in(request) or not isinstance(request.user, User):
        return redirect("account_login")
    confirm_by_provider(request.actor, request.user, source, claims)
    note_provider(request, request.user, shown_at(claims))
    return _page(request, "sign_in/confirmed.html", {})


def _failed(request: PortalRequest, code: str, sent: Sent | None, said: list[str] | None = None) -> HttpResponse:
    """Nobody was signed in: the line of the events and of the log, and the page that says what to do."""  # L03
    address, request_id = client_address(request), request.request_id
    if sent is not None:
        sessions.record_refused_factor(None, PROVIDER, address=address, request_id=request_id)
    log.warning("sign_in_refused", factor=PROVIDER, why=code, address=address, request_id=request_id)
    if code == "state":
        said = [_("This sign-in is over: it was used, took too long, or began in another browser. Begin once more.")]
    words = said or [_("The provider did not sign you in. Try again; if it stays so, tell the owner of your account.")]
    page: ProviderPage = {"words": words, "code": "" if said else code}
    return _page(request, "sign_in/failed.html", page, 200 if sent is not None else 400)


urlpatterns = [
    path("sign-in/provider/", find_provider, name="find_provider"),
    path("sign-in/provider/<str:key>/", provider_sign_in, name="provider_sign_in"),
    path("sign-in/provider/<str:key>/confirm/", provider_confirm, name="provider_confirm"),
    path("sign-in/provider/<str:key>/back/", provider_back, name="provider_back"),
    path("sign-in/installation/", provider_sign_in, name="installation_sign_in"),
    path("sign-in/installation/confirm/", provider_confirm, name="installation_confirm"),
    path("sign-in/installation/back/", provider_back, name="installation_back"),
]
