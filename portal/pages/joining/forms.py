"""The forms of joining."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.frame.forms.fields import ActForm
from portal.frame.forms.passwords import password_field
from portal.open_shapes import Cleaned


class NewPasswordForm(ActForm):
    """A new password, typed twice."""

    password = password_field(_("New password"), help_text=_("At least 15 characters. A sentence is easy to remember."))
    again = password_field(_("The same again"))

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if "password" in self.cleaned_data and again != self.cleaned_data["password"]:
            raise forms.ValidationError(_("These two differ. Type the same password again."), code="differs")
        return again

    def values(self) -> Cleaned:
        """What the act takes."""
        return {name: value for name, value in self.cleaned_data.items() if name != "again"}


class JoinForm(NewPasswordForm):
    """What somebody adds who has been entered: their name, and a password."""

    first_name = forms.CharField(label=_("First name"), max_length=150, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=150, required=False)
    field_order: Sequence[str] = ("first_name", "last_name", "password", "again")


class RegisterForm(JoinForm):
    """What somebody chooses who registers."""

    username = forms.CharField(
        label=_("Username"), max_length=150, help_text=_("You sign in with it. Letters, digits and @ . + - _"),
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "off", "spellcheck": "false"}),
    )  # fmt: skip
    field_order = ("username", "first_name", "last_name", "password", "again")


class AddressForm(ActForm):
    """An e-mail address to write to."""

    email = forms.EmailField(
        label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
