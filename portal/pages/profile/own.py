"""What all pages about one's own sign-in share: they are a person's, they stand in tabs, and the session goes on."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accesscontrol.accounts.models import User
from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.tokens.life import may_have_tokens
from portal.actors import LEADS_TO_FACTOR
from portal.declared import SIGNED_IN, marked
from portal.frame.forms.fields import ActForm
from portal.frame.shown.pages import FormPage, Head
from portal.frame.shown.parts import Link, Tab
from portal.open_shapes import Cleaned
from portal.requests import SignedInRequest
from portal.signed_in.token_sessions import TokenHolder

SIGN_IN, SESSIONS, TOKENS = "own_sign_in", "own_sessions", "own_tokens"


def of_person(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page of a person about themself: `view(request, user, …)`. Whoever came by a token has none of them."""

    @wraps(view)
    def shown(request: SignedInRequest, **parts: Any) -> HttpResponse:
        if isinstance(request.user, TokenHolder):
            raise Http404
        return view(request, request.user, **parts)

    setattr(shown, LEADS_TO_FACTOR, True)
    return marked(shown, SIGNED_IN)


def has_tokens(user: User) -> bool:
    """Whether tokens may act for this person."""
    return user.account_id is not None and may_have_tokens(user.authority)


def parts() -> list[tuple[str, str, str]]:
    """The parts of one's own pages: address, words, icon."""
    return [
        ("profile", _("Profile"), "user"),
        (SIGN_IN, _("Sign-in"), "fingerprint"),
        (SESSIONS, _("Sessions"), "world"),
        (TOKENS, _("Tokens"), "token"),
    ]


def tabs(active: str, user: User) -> list[Tab]:
    """The parts of one's own pages as tabs; that of tokens for those who may have some."""
    return [
        {"label": label, "url": reverse(name), "icon": icon, "active": name == active}
        for name, label, icon in parts()
        if name != TOKENS or has_tokens(user)
    ]


def show(request: SignedInRequest, template: str, shown: Head | FormPage, *, title: str, below: str) -> HttpResponse:
    """A page below a tab, with the way back to it."""
    crumbs: list[Link] = [{"label": _("Profile"), "url": reverse("profile")}]
    crumbs += [{"label": label, "url": reverse(name)} for name, label, _icon in parts() if name == below != "profile"]
    crumbs.append({"label": title, "url": ""})
    head = {"title": title, "icon": "user", "crumbs": crumbs, "cancel_url": reverse(below)}
    return render(request, template, {**head, **shown})


def form_page(
    request: SignedInRequest, form: ActForm, act: Callable[[Cleaned], HttpResponse | None], shown: FormPage, *,
    title: str, done: str, template: str = "profile/form.html", to: str = SIGN_IN,
) -> HttpResponse:  # fmt: skip
    """A form about one's own sign-in: shown, and when it is sent and sound, done. `act` may give an answer."""
    if request.method == "POST" and form.is_valid():
        try:
            answer = act(form.cleaned_data)
        except Invalid as error:
            form.take(error)
        except Conflict as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, done)
            return answer or redirect(to)
    shown["form"] = form
    return show(request, template, shown, title=title, below=to)


def go_on(request: SignedInRequest, user: User) -> None:
    """After an act that ended the person's sessions: this one goes on, under a new name."""  # S01, S05
    user.refresh_from_db()
    update_session_auth_hash(request, user)
