"""What narrows the rows of a section: a time range, typed or by one click, and a text or a parameter's value."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django import forms
from django.db.models import Q, QuerySet, TextField
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Cast
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accesscontrol.json_data import DATA, JSONFault, read_json
from portal.filtering import wrong_names, wrong_values
from portal.pages.items.records.forms import SpanForm

#: A time range by one click: its name in the address, how long, its words.
QUICK = (
    ("1h", timedelta(hours=1), _("1 hour")),
    ("24h", timedelta(hours=24), _("24 hours")),
    ("7d", timedelta(days=7), _("7 days")),
    ("30d", timedelta(days=30), _("30 days")),
)
#: A text is looked for in so many days where no time range is chosen: it is found by reading row by row.
TEXT_SPAN = timedelta(days=31)
COMPARES = {"=": "exact", "!=": "exact", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
_COMPARISON = re.compile(r"^\s*([^\s<>=!][^<>=!]{0,99}?)\s*(!=|<=|>=|=|<|>)\s*(.{1,200}?)\s*$")
_LARGEST = 2**63


@dataclass(frozen=True, slots=True)
class Comparison:
    """`speed > 60`: a parameter, a sign and a value."""

    name: str
    sign: str
    value: Any

    def narrow(self, rows: QuerySet) -> QuerySet:
        """The rows in which it holds; a row without the parameter never does."""
        named = rows.annotate(filtered_value=KeyTransform(self.name, "data"))
        held = Q(**{f"filtered_value__{COMPARES[self.sign]}": self.value})
        return named.filter(data__has_key=self.name).filter(~held if self.sign == "!=" else held)


def read_comparison(text: str) -> Comparison | None:
    """The comparison that a text is, or None for a text that is to be looked for."""
    found = _COMPARISON.match(text)
    return Comparison(found[1], found[2], _value(found[3])) if found else None


def _value(text: str) -> Any:
    """A value as people write it: a number, true or false, else text (also in quotes)."""
    try:
        found = read_json(text, DATA)
    except JSONFault:
        return text
    if isinstance(found, bool | str):
        return found
    return found if isinstance(found, int | float) and abs(found) < _LARGEST else text


def holding(rows: QuerySet, text: str) -> QuerySet:
    """The rows with this text in their name or anywhere in their data, as it is written or as JSON escapes it.

    Records are too many and too long to keep their letters folded beside them. SQLite knows the case of a to z only, so
    it is asked for each usual way to write other letters.
    """
    named = rows.annotate(searched_text=Cast("data", TextField()))
    ways = dict.fromkeys([text, text.lower(), text.upper(), text.capitalize(), text.title()])
    written = [Q(name__icontains=way) | Q(searched_text__icontains=way) for way in ways]
    escaped = [Q(searched_text__icontains=json.dumps(way)[1:-1]) for way in ways]
    return named.filter(reduce(or_, [*written, *escaped]))


class RecordFilterForm(SpanForm):
    """From when until when, or the last hours; and what the rows shall hold. Its state stands in the address bar."""

    last = forms.ChoiceField(
        choices=[(name, words) for name, _span, words in QUICK], required=False, widget=forms.HiddenInput
    )
    q = forms.CharField(
        label=_("Holds"), required=False, max_length=300,
        widget=forms.TextInput(attrs={"placeholder": "speed > 60", "spellcheck": "false"}),
    )  # fmt: skip

    field_order = ["q", "since", "until", "last"]
    #: What else stands in the address of records: drawn parameters, and the place in the list.
    beside = {"p": True, "before": False, "after": False}

    @cached_property
    def wrong(self) -> dict[str, str]:
        """What the address says that nobody understands, each parameter with a sentence."""
        if not isinstance(self.data, QueryDict):  # nothing is asked
            return {}
        return wrong_names(self.data, dict.fromkeys(self.fields, False) | self.beside) | wrong_values(self)

    def clean_q(self) -> str:
        return self.cleaned_data["q"].replace("\x00", "").strip()

    def narrow(self, rows: QuerySet) -> QuerySet:
        """The rows that the form asks for; none where it cannot be read: all would look like an answer."""
        if not self.is_bound:
            return rows
        if self.wrong:
            return rows.none()
        since, until = self.span()
        rows = rows.filter(at__gte=since) if since else rows
        rows = rows.filter(at__lte=until) if until else rows
        text = self.cleaned_data["q"]
        comparison = read_comparison(text)
        if comparison is not None:
            return comparison.narrow(rows)
        return holding(rows, text) if text else rows

    def span(self) -> tuple[datetime | None, datetime | None]:
        """The time range, both ends open where nothing is chosen. For a form that is valid."""
        now, data = timezone.now(), self.cleaned_data
        for name, length, _words in QUICK:
            if data["last"] == name:
                return now - length, None
        if self.is_cut():
            return (data["until"] or now) - TEXT_SPAN, data["until"]
        return data["since"], data["until"]

    def is_cut(self) -> bool:
        """Whether a text is looked for in the latest days only, since no time range was chosen."""
        data = self.cleaned_data if self.is_bound and self.is_valid() else {}
        return bool(data.get("q")) and not data["last"] and not data["since"]
