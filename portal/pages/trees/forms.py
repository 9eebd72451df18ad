"""The form by which the platform operator enters a tree."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accesscontrol.accounts.models import REASON_LENGTH
from accesscontrol.services.accounts.entries import SHORTEST_REASON
from portal.frame.forms.fields import ActForm


class EnterForm(ActForm):
    """Why. That is all that is asked; how long is the same for everybody."""

    reason = forms.CharField(
        label=_("Reason"), max_length=REASON_LENGTH, min_length=SHORTEST_REASON,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
        help_text=_("What you want to do or see, and who asked for it. The people of this account read it."),
    )  # fmt: skip
