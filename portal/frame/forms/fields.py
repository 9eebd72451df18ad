"""What every form is made of: fields for things (narrowed by visible()), JSON and times; errors from services."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accesscontrol.accounts.names import named, named_in, order_of
from accesscontrol.json_data import DATA, NO_JSON, JSONFault, JsonObject, read_json
from accesscontrol.moments import MomentFault, read_moment
from accesscontrol.services.frame.errors import Invalid, Problem
from portal.addresses import name_in_address
from portal.frame.forms.moment_input import MomentInput
from portal.frame.forms.typed import PicksOrKeys
from portal.frame.refusals import in_words
from portal.frame.shown.parts import Section, Words

SHOWN = 20
#: So many things are chosen in one field at once; of those that were chosen, so many are shown as choices.
MOST_CHOSEN, SHOWN_CHOSEN = 5000, 100
#: So many keys that name nothing are told at once.
SHOWN_ABSENT = 3


class ActForm(forms.Form):
    """A form whose act may find something wrong: its sentences are put at their fields.

    groups: [(title, help, field names)] when the fields come in sections.
    made_from: the state that it was made from, as it carries it (see rebasing); empty where there is nothing yet.
    """

    groups: Sequence[tuple[str | Promise, str | Promise, Sequence[str]]] = ()
    made_from = ""

    def field_of(self, problem: Problem) -> str:
        """The field that a problem is shown at."""
        return problem.field

    def take(self, error: Invalid) -> None:
        """Show what an act found wrong, at the field where there is one."""
        for problem in error.problems:
            field = self.field_of(problem)
            self.add_error(field if field in self.fields else None, in_words(problem))

    def offer(self, name: str, choices: Iterable[Any]) -> None:
        """What may be chosen in a field of choices."""
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def outlives(self, name: str) -> bool:  # noqa: ARG002  (some forms have fields that go with what they stand for)
        """Whether what was typed in a field counts though the form has the field no longer."""
        return True

    def sections(self) -> list[Section]:
        """The bound fields in their sections; empty when the form has none."""
        return self.sections_of(self.groups)

    def sections_of(self, groups: Iterable[tuple[Words, Words, Sequence[str]]]) -> list[Section]:
        """The bound fields of these sections."""
        found: list[Section] = []
        for title, help_text, names in groups:
            fields = [self[name] for name in names if name in self.fields]
            if fields:
                found.append({"title": title, "help": help_text, "fields": fields})
        return found


def thing_label(thing: Model) -> str:
    """How a thing is called in a list to choose from: its name and whose it is."""
    account = getattr(thing, "account", None)
    return f"{thing} · {account}" if account is not None else str(thing)


class ThingField(forms.Field):
    """One row of a queryset that visible() has narrowed, named by its key.

    rows: what may be chosen. permission: of the autocomplete address that offers the same rows. shown: how many are
    offered without a script.
    """

    widget = forms.Select
    default_error_messages = {"unknown": _("There is no such choice. Type a few letters and choose from the list.")}
    many = False

    def __init__(
        self, rows: QuerySet, permission: str, *, query: str = "", empty: str | Promise = "—",
        shown: int = SHOWN, **rest: Any,
    ):  # fmt: skip
        super().__init__(**rest)
        self.shown = shown
        of_account = any(field.name == "account" for field in rows.model._meta.fields)
        self.rows = rows.select_related("account") if of_account else rows
        self.empty = empty
        self.chosen: list[Model] = []
        self.offered: list[tuple[str, str | Promise]] | None = None
        url = reverse("choices", kwargs={"permission": permission})
        self.widget.attrs["data-autocomplete"] = f"{url}?{query}" if query else url
        self.widget.choices = self.options  # type: ignore[assignment]  # Django also takes a callable

    def __deepcopy__(self, memo: dict[int, object]) -> ThingField:
        copied = super().__deepcopy__(memo)
        copied.offered = None
        copied.widget.choices = copied.options  # type: ignore[assignment]  # Django also takes a callable
        return copied

    def offer(self, chosen: Any) -> None:
        """Offer these rows besides the first few, so that what is chosen is shown."""
        self.chosen = [chosen] if isinstance(chosen, Model) else list(chosen or ())
        self.offered = None

    def options(self) -> list[tuple[str, str | Promise]]:
        """Value and words of what is offered; asked of the database once, however often the widget asks."""
        if self.offered is None:
            self.offered = self._read_choices()
        return self.offered

    def _read_choices(self) -> list[tuple[str, str | Promise]]:
        offered = {name_in_address(row): thing_label(row) for row in self.chosen}
        # Sorting all that may be chosen costs more than it helps.
        some = self.rows.order_by()[: self.shown] if self.shown else ()
        offered |= {name_in_address(row): thing_label(row) for row in sorted(some, key=lambda row: order_of(str(row)))}
        unasked = self.many or (self.required and not self.empty)
        return [*([] if unasked else [("", self.empty)]), *offered.items()]

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Model):
            self.offer(value)
            return name_in_address(value)
        found = named(self.rows, value).first() if isinstance(value, str) and value else None
        if found is None:
            return value
        self.offer(found)
        return name_in_address(found)

    def clean(self, value: Any) -> Any:
        if value in self.empty_values:
            super().clean(value)
            return None
        found = named(self.rows, value).first()
        if found is None:
            raise forms.ValidationError(self.error_messages["unknown"], code="unknown")
        return found


class ThingsField(ThingField):
    """Some rows of a queryset that visible() has narrowed. typed: whether their keys may be typed as well."""

    widget = forms.SelectMultiple
    many = True
    default_error_messages = {
        "many": _("Choose at most %(most)s at once; these are %(count)s."),
        "typed": _(
            "There is no such choice. There is nothing here with the key %(keys)s. Check it, or choose from the list."
        ),
    }

    def __init__(self, *args: Any, typed: bool = True, **rest: Any):
        super().__init__(*args, **{**({"widget": PicksOrKeys} if typed else {}), **rest})
        self.typed = typed

    def prepare_value(self, value: Any) -> Any:
        listed: list[Any] = [one for one in value or () if isinstance(one, Model) or (one and "\x00" not in one)]
        if listed and isinstance(listed[0], Model):
            self.offer(listed[:SHOWN_CHOSEN])
            return [name_in_address(row) for row in listed]
        found = named_in(self.rows, listed[:SHOWN_CHOSEN])
        self.offer(found.values())
        return [name_in_address(found[one]) if one in found else one for one in listed]

    def clean(self, value: Any) -> list[Any]:
        listed = [one for one in dict.fromkeys(value or ()) if one]
        if self.required and not listed:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        if len(listed) > MOST_CHOSEN:
            params = {"most": MOST_CHOSEN, "count": len(listed)}
            raise forms.ValidationError(self.error_messages["many"], code="many", params=params)
        found = named_in(self.rows, listed)
        if len(found) != len(listed):
            absent = [f"“{one[:100]}”" for one in listed if one not in found][:SHOWN_ABSENT]
            said = self.error_messages["typed" if self.typed else "unknown"]
            raise forms.ValidationError(said, code="unknown", params={"keys": ", ".join(absent)})
        return list(dict.fromkeys(found.values()))


class DataField(forms.CharField):
    """A JSON object, written as text."""

    widget = forms.Textarea

    def __init__(self, **rest: Any):
        super().__init__(required=False, **rest)
        self.widget.attrs |= {"rows": 8, "spellcheck": "false", "class": "code"}

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else json.dumps(value or {}, indent=2, ensure_ascii=False)

    def clean(self, value: Any) -> JsonObject:
        text = super().clean(value)
        if not text.strip():
            return {}
        found = read_data(text)
        if not isinstance(found, dict):
            raise forms.ValidationError(_("Write a JSON object: names and values in curly brackets."), code="json")
        return found


def read_data(text: str) -> Any:
    """JSON that somebody typed, as bounded as the data of a thing. Raises forms.ValidationError."""
    try:
        return read_json(text, DATA)
    except JSONFault as error:
        advice = _("Write it as {“name”: value}, with straight quotes.")
        said = f"{error} {advice}" if error.said.code == NO_JSON.code else str(error)
        raise forms.ValidationError(said, code=error.said.code) from error


class MomentField(forms.DateTimeField):
    """A date and time in the zone of the user; empty = none. kept: what it stands for, while it is left alone."""

    kept: datetime | None = None

    def __init__(self, **rest: Any):
        rest.setdefault("required", False)
        super().__init__(widget=MomentInput(), **rest)

    def prepare_value(self, value: Any) -> Any:
        """With its zone, of which the widget makes what is shown."""
        return value

    def to_python(self, value: Any) -> datetime | None:
        """In UTC: Python finds two times of zones unequal in the hour that their clocks show twice."""
        if value in self.empty_values or isinstance(value, datetime):
            return value or None
        try:
            return read_moment(str(value).strip(), timezone.get_current_timezone())
        except MomentFault as error:
            raise forms.ValidationError(str(error), code=error.said.code) from error

    def _clean_bound_field(self, bound: forms.BoundField) -> datetime | None:
        """Django's hook for what a form started with: what nobody touched stays to the microsecond, though the page
        shows seconds."""
        if self.kept is not None:
            return self.kept
        moment = self.clean(bound.initial if self.disabled else bound.data)
        before = bound.initial
        untouched = isinstance(before, datetime) and moment == before.replace(microsecond=0)
        return before if untouched else moment


class DaysField(forms.IntegerField):
    """A number of days; empty = no limit of its own."""

    def __init__(self, **rest: Any):
        rest.setdefault("required", False)
        super().__init__(min_value=0, max_value=36_500, **rest)
