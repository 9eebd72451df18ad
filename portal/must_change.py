"""Whoever was declared compromised sets a new password before anything else (access model §11)."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_noop as _
from django_htmx.http import HttpResponseClientRedirect

from accesscontrol.accounts.models import User
from portal.requests import PortalRequest

FIRST = _("Choose a new password first: sign in to the portal, which asks for it.")
#: The names of the pages that stay open meanwhile.
OPEN = ("new_password", "account_logout")


def must_change(request: PortalRequest) -> bool:
    """Whether a person is signed in who has to choose a new password."""
    return request.actor is not None and isinstance(request.user, User) and request.user.password_must_change


def to_new_password(request: PortalRequest) -> HttpResponse | None:
    """Lead them to it, from every page but those."""
    found = request.resolver_match
    if not must_change(request) or (found is not None and found.url_name in OPEN):
        return None
    target = redirect("new_password")
    return HttpResponseClientRedirect(target.url) if request.htmx else target
