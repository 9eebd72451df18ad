"""Search and filters of the lists of grants, given and received, and of the items of one."""

from __future__ import annotations

from datetime import timedelta

import django_filters
from django import forms
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.db.models.lookups import Contains
from django.utils.translation import gettext_lazy as _

from accesscontrol import catalogue
from accesscontrol.accounts.life import ending_rows
from accesscontrol.accounts.models import Account
from accesscontrol.accounts.names import with_letters, with_letters_in_name
from accesscontrol.grants.life import GrantState, grant_rows
from accesscontrol.services.grants.sides import accepted, with_side_named
from portal.actors import look_of
from portal.frame.lists.filters import ChoiceFilter, ListFilters, ThingFilter, WordFilter
from portal.pages.grants.words import LEVELS

STATES = [(GrantState.LIVE, _("Live")), (GrantState.WAITING, _("Waits for an answer")),
          (GrantState.LATER, _("Not yet")), (GrantState.PAUSED, _("Paused")),
          (GrantState.ENDED, _("Ended"))]  # fmt: skip
KINDS = [(name, catalogue.KINDS[name].plural) for name in catalogue.ITEM_KINDS]
LEVEL_CHOICES = [*((level, words[0]) for level, words in LEVELS.items() if level != "read"),
                 ("create-", _("Create something"))]  # fmt: skip
SCOPES = [("account", _("Whole account")), ("kind", _("All of a kind")), ("items", _("Chosen items"))]
SOON = [("1", _("Within a day")), ("7", _("Within a week")), ("30", _("Within a month"))]


class GrantFilters(ListFilters):
    """What both lists share: state, what is covered, levels, what ends soon."""

    state = ChoiceFilter(STATES, rows_of="in_state", label=_("State"))
    ends = ChoiceFilter(SOON, rows_of="ending", label=_("Ends"))
    covers = ChoiceFilter(SCOPES, label=_("What"))
    kind = ChoiceFilter(KINDS, rows_of="of_kind", label=_("Kind of item"))
    level = ChoiceFilter(LEVEL_CHOICES, rows_of="at_level", label=_("Level"))

    def holding(self, letters: str) -> Q:
        """A grant is found by its key, and by the names of both sides as far as the caller may know of them."""
        return super().holding(letters) | with_side_named(look_of(self.request), letters)

    @property
    def own(self) -> int | None:
        """The account that the caller acts for."""
        return self.request.actor.acting or self.request.user.account_id

    def accepted(self) -> Q:
        """The grants that a grantee whom the caller may know of has accepted."""
        return accepted()

    def in_state(self, value: str) -> Q:
        """As the state reads in the list, where one that is live may still be without effect."""
        return grant_rows(GrantState(value), self.accepted(), look_of(self.request).moment)

    def ending(self, value: str) -> Q:
        """What ends within so many days from now."""
        return ending_rows(look_of(self.request).moment, timedelta(days=int(value)))

    def of_kind(self, value: str) -> Q:
        """Grants of all items of the kind, and of chosen items among which the caller sees one of it."""
        seen = look_of(self.request).visible(f"{value}:view").order_by().values("pk")
        chosen = self.queryset.order_by().filter(covers="items", items__in=seen).values("pk")
        return Q(covers="kind", kind=value) | Q(pk__in=chosen)

    @staticmethod
    def at_level(value: str) -> Q:
        """Grants with this level; `create-` is the level of any kind."""
        part = f'"{value}' if value.endswith("-") else f'"{value}"'
        return Q(Contains(Cast("levels", TextField()), part))


class GivenFilters(GrantFilters):
    """Grants that accounts of the caller's branch gave; their notes are for this side only."""

    account = ThingFilter("account:view", label=_("From"))
    to = ThingFilter("account:view", method="by_grantee", label=_("To"))

    def holding(self, letters: str) -> Q:
        """The note is this side's own."""
        return super().holding(letters) | with_letters(letters, "note_")

    def by_grantee(self, rows: QuerySet, _name: str, accounts: list[Account]) -> QuerySet:
        """Grants to accounts that the caller may view."""
        return rows.filter(pk__in=rows.order_by().filter(grantees__in=accounts).values("pk"))


class ReceivedFilters(GrantFilters):
    """Grants that accounts of the caller's branch received; only the part of these accounts counts."""

    account = WordFilter(rows_of="from_account", label=_("From"))

    def from_account(self, letters: str) -> Q:
        """Grants of accounts with these letters in their name; the key of a stranger is not to be found out."""
        return with_letters_in_name(letters, "account__")

    def accepted(self) -> Q:
        return accepted(of=self.own)


class CoveredFilters(ListFilters):
    """The items that a grant covers, by kind."""

    item_kind = ChoiceFilter(KINDS, field_name="kind", label=_("Kind of item"))


class GrantLogFilters(ListFilters):
    """The log of a grant, by what was done and when."""

    def holding(self, letters: str) -> Q:
        """What was done is a word of ours."""
        return Q(action__icontains=letters)

    since = django_filters.DateFilter(
        field_name="at", lookup_expr="date__gte", label=_("From"), widget=forms.DateInput(attrs={"type": "date"})
    )
    until = django_filters.DateFilter(
        field_name="at", lookup_expr="date__lte", label=_("Until"), widget=forms.DateInput(attrs={"type": "date"})
    )
