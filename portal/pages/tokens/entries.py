"""The entries of an ACL token: a kind, on which things of it, which verbs, which sections; and topics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accesscontrol import catalogue
from accesscontrol.access.doors.token_contents import seen_rows
from accesscontrol.access.look import Look
from accesscontrol.accounts.names import order_of
from accesscontrol.services.tokens.specs import TokenRuleSpec, TopicSpec
from portal.addresses import name_in_address
from portal.frame.forms.fields import SHOWN, ThingsField, thing_label
from portal.frame.forms.long_select import LongSelect
from portal.open_shapes import Cleaned
from portal.pages.tokens.forms import StepForm
from portal.pages.tokens.long_lists import Before, TakenOffField

ACTIONS = [("subscribe", _("Subscribe")), ("publish", _("Publish"))]
VERB_LABELS = {"view": _("View"), "create": _("Create"), "change": _("Change"), "delete": _("Delete")}


def kind_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """The kinds that a token's entry can name, by family."""
    return [
        (
            str(_(label)),
            [
                (kind.name, str(_(kind.plural)))
                for kind in catalogue.KINDS.values()
                if kind.family == family and kind.name != "subscription"
            ],
        )
        for family, label in catalogue.FAMILIES.items()
    ]


def reach_choices(kind: catalogue.Kind) -> list[tuple[str, str]]:
    """On which things of the kind an entry can be."""
    plural = _now(kind.plural).lower()
    found = [("all", _now("All %(plural)s, also those made later") % {"plural": plural})]
    if "group" in catalogue.LINKS.get(kind.name, ()):
        found.append(("in_groups", _now("%(plural)s in groups") % {"plural": _now(kind.plural)}))
    if kind.name not in catalogue.ASKED_OF_ACCOUNT:
        found.append(("list", _now("Chosen %(plural)s") % {"plural": plural}))
    return found


class Box(TypedDict):
    """A box to tick in the grid of an entry."""

    name: str
    value: str
    checked: bool
    id: str
    label: str
    verb: str | Promise


class GridLine(TypedDict):
    """The kind itself or one of its sections; None where there is no such verb."""

    label: str
    cells: Sequence[Box | None]


class PickField(ThingsField):
    """A picker whose first choices are read once for all entries of a kind."""

    def __init__(self, pickers: Pickers, kind: str, **rest: Any):
        super().__init__(pickers.rows(kind), f"{kind}:view", required=False, **rest)
        self.pickers, self.kind = pickers, kind

    def _read_choices(self) -> list[tuple[str, str | Promise]]:
        chosen = {name_in_address(row): thing_label(row) for row in self.chosen}
        return list({**chosen, **self.pickers.first(self.kind)}.items())


class Pickers:
    """What the pickers of the entries offer: what the person may view, asked of the engine once a kind."""

    def __init__(self, look: Look):
        self.look = look
        self._rows: dict[str, QuerySet] = {}
        self._first: dict[str, dict[str, str]] = {}

    def rows(self, kind: str) -> QuerySet:
        if kind not in self._rows:
            self._rows[kind] = seen_rows(self.look, kind)
        return self._rows[kind]

    def first(self, kind: str) -> dict[str, str]:
        """Some things of a kind, key and words: what can be chosen without a script and without typing."""
        if kind not in self._first:
            some = self.rows(kind).order_by()[:SHOWN]
            named = sorted(some, key=lambda row: order_of(str(row)))
            self._first[kind] = {name_in_address(row): thing_label(row) for row in named}
        return self._first[kind]


