"""Signing in by password, and out."""

from __future__ import annotations

from typing import Any, TypedDict

import structlog
from allauth.account.views import LoginView, LogoutView
from django.http import HttpResponse
from django.urls import path

from accesscontrol.services.signing_in import lost_factors, sessions
from portal.actors import client_address
from portal.declared import PUBLIC, declares
from portal.open_shapes import LibraryContext
from portal.pages.joining.asking import waiting_mark
from portal.pages.sign_in.forms import REFUSED, TOLD, UNVERIFIED, SignInForm, TokenSignInForm
from portal.signed_in.token_sessions import row_behind

log = structlog.get_logger("portal.sign_in")


class Where(TypedDict):
    """From where somebody signs in, and by what."""

    factor: str
    address: str | None
    request_id: str


class SignInView(LoginView):
    """Username (or a proven address) and password; the engine says who is alive (see EngineBackend). Whoever has a
    second factor is asked for it next; what follows a sign-in is the same for every way (see AccountAdapter)."""

    form_class = SignInForm

    def form_valid(self, form: SignInForm) -> HttpResponse:
        """Whose lost second factor is due to be reset signs in without it."""
        if form.user is not None and lost_factors.reset_if_due(form.user):
            form.user.refresh_from_db()
        return super().form_valid(form)

    def form_invalid(self, form: SignInForm) -> HttpResponse:
        """Who was kept out leaves a line; who tries too often, one of the log alone."""  # L03, L05
        codes = {error.code for error in form.non_field_errors().as_data()}
        if codes & set(TOLD):
            log.warning("sign_in_slowed", **self._from_where())
        elif codes & {REFUSED, UNVERIFIED}:
            where = self._from_where()
            user = sessions.record_refused_sign_in(
                form.cleaned_data["login"], address=where["address"], request_id=where["request_id"]
            )
            log.warning("sign_in_refused", user=user, **where)
        return super().form_invalid(form)

    def _from_where(self) -> Where:
        """What every line of the log about a sign-in tells."""
        request = self.request
        return {"factor": "password", "address": client_address(request), "request_id": request.request_id}

    def get_context_data(self, **more: Any) -> LibraryContext:
        """The other ways in stand on the same page."""
        unverified = getattr(self.request, "unverified", None)
        waiting = waiting_mark(unverified.pk) if unverified is not None and unverified.email else ""
        return super().get_context_data(**more) | {"token_form": TokenSignInForm(), "waiting": waiting}


class SignOutView(LogoutView):
    """Asks when opened, signs out when posted."""

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.request.actor is not None:
            sessions.record_sign_out(self.request.actor, row_behind(self.request.user))
        response = super().post(*args, **kwargs)
        response["Clear-Site-Data"] = '"cache", "storage"'  # S09; cookies stay: the theme is one of them
        return response


urlpatterns = [
    path("sign-in/", declares(PUBLIC)(SignInView.as_view()), name="account_login"),
    path("sign-out/", declares(PUBLIC)(SignOutView.as_view()), name="account_logout"),
]
