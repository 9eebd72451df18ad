"""Forms of tokens: issue a standard or master token, change one, give it a new key."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from portal.forms.base import ActForm, MomentField, ThingField

DAY = 24 * 3600


class TokenForm(ActForm):
    """What can be changed of a token."""

    name = forms.CharField(label=_("Name"), max_length=200)
    enabled = forms.BooleanField(label=_("Enabled"), required=False, initial=True)
    expires_at = MomentField(label=_("Ends"), help_text=_("At least one of the two ends is needed."))
    idle_days = forms.FloatField(
        label=_("Ends after days without use"), required=False, min_value=0.001, max_value=3650,
        help_text=_("The first end counts."),
    )  # fmt: skip
    allowed_addresses = forms.CharField(
        label=_("Allowed addresses"), required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One network a line, such as 203.0.113.0/24. Empty = from anywhere."),
    )  # fmt: skip

    def clean_allowed_addresses(self) -> tuple[str, ...]:
        return tuple(line.strip() for line in self.cleaned_data["allowed_addresses"].splitlines() if line.strip())

    def values(self) -> dict[str, Any]:
        """The fields as the service names them; the unused time only when it was changed, since days are rounded."""
        values = dict(self.cleaned_data)
        days = values.pop("idle_days")
        if "idle_days" in self.changed_data:
            values["idle_ttl"] = round(days * DAY) if days else None
        return values

    def take(self, error) -> None:
        """The service counts the unused time in seconds; here it is days."""
        for field, sentences in error.errors.items():
            name = "idle_days" if field == "idle_ttl" else field
            for sentence in sentences:
                self.add_error(name if name in self.fields else None, sentence)


class TokenCreateForm(TokenForm):
    """A new token that has everything its account or user has; ACL tokens have rules of their own."""

    type = forms.ChoiceField(
        label=_("Access"), widget=forms.RadioSelect, initial="standard",
        choices=[
            ("standard", _("Standard: items, without access management")),
            ("master", _("Master: everything, access management included")),
        ],
    )  # fmt: skip

    def __init__(self, *args, actor: Actor, accounts: QuerySet, **rest):
        super().__init__(*args, **rest)
        self.fields["account"] = ThingField(accounts.order_by("name"), "token:create", label=_("Create for"), empty="")
        people = engine.visible(actor, "user:view").filter(authority__in=["owner", "administrator", "developer"])
        self.fields["user"] = ThingField(
            people.order_by("username"), "user:view", lookup="username", label=_("Acts for"), required=False,
            empty=_("the account"), help_text=_("A token of a user dies with that user's access."),
        )  # fmt: skip
        del self.fields["enabled"]
        self.order_fields(["account", "name", "type", "user", "expires_at", "idle_days", "allowed_addresses"])


class RotateForm(ActForm):
    """How long the old key counts besides the new one."""

    hours = forms.IntegerField(
        label=_("The old key counts for so many hours longer"), min_value=0, max_value=168, initial=0,
        help_text=_("0 = it is dead at once; a week (168) at most."),
    )  # fmt: skip
