"""What can be done with many people: the words of each deed, and the form that asks what has to be said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.look import Look
from accesscontrol.accounts.models import User
from accesscontrol.services.joining.many import DISABLE, ENABLE, INVITE, REMOVE, ROLE, Deed
from accesscontrol.services.people.owned import owners_among
from portal.frame.forms.fields import ThingField
from portal.frame.forms.owners import ACCOUNT, DELETE, HeirField
from portal.frame.lists.ticking import TickedForm
from portal.frame.shown.parts import Consequence
from portal.open_shapes import Cleaned
from portal.pages.users.goes import ITEMS, PEOPLE, PROJECTS, REPORTS, TOKENS, TOKENS_STOP, counted


@dataclass(frozen=True, slots=True)
class Said:
    """How a deed is spoken of: before it is done, and after."""

    title: str
    warning: str
    people: str | Promise
    label: str
    done: str
    style: str = "danger"


def said(what: str, count: int) -> Said:
    """The words of a deed with so many people."""
    number = {"count": f"{count:,}".replace(",", "\u2009")}
    if what == ENABLE:
        return Said(
            ngettext("Enable %(count)s person?", "Enable %(count)s people?", count) % number,
            _("They can sign in again, and their tokens work again."), PEOPLE, _("Enable them"),
            ngettext("%(count)s person is enabled.", "%(count)s people are enabled.", count) % number, "primary",
        )  # fmt: skip
    if what == DISABLE:
        return Said(
            ngettext("Disable %(count)s person?", "Disable %(count)s people?", count) % number,
            _("From now on they can do nothing. Their sessions end at once; what is theirs stays as it is."), PEOPLE,
            _("Disable them"),
            ngettext("%(count)s person is disabled.", "%(count)s people are disabled.", count) % number,
        )  # fmt: skip
    if what == INVITE:
        return Said(
            ngettext("Invite %(count)s person?", "Invite %(count)s people?", count) % number,
            _("Each gets a mail with a link to join. A link that was sent before stops working."), PEOPLE,
            _("Send the invitations"),
            ngettext("%(count)s invitation has been sent.", "%(count)s invitations have been sent.", count) % number,
            "primary",
        )  # fmt: skip
    if what == ROLE:
        return Said(
            ngettext("Give a role to %(count)s person", "Give a role to %(count)s people", count) % number,
            _("A role says what they may do with the items that they reach."), PEOPLE, _("Give the role"),
            ngettext("%(count)s person has the role.", "%(count)s people have the role.", count) % number, "primary",
        )  # fmt: skip
    return Said(
        ngettext("Remove %(count)s person?", "Remove %(count)s people?", count) % number,
        _("They go for good, with their own tokens, assignments and reports."), PEOPLE, _("Remove them"),
        ngettext("%(count)s person has been removed.", "%(count)s people have been removed.", count) % number,
    )  # fmt: skip


class DeedForm(TickedForm):
    """Whom it is about, and how they were shown, carried along.

    asks_first: whether something has to be chosen before it can be tried. phrase: what has to be typed, where it cannot
    be undone.
    """

    all = forms.CharField(widget=forms.HiddenInput, required=False)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    asks_first = False
    phrase = ""

    def __init__(self, *args: Any, look: Look, chosen: Sequence[User], **rest: Any):
        super().__init__(*args, **rest)
        self.look, self.chosen = look, chosen
        names = self.data.getlist("selection") if isinstance(self.data, QueryDict) else self.initial["selection"]
        self.offer("selection", [(name, name) for name in names])

    def deed(self) -> Deed:
        """What is to be done, by the cleaned data."""
        return Deed(what=self.cleaned_data["action"])

    def deed_unsaid(self) -> Deed | None:
        """What would be done where nothing has to be chosen, to be tried at once."""
        return Deed(what=str(self.initial.get("action", "")))

    def goes(self) -> list[Consequence]:
        """What else it takes away, as far as the caller may view it."""
        return []


class DisableForm(DeedForm):
    """Switching people off."""

    def goes(self) -> list[Consequence]:
        return counted((TOKENS_STOP, self.look.visible("token:view").filter(user__in=self.chosen, enabled=True)))


class RoleForm(DeedForm):
    """One role for many."""

    asks_first = True

    def __init__(self, *args: Any, **rest: Any):
        super().__init__(*args, **rest)
        self.fields["role"] = ThingField(
            self.look.visible("role:view").order_by("name_order", "id"), "role:view", label=_("Role"), required=False,
            empty=_("No role"), help_text=_("Without a role they have only the basic rights."),
        )  # fmt: skip

    def deed(self) -> Deed:
        return Deed(what=ROLE, role=self.cleaned_data["role"])


class RemoveForm(DeedForm):
    """What becomes of what developers own, and of what the log holds; and how many they are, typed."""

    erase = forms.BooleanField(
        label=gettext_lazy("Erase their names and addresses from the log"), required=False, initial=True,
        help_text=gettext_lazy("What was done stays in the log, without who they were. This cannot be undone."),
    )  # fmt: skip

    def __init__(self, *args: Any, **rest: Any):
        super().__init__(*args, **rest)
        self.asks_first = bool(self.owners)
        accounts = {one.account for one in self.chosen}
        if self.owners:
            self.fields["hand_items_to"] = HeirField(
                look=self.look, account=accounts.pop() if len(accounts) == 1 else None, gone=self.chosen,
                may_delete=True, empty=_("Choose"), label=_("Their items and projects go to"),
            )  # fmt: skip
        self.fields["erase"] = self.fields.pop("erase")  # last
        if self.look.actor.type == "token":
            del self.fields["erase"]

    @cached_property
    def owners(self) -> list[User]:
        """Those of them who own anything."""
        developers = [one for one in self.chosen if one.authority == User.Authority.DEVELOPER]
        return owners_among(developers)

    @property
    def phrase(self) -> str:  # type: ignore[override]  # it depends on whom it is about
        return self.chosen[0].username if len(self.chosen) == 1 else str(len(self.chosen))

    def clean(self) -> Cleaned:
        cleaned = super().clean() or self.cleaned_data
        if "typed_name" in self.data and self.data["typed_name"].strip() != self.phrase:
            self.add_error(None, _("“%(typed)s” is not %(wanted)s. Type it as it is shown.")
                           % {"typed": self.data["typed_name"][:60], "wanted": self.phrase})  # fmt: skip
        return cleaned

    def deed(self) -> Deed:
        heir = self.cleaned_data.get("hand_items_to")
        named = heir if heir not in (ACCOUNT, DELETE) else None
        return Deed(what=REMOVE, heir=named, at_home=heir == ACCOUNT, delete_items=heir == DELETE,
                    erase=self.cleaned_data.get("erase", False))  # fmt: skip

    def deed_unsaid(self) -> Deed | None:
        return Deed(what=REMOVE) if not self.owners else None

    def goes(self) -> list[Consequence]:
        see, people = self.look.visible, self.chosen
        items = see(engine.ANY_ITEM_VIEW).order_by("name_order", "pk")
        made = items.filter(kind__in=catalogue.REACHED[catalogue.MADE], made_by__in=people)
        owned = items.filter(owner__in=people)
        projects = see("project:view").filter(owner__in=people).order_by("name_order", "pk")
        tokens = see("token:view").filter(user__in=people).order_by("name_order", "pk")
        return counted((TOKENS, tokens), (REPORTS, made), (ITEMS, owned), (PROJECTS, projects))


FORMS: dict[str, type[DeedForm]] = {DISABLE: DisableForm, ROLE: RoleForm, REMOVE: RemoveForm}