class RuleForm(StepForm):
    """One entry. kind: read from what was sent, since everything else depends on it. before: what it was.

    `based` says that the form was made without the things of a long list: what is sent adds to it and takes off it.
    """

    origin = forms.CharField(required=False, widget=forms.HiddenInput)
    based = forms.CharField(required=False, widget=forms.HiddenInput)
    shown = forms.CharField(required=False, widget=forms.HiddenInput)
    all_sections = forms.BooleanField(label=_("All sections, also later ones"), required=False)

    def __init__(self, data: QueryDict, number: int, pickers: Pickers, before: Before | None = None):
        super().__init__(data, prefix=f"rule-{number}")
        sent_as = (data.get(f"{self.prefix}-kind"), data.get(f"{self.prefix}-reach"))
        self.number, self.before = number, before if before and sent_as == (before.kind, before.reach) else None
        sent = data.get(f"{self.prefix}-kind", "device")
        self.noun = catalogue.KINDS[sent if sent in catalogue.KINDS and sent != "subscription" else "device"]
        plural = _now(self.noun.plural)
        again = {"hx-post": "", "hx-trigger": "change", "hx-vals": f'{{"do": "refresh:{number}"}}'}
        self.fields["kind"] = forms.ChoiceField(label=_("Kind"), choices=kind_choices(), widget=LongSelect(attrs=again))
        reaches = dict(reach_choices(self.noun))
        self.fields["reach"] = forms.ChoiceField(
            label=_("On which"), choices=list(reaches.items()), widget=forms.RadioSelect
        )
        if "list" in reaches:
            self.fields["items"] = PickField(pickers, self.noun.name, label=plural)
        if "in_groups" in reaches:
            self.fields["groups"] = PickField(pickers, "group", label=_("Groups"))
        if self.listed:
            self.fields["removed"] = TakenOffField(self.listed, label=_("Take off the list"))
            self.fields[self.picker].label = _("Put on the list")
        self.verbs = [verb for verb in self.noun.verbs if verb in VERB_LABELS]
        self.fields["verbs"] = forms.MultipleChoiceField(choices=_pairs(self.verbs), required=False)
        for section, verbs in self.noun.sections.items():
            self.fields[f"section_{section}"] = forms.MultipleChoiceField(choices=_pairs(verbs), required=False)

    @property
    def touched(self) -> bool:
        """Whether anything has been ticked or chosen."""
        names = ["verbs", "all_sections", "items", "groups", "origin"]
        names += [f"section_{section}" for section in self.noun.sections]
        return any(self[name].data for name in names if name in self.fields)

    @property
    def unseen(self) -> bool:
        """Whether the entry lists things that the person may not view."""
        return self.before is not None and bool(self.before.unseen_items or self.before.unseen_things)

    @property
    def listed(self) -> tuple[Any, ...]:
        """The long list that the entry had, which is not sent with the form."""
        return self.before.listed if self.before is not None else ()

    @property
    def picker(self) -> str:
        """The field in which things or groups are chosen."""
        return "groups" if self.data.get(f"{self.prefix}-reach") == "in_groups" else "items"

    def grid(self) -> list[GridLine]:
        """The kind itself and its sections × verbs, as boxes to tick; None where there is no such verb."""
        own = _now("The %(kind)s itself") % {"kind": _now(self.noun.label).lower()}
        lines: list[GridLine] = [{"label": own, "cells": self._cells("verbs", own, self.verbs)}]
        for section, verbs in self.noun.sections.items():
            label = _now(catalogue.SECTIONS[section].label)
            lines.append({"label": label, "cells": self._cells(f"section_{section}", label, verbs)})
        return lines

    def _cells(self, name: str, label: str, verbs: Any) -> list[Box | None]:
        bound, ticked = self[name], self[name].data or ()
        return [
            {
                "name": bound.html_name, "value": verb, "checked": verb in ticked, "id": f"{bound.auto_id}_{verb}",
                "label": f"{label}: {VERB_LABELS[verb]}", "verb": VERB_LABELS[verb],
            } if verb in verbs else None
            for verb in VERB_LABELS
        ]  # fmt: skip

    def clean(self) -> Cleaned:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("shown") and cleaned.get("kind") and cleaned["shown"] != cleaned["kind"]:
            self.add_error("kind", _("The kind is another one now. Tick below what may be done with it."))
            return cleaned
        reach = cleaned.get("reach")
        cleaned["chosen"] = self._chosen(cleaned) if reach in ("list", "in_groups") else []
        if reach in ("list", "in_groups") and not (cleaned["chosen"] or self.unseen or self.errors):
            self.add_error(self.picker, _("Choose at least one, or choose all."))
        if "create" in cleaned.get("verbs", ()) and reach != "all":
            self.add_error("reach", _("“Create” goes only with all: what is new is on no list yet."))
        if not (cleaned.get("verbs") or any(cleaned.get(f"section_{name}") for name in self.noun.sections)):
            self.add_error(None, _("Tick what may be done, or remove this entry."))
        return cleaned

    def _chosen(self, cleaned: Cleaned) -> list[Any]:
        """What was on the list and is not taken off it, and what was chosen, each once."""
        removed = {row.pk for row in cleaned.get("removed") or ()}
        stays = [row for row in self.listed if row.pk not in removed]
        return list({row.pk: row for row in (*stays, *(cleaned.get(self.picker) or ()))}.values())

    def spec(self) -> TokenRuleSpec:
        """The entry as the service takes it, with what it lists unseen; unchanged, it is exactly what it was."""
        cleaned, before = self.cleaned_data, self.before
        chosen, of_items = cleaned["chosen"], self.noun.is_item
        named = {name: tuple(cleaned[f"section_{name}"]) for name in self.noun.sections}
        return TokenRuleSpec(
            kind=self.noun.name,
            reach=cleaned["reach"],
            verbs=tuple(cleaned["verbs"]),
            sections="all" if cleaned["all_sections"] else {name: verbs for name, verbs in named.items() if verbs},
            items=(*(chosen if of_items else ()), *(before.unseen_items if before else ())),
            things=(*(() if of_items else (row.pk for row in chosen)), *(before.unseen_things if before else ())),
        )


def _pairs(verbs: Any) -> list[tuple[str, Any]]:
    return [(verb, VERB_LABELS[verb]) for verb in verbs]


class TopicForm(StepForm):
    """One topic: an MQTT filter, and whether to publish, to subscribe or both."""

    filter = forms.CharField(label=_("Topic filter"), max_length=1024, required=False)
    actions = forms.MultipleChoiceField(
        label=_("Allowed"), choices=ACTIONS, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: QueryDict, number: int):
        super().__init__(data, prefix=f"topic-{number}")
        self.number = number
        self.fields["filter"].widget.attrs |= {"placeholder": "fleet/+/alarms", "spellcheck": "false", "class": "code"}

    @property
    def touched(self) -> bool:
        return bool(self["filter"].data or self["actions"].data)

    def clean(self) -> Cleaned:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("filter"):
            self.add_error("filter", _("Enter a topic, such as fleet/#, or remove this line."))
        if not cleaned.get("actions"):
            self.add_error("actions", _("Tick publish, subscribe or both."))
        return cleaned

    def spec(self) -> TopicSpec:
        return TopicSpec(filter=self.cleaned_data["filter"], actions=tuple(self.cleaned_data["actions"]))
