"""Confirming that it is you (access model §11, freshly): what weighs most is answered by a page that asks for a factor.

The page carries along all that was sent, and is sent to the same address: with the factor shown, what was asked for is
done as if nothing had been in between. Nothing that was typed is stored meanwhile, and no script is needed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypedDict

import structlog
from allauth.account.forms import ReauthenticateForm as PasswordForm
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.core import context
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.webauthn.internal.auth import begin_authentication
from allauth.mfa.webauthn.internal.flows import reauthenticate as reauthenticate_by_passkey
from django import forms
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from rest_framework.views import APIView

from accesscontrol.accounts.models import User
from accesscontrol.services.frame.freshness import NotFresh, is_fresh
from accesscontrol.services.providers.sources import Source, source_of_person
from accesscontrol.services.signing_in import factors, sessions
from portal.actors import client_address
from portal.code_forms import ConfirmForm as CodeForm
from portal.freshness import shown_at
from portal.open_shapes import Cleaned
from portal.passkey_forms import ConfirmForm
from portal.requests import SignedInRequest, is_signed_in

log = structlog.get_logger("portal.sign_in")

PREFIX = "confirm"
LOOKED_AT = f"{PREFIX}-looked-at"  # the page was only looked at: afterwards it is looked at again
#: What is never carried along: the mark against other sites, and what was shown before.
_OWN = ("csrfmiddlewaretoken",)


class ConfirmFactor(TypedDict):
    """account/confirm.html: the forms of the factors that somebody has, and what was sent to be carried along."""

    title: str
    icon: str
    asked: dict[str, forms.Form]
    passkey_options: str | None
    carried: list[tuple[str, str]]
    address: str
    sent: str | None
    looked_at: str
    source: Source | None


class ProviderForm(forms.Form):
    """For whoever has no factor here: they have been to their provider in another tab, and go on."""

    provider = forms.CharField(widget=forms.HiddenInput, initial="1")
    not_yet = _lazy("Your provider has not confirmed it yet. Confirm there first, then go on here.")

    def __init__(self, *args: Any, user: User, **rest: Any):
        super().__init__(*args, **rest)
        self.user = user

    def clean(self) -> Cleaned:
        actor = replace(context.request.actor, fresh_at=shown_at(context.request, self.user))
        if not is_fresh(actor):
            raise forms.ValidationError(self.not_yet)
        return super().clean() or {}


class Told(TypedDict):
    """What the log says of a factor that was shown."""

    user: int
    factor: str
    address: str | None


class Ask:
    """The question for a factor of one person, and what was sent in answer to it."""

    def __init__(self, request: SignedInRequest, user: User):
        self.request, self.user = request, user
        kinds = factors.kinds_of(user)
        self.source = None if kinds or user.has_usable_password() else source_of_person(user)
        self.sent = next((one for one in _FORMS if request.POST.get(f"{PREFIX}-{_FIELDS[one]}")), None)
        self.forms = {
            name: self._form(name)
            for name, there in (
                ("password", user.has_usable_password()),
                ("code", bool(kinds & {factors.TOTP, factors.RECOVERY_CODES})),
                ("passkey", factors.PASSKEY in kinds),
                ("provider", self.source is not None),
            )
            if there
        }

    def _form(self, name: str) -> forms.Form:
        data = self.request.POST if self.sent == name else None
        form = _FORMS[name](data, user=self.user, prefix=PREFIX)
        for field in form.fields.values():
            field.widget.attrs.pop("placeholder", None)
        return form

    def answered(self) -> bool:
        """Whether a factor was sent that is theirs; what is wrong with it is told in its form."""
        form = self.forms.get(self.sent or "")
        if form is None or not form.is_valid():
            return False
        if self.sent == "password":
            reauthenticate_by_password(self.request)
        elif self.sent == "provider":
            pass  # the session knows of it since they came back from there
        elif self.sent == "code":
            post_authentication(self.request, form.authenticator, reauthenticated=True)  # type: ignore[attr-defined]
        else:
            reauthenticate_by_passkey(self.request, form.cleaned_data["credential"])
        return True

    def page(self) -> HttpResponse:
        """The page that asks; in the place of a part of a page it takes the whole window."""
        request = self.request
        passkey = json.dumps(begin_authentication(self.user)) if "passkey" in self.forms else None
        shown: ConfirmFactor = {
            "title": _("Confirm that it is you"), "icon": "lock", "asked": self.forms, "passkey_options": passkey,
            "carried": carried(request), "address": request.get_full_path(), "sent": self.sent,
            "source": self.source,
            "looked_at": LOOKED_AT if request.method != "POST" or LOOKED_AT in request.POST else "",
        }  # fmt: skip
        answer = render(request, "account/confirm.html", shown)
        answer["Cache-Control"] = "no-store"
        if request.htmx:
            answer["HX-Retarget"], answer["HX-Reswap"] = "body", "innerHTML"
        return answer


_FORMS: dict[str, Callable[..., forms.Form]] = {"password": PasswordForm, "code": CodeForm, "passkey": ConfirmForm,
                                             "provider": ProviderForm}  # fmt: skip
_FIELDS = {"password": "password", "code": "code", "passkey": "credential", "provider": "provider"}


def carried(request: SignedInRequest) -> list[tuple[str, str]]:
    """What was sent, name by name, without what the question added."""
    own = {*_OWN, LOOKED_AT, *(f"{PREFIX}-{name}" for name in _FIELDS.values())}
    return [(name, value) for name, values in request.POST.lists() if name not in own for value in values]


class ConfirmMiddleware:
    """Asks for a factor where an act needs one, and takes it before the act is done."""

    def __init__(self, get_response: Callable[[SignedInRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: SignedInRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: SignedInRequest, view: Callable, *_rest: Any) -> HttpResponse | None:
        """Take a factor that came with what was sent. A wrong one is told; with a right one it all goes on."""
        by_program = issubclass(getattr(view, "cls", object), APIView)
        if request.method != "POST" or by_program or not is_signed_in(request) or not isinstance(request.user, User):
            return None
        if not any(name.startswith(f"{PREFIX}-") for name in request.POST):
            return None
        ask = Ask(request, request.user)
        if not ask.answered():
            _note(request, request.user, ask.sent, refused=True)
            return ask.page()
        _note(request, request.user, ask.sent, refused=False)
        return go_on(request, request.user)

    def process_exception(self, request: SignedInRequest, error: Exception) -> HttpResponse | None:
        """Ask, where an act of a person needs it."""
        if isinstance(error, NotFresh) and is_signed_in(request) and isinstance(request.user, User):
            return Ask(request, request.user).page()
        return None


def go_on(request: SignedInRequest, user: User) -> HttpResponse | None:
    """Go on with what was asked for, as a person who has just shown a factor, in a session of a new name."""  # S01
    request.session.cycle_key()
    request.actor = replace(request.actor, fresh_at=shown_at(request, user))
    if LOOKED_AT in request.POST:
        return redirect(request.get_full_path())
    left = QueryDict(mutable=True)
    for name, value in carried(request):
        left.appendlist(name, value)
    request.POST = left  # type: ignore[assignment]  # Django's own setter takes it
    return None


def _note(request: SignedInRequest, user: User, factor: str | None, *, refused: bool) -> None:
    """A line of the events and of the log about a factor that was shown."""  # L03
    told: Told = {"user": user.pk, "factor": factor or "none", "address": client_address(request)}
    if refused:
        sessions.record_refused_factor(user, told["factor"], address=told["address"], request_id=request.request_id)
        log.warning("confirm_refused", request_id=request.request_id, **told)
    else:
        sessions.record_confirmed(request.actor, user, told["factor"])
        log.info("confirmed", request_id=request.request_id, **told)
