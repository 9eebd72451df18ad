"""The forms of signing in: by password, and by a token."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm
from django import forms
from django.utils.translation import gettext_lazy as _

from accesscontrol.accounts.names import fold
from portal.open_shapes import Cleaned
from portal.pages.sign_in.words import NOT_LET_IN

#: Codes of what is told plainly: how long to wait. Everything else gets the one sentence.
TOLD = ("too_many_login_attempts",)
#: Only who gives the right password learns that the address is not confirmed yet.
UNVERIFIED = "unverified"
REFUSED = "refused"


class SignInForm(LoginForm):
    """Username or address, and password. Wrong, unknown, blocked, disabled and ended all get the same sentence."""

    refusal = NOT_LET_IN
    unverified = _("Your e-mail address is not confirmed yet. Open the link in the mail that we sent you.")

    def __init__(self, *args: Any, **rest: Any):
        super().__init__(*args, **rest)
        self.fields["login"].label = _("Username or e-mail")
        self.fields["password"].label = _("Password")
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
            field.help_text = ""

    def clean_login(self) -> str:
        """In the one form that names are compared in, so that tries are counted together however it is written."""
        return fold(super().clean_login())

    def user_credentials(self) -> dict[str, str]:
        """What was typed, which may be an address: whose it is, the backend finds out. Tries are counted by it too, so
        that nobody learns from them which address belongs to a name."""
        return {"username": self.cleaned_data["login"], "password": self.cleaned_data["password"]}

    def clean(self) -> Cleaned:
        try:
            return super().clean()
        except forms.ValidationError as error:
            if error.code in TOLD:
                raise
            if hasattr(self.request, "unverified"):
                raise forms.ValidationError(self.unverified, code=UNVERIFIED) from error
            raise forms.ValidationError(self.refusal, code=REFUSED) from error


class TokenSignInForm(forms.Form):
    """The key of a token. Whatever is wrong with it, the answer is one and the same sentence."""

    refusal = _("This token does not let you in. Check that you pasted all of it, or ask for a new one.")
    too_many = _("Too many tokens that do not let you in. Wait a minute, then try again.")
    key = forms.CharField(
        label=_("Token"),
        max_length=200,
        error_messages={"required": _("Paste the token that you were given.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "code"}),
    )
