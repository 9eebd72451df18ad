"""Forms of grants: who gives what to whom, at which levels, from when until when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import format_lazy
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.law.levels import level_permissions
from accesscontrol.access.look import Look
from accesscontrol.grants.models import Grant
from accesscontrol.services.frame.errors import Problem
from portal.frame.forms.fields import ActForm, DaysField, MomentField, ThingField, ThingsField
from portal.frame.forms.typed import read_lines
from portal.open_shapes import Cleaned
from portal.pages.grants.words import LEVELS

KINDS = [("", "—"), *((name, catalogue.KINDS[name].plural) for name in catalogue.ITEM_KINDS)]
#: Scope → its name, and what it means.
SCOPES = {
    "items": (_("Chosen items"), _("Those that you name. You can put others in later.")),
    "kind": (_("All items of a kind"), _("For example all devices; also those made later.")),
    "account": (
        _("The whole account"),
        _("All its items, also those made later. Never its tokens, users, grants, roles and projects."),
    ),
}
#: Field → the scopes that it belongs to.
SCOPES_OF = {"items": ("items",), "kind": ("kind",), "creates": ("account",), "operate_as": ("account",)}
#: Until when, by name → so many days.
SPANS = {"day": 1, "week": 7, "month": 30}
ENDS = [("day", _("In a day")), ("week", _("In a week")), ("month", _("In a month")), ("date", _("On a date")),
        ("never", _("No end"))]  # fmt: skip
#: Kinds that commands can be sent to.
COMMANDED = tuple(kind for kind in catalogue.ITEM_KINDS if level_permissions("command").only([kind]))
#: Where the form shows what an act found wrong with a field of its own.
FIELDS = {"key": "grantee_keys"}


def only_with(sentence: Any, scope: Any = "") -> Any:
    """Help with what it belongs to; the script shows the field only there, so only readers without it need to know."""
    return format_lazy('{} <span class="no-js-only">{}</span>', sentence, scope)


def level_choices() -> list[tuple[str, Any]]:
    """The levels on items, each with its sentence."""
    return [(level, _described(*LEVELS[level])) for level in catalogue.LEVELS_ON_ITEMS]


def _described(name: Any, sentence: Any) -> Any:
    return format_html('<strong>{}</strong><span class="choice-note">{}</span>', name, sentence)


def create_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """The kinds that others may be let make, by family."""
    found: dict[str, list[tuple[str, str]]] = {}
    for level, kind in catalogue.CREATE_LEVELS.items():
        noun = catalogue.KINDS[kind]
        found.setdefault(_now(catalogue.FAMILIES[noun.family]), []).append((level, _now(noun.plural)))
    return list(found.items())


class LevelsForm(ActForm):
    """How much, and for how long: what a new grant and a change of one share."""

    levels = forms.MultipleChoiceField(label=_("They may also"), required=False, widget=forms.CheckboxSelectMultiple)
    creates = forms.MultipleChoiceField(
        label=_("They may create"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=only_with(
            _("What they make belongs to the account that grants."), _("Counts only with “The whole account”.")
        ),
    )  # fmt: skip
    operate_as = forms.BooleanField(
        label=_("They may act as the account"), required=False,
        help_text=_(
            "Everything the account may do, its people, tokens and grants included; every step is logged under both "
            "names. Never for an account below it."
        ),
    )  # fmt: skip
    starts_at = MomentField(label=_("Starts"), help_text=_("Empty = at once."))
    ends = forms.ChoiceField(label=_("Ends"), choices=ENDS, widget=forms.RadioSelect, required=False, initial="month")
    expires_at = MomentField(label=_("End on"), help_text=only_with("", _("Counts with “On a date”.")))
    history_days = DaysField(
        label=_("Available object history"),
        help_text=_("Days of messages, media, intervals and events. Empty = as far as the items allow."),
    )
    note = forms.CharField(
        label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("What it is for. Only your side reads it."),
    )  # fmt: skip

    def __init__(self, *args: Any, **rest: Any):
        super().__init__(*args, **rest)
        self.offer("levels", level_choices())
        self.offer("creates", create_choices())

    def scope(self, cleaned: Cleaned) -> str:
        """What is covered: `account`, `kind` or `items`."""
        raise NotImplementedError

    def kinds(self, cleaned: Cleaned) -> set[str]:
        """The kinds that may be covered."""
        raise NotImplementedError

    def clean(self) -> Cleaned:
        cleaned = super().clean() or self.cleaned_data
        levels = list(cleaned.get("levels", ()))
        if "command" in levels and not self.kinds(cleaned) & set(COMMANDED):
            self.add_error("levels", _("Commands go to devices and endpoints only. Take the level “Command” off."))
        if self.scope(cleaned) == "account":
            levels += [*cleaned.get("creates", ()), *(["operate-as"] if cleaned.get("operate_as") else [])]
        self._clean_end(cleaned)
        self.chosen_levels = tuple(levels)
        return cleaned

    def _clean_end(self, cleaned: Cleaned) -> None:
        """The end that is meant: so many days from the start, on the date, or none."""
        ends = cleaned.get("ends")
        if ends == "date" and cleaned.get("expires_at") is None and "expires_at" not in self.errors:
            self.add_error("expires_at", _("Enter the date and time of the end."))
        elif ends in SPANS:
            start: datetime = cleaned.get("starts_at") or timezone.now()
            cleaned["expires_at"] = start + timedelta(days=SPANS[ends])
        elif ends == "never":
            cleaned["expires_at"] = None

    def values(self) -> Cleaned:
        """The fields as the service names them."""
        names = ("starts_at", "expires_at", "history_days", "note")
        return {"levels": self.chosen_levels} | {name: self.cleaned_data[name] for name in names}

    def field_of(self, problem: Problem) -> str:
        """The service knows levels in one list; what it says of operating as the account stands at that field."""
        levels, missing = problem.parts.get("levels", ()), problem.parts.get("missing", ())
        if problem.field == "levels" and ("operate-as" in levels or "account:operate" in missing):
            return "operate_as"
        return FIELDS.get(problem.field, problem.field)


class GrantForm(LevelsForm):
    """A new grant: who gives what to whom."""

    covers = forms.ChoiceField(
        label=_("What they get"), choices=[(scope, words[0]) for scope, words in SCOPES.items()],
        widget=forms.RadioSelect, initial="items",
    )  # fmt: skip
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=KINDS,
        required=False,
        help_text=only_with("", _("Counts with “All items of a kind”.")),
    )
    include_subaccounts = forms.BooleanField(
        label=_("Include subaccounts"), required=False,
        help_text=only_with(_("Also the items of the accounts below it."), _("Not for “Chosen items”.")),
    )  # fmt: skip
    grantee_keys = forms.CharField(
        label=_("To other accounts, by their exact key"), required=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "autocapitalize": "off"}),
        help_text=_(
            "One key a line; the other side tells you theirs. An account of another tree must accept first. You are "
            "not told whether a key exists."
        ),
    )  # fmt: skip

    def __init__(self, *args: Any, look: Look, accounts: QuerySet, **rest: Any):
        super().__init__(*args, **rest)
        self.offer("covers", [(scope, _described(*words)) for scope, words in SCOPES.items()])
        known = look.visible("account:view").order_by("name_order", "pk")
        items = look.visible(engine.ANY_ITEM_VIEW).order_by("name_order", "id")
        self.fields["account"] = ThingField(
            accounts.order_by("name_order", "pk"), "grant:create", label=_("Who grants"), empty="",
            help_text=_("The account whose items are shared."),
        )  # fmt: skip
        self.fields["grantees"] = ThingsField(
            known, "account:view", label=_("To accounts you see"), required=False,
            help_text=_("They have it at once. Accounts above the one that grants have access already."),
        )  # fmt: skip
        self.fields["items"] = ThingsField(
            items, engine.ANY_ITEM_VIEW, label=_("Items"), required=False,
            help_text=only_with(
                _("Of the account that grants, or of those below it."), _("Counts with “Chosen items”.")
            ),
        )  # fmt: skip

    def clean_grantee_keys(self) -> tuple[str, ...]:
        return read_lines(self.cleaned_data["grantee_keys"].replace(",", "\n"))

    def scope(self, cleaned: Cleaned) -> str:
        return cleaned.get("covers", "")

    def kinds(self, cleaned: Cleaned) -> set[str]:
        if self.scope(cleaned) == "kind":
            return {cleaned.get("kind") or COMMANDED[0]}
        if self.scope(cleaned) == "items":
            return {item.kind for item in cleaned.get("items") or ()} or set(COMMANDED)
        return set(COMMANDED)

    def clean(self) -> Cleaned:
        cleaned = super().clean()
        scope = self.scope(cleaned)
        for name, nothing in {"items": [], "kind": "", "creates": [], "operate_as": False}.items():
            if scope not in SCOPES_OF[name]:  # what another scope would have asked for is neither read nor wrong
                cleaned[name] = nothing
                self.errors.pop(name, None)
        if scope == "kind" and not cleaned.get("kind"):
            self.add_error("kind", _("Choose the kind of item."))
        if scope == "items" and not cleaned.get("items") and "items" not in self.errors:
            self.add_error("items", _("Choose at least one item."))
        if not cleaned.get("grantees") and not cleaned.get("grantee_keys") and "grantees" not in self.errors:
            self.add_error("grantees", _("Choose at least one account to grant it to, or enter a key below."))
        return cleaned

    def values(self) -> Cleaned:
        """What the service takes; what belongs to another scope than the chosen one is left out."""
        sent = self.cleaned_data
        scope = sent["covers"]
        return super().values() | {
            "account": sent["account"],
            "grantees": tuple(sent["grantees"]),
            "grantee_keys": sent["grantee_keys"],
            "covers": scope,
            "kind": sent["kind"] if scope == "kind" else "",
            "items": tuple(sent["items"]) if scope == "items" else (),
            "include_subaccounts": sent["include_subaccounts"] and scope != "items",
        }


class GrantChangeForm(LevelsForm):
    """What is changed of a grant: levels, subaccounts, times and the note. Its scope stays."""

    include_subaccounts = GrantForm.base_fields["include_subaccounts"]

    def __init__(self, data: Any = None, *, grant: Grant, **rest: Any):
        self.grant = grant
        kept = ("starts_at", "expires_at", "history_days", "note", "include_subaccounts")
        initial = {name: getattr(grant, name) for name in kept}
        initial["ends"] = "never" if grant.expires_at is None else "date"
        initial["levels"] = [level for level in grant.levels if level in catalogue.LEVELS_ON_ITEMS]
        initial["creates"] = [level for level in grant.levels if level in catalogue.CREATE_LEVELS]
        initial["operate_as"] = "operate-as" in grant.levels
        super().__init__(data, initial=initial, **rest)
        if grant.covers != Grant.Covers.ACCOUNT:
            del self.fields["creates"], self.fields["operate_as"]
        if grant.covers == Grant.Covers.ITEMS:
            del self.fields["include_subaccounts"]

    def scope(self, cleaned: Cleaned) -> str:  # noqa: ARG002  (a given grant keeps its scope)
        return self.grant.covers

    def kinds(self, cleaned: Cleaned) -> set[str]:  # noqa: ARG002  (and its kinds)
        return {self.grant.kind} if self.grant.covers == Grant.Covers.KIND else set(COMMANDED)

    def values(self) -> Cleaned:
        found = super().values()
        if "include_subaccounts" in self.fields:
            found["include_subaccounts"] = self.cleaned_data["include_subaccounts"]
        return found
