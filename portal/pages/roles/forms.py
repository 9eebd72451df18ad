"""The form of a role: its rights in three blocks, and how far back its users see."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accesscontrol import catalogue
from portal.frame.forms.fields import ActForm, DaysField, ThingField
from portal.frame.shown.parts import Section
from portal.templatetags.icons import icon


def right_choices() -> list[tuple[str, str]]:
    """The rights that can be given, each with its drawing, its name and what it is for."""
    return [
        (right.code, format_html("{} {}", icon(right.icon), ": ".join(filter(None, [right.label, right.about]))))
        for right in catalogue.ADDITIONAL_RIGHTS
    ]


class RoleForm(ActForm):
    """Owner rights are never given and basic rights are always on, so only the additional ones are ticked."""

    name = forms.CharField(label=_("Name"), max_length=200)
    rights = forms.MultipleChoiceField(
        label=_("Additional rights"), required=False, widget=forms.CheckboxSelectMultiple, choices=right_choices
    )
    history_days = DaysField(label=_("Available object history"), help_text=_("Days; empty = as the account."))

    def __init__(self, *args: Any, basics: str, accounts: QuerySet | None = None, **rest: Any):
        """basics: what the basic rights alone let somebody see."""
        super().__init__(*args, **rest)
        if accounts is not None:
            text = _("Users of this account and of those below it can be given the role.")
            account = ThingField(
                accounts.order_by("name_order", "pk"), "role:create", label=_("Create for"), help_text=text, empty=""
            )
            self.fields = {"account": account, **self.fields}
        owner = ", ".join(right.label for right in catalogue.OWNER_RIGHTS)
        basic = ", ".join(right.label for right in catalogue.BASIC_RIGHTS)
        self.groups = (
            (_("Role"), "", ("account", "name", "history_days")),
            (_("Owner rights"), _("Never part of a role: %(rights)s.") % {"rights": owner}, ()),
            (_("Basic rights"), f"{_('Always on: %(rights)s.') % {'rights': basic}} {basics}", ()),
            (_("Additional rights"), "", ("rights",)),
        )

    def sections(self) -> list[Section]:
        """Also the two blocks without a field, so that people see all three tiers."""
        found = [
            (title, text, [self[name] for name in names if name in self.fields]) for title, text, names in self.groups
        ]
        return [{"title": title, "help": text, "fields": fields} for title, text, fields in found]
