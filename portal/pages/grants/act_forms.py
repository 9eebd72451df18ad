"""Forms of what is done with a grant: extend it, add grantees or items, hand received items on to own users."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accesscontrol.access import engine
from accesscontrol.access.look import Look
from accesscontrol.grants.models import Grant
from accesscontrol.services.frame.errors import Problem
from portal.frame.forms.fields import ActForm, MomentField, ThingField, ThingsField
from portal.open_shapes import Cleaned
from portal.pages.grants.forms import FIELDS, GrantForm


class ExtendForm(ActForm):
    """A later end: so many days more, a date, or none."""

    expires_at = MomentField(label=_("New end"), help_text=_("Empty = no end."))


class GranteesForm(ActForm):
    """Further grantees of a grant."""

    grantee_keys = GrantForm.base_fields["grantee_keys"]

    def __init__(self, *args: Any, look: Look, grant: Grant, **rest: Any):
        super().__init__(*args, **rest)
        known = look.visible("account:view").exclude(received_grants=grant).order_by("name_order", "pk")
        picker = ThingsField(known, "account:view", label=_("To accounts you see"), required=False)
        self.fields = {"grantees": picker, **self.fields}

    clean_grantee_keys = GrantForm.clean_grantee_keys

    def clean(self) -> Cleaned:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not cleaned.get("grantees") and not cleaned.get("grantee_keys"):
            self.add_error("grantees", _("Choose at least one account, or enter a key below."))
        return cleaned

    def field_of(self, problem: Problem) -> str:
        return FIELDS.get(problem.field, problem.field)


class ItemsForm(ActForm):
    """Further items for a grant of chosen items."""

    def __init__(self, *args: Any, rows: QuerySet, **rest: Any):
        super().__init__(*args, **rest)
        self.fields["items"] = ThingsField(rows.order_by("name_order", "id"), engine.ANY_ITEM_VIEW, label=_("Items"))


class HandOnForm(ActForm):
    """Items that were received, for one of the own users."""

    expires_at = MomentField(label=_("Until"), help_text=_("Empty = as long as the grant gives it."))

    def __init__(self, *args: Any, users: QuerySet, items: QuerySet, **rest: Any):
        super().__init__(*args, **rest)
        person = ThingField(
            users.order_by("name_order", "pk"), "user.assignments:change", label=_("To the user"), empty="",
            help_text=_("A user of limited access in your account. Owners, administrators have it without this."),
        )  # fmt: skip
        things = ThingsField(items.order_by("name_order", "id"), engine.ANY_ITEM_VIEW, label=_("Items of this grant"))
        self.fields = {"user": person, "items": things, **self.fields}
