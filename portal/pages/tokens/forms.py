"""Forms of tokens: for whom, which type, until when; a new key; ticked tokens."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.forms.utils import ErrorDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accesscontrol import catalogue
from accesscontrol.access.look import Look
from accesscontrol.tokens.models import Token
from portal.frame.forms.fields import ActForm, DaysField, MomentField, ThingField
from portal.frame.forms.typed import read_lines
from portal.open_shapes import Cleaned

MINUTE, HOUR, DAY, WEEK = 60, 3600, 86_400, 604_800
SHORTEST_IDLE = 5 * MINUTE
UNITS = {WEEK: _("weeks"), DAY: _("days"), HOUR: _("hours"), MINUTE: _("minutes"), 1: _("seconds")}
TYPES = [
    ("acl", _("ACL: only what you tick below. Right for tools, machines and people outside.")),
    ("standard", _("Standard: every item of the account or user, without access management.")),
    ("master", _("Master: everything, access management included. Whoever holds it is as good as you.")),
]
#: How the widget of a moment writes it.
WRITTEN = "%Y-%m-%dT%H:%M:%S"


class StepForm(ActForm):
    """A form that is also shown half filled in: then it is `quiet` and says nothing of what is missing yet."""

    quiet = False

    @property
    def errors(self) -> ErrorDict:
        return ErrorDict() if self.quiet else super().errors


def written(moment: datetime | None) -> str:
    """A moment as its field holds it."""
    return timezone.localtime(moment).strftime(WRITTEN) if moment else ""


def idle_parts(seconds: int | None) -> dict[str, str]:
    """Seconds without use as an amount and the largest unit that fits."""
    if not seconds:
        return {"idle_amount": "", "idle_unit": str(DAY)}
    unit = next(size for size in UNITS if seconds % size == 0)
    return {"idle_amount": str(seconds // unit), "idle_unit": str(unit)}


class TokenForm(StepForm):
    """Name, lifetime and addresses of a token; of a new one also for whom it is, and its type."""

    name = forms.CharField(
        label=_("Name"), max_length=200, help_text=_("What it is for, such as “Tracking for the workshop”.")
    )
    type = forms.ChoiceField(label=_("Type"), choices=TYPES, widget=forms.RadioSelect)
    preset = forms.CharField(required=False, widget=forms.HiddenInput)
    expires_at = MomentField(label=_("Ends on"), help_text=_("In your time zone. The first end counts."))
    idle_amount = forms.IntegerField(
        label=_("Ends after this long without use"), required=False, min_value=1, max_value=2**31 - 1
    )
    idle_unit = forms.TypedChoiceField(label=_("Unit"), coerce=int, required=False, empty_value=DAY)  # type: ignore[arg-type]
    history_days = DaysField(
        label=_("Available object history"),
        help_text=_("Days of messages, media, intervals and events. Empty = as far as whom it acts for."),
    )
    allowed_addresses = forms.CharField(
        label=_("Allowed addresses"), required=False, widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=_("One network a line, such as 203.0.113.0/24. Empty = from anywhere."),
    )  # fmt: skip

    def __init__(
        self, *args: Any, look: Look, token: Token | None = None, accounts: QuerySet | None = None, **rest: Any
    ):
        super().__init__(*args, **rest)
        self.token = token
        odd = token is not None and (token.idle_ttl or 0) % MINUTE
        self.offer("idle_unit", [(size, words) for size, words in UNITS.items() if size > 1 or odd])
        if token is not None or accounts is None:
            del self.fields["type"]
            return
        self.fields["account"] = ThingField(
            accounts.order_by("name_order", "pk"), "token:create", label=_("Create for"), empty="",
            help_text=_("The account that the token acts for."),
        )  # fmt: skip
        people = look.visible("user:view").filter(authority__in=list(catalogue.AUTHORITIES)[:3])
        self.fields["user"] = ThingField(
            people.order_by("name_order", "pk"), "user:view", label=_("Or only for a user of it"),
            required=False, empty=_("the account itself"),
            help_text=_("It then may do what this user may do, and ends when the user's access ends."),
        )  # fmt: skip

    def clean_allowed_addresses(self) -> tuple[str, ...]:
        return read_lines(self.cleaned_data["allowed_addresses"])

    def clean_expires_at(self) -> datetime | None:
        """An end that was not touched stays exact: the field shows whole seconds."""
        moment = self.cleaned_data["expires_at"]
        kept = self.token.expires_at if self.token is not None else None
        return kept if moment is not None and written(moment) == written(kept) else moment

    def clean(self) -> Cleaned:
        cleaned = super().clean() or self.cleaned_data
        amount, unit = cleaned.pop("idle_amount", None), cleaned.pop("idle_unit", None) or DAY
        cleaned["idle_ttl"] = amount * unit if amount else None
        same = self.token is not None and cleaned["idle_ttl"] == self.token.idle_ttl
        if amount and cleaned["idle_ttl"] < SHORTEST_IDLE and not same:
            self.add_error("idle_amount", _("Choose 5 minutes or more, so that a short pause does not end it."))
        if cleaned["idle_ttl"] is not None and cleaned["idle_ttl"] >= 2**31:
            self.add_error("idle_amount", _("Choose a shorter time."))
        unsaid = {"expires_at", "idle_amount"} & self.errors.keys()
        if not (cleaned.get("expires_at") or amount or unsaid or settings.TOKENS_MAY_BE_ENDLESS):
            self.add_error("expires_at", _("The token needs an end: a date, a time without use, or both."))
        return cleaned


class RotateForm(ActForm):
    """How long the old key counts besides the new one."""

    hours = forms.IntegerField(
        label=_("Hours until the old key stops working"), min_value=0, max_value=168, initial=24,
        help_text=_("Until then both keys work, so you can exchange it. 0 = at once, 168 = a week at most."),
    )  # fmt: skip

    def overlap(self) -> timedelta:
        """How long the old key counts besides the new one."""
        return timedelta(hours=self.cleaned_data["hours"])
