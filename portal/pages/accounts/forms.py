"""Forms of accounts: open, rename, limit, move."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accesscontrol import catalogue
from accesscontrol.accounts.models import Account
from accesscontrol.services.accounts.quotas import LARGEST, NAMES
from accesscontrol.services.frame.errors import Problem
from portal.frame.counting import thin
from portal.frame.forms.fields import ActForm, DaysField, ThingField
from portal.open_shapes import Cleaned

#: What can be limited, in sections: (title, names).
LIMIT_GROUPS: tuple[tuple[str | Promise, tuple[str, ...]], ...] = (
    (_("People"), tuple(catalogue.AUTHORITIES)),
    (_("Access management"), ("account", "token", "grant", "project")),
    *(
        (
            _(catalogue.FAMILIES[family]),
            tuple(name for name in catalogue.ITEM_KINDS if catalogue.KINDS[name].family == family),
        )
        for family in (catalogue.TELEMATICS, catalogue.IOT, catalogue.FLEET)
    ),
)

PEOPLE = {
    "owner": _("Owners"),
    "administrator": _("Administrators"),
    "developer": _("Developers"),
    "user": _("Users"),
}


def limit_label(name: str) -> str:
    """How a limit is called: what it counts."""
    if name == "account":
        return str(_("Subaccounts"))
    if name in PEOPLE:
        return str(PEOPLE[name])
    return str(_(catalogue.KINDS[name].plural))


def parent_field(parents: QuerySet, top_level: bool, *, label: str | Promise, help_text: str | Promise) -> ThingField:
    """The account above; none where it may stand at the top."""
    empty = _("Nobody: a top-level account") if top_level else _("Choose an account")
    rows = parents.order_by("name_order", "pk")
    return ThingField(rows, "account:create", label=label, help_text=help_text, required=not top_level, empty=empty)


#: What is asked of the first owner.
OWNER = ("username", "email", "first_name", "last_name")


class AccountCreateForm(ActForm):
    """A new account below another; the platform operator may leave the parent empty. Its key is made for it."""

    name = forms.CharField(label=_("Name"), max_length=200)
    notes = forms.CharField(label=_("Notes"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    owner_username = forms.CharField(
        label=_("Username"), max_length=150, required=False,
        help_text=_("They sign in with it. Empty = no owner yet; accounts above manage it."),
    )  # fmt: skip
    owner_email = forms.EmailField(
        label=_("E-mail"), required=False,
        help_text=_("They are invited by mail. Empty = you get a link to hand over."),
    )  # fmt: skip
    owner_first_name = forms.CharField(label=_("First name"), max_length=150, required=False)
    owner_last_name = forms.CharField(label=_("Last name"), max_length=150, required=False)

    groups = (
        (_("Account"), "", ("parent", "name", "notes")),
        (_("First owner"), _("Has everything in the account, and joins by invitation."),
         tuple(f"owner_{name}" for name in OWNER)),
    )  # fmt: skip

    def __init__(self, *args: Any, parents: QuerySet, top_level: bool, **rest: Any):
        super().__init__(*args, **rest)
        text = _("The new account is managed by this account and all accounts above it.")
        self.fields["parent"] = parent_field(parents, top_level, label=_("Create for"), help_text=text)
        self.order_fields(["parent", "name", "notes"])

    def clean(self) -> Cleaned:
        """The owner as a whole; None where nobody is named."""
        cleaned = super().clean() or self.cleaned_data
        owner = {name: cleaned.pop(f"owner_{name}", "") for name in OWNER}
        if any(owner.values()) and not owner["username"]:
            self.add_error("owner_username", _("Enter a username for the owner, or leave all of them empty."))
        return cleaned | {"owner": owner if owner["username"] else None}


class AccountChangeForm(ActForm):
    """Name and notes."""

    name = forms.CharField(label=_("Name"), max_length=200)
    notes = forms.CharField(
        label=_("Notes"), required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("For those who manage the account."),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, account: Account, **rest: Any):
        super().__init__(data, initial={"name": account.name, "notes": account.notes}, **rest)


class LimitsForm(ActForm):
    """How much an account may hold over its branch; empty = only what the accounts above set."""

    def __init__(
        self, data: Any = None, *, account: Account, used: Mapping[str, int], most: Mapping[str, int], **rest: Any
    ):
        """used: how much of each there is now. most: what the accounts above allow at most."""
        initial = {
            "history_days": account.history_days,
            **{f"limit_{name}": value for name, value in account.limits.items()},
        }
        super().__init__(data, initial=initial, **rest)
        text = _("Days of messages, media, intervals and events that can be seen; empty = as the account above.")
        self.fields["history_days"] = DaysField(label=_("History depth"), help_text=text)
        for name in NAMES:
            self.fields[f"limit_{name}"] = forms.IntegerField(
                label=limit_label(name), required=False, min_value=0, max_value=LARGEST,
                help_text=self.standing(used.get(name, 0), most.get(name)),
            )  # fmt: skip
        self.groups = (
            (_("Plan"), "", ("history_days",)),
            *(
                (
                    title,
                    _("Empty: only what the accounts above set. 0: none."),
                    tuple(f"limit_{name}" for name in names),
                )
                for title, names in LIMIT_GROUPS
            ),
        )

    @staticmethod
    def standing(used: int, most: int | None) -> str:
        """How much there is now, and how much there may be at most."""
        now = _("%(used)s now") % {"used": thin(used)}
        return f"{now}, {_('at most %(most)s') % {'most': thin(most)}}" if most is not None else str(now)

    def clean(self) -> Cleaned:
        cleaned = super().clean() or self.cleaned_data
        named = {name: cleaned.get(f"limit_{name}") for name in NAMES}
        cleaned["limits"] = {name: value for name, value in named.items() if value is not None}
        return cleaned

    def field_of(self, problem: Problem) -> str:
        """Each limit has a field of its own."""
        return f"limit_{problem.parts['limit']}" if "limit" in problem.parts else problem.field


class AccountMoveForm(ActForm):
    """Another parent for an account."""

    def __init__(self, *args: Any, parents: QuerySet, top_level: bool, **rest: Any):
        super().__init__(*args, **rest)
        text = _("The account moves with everything below it. Accounts above the old place lose sight of it.")
        self.fields["parent"] = parent_field(parents, top_level, label=_("New parent"), help_text=text)
