"""One's own page: who one is, what one may do, how the portal looks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NotRequired

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from accesscontrol.access.actor import Actor
from accesscontrol.access.look import Look
from accesscontrol.accounts.models import User
from accesscontrol.services.people import users as services
from portal.actors import look_of
from portal.addresses import address
from portal.declared import SIGNED_IN, declares
from portal.frame.forms.revising import Revising
from portal.frame.shown.pages import Page
from portal.frame.shown.parts import Fact, Tile
from portal.pages.profile import factors as own_factors
from portal.pages.profile import sessions as own_sessions
from portal.pages.profile import tokens as own_tokens
from portal.pages.profile.forms import ProfileForm
from portal.pages.profile.own import tabs
from portal.requests import SignedInRequest
from portal.signed_in.token_sessions import TokenHolder, name_of_caller


class ProfilePage(Page):
    """home/profile.html, and tools/profile.html for who came by a token, which has no form."""

    rows: Sequence[Fact]
    links: Sequence[Tile]
    form: NotRequired[ProfileForm]


def facts(user: User, look: Look) -> list[Fact]:
    """What the portal knows of the person, as they may see it."""
    account = user.account
    role = look.visible("role:view").filter(pk=user.role_id).first() if user.role_id else None
    authority = _("Platform operator") if account is None else _(user.get_authority_display())
    found: list[Fact | None] = [
        {"label": _("Username"), "value": user.username, "copyable": True},
        {"label": _("E-mail"), "value": user.email or _("none yet"), "url": reverse("own_address")},
        {"label": _("Account"), "value": account.name, "url": address(account)} if account else None,
        {"label": _("Authority"), "value": authority},
        {"label": _("Role"), "value": role.name, "url": address(role)} if role else None,
        {"label": _("Your access ends"), "time": user.expires_at, "ends": True} if user.expires_at else None,
        {"label": _("Registered"), "time": user.date_joined},
    ]
    return [one for one in found if one]


def links(request: SignedInRequest) -> list[Tile]:
    """Where one goes from here."""
    return [
        {
            "heading": _("What you can do"),
            "text": _("Kind by kind, with the reason for each."),
            "icon": "table",
            "url": f"{reverse('explorer_matrix')}?{urlencode({'caller': name_of_caller(request.user)})}",
        },
        {
            "heading": _("Act as another account"),
            "text": _("Of your branch, or one that granted it."),
            "icon": "switch",
            "url": reverse("switch_account"),
        },
    ]


@declares(SIGNED_IN)
def profile(request: SignedInRequest) -> HttpResponse:
    """GET: one's own data. POST: save name, phone and time zone. Whoever holds a token reads about the token."""
    if isinstance(request.user, TokenHolder):
        return token_profile(request, request.user)
    user, actor = request.user, request.actor.itself()
    form = ProfileForm(request.POST or None, user=user)
    revising = Revising(form, user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and revising.take_up() and form.is_valid() and save(actor, user, revising):
        messages.success(request, _("Saved."))
        return redirect("profile")
    revising.carry()
    shown: ProfilePage = {
        "title": user.full_name or user.username, "subtitle": _("Your profile"), "icon": "user",
        "tabs": tabs("profile", user),
        "rows": facts(user, look_of(request, actor)), "form": form, "links": links(request),
    }  # fmt: skip
    return render(request, "home/profile.html", shown)


def token_profile(request: SignedInRequest, holder: TokenHolder) -> HttpResponse:
    """The token that one is signed in by: what it is, for whom it acts, when it ends. Nothing here can be changed."""
    token = holder.token
    rows: list[Fact | None] = [
        {"label": _("Token"), "value": token.name},
        {"label": _("Type"), "value": _(token.get_type_display())},
        {"label": _("Key"), "value": token.hint, "code": True},
        {"label": _("Account"), "value": token.account.name},
        {"label": _("Acts for"), "value": token.user.username} if token.user else None,
        {"label": _("Ends"), "time": token.expires_at, "ends": True} if token.expires_at else None,
        {"label": _("Ends without use"), "value": _pause(token.idle_ttl)} if token.idle_ttl is not None else None,
        {"label": _("Last used"), "time": token.last_used_at} if token.last_used_at else None,
    ]
    shown: ProfilePage = {
        "title": token.name, "subtitle": _("The token that you are signed in by"), "icon": "token",
        "rows": [row for row in rows if row], "links": links(request)[: 2 if holder.is_whole else 1],
    }  # fmt: skip
    return render(request, "tools/profile.html", shown)


def _pause(seconds: int) -> str:
    """A number of seconds in the largest whole unit, as people say it."""
    for size, words in ((86400, ngettext_lazy("%(n)d day", "%(n)d days", "n")),
                        (3600, ngettext_lazy("%(n)d hour", "%(n)d hours", "n")),
                        (60, ngettext_lazy("%(n)d minute", "%(n)d minutes", "n"))):  # fmt: skip
        if seconds % size == 0:
            return words % {"n": seconds // size}
    return ngettext_lazy("%(n)d second", "%(n)d seconds", "n") % {"n": seconds}


def save(actor: Actor, user: User, revising: Revising) -> bool:
    """Save what the form says; what is wrong, and what others changed meanwhile, is told in the form."""
    with revising.telling():
        services.change_user(revising.actor(actor), user, **revising.form.cleaned_data)
    return not revising.form.errors


urlpatterns = [
    path("profile/", profile, name="profile"),
    *own_factors.urlpatterns,
    *own_sessions.urlpatterns,
    *own_tokens.urlpatterns,
]
