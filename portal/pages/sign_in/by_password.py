"""Signing in by password, and out: the only two addresses of allauth that are mapped."""

from __future__ import annotations

from typing import Any

from allauth.account.views import LoginView, LogoutView
from django.http import HttpResponse
from django.urls import path

from accesscontrol.services.people import sessions
from portal.actors import actor_of
from portal.declared import PUBLIC, declares
from portal.pages.sign_in.forms import SignInForm, TokenSignInForm
from portal.token_sessions import row_behind


class SignInView(LoginView):
    """Username and password; the engine says who is alive (see EngineBackend)."""

    form_class = SignInForm

    def form_valid(self, form: SignInForm) -> HttpResponse:
        response = super().form_valid(form)
        if self.request.user.is_authenticated:
            sessions.record_sign_in(actor_of(self.request, self.request.user), self.request.user)
        return response

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        """The other way in stands on the same page: a token."""
        return super().get_context_data(**more) | {"token_form": TokenSignInForm()}


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
