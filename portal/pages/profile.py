"""One's own page: who one is, what one may do, how the portal looks."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from accesscontrol.services import users as services
from accesscontrol.services.errors import Conflict, Invalid
from portal.addresses import address
from portal.declared import SIGNED_IN, declares
from portal.forms.profile import ProfileForm


def facts(user: User, actor: Actor) -> list[dict[str, Any]]:
    """What the portal knows of the person, as they may see it."""
    account = user.account
    role = engine.visible(actor, "role:view").filter(pk=user.role_id).first() if user.role_id else None
    authority = _("Platform operator") if user.is_superuser else _(user.get_authority_display())
    found = [
        {"label": _("Username"), "value": user.username, "copyable": True},
        {"label": _("E-mail"), "value": user.email},
        {"label": _("Account"), "value": account.name, "url": address(account)} if account else None,
        {"label": _("Authority"), "value": authority},
        {"label": _("Role"), "value": role.name, "url": address(role)} if role else None,
        {"label": _("Your access ends"), "time": user.expires_at, "ends": True} if user.expires_at else None,
        {"label": _("Registered"), "time": user.date_joined},
    ]
    return [one for one in found if one]


def links(user: User) -> list[dict[str, str]]:
    """Where one goes from here."""
    return [
        {
            "heading": _("What you can do"),
            "text": _("Kind by kind, with the reason for each."),
            "icon": "table",
            "url": f"{reverse('explorer_matrix')}?{urlencode({'caller': f'user:{user.username}'})}",
        },
        {
            "heading": _("Act as another account"),
            "text": _("Of your branch, or one that granted it."),
            "icon": "switch",
            "url": reverse("switch_account"),
        },
    ]


@declares(SIGNED_IN)
def profile(request: HttpRequest) -> HttpResponse:
    """GET: one's own data. POST: save name, phone and time zone."""
    user, actor = request.user, request.actor.itself()
    form = ProfileForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid() and save(actor, user, form):
        messages.success(request, _("Saved."))
        return redirect("profile")
    head = {"title": user.full_name or user.username, "subtitle": _("Your profile"), "icon": "user"}
    shown = {"rows": facts(user, actor), "form": form, "links": links(user)}
    return render(request, "home/profile.html", {**head, **shown})


def save(actor: Actor, user: User, form: ProfileForm) -> bool:
    """Save what the form says; what is wrong is told in the form."""
    try:
        services.change_user(actor, user, **form.cleaned_data)
    except Invalid as error:
        form.take(error)
    except Conflict as error:
        form.add_error(None, str(error))
    return not form.errors


urlpatterns = [path("profile/", profile, name="profile")]
