"""One's own sessions: where one is signed in, and ending them."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accesscontrol.accounts.models import User
from accesscontrol.services.frame.errors import Conflict
from accesscontrol.services.signing_in import live_sessions as services
from portal.frame.session_rows import SessionsPage, session_rows
from portal.pages.profile.own import SESSIONS, go_on, of_person, tabs
from portal.requests import SignedInRequest


@of_person
def overview(request: SignedInRequest, user: User) -> HttpResponse:
    """Every browser in which one is signed in."""
    key = request.session.session_key
    found = services.live_sessions(user)
    rows = session_rows(found, key, lambda one: reverse("own_session_end", kwargs={"public": one.public}))
    shown: SessionsPage = {
        "title": _("Sessions"), "subtitle": _("Your profile"), "icon": "user", "tabs": tabs(SESSIONS, user),
        "sessions": rows, "end_all_label": _("End all others"),
        "end_all_url": reverse("own_sessions_end") if len(rows) > 1 else "",
        "about": _("Is one of these not yours? End it, and change your password."),
    }  # fmt: skip
    return render(request, "profile/sessions.html", shown)


@require_POST
def _end_one(request: SignedInRequest, user: User, public: uuid.UUID) -> HttpResponse:
    """End one of them."""
    try:
        services.end_session(request.actor.itself(), user, public)
    except Conflict as error:
        messages.info(request, str(error))
    else:
        messages.success(request, _("That session has ended."))
    return redirect(SESSIONS)


@require_POST
def _end_others(request: SignedInRequest, user: User) -> HttpResponse:
    """End all but the one that asks, which goes on under a new name."""
    services.end_all_sessions(request.actor.itself(), user, keep=request.session.session_key)
    go_on(request, user)
    messages.success(request, _("All your other sessions have ended."))
    return redirect(SESSIONS)


urlpatterns = [
    path("profile/sessions/", overview, name=SESSIONS),
    path("profile/sessions/~others/", of_person(_end_others), name="own_sessions_end"),
    path("profile/sessions/<uuid:public>/end/", of_person(_end_one), name="own_session_end"),
]
