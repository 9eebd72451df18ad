"""What links in mails lead to: joining, registering, confirming an address, a new password.

The secret stands in the path. The page tells nobody where it was opened from, and opening it changes nothing: mail
programs look at links too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypedDict

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from accesscontrol.accounts.models import User
from accesscontrol.services.frame.errors import Invalid
from accesscontrol.services.joining import proving, resets, sign_up
from accesscontrol.services.joining.answering import LinkOver, answer_invitation, open_invitation
from portal.actors import client_address
from portal.declared import PUBLIC, declares
from portal.open_shapes import Cleaned
from portal.pages.joining.forms import JoinForm, NewPasswordForm, RegisterForm
from portal.pages.joining.shown import AnswerPage
from portal.pages.joining.slowing import too_many
from portal.pages.joining.words import OVER, SLOW
from portal.requests import PortalRequest

GONE, SLOWED = 404, 429


class Where(TypedDict):
    """From where a link is answered, for the log."""

    address: str | None
    request_id: str


@declares(PUBLIC)
@sensitive_post_parameters("password", "again")
def join(request: PortalRequest, secret: str) -> HttpResponse:
    """Who invites, into which account; the answer is a password."""
    try:
        asked = open_invitation(secret)
        names = {"first_name": asked.user.first_name, "last_name": asked.user.last_name}
        form = JoinForm(request.POST if request.method == "POST" else None, initial=names)
        done = lambda values: answer_invitation(secret, **values, **_where(request))  # noqa: E731
        return _form(request, "joining/join.html", form, done, _welcome, {"asked": asked})
    except LinkOver as error:
        return over(request, str(error))


@declares(PUBLIC)
@sensitive_post_parameters("password", "again")
def register(request: PortalRequest, secret: str) -> HttpResponse:
    """Registering in an account whose rules let this address do it."""
    try:
        asked = sign_up.open_sign_up(secret)
        form = RegisterForm(request.POST if request.method == "POST" else None)
        done = lambda values: sign_up.sign_up(secret, **values, **_where(request))  # noqa: E731
        return _form(request, "joining/register.html", form, done, _welcome, {"asked": asked})
    except LinkOver as error:
        return over(request, str(error))


@declares(PUBLIC)
def prove_address(request: PortalRequest, secret: str) -> HttpResponse:
    """Asks whether to confirm; confirms when the button is pressed."""
    found = proving.who_proves(secret)
    if request.method == "POST" and found is not None:
        user = proving.prove_address(secret, **_where(request))
        if user is not None:
            return _to_sign_in(request, _("The address %(email)s is confirmed.") % {"email": user.email})
    if found is None:
        return over(request)
    return _sealed(render(request, "joining/confirm.html", {"person": found[0], "email": found[1]}))


@declares(PUBLIC)
@sensitive_post_parameters("password", "again")
def reset_password(request: PortalRequest, secret: str) -> HttpResponse:
    """A new password by a link; it signs nobody in."""
    user = resets.who_resets(secret)
    if user is None:
        return over(request)
    form = NewPasswordForm(request.POST if request.method == "POST" else None)
    done = lambda values: resets.reset_password(secret, **values, **_where(request))  # noqa: E731
    return _form(request, "joining/reset.html", form, done, _reset, {"person": user})


# --- Answering


def _form(
    request: PortalRequest, template: str, form: Any, act: Callable[[Cleaned], User | None],
    words: Callable[[User], str], page: AnswerPage,
) -> HttpResponse:  # fmt: skip
    """The form; when it is sent and sound, the act, and on to the sign-in."""
    status = 200
    if request.method == "POST" and too_many(request, "link"):
        form.errors.clear()
        form.add_error(None, SLOW)
        status = SLOWED
    elif request.method == "POST" and form.is_valid():
        try:
            user = act(form.values())
        except Invalid as error:
            form.take(error)
        else:
            return _to_sign_in(request, words(user)) if user is not None else over(request)
    return _sealed(render(request, template, {**page, "form": form}, status=status))


def _where(request: PortalRequest) -> Where:
    return {"address": client_address(request), "request_id": request.request_id}


def _welcome(user: User) -> str:
    if user.verified:
        said = _("Welcome. You have joined as %(name)s: sign in with that name and your password.")
    else:
        said = _("You have joined as %(name)s. Confirm your address by the mail we sent you, then sign in.")
    return said % {"name": user.username}


def _reset(user: User) -> str:
    return _("%(name)s has a new password. Sign in with it.") % {"name": user.username}


def _to_sign_in(request: PortalRequest, words: str) -> HttpResponse:
    messages.success(request, words)
    return _sealed(redirect("account_login"))


def over(request: PortalRequest, words: str = "") -> HttpResponse:
    """The one page for every link that opens nothing."""
    return _sealed(render(request, "joining/over.html", {"words": words or OVER}, status=GONE))


def _sealed(answer: HttpResponse) -> HttpResponse:
    """Neither kept nor told where it came from: the address holds the secret. Forms still say from which site."""
    answer["Referrer-Policy"] = "strict-origin"
    answer["Cache-Control"] = "no-store"
    return answer


urlpatterns = [
    path("join/<str:secret>/", join, name="join"),
    path("register/<str:secret>/", register, name="register"),
    path("confirm/<str:secret>/", prove_address, name="prove_address"),
    path("forgotten/<str:secret>/", reset_password, name="reset_password"),
]
