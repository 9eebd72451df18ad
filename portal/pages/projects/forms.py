"""Forms of projects: the project, its items, its members with what is allowed and denied."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accesscontrol.access import engine
from accesscontrol.access.look import Look
from accesscontrol.access.permissions import UnknownName, expand
from accesscontrol.services.projects.specs import ProjectRuleSpec
from portal.frame.forms.fields import ActForm, DaysField, MomentField, ThingField, ThingsField
from portal.frame.forms.typed import read_lines
from portal.open_shapes import Cleaned


class ProjectForm(ActForm):
    """A project's name and description."""

    name = forms.CharField(label=_("Name"), max_length=200)
    description = forms.CharField(label=_("Description"), required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, accounts: QuerySet | None = None, **rest: Any):
        super().__init__(*args, **rest)
        if accounts is not None:
            account = ThingField(
                accounts.order_by("name_order", "pk"), "project:create", label=_("Create for"), empty=""
            )
            self.fields = {"account": account, **self.fields}


class ProjectItemsForm(ActForm):
    """Items to put into a project."""

    def __init__(self, *args: Any, rows: QuerySet, **rest: Any):
        super().__init__(*args, **rest)
        self.fields["items"] = ThingsField(rows, engine.ANY_ITEM_VIEW, label=_("Items"))


class PatternsField(forms.CharField):
    """Patterns of permissions, one a line: device:view, device.*:view, *:view."""

    widget = forms.Textarea

    def __init__(self, **rest: Any):
        super().__init__(required=False, **rest)
        self.widget.attrs |= {"rows": 3, "spellcheck": "false"}

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else "\n".join(value or ())

    def clean(self, value: Any) -> tuple[str, ...]:
        patterns = read_lines(super().clean(value))
        for pattern in patterns:
            try:
                expand(pattern)
            except UnknownName as error:
                raise forms.ValidationError(str(error), code="unknown") from error
        return patterns


class RulesForm(ActForm):
    """What a member may and may not do on the items of the project."""

    allow = PatternsField(label=_("Allow"), help_text=_("One a line: device:view, device.messages:view, *:view."))
    deny = PatternsField(label=_("Deny"), help_text=_("A deny beats every allow, wherever it comes from."))
    starts_at = MomentField(label=_("Starts"))
    expires_at = MomentField(label=_("Ends"))
    history_days = DaysField(
        label=_("Available object history"),
        help_text=_("Days of messages, media, intervals and events by these rules. Empty = as far as the items allow."),
    )

    def member(self) -> Cleaned:
        """The fields of a membership."""
        values = {name: self.cleaned_data[name] for name in ("starts_at", "expires_at", "history_days")}
        return values | {"rules": self.rules()}

    def rules(self) -> tuple[ProjectRuleSpec, ...]:
        named = (("allow", self.cleaned_data["allow"]), ("deny", self.cleaned_data["deny"]))
        return tuple(ProjectRuleSpec(effect=effect, permissions=patterns) for effect, patterns in named if patterns)


class MemberAddForm(RulesForm):
    """A member: a user that one sees, or somebody invited by exact username or e-mail."""

    def __init__(self, *args: Any, look: Look, **rest: Any):
        super().__init__(*args, **rest)
        people = look.visible("user:view").order_by("name_order", "pk")
        self.fields["user"] = ThingField(people, "user:view", label=_("User"), required=False)
        self.fields["name"] = forms.CharField(
            label=_("Or invite"), required=False, max_length=254,
            help_text=_("The exact username or e-mail of somebody of another account; they accept first."),
        )  # fmt: skip
        self.order_fields(["user", "name", "allow", "deny", "starts_at", "expires_at", "history_days"])

    def clean(self) -> Cleaned:
        cleaned = super().clean() or self.cleaned_data
        if "user" not in self.errors and not cleaned.get("user") and not cleaned.get("name", "").strip():
            self.add_error("user", _("Choose a user, or invite somebody."))
        return cleaned
