"""Filters of lists, for pages and programs alike: several values of one parameter mean any of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import or_
from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.open_shapes import Attributes, WidgetContext

#: So many values of one parameter are looked for at once.
MOST_VALUES = 50


class SeveralInputs(forms.TextInput):
    """A text field for each value, and an empty one for the next."""

    template_name = "django/forms/widgets/multiwidget.html"

    def get_context(self, name: str, value: Any, attrs: Attributes | None) -> WidgetContext:
        context = super().get_context(name, None, attrs)
        own = context["widget"]["attrs"]
        inputs = []
        for number, one in enumerate([*(one for one in value or () if one), ""]):
            told = {"id": f"{own['id']}_{number}"} if "id" in own else {}
            inputs.append(forms.TextInput().get_context(name, one, {**own, **told})["widget"])
        context["widget"]["subwidgets"] = inputs
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:  # noqa: ARG002  (as Django calls it)
        return data.getlist(name)

    def id_for_label(self, id_: str) -> str:
        """The label is that of the first one."""
        return f"{id_}_0"


class SeveralField(forms.Field):
    """Values of one parameter, each read by the same field; an empty one, as forms send it, is none."""

    default_error_messages = {"many": _("Name at most %(most)s values at once.")}

    def __init__(self, each: forms.Field, **rest: Any):
        self.each = each
        self.choices = list(getattr(each, "choices", ()))
        rest.setdefault("widget", forms.SelectMultiple if self.choices else SeveralInputs)
        super().__init__(**rest)
        if self.choices:
            self.widget.choices = self.choices

    def widget_attrs(self, widget: forms.Widget) -> Attributes:
        """A label stands at the first input only."""
        return {"aria-label": self.label} if isinstance(widget, SeveralInputs) and self.label else {}

    def clean(self, value: Any) -> list[Any]:
        given = [one for one in dict.fromkeys(value or ()) if one != ""]
        if len(value or ()) > MOST_VALUES:
            raise forms.ValidationError(self.error_messages["many"], code="many", params={"most": MOST_VALUES})
        found, wrong = [], []
        for one in given:
            try:
                found.append(self.each.clean(one))
            except forms.ValidationError as error:
                wrong += error.error_list
        if wrong:
            raise forms.ValidationError(wrong)
        return found


class AnyOf(django_filters.Filter):
    """Rows that fit any of the values. rows_of: the method of the filter set that says which rows fit one of them."""

    field_class = SeveralField
    several = True

    def __init__(self, each: forms.Field, *, rows_of: str = "", **rest: Any):
        super().__init__(each=each, **rest)
        self.rows_of = rows_of

    def filter(self, qs: QuerySet, value: list[Any]) -> QuerySet:
        return qs.filter(self.fitting(value)) if value else qs

    def fitting(self, values: Iterable[Any]) -> Q:
        """The rows that fit one of these."""
        if self.rows_of:
            return reduce(or_, (getattr(self.parent, self.rows_of)(one) for one in values))
        column = self.field_name if self.lookup_expr == "exact" else f"{self.field_name}__{self.lookup_expr}"
        return reduce(or_, (Q(**{column: one}) for one in values))


def wrong_names(data: QueryDict, known: Mapping[str, bool]) -> dict[str, str]:
    """Parameters of an address that are unknown or named too often. known: name → whether several values count."""
    found = {}
    for name, values in data.lists():
        if name not in known:
            found[name] = gettext("“%(name)s” is no filter here. Take it off.") % {"name": name[:100]}
        elif len(values) > 1 and not known[name]:
            found[name] = gettext("“%(name)s” takes one value. Take the others off.") % {"name": name}
    return found


def wrong_values(form: forms.BaseForm) -> dict[str, str]:
    """Parameters whose values the form cannot read, each with its sentences."""
    labels = {name: f"{field.label or name}: " for name, field in form.fields.items()}
    return {name: labels.get(name, "") + " ".join(map(str, sentences)) for name, sentences in form.errors.items()}


def takes_several(one: django_filters.Filter) -> bool:
    """Whether a filter may be named more than once."""
    return getattr(one, "several", False)
