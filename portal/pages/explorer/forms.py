"""The form of the access explorer: a caller, a permission, a thing, and under which circumstances."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accesscontrol import catalogue
from accesscontrol.access.permissions import Permission, UnknownName, permission
from accesscontrol.accounts.addresses import read_address
from portal.frame.forms.fields import MomentField
from portal.frame.forms.long_select import LongSelect
from portal.open_shapes import Cleaned


def permission_label(name: str) -> str:
    """A permission in words, with the kind in front so that it can be found by typing."""
    found = permission(name)
    kind = _(catalogue.KINDS[found.kind].label)
    section = f" · {_(found.section.replace('_', ' '))}" if found.section else ""
    return f"{kind}{section}: {_(found.verb)}"


def permission_choices() -> list[tuple[str, Any]]:
    """The whole catalogue, a group a kind: the kind's own verbs, then section by section."""
    groups = [
        (str(_(kind.label)), [(name, permission_label(name)) for name in kind.permissions])
        for kind in catalogue.KINDS.values()
    ]
    return [("", _("Choose what is to be done")), *groups]


class NameField(forms.CharField):
    """Somebody or something by its full name (`device:truck-7`), offered while one types.

    The select offers what the view says is chosen; every other name comes from the address that suggests.
    """

    widget = forms.Select

    def __init__(self, only: tuple[str, ...] = (), **rest: Any):
        super().__init__(required=False, max_length=200, **rest)
        query = "&".join(f"only={noun}" for noun in only)
        self.widget.attrs["data-autocomplete"] = format_lazy("{}?{}", reverse_lazy("search_suggest"), query)

    def offer(self, *offered: tuple[str, str]) -> None:
        """What can be chosen without typing: (value, words)."""
        self.widget.choices = list(dict.fromkeys(offered))


class ExplorerForm(forms.Form):
    """May X do P on Y? Names are looked up by the view, as far as the asker may see them."""

    caller = NameField(("user", "token", "account"), label=gettext_lazy("Who"))
    permission = forms.CharField(label=gettext_lazy("May do what"), required=False, max_length=100, widget=LongSelect)
    thing = NameField(label=gettext_lazy("On what"))
    caller_typed = forms.CharField(label=gettext_lazy("Or type who, as user:anna"), required=False, max_length=200)
    thing_typed = forms.CharField(label=gettext_lazy("Or type what, as device:truck-7"), required=False, max_length=200)
    account = NameField(("account",), label=gettext_lazy("Acting as the account"))
    address = forms.CharField(label=gettext_lazy("From the address"), required=False, max_length=64)
    at = MomentField(label=gettext_lazy("At the time"))

    def __init__(self, *args: Any, may_vary: bool, **rest: Any):
        super().__init__(*args, **rest)
        self.fields["permission"].widget.choices = permission_choices()
        if not may_vary:
            del self.fields["address"], self.fields["at"]

    def clean_permission(self) -> Permission | None:
        try:
            return permission(self.cleaned_data["permission"]) if self.cleaned_data["permission"] else None
        except UnknownName as error:
            raise forms.ValidationError(str(error)) from error

    def clean_address(self) -> str:
        text = self.cleaned_data["address"].strip()
        try:
            return str(read_address(text)) if text else ""
        except ValueError as error:
            raise forms.ValidationError(_("This is not an IP address. Write one such as 10.1.2.3.")) from error

    def clean(self) -> Cleaned:
        cleaned = super().clean() or self.cleaned_data
        for name in ("caller", "thing"):
            cleaned[name] = (cleaned.get(f"{name}_typed") or cleaned.get(name) or "").strip()
        return cleaned

    def choose(self, field: str, name: str, words: str = "") -> None:
        """Offer what is chosen, so that the select shows it; in words when it was found."""
        select: Any = self.fields[field]
        select.offer(("", ""), *([(name, words or name)] if name else []))
        self.initial[field] = name
