"""Forms of grants: who gives what to whom, at which levels, until when."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.grants.models import Grant
from portal.forms.base import ActForm, MomentField, ThingField, ThingsField

LEVELS = [(level, catalogue.LEVELS[level]) for level in (*catalogue.LEVELS_ON_ITEMS, "operate-as")]
CREATES = [(level, catalogue.KINDS[kind].label) for level, kind in catalogue.CREATE_LEVELS.items()]
KINDS = [("", "—"), *((name, catalogue.KINDS[name].plural) for name in catalogue.ITEM_KINDS)]


class GrantForm(ActForm):
    """What a grant covers and gives; reading is always part of it."""

    covers = forms.ChoiceField(label=_("What"), choices=Grant.Covers.choices, widget=forms.RadioSelect, initial="items")
    kind = forms.ChoiceField(label=_("All items of the kind"), choices=KINDS, required=False)
    include_subaccounts = forms.BooleanField(label=_("Include subaccounts"), required=False)
    levels = forms.MultipleChoiceField(
        label=_("Levels"), choices=LEVELS, required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("Reading and using are always part of it. Acting as the account needs the whole account."),
    )  # fmt: skip
    creates = forms.MultipleChoiceField(
        label=_("They may create"), choices=CREATES, required=False, widget=forms.SelectMultiple(attrs={"size": 5}),
        help_text=_("Only with the whole account."),
    )  # fmt: skip
    starts_at = MomentField(label=_("Starts"), help_text=_("Empty = at once."))
    expires_at = MomentField(label=_("Ends"), help_text=_("Empty = no end."))
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 2}))

    groups = (
        (_("Who grants, and to whom"), "", ("account", "grantees", "grantee_keys")),
        (_("What"), "", ("covers", "kind", "items", "include_subaccounts")),
        (_("How much"), "", ("levels", "creates")),
        (_("How long"), "", ("starts_at", "expires_at", "note")),
    )

    def __init__(self, *args, actor: Actor, accounts: QuerySet | None = None, **rest):
        super().__init__(*args, **rest)
        items = engine.visible(actor, engine.ANY_ITEM_VIEW).order_by("name", "id")
        self.fields["items"] = ThingsField(items, engine.ANY_ITEM_VIEW, label=_("Chosen items"), required=False)
        if accounts is None:
            return
        known = engine.visible(actor, "account:view").order_by("name")
        self.fields["account"] = ThingField(accounts.order_by("name"), "grant:create", label=_("Who grants"), empty="")
        self.fields["grantees"] = ThingsField(known, "account:view", label=_("To accounts you see"), required=False)
        self.fields["grantee_keys"] = forms.CharField(
            label=_("To other accounts"), required=False, widget=forms.Textarea(attrs={"rows": 2}),
            help_text=_("Their exact keys, one a line. They accept before the grant lives."),
        )  # fmt: skip

    def clean_grantee_keys(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["grantee_keys"].splitlines() if line.strip()]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        covers = cleaned.get("covers")
        if covers != "kind":
            cleaned["kind"] = ""
        if covers != "items":
            cleaned["items"] = []
        cleaned["levels"] = (*cleaned.get("levels", ()), *cleaned.pop("creates", ()))
        cleaned["items"] = tuple(cleaned.get("items") or ())
        return cleaned


class GrantChangeForm(ActForm):
    """What is changed most often: levels, times and the note."""

    levels = forms.MultipleChoiceField(label=_("Levels"), required=False, widget=forms.CheckboxSelectMultiple)
    starts_at = MomentField(label=_("Starts"))
    expires_at = MomentField(label=_("Ends"))
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args, grant: Grant, **rest):
        names = ("levels", "starts_at", "expires_at", "note")
        super().__init__(*args, initial={name: getattr(grant, name) for name in names}, **rest)
        create = [(level, _("Create: %(kind)s") % {"kind": label}) for level, label in CREATES]
        whole = grant.covers == Grant.Covers.ACCOUNT
        self.fields["levels"].choices = (
            [*LEVELS, *create] if whole else [one for one in LEVELS if one[0] != "operate-as"]
        )

    def clean_levels(self) -> tuple[str, ...]:
        return tuple(self.cleaned_data["levels"])
