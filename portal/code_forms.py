"""allauth's forms of codes; a code of an authenticator app counts once, and none of a step before it does after it."""

from __future__ import annotations

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from django import forms

from accesscontrol.services.signing_in.factors import use_code


class OnceOnly(forms.Form):
    """What allauth found to be right is looked at once more."""  # A14

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]  # of allauth's form beside it
        if not use_code(self.authenticator, code):  # type: ignore[attr-defined]  # that form has set it
            raise get_adapter().validation_error("incorrect_code")
        return code


class SecondStepForm(OnceOnly, AuthenticateForm):
    """After the password."""


class ConfirmForm(OnceOnly, ReauthenticateForm):
    """Once more, by somebody who is signed in."""
