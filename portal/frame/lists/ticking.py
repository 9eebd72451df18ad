"""Rows that are ticked in a list, and what is to be done with them, carried through the confirmation."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django import forms
from django.db.models import Model
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from accesscontrol.accounts.names import name_of
from portal.frame.forms.fields import ActForm


class TickColumn(tables.CheckBoxColumn):
    """A box where the person may do something with the row; `marks` of the table holds what."""

    def __init__(self, **rest: Any):
        attrs = {"th": {"class": "pick"}, "td": {"class": "pick"}}
        given = {"verbose_name": _("Ticked"), "empty_values": (), "orderable": False, "accessor": "pk", **rest}
        super().__init__(attrs=attrs, **given)

    @property
    def header(self) -> str:
        return render_to_string("components/tick_all.html")

    def render(self, record: Model, table: tables.Table) -> str:
        if not table.marks.get(record.pk):
            return ""
        return render_to_string("components/tick.html", {"value": name_of(record), "label": str(record)})


class TickedForm(ActForm):
    """Ticked rows, by their names, and what is to be done with them."""

    action = forms.CharField(widget=forms.HiddenInput)
    confirmed = forms.CharField(widget=forms.HiddenInput, initial="yes")
    selection = forms.MultipleChoiceField(widget=forms.MultipleHiddenInput, required=False)
