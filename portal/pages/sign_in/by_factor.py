"""Signing in by a second factor after the password, and by a passkey alone."""

from __future__ import annotations

import json
from typing import Any

import structlog
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.webauthn.views import LoginWebAuthnView
from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _

from accesscontrol.accounts.models import User
from accesscontrol.services.signing_in import factors, sessions
from portal.actors import client_address
from portal.declared import PUBLIC, declares
from portal.open_shapes import LibraryContext
from portal.requests import PortalRequest

log = structlog.get_logger("portal.sign_in")


class SecondFactorView(AuthenticateView):
    """After the password: a code of the app, a passkey, or a recovery code."""

    template_name = "account/second_factor.html"

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        """A wrong factor leaves its line."""  # L03
        factor = "code" if "code" in self.request.POST else "passkey"
        note_refused(self.request, self.stage.login.user, factor)
        return super().form_invalid(form)

    def get_context_data(self, **more: Any) -> LibraryContext:
        """What this person can show; the passkey as the browser is asked for it."""
        found = super().get_context_data(**more)
        kinds = factors.kinds_of(self.stage.login.user)
        options = json.dumps(found["js_data"]["request_options"]) if factors.PASSKEY in kinds else ""
        found["form"].fields["code"].widget.attrs.update({"placeholder": "", "inputmode": "text", "class": "code"})
        return found | {"passkey_options": options, "asks_code": bool(kinds - {factors.PASSKEY}),
                        "has_app": factors.TOTP in kinds}  # fmt: skip


class PasskeyView(LoginWebAuthnView):
    """GET: what the browser is asked for, as JSON. POST: sign in by the passkey, which is both factors at once."""

    def form_invalid(self, form: forms.Form) -> HttpResponse:  # noqa: ARG002  (what is wrong with it is told to nobody)
        note_refused(self.request, None, "passkey")
        messages.error(self.request, _("This passkey does not let you in. Try again, or use another way."))
        return redirect("account_login")


def note_refused(request: PortalRequest, user: User | None, factor: str) -> None:
    """The lines of the events and of the log about a factor that let nobody in."""
    address, request_id = client_address(request), request.request_id
    sessions.record_refused_factor(user, factor, address=address, request_id=request_id)
    number = user.pk if user is not None else None
    log.warning("sign_in_refused", user=number, factor=factor, address=address, request_id=request_id)


urlpatterns = [
    path("sign-in/code/", declares(PUBLIC)(SecondFactorView.as_view()), name="mfa_authenticate"),
    path("sign-in/passkey/", declares(PUBLIC)(PasskeyView.as_view()), name="mfa_login_webauthn"),
]
