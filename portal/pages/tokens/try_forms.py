"""The form that tries a token: a permission and a thing, or a topic."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.pages.explorer.forms import ExplorerForm


class TryForm(ExplorerForm):
    """May this token do P on Y, or use this topic? Who asks and from where is settled."""

    action = forms.ChoiceField(
        label=_("Use a topic"), required=False, choices=[("subscribe", _("Subscribe to")), ("publish", _("Publish to"))]
    )
    topic = forms.CharField(
        label=_("Topic"), required=False, max_length=1024,
        widget=forms.TextInput(attrs={"placeholder": "fleet/7/alarms", "spellcheck": "false", "class": "code"}),
    )  # fmt: skip

    def __init__(self, *args: Any, **rest: Any):
        super().__init__(*args, may_vary=False, **rest)
        for name in ("caller", "caller_typed", "account"):
            del self.fields[name]

    def clean_action(self) -> str:
        return self.cleaned_data["action"] or "subscribe"
