"""One's own tokens: those that act for oneself, whoever made them."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accesscontrol.access.look import Look
from accesscontrol.accounts.models import User
from accesscontrol.tokens.models import Token
from portal.actors import look_of
from portal.addresses import address, list_address, name_in_address
from portal.frame.noun_pages import SHOWN
from portal.frame.shown.pages import ThingPage
from portal.frame.shown.parts import Action, Part, RelatedRow
from portal.pages.profile.own import TOKENS, has_tokens, of_person, tabs
from portal.pages.tokens.words import token_badge
from portal.requests import SignedInRequest


@of_person
def overview(request: SignedInRequest, user: User) -> HttpResponse:
    """What acts for this person, each with the way to its page."""
    look = look_of(request, request.actor.itself())
    shown: ThingPage = {
        "title": _("Tokens"), "subtitle": _("Your profile"), "icon": "user", "tabs": tabs(TOKENS, user),
        "actions": acts(look, user) if has_tokens(user) else [], "sections": [own_tokens(look, user)],
    }  # fmt: skip
    return render(request, "generic/detail.html", shown)


def own_tokens(look: Look, user: User) -> Part:
    """The first of them by name; the list of tokens has them all, and sorts and filters."""
    found = list(look.visible("token:view").filter(user=user).order_by("name_order", "id")[: SHOWN + 1])
    empty = _("No token acts for you. Create one for a program that is to do what you may do.")
    return {
        "title": _("Tokens that act for you"),
        "template": "portal/things.html",
        "rows": [row_of(one) for one in found[:SHOWN]],
        "empty": empty if has_tokens(user) else _("People of your authority have no tokens of their own."),
        "more": _("Only the first %(count)s are shown.") % {"count": SHOWN} if len(found) > SHOWN else "",
    }


def row_of(token: Token) -> RelatedRow:
    note = f"{token.hint}, {token.get_type_display()}, {token_badge(token)['label']}"
    return {"label": str(token), "url": address(token), "icon": "token", "note": note}


def acts(look: Look, user: User) -> list[Action]:
    """Where they are sorted and filtered, and a new one for whoever may make it."""
    mine = f"{list_address('token')}?{urlencode({'user': name_in_address(user)})}"
    found: list[Action] = [{"label": _("Sort and filter"), "url": mine, "icon": "filter"}]
    if look.may("token:create", ("account", user.account_id or 0)):
        found.append({"label": _("Create a token"), "url": reverse("token_create"), "icon": "plus", "style": "primary"})
    return found


urlpatterns = [path("profile/tokens/", overview, name=TOKENS)]
