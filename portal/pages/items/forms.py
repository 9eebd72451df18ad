"""Forms of items: create, change, move; settings as names and values or as JSON."""

from __future__ import annotations

import json
from typing import Any, TypedDict
from zlib import crc32

from django import forms
from django.utils.translation import gettext_lazy as _

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.look import Look
from accesscontrol.accounts.names import order_of
from accesscontrol.items.models import IDENT_LENGTH, Item
from portal.frame.forms.fields import ActForm, DataField, DaysField, ThingField, ThingsField, read_data
from portal.open_shapes import Cleaned


class IdentField(forms.CharField):
    """The ident of a device, modem or asset; empty = none."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Ident"), required=False, max_length=IDENT_LENGTH,
            help_text=_("Its IMEI, serial number or name on the wire; unique in the account."),
        )  # fmt: skip
        self.widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}


class ItemCreateForm(ActForm):
    """A new item: for which account, its name and ident, its settings, and what it is put into."""

    name = forms.CharField(label=_("Name"), max_length=200)

    def __init__(self, *args: Any, look: Look, kind: str, accounts: Any, **rest: Any):
        super().__init__(*args, **rest)
        text = _("It belongs to this account; accounts above it see it too.")
        account = ThingField(
            accounts.order_by("name_order", "pk"), f"{kind}:create", label=_("Create for"), help_text=text, empty=""
        )
        self.fields = {"account": account, **self.fields}
        if catalogue.KINDS[kind].has_ident:
            self.fields["ident"] = IdentField()
        self.fields["settings"] = DataField(label=_("Settings"), help_text=_("A JSON object; leave it empty for none."))
        containers = catalogue.LINKS.get(kind, ())
        if containers:
            rows = look.visible(engine.ANY_ITEM_VIEW).filter(kind__in=containers).order_by("name_order", "id")
            query = "&".join(f"kind={name}" for name in containers)
            self.fields["links"] = ThingsField(
                rows, engine.ANY_ITEM_VIEW, query=query, label=_("Put into"), required=False,
                help_text=_("Groups, channels and other things that it shall be linked to."),
            )  # fmt: skip


class ItemChangeForm(ActForm):
    """Name, ident and history depth of an item; its settings where the kind has no section for them."""

    name = forms.CharField(label=_("Name"), max_length=200)

    def __init__(self, data: Any = None, *, look: Look, item: Item, **rest: Any):
        initial = {name: getattr(item, name) for name in ("name", "ident", "settings", "history_days")}
        super().__init__(data, initial=initial, **rest)
        if catalogue.KINDS[item.kind].has_ident:
            self.fields["ident"] = IdentField()
        if look.may("subscription:change", item.account):
            text = _("Days of messages, media, intervals and events that can be seen; empty = as the account.")
            self.fields["history_days"] = DaysField(label=_("History depth"), help_text=text)
        if "settings" not in catalogue.KINDS[item.kind].sections:
            self.fields["settings"] = DataField(label=_("Settings"))


class ItemMoveForm(ActForm):
    """Another account for an item."""

    def __init__(self, *args: Any, accounts: Any, kind: str, **rest: Any):
        super().__init__(*args, **rest)
        text = _(
            "It leaves the grants of accounts that it is no longer below, and a developer who owned it stays behind. "
            "Its assignments and projects stay as rows, and count as far as the new account allows."
        )
        self.fields["account"] = ThingField(
            accounts.order_by("name_order", "pk"),
            f"{kind}:create",
            label=_("New account"),
            help_text=text,
            empty=_("Choose an account"),
        )


class SettingRow(TypedDict):
    """A setting: its name, its field or the value that only JSON changes, and the box to remove it."""

    name: str
    field: forms.BoundField | None
    value: object
    remove: forms.BoundField


class SettingsForm(ActForm):
    """An item's settings: a field for each value there is, with a box to remove it, one new value, and all as JSON.

    What is changed in the fields counts; the JSON counts when it was changed itself. shown: whether the caller may view
    the settings; else there is only the one new value, and the others stay as they are, unseen.
    """

    kinds = (("", _("as written")), ("text", _("text")), ("json", _("JSON")))

    def __init__(self, *args: Any, item: Item, shown: bool = True, **rest: Any):
        super().__init__(*args, **rest)
        #: What stays without being shown.
        self.unseen = {} if shown else dict(item.settings)
        #: Field → (setting, value before).
        named = sorted(item.settings.items(), key=lambda setting: order_of(setting[0])) if shown else []
        self.nested = {name: json.dumps(value, ensure_ascii=False) for name, value in named if not _is_plain(value)}
        self.plain = {value_field(name): (name, value) for name, value in named if _is_plain(value)}
        for field, (name, value) in self.plain.items():
            self.fields[field] = _field_for(name, value)
        #: Field → the setting that it removes; also of values that only the JSON can change.
        self.removals = {f"remove_{value_field(name)}": name for name, _value in named}
        for field, name in self.removals.items():
            self.fields[field] = forms.BooleanField(label=_("Remove %(name)s") % {"name": name}, required=False)
        self.fields["new_name"] = forms.CharField(label=_("New setting"), required=False, max_length=200)
        self.fields["new_kind"] = forms.ChoiceField(label=_("Written as"), required=False, choices=self.kinds)
        self.fields["new_value"] = forms.CharField(label=_("Its value"), required=False, max_length=2000)
        if not shown:
            return
        text = _("All settings. Take a line out to remove a setting.")
        self.fields["json"] = DataField(label=_("As JSON"), initial=item.settings, help_text=text)
        self.groups = (
            (_("Values"), "", tuple(self.plain)),
            (_("One more"), "", ("new_name", "new_kind", "new_value")),
            (_("Everything"), "", ("json",)),
        )

    def outlives(self, name: str) -> bool:
        """A setting that is gone need not be removed."""
        return not name.startswith("remove_")

    def rows(self) -> list[SettingRow]:
        """Each setting as a row: its name, its field (or the value that only JSON changes), the box to remove it."""
        fields = {name: self[field] for field, (name, _value) in self.plain.items()}
        return [
            {"name": name, "field": fields.get(name), "value": self.nested.get(name), "remove": self[field]}
            for field, name in self.removals.items()
        ]

    def clean(self) -> Cleaned:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        found = dict(cleaned.get("json", self.unseen))
        for field, (name, before) in self.plain.items():
            after = _typed(cleaned[field], before)
            if after != before and name in found:
                found[name] = after
        for field, name in self.removals.items():
            if cleaned[field]:
                found.pop(name, None)
        if cleaned["new_name"].strip():
            found[cleaned["new_name"].strip()] = self.new_value()
        cleaned["settings"] = found
        return cleaned

    def new_value(self) -> Any:
        """The value of the new setting, read as the form says."""
        text, kind = self.cleaned_data["new_value"], self.cleaned_data["new_kind"]
        if kind == "text":
            return text
        if kind == "json":
            try:
                return read_data(text)
            except forms.ValidationError as error:
                self.add_error("new_value", error)
        return _guess(text)


def value_field(name: str) -> str:
    """The field of a setting: its name stays whatever other settings come and go before the form is sent."""
    return f"value_{crc32(name.encode()):08x}"


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float | bool)


def _field_for(name: str, value: Any) -> forms.Field:
    if isinstance(value, bool):
        return forms.BooleanField(label=name, required=False, initial=value)
    if isinstance(value, int):
        return forms.IntegerField(label=name, initial=value)
    if isinstance(value, float):
        return forms.FloatField(label=name, initial=value)
    return forms.CharField(label=name, initial=value, required=False)


def _typed(after: Any, before: Any) -> Any:
    return float(after) if isinstance(before, float) and not isinstance(before, bool) else after


def _guess(text: str) -> Any:
    """A new value as people write it: a whole number, true or false, else text."""
    text = text.strip()
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    return int(text) if text.lstrip("-").isascii() and text.lstrip("-").isdigit() and len(text) < 16 else text
