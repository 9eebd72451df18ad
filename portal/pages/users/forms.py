"""Forms of users: change, one's own data, assignments, removal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.look import Look
from accesscontrol.accounts.models import User
from accesscontrol.services.frame.errors import Problem
from portal.frame.forms.fields import ActForm, DaysField, MomentField, ThingField, ThingsField
from portal.frame.forms.long_select import LongSelect
from portal.frame.forms.owners import HeirField
from portal.frame.forms.time_zones import zone_choices
from portal.frame.shown.parts import Section, Words
from portal.open_shapes import Cleaned
from portal.pages.users import limits


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
        names = (
            *PersonForm.base_fields,
            "change_mails",
            "username",
            "authority",
            "role",
            "verified",
            "expires_at",
            "history_days",
        )
        return {name: getattr(user, name) for name in names} | {"enabled": user.is_active}


class OwnForm(PersonForm):
    """One's own data; the address changes on a page of its own, since the new one has to answer first."""

    email = None  # type: ignore[assignment]
    change_mails = forms.BooleanField(
        label=_("Tell me by mail when others change my access"), required=False,
        help_text=_("At most one mail a day. The first page tells it in any case."),
    )  # fmt: skip


#: Authority → what it may do, beside it in the form.
MAY = {
    "owner": _("everything the account has, and its subscription; one an account"),
    "administrator": _("everything the account has: its people, things, tokens, grants and accounts below"),
    "developer": _("creates things, tokens and projects of their own, and manages those alone"),
    "user": _("sees what is assigned to them, and does what their role says; needs no seat"),
}


@dataclass(frozen=True, slots=True)
class FormTab:
    """One tab of a form, as users/form.html reads it. open: shown first. wrong: something in it is."""

    name: str
    label: Words
    help: Words
    sections: Sequence[Section]
    open: bool
    wrong: bool


class UserForm(PersonForm):
    """A user with authority, role, and what limits them."""

    username = forms.CharField(label=_("Username"), max_length=150, help_text=_("Letters, digits and @ . + - _"))
    authority = forms.ChoiceField(label=_("Authority"), widget=forms.RadioSelect, initial="user")
    enabled = forms.BooleanField(label=_("Enabled"), required=False, initial=True)
    verified = forms.BooleanField(
        label=_("E-mail verified"), required=False,
        help_text=_("Off: they confirm the address by a mail before they can sign in."),
    )  # fmt: skip
    expires_at = MomentField(label=_("Access ends"), help_text=_("Empty = no end."))
    history_days = DaysField(label=_("History depth"), help_text=_("Days; empty = as the role and the account."))

    person = ("account", "username", "first_name", "middle_name", "last_name", "email", "phone", "time_zone")
    access = ("authority", "hand_items_to", "role", "enabled", "verified", "expires_at", "history_days")
    groups: Sequence[tuple[Words, Words, Sequence[str]]] = ((_("Person"), "", person), (_("Access"), "", access))

    def __init__(self, *args: Any, look: Look, owner: User | None = None, **rest: Any):
        """owner: the developer whom it is about, where they own anything."""
        super().__init__(*args, **rest)
        self.offer("authority", [(name, f"{_(label)}: {MAY[name]}") for name, label in catalogue.AUTHORITIES.items()])
        if owner is not None:
            self.fields["hand_items_to"] = HeirField(
                look=look, account=owner.account, gone=[owner], required=False,
                empty=_("Choose, with another authority"), label=_("What they own goes to"),
                help_text=_("Only developers own items and projects."),
            )  # fmt: skip
        if look.actor.type == "token":  # it verifies nobody
            del self.fields["verified"]
        self.fields["role"] = ThingField(
            look.visible("role:view").order_by("name_order", "id"), "role:view", label=_("Role"), required=False,
            empty=_("No role"), help_text=_("For the authority user; without a role only the basic rights."),
        )  # fmt: skip
        self.fields |= limits.limit_fields()

    @classmethod
    def initial_of(cls, user: User) -> Cleaned:
        """What stands in the fields of a user's form."""
        return super().initial_of(user) | limits.limits_of(user)

    def clean(self) -> Cleaned:
        cleaned = super().clean() or self.cleaned_data
        return cleaned | {"limits": limits.take_limits(cleaned)}

    def field_of(self, problem: Problem) -> str:
        return limits.field_of(problem)

    def tabs(self) -> list[FormTab]:
        """The sections in their tabs; one is open where something in it is wrong."""
        shown: tuple[tuple[str, Words, Any, Words], ...] = (
            ("account", _("Account"), self.groups, ""),
            ("limits", _("Limits"), limits.limit_groups(), LIMITS_HELP),
        )
        found = [(name, label, text, self.sections_of(groups)) for name, label, groups, text in shown]
        wrong = [any(field.errors for part in sections for field in part["fields"]) for *_rest, sections in found]
        opened = wrong.index(True) if True in wrong else 0
        return [
            FormTab(name=name, label=label, help=text, sections=sections, wrong=wrong[place], open=place == opened)
            for place, (name, label, text, sections) in enumerate(found)
        ]


LIMITS_HELP = _(
    "How much a developer may create. Empty: only what the account has. Others create nothing of their own, so leave "
    "it empty for them."
)


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
