"""A new password, before anything else: for whom somebody has declared compromised (access model §11)."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accesscontrol.accounts.models import User
from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.services.signing_in.new_passwords import set_password
from portal.declared import SIGNED_IN, declares
from portal.frame.forms.fields import ActForm
from portal.must_change import must_change
from portal.open_shapes import Cleaned
from portal.requests import SignedInRequest


class NewPasswordForm(ActForm):
    """The new password, twice."""

    password = forms.CharField(
        label=gettext_lazy("New password"), strip=False, max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("Several words that do not belong together are hard to guess and easy to remember."),
    )  # fmt: skip
    again = forms.CharField(
        label=gettext_lazy("Once more"), strip=False, max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip

    def clean(self) -> Cleaned:
        cleaned = super().clean() or self.cleaned_data
        if {"password", "again"} <= cleaned.keys() and cleaned["password"] != cleaned["again"]:
            self.add_error("again", _("The two are not the same. Type the new password in both fields."))
        return cleaned


@declares(SIGNED_IN)
def new_password(request: SignedInRequest) -> HttpResponse:
    """GET: asks for a new password; POST: sets it, and the person goes on. Nothing else is open to them before."""
    person = request.user
    if not must_change(request) or not isinstance(person, User):
        return redirect("home")
    form = NewPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = set_password(request.actor.itself(), person, form.cleaned_data["password"])
        except Invalid as error:
            form.take(error)
        except Conflict as error:
            form.add_error(None, str(error))
        else:
            update_session_auth_hash(request, user)
            messages.success(request, _("Your new password counts from now on."))
            return redirect("home")
    return render(request, "account/new_password.html", {"title": _("Choose a new password"), "form": form})


urlpatterns = [path("new-password/", new_password, name="new_password")]
