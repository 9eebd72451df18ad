"""allauth's forms of passkeys, which take whatever somebody sends in the place of one: what is none is refused."""

from __future__ import annotations

from typing import Any

from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm, LoginWebAuthnForm, ReauthenticateWebAuthnForm
from django import forms
from django.utils.translation import gettext as _


class SoundCredential(forms.Form):
    """A credential that is not even shaped like one is a wrong one."""

    def clean_credential(self) -> Any:
        try:
            return super().clean_credential()  # type: ignore[misc]  # of allauth's form beside it
        except (KeyError, AttributeError, TypeError, ValueError) as error:
            raise forms.ValidationError(_("The passkey was not taken. Try again."), code="wrong") from error


class SecondStepForm(SoundCredential, AuthenticateWebAuthnForm):
    """After the password."""


class AloneForm(SoundCredential, LoginWebAuthnForm):
    """The passkey alone."""


class ConfirmForm(SoundCredential, ReauthenticateWebAuthnForm):
    """Once more, by somebody who is signed in."""
