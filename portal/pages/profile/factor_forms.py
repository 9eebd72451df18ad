"""Forms of one's own password and factors."""

from __future__ import annotations

import json
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.totp.internal.auth import generate_totp_secret, validate_totp_code
from allauth.mfa.webauthn.internal import auth as ceremony
from django import forms
from django.utils.translation import gettext_lazy as _

from accesscontrol.accounts.models import User
from accesscontrol.json_data import JsonObject
from accesscontrol.sealing import Unreadable, seal, unseal
from portal.frame.forms.fields import ActForm

NEW_APP = "new_app"  # a name in the session
LONGEST_NAME = 60


def password_field(label: Any, autocomplete: str, **rest: Any) -> forms.CharField:
    """A password as it is typed: neither cut nor trimmed; it may be pasted."""  # A02, A08
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete, "spellcheck": "false"})
    return forms.CharField(label=label, strip=False, widget=widget, **rest)


class PasswordForm(ActForm):
    """The password of before and a new one; who has none yet leaves the first out."""  # A07

    current = password_field(_("Password until now"), "current-password")
    password = password_field(_("New password"), "new-password")

    def __init__(self, *args: Any, user: User, shortest: int, **rest: Any):
        super().__init__(*args, **rest)
        self.user = user
        if not user.has_usable_password():
            del self.fields["current"]
        said = _("At least %(number)s characters; several words that do not belong together are easy to remember.")
        self.fields["password"].help_text = said % {"number": shortest}

    def clean_current(self) -> str:
        """Tries are counted as those of signing in are."""
        current: str = self.cleaned_data["current"]
        if not get_adapter().reauthenticate(self.user, current):
            raise forms.ValidationError(_("This is not your password."), code="wrong")
        return current


def new_secret() -> str:
    """The key of an app that is being added: the same in every tab until it is. The session keeps it sealed."""
    session = context.request.session
    try:
        return unseal(session[NEW_APP])
    except (KeyError, Unreadable):
        secret = generate_totp_secret()
        session[NEW_APP] = seal(secret)
        return secret


class AppForm(ActForm):
    """The first code of an authenticator app, which shows that it has the key."""

    code = forms.CharField(
        label=_("Code"), max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "class": "code"}),
        help_text=_("The six digits that the app shows now."),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, user: User):
        super().__init__(data)
        self.user = user
        self.secret = new_secret()

    def clean_code(self) -> str:
        forget = check_rate_limit(self.user)
        code: str = self.cleaned_data["code"]
        if not validate_totp_code(self.secret, code):
            said = _(
                "This is not the code. Type the one that the app shows now; the clock of your phone has to be right."
            )
            raise forms.ValidationError(said, code="wrong")
        forget()
        return code


class NameForm(ActForm):
    """What a passkey is called."""

    name = forms.CharField(
        label=_("Name"), max_length=LONGEST_NAME, help_text=_("How you tell it from others: “Work laptop”, “My phone”.")
    )


class PasskeyForm(NameForm):
    """A new passkey: its name, and what the browser has made."""

    credential = forms.JSONField(widget=forms.HiddenInput)

    def clean_credential(self) -> JsonObject:
        """As the server asked for it, at this address, with the person's finger, face or PIN."""
        credential = self.cleaned_data["credential"]
        try:
            ceremony.parse_registration_response(credential)
            made = ceremony.complete_registration(credential)
        except (ValueError, KeyError, AttributeError) as error:
            raise forms.ValidationError(_("The passkey was not taken. Try again."), code="wrong") from error
        if not made.is_user_verified():
            raise forms.ValidationError(_("The passkey has to ask for your finger, face or PIN."), code="unverified")
        return credential


def creation_options(user: User) -> str:
    """What the browser is asked to make: a passkey that lets in by itself. JSON; the session keeps what was asked."""
    return json.dumps(ceremony.begin_registration(user, passwordless=True))
