"""Forms that say who owns: another developer of the account, or the account itself."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accesscontrol.access.look import Look
from accesscontrol.accounts.models import Account, User
from portal.frame.forms.fields import ActForm
from portal.open_shapes import Cleaned

#: So many developers are offered by name; seats are few.
OFFERED = 200
#: No username is written so.
ACCOUNT, DELETE = "~account", "~delete"


def developers(look: Look, account: Account | None) -> QuerySet[User]:
    """The developers of an account whom the caller may view."""
    return (
        look.visible("user:view")
        .filter(account=account, authority=User.Authority.DEVELOPER)
        .order_by("name_order", "pk")
    )


class OwnerForm(ActForm):
    """Who gets an item or a project."""

    def __init__(self, *args: Any, look: Look, thing: Any, **rest: Any):
        super().__init__(*args, **rest)
        self.initial = {"owner": thing.owner.username if thing.owner is not None else ACCOUNT}
        self.fields["owner"] = HeirField(
            look=look, account=thing.account, label=_("New owner"),
            help_text=_("A developer of the account has everything on what they own."),
        )  # fmt: skip

    def heir(self, values: Cleaned) -> User | Account:
        """Who gets it, by the cleaned data."""
        return values["owner"]


class HeirField(forms.ChoiceField):
    """A developer of an account, or the account itself; where it may be, also that things are deleted.

    Cleaned it is a user, the account, or DELETE. account: None where the people are of several, each of which gets what
    is of it: ACCOUNT then. gone: the developers who are about to be none. empty: the words of no choice, where none
    need be made at once.
    """

    def __init__(
        self, *, look: Look, account: Account | None, gone: Collection[User] = (), may_delete: bool = False,
        empty: Any = "", **rest: Any,
    ):  # fmt: skip
        leaving = {one.pk for one in gone}
        people = developers(look, account)[: OFFERED + len(leaving)] if account is not None else ()
        self.heirs: dict[str, Account | User | str] = {ACCOUNT: account or ACCOUNT}
        self.heirs |= {one.username: one for one in people if one.pk not in leaving}
        home = _("The account %(name)s") % {"name": account} if account is not None else _("The account of each")
        words = {ACCOUNT: home, DELETE: _("Nobody: it is deleted")}
        if may_delete:
            self.heirs[DELETE] = DELETE
        offered = [(name, words.get(name, name)) for name in self.heirs]
        super().__init__(choices=[("", empty), *offered] if empty else offered, **rest)

    def clean(self, value: Any) -> User | Account | str | None:
        return self.heirs.get(super().clean(value))
