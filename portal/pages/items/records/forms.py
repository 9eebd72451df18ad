"""Forms of an item's sections: a time span, a record, an output, deleting many."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accesscontrol import catalogue
from accesscontrol.access.look import Look
from accesscontrol.items.models import Record
from portal.frame.forms.fields import ActForm, DataField, MomentField, ThingField
from portal.open_shapes import Cleaned


class SpanForm(ActForm):
    """From when until when."""

    since = MomentField(label=_("From"))
    until = MomentField(label=_("Until"))


class RecordForm(ActForm):
    """One row of a section: its name where rows have one, its data, and the device that it names."""

    def __init__(
        self, *args: Any, section: str, look: Look | None = None, kind: str = "", edits: bool = False, **rest: Any
    ):
        super().__init__(*args, **rest)
        known = catalogue.SECTIONS[section]
        if known.named:
            label = _("Command") if section == "commands" else _("Name")
            self.fields["name"] = forms.CharField(label=label, max_length=200, required=known.needs_name)
        self.fields["data"] = DataField(label=_("Data"), help_text=_("A JSON object, such as {“speed”: 30}."))
        if not edits and kind != "device" and section not in ("calls",) and look is not None:
            rows = look.visible("device:view").order_by("name_order", "id")
            self.fields["device"] = ThingField(
                rows, "device:view", label=_("Device that it names"), required=False,
                help_text=_("The row then shows only to who may view this device."),
            )  # fmt: skip


class OutputForm(ActForm):
    """An output and its new state."""

    name = forms.CharField(label=_("Output"), max_length=200)
    on = forms.BooleanField(label=_("On"), required=False)

    def __init__(self, data: Any = None, *, row: Record | None, **rest: Any):
        initial = {"name": row.name, "on": bool(row.data.get("on"))} if row else {}
        super().__init__(data, initial=initial, **rest)
        self.kept = dict(row.data) if row else {}

    def clean(self) -> Cleaned:
        cleaned = super().clean() or self.cleaned_data
        cleaned["data"] = {**self.kept, "on": cleaned.get("on", False)}
        return cleaned


class ClearForm(ActForm):
    """Delete the rows of a section before a time, or all of them."""

    before = MomentField(label=_("Delete what is older than"), help_text=_("Leave it empty to delete everything."))
    sure = forms.BooleanField(label=_("Yes, delete them. This cannot be undone."))
