"""Forms of users: create, change, one's own data, assignments, removal."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.look import Look
from accesscontrol.accounts.models import User
from portal.frame.forms import ActForm, DaysField, MomentField, ThingField, ThingsField
from portal.frame.long_select import LongSelect
from portal.frame.owners import HeirField
from portal.frame.time_zones import zone_choices
from portal.open_shapes import Cleaned


class PersonForm(ActForm):
    """Who somebody is: what people also change about themselves."""

    first_name = forms.CharField(label=_("First name"), max_length=150, required=False)
    middle_name = forms.CharField(label=_("Middle name"), max_length=150, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=150, required=False)
    email = forms.EmailField(label=_("E-mail"), required=False)
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    time_zone = forms.ChoiceField(widget=LongSelect, label=_("Time zone"), required=False)

    def __init__(self, *args: Any, **rest: Any):
        super().__init__(*args, **rest)
        self.offer("time_zone", zone_choices(_("As the server"), self.initial.get("time_zone", "")))

    @classmethod
    def initial_of(cls, user: User) -> Cleaned:
        """What stands in the fields of a user's form."""
        names = (*PersonForm.base_fields, "username", "authority", "role", "verified", "expires_at", "history_days")
        return {name: getattr(user, name) for name in names} | {"enabled": user.is_active}


class UserForm(PersonForm):
    """A user with authority, role, and what limits them."""

    username = forms.CharField(label=_("Username"), max_length=150, help_text=_("Letters, digits and @ . + - _"))
    authority = forms.ChoiceField(label=_("Authority"), choices=list(catalogue.AUTHORITIES.items()), initial="user")
    enabled = forms.BooleanField(label=_("Enabled"), required=False, initial=True)
    verified = forms.BooleanField(label=_("E-mail verified"), required=False)
    expires_at = MomentField(label=_("Access ends"), help_text=_("Empty = no end."))
    history_days = DaysField(label=_("History depth"), help_text=_("Days; empty = as the role and the account."))

    groups = (
        (
            _("Person"),
            "",
            ("account", "username", "first_name", "middle_name", "last_name", "email", "phone", "time_zone"),
        ),
        (_("Access"), "", ("authority", "hand_items_to", "role", "enabled", "verified", "expires_at", "history_days")),
        (_("Password"), "", ("password",)),
    )

    def __init__(
        self, *args: Any, look: Look, accounts: QuerySet | None = None, owner: User | None = None, **rest: Any
    ):
        """owner: the developer whom it is about, where they own anything."""
        super().__init__(*args, **rest)
        if owner is not None:
            self.fields["hand_items_to"] = HeirField(
                look=look, account=owner.account, gone=[owner], required=False,
                empty=_("Choose, with another authority"), label=_("What they own goes to"),
                help_text=_("Only developers own items and projects."),
            )  # fmt: skip
        by_token = look.actor.type == "token"  # it verifies nobody and sets nobody's password
        if by_token:
            del self.fields["verified"]
        self.fields["role"] = ThingField(
            look.visible("role:view").order_by("name_order", "id"), "role:view", label=_("Role"), required=False,
            empty=_("No role"), help_text=_("For the authority user; without a role only the basic rights."),
        )  # fmt: skip
        if accounts is not None:
            self.fields["account"] = ThingField(
                accounts.order_by("name_order", "pk"), "user:create", label=_("Create for"), empty=""
            )
        if accounts is not None and not by_token:
            self.fields["password"] = forms.CharField(
                label=_("Password"), required=False, strip=False,
                widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
                help_text=_("At least 15 characters. Empty = the person sets it by a link."),
            )  # fmt: skip

    def clean_password(self) -> str | None:
        return self.cleaned_data["password"] or None


class EraseForm(ActForm):
    """Whether what the log holds of a removed person's name and addresses goes with them."""

    erase = forms.BooleanField(
        label=_("Erase their name and addresses from the log"), required=False, initial=True,
        help_text=_("What they did stays in the log, without who they were."),
    )  # fmt: skip


class RemovalForm(EraseForm):
    """What becomes of what a developer owns, and the username, typed."""

    def __init__(self, *args: Any, look: Look, user: User, **rest: Any):
        super().__init__(*args, **rest)
        self.user = user
        self.fields["hand_items_to"] = HeirField(
            look=look, account=user.account, gone=[user], may_delete=True, empty=_("Choose"),
            label=_("Their items and projects go to"),
        )  # fmt: skip
        self.fields["erase"] = self.fields.pop("erase")
        self.fields["typed_name"] = forms.CharField(
            label=_("Type %(name)s to go on. This cannot be undone.") % {"name": user.username},
            widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}),
        )  # fmt: skip

    def clean_typed_name(self) -> str:
        typed: str = self.cleaned_data["typed_name"]
        if typed != self.user.username:
            raise forms.ValidationError(_("This is not the name. Type it as it is shown."), code="other")
        return typed


class AssignForm(ActForm):
    """Items to assign to a user, until when."""

    expires_at = MomentField(label=_("Until"), help_text=_("Empty = no end."))

    def __init__(self, *args: Any, look: Look, **rest: Any):
        super().__init__(*args, **rest)
        rows = look.visible(engine.ANY_ITEM_VIEW).order_by("name_order", "id")
        self.fields = {"items": ThingsField(rows, engine.ANY_ITEM_VIEW, label=_("Items")), **self.fields}
