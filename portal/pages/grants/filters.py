"""Search and filters of the lists of grants, given and received, and of the items of one."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

import django_filters
from django import forms
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from accesscontrol import catalogue
from accesscontrol.accounts.life import ending_rows
from accesscontrol.accounts.models import Account
from accesscontrol.grants.life import GrantState, grant_rows
from accesscontrol.services.grants.sides import accepted
from portal.actors import look_of
from portal.frame.filters import ListFilters, ThingFilter
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

    searched: ClassVar[tuple[str, ...]] = ("key",)

    state = django_filters.ChoiceFilter(method="by_state", choices=STATES, label=_("State"), empty_label=_("Any"))
    ends = django_filters.ChoiceFilter(method="by_end", choices=SOON, label=_("Ends"), empty_label=_("Any time"))
    covers = django_filters.ChoiceFilter(choices=SCOPES, label=_("What"), empty_label=_("Anything"))
    kind = django_filters.ChoiceFilter(method="by_kind", choices=KINDS, label=_("Kind of item"), empty_label=_("Any"))
    level = django_filters.ChoiceFilter(
        method="by_level", choices=LEVEL_CHOICES, label=_("Level"), empty_label=_("Any")
    )

    @property
    def own(self) -> int | None:
        """The account that the caller acts for."""
        return self.request.actor.acting or self.request.user.account_id

    def accepted(self) -> Q:
        """The grants that a grantee whom the caller may know of has accepted."""
        return accepted()

    def by_state(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        """As the state reads in the list, where one that is live may still be without effect."""
        return rows.filter(grant_rows(GrantState(value), self.accepted(), look_of(self.request).moment))

    def by_end(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        """What ends within so many days from now."""
        return rows.filter(ending_rows(look_of(self.request).moment, timedelta(days=int(value))))

    def by_kind(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        """Grants of all items of the kind, and of chosen items among which the caller sees one of it."""
        seen = look_of(self.request).visible(f"{value}:view").order_by().values("pk")
        chosen = rows.order_by().filter(covers="items", items__in=seen).values("pk")
        return rows.filter(Q(covers="kind", kind=value) | Q(pk__in=chosen))

    def by_level(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        """Grants with this level; `create-` is the level of any kind."""
        part = f'"{value}' if value.endswith("-") else f'"{value}"'
        return rows.alias(levels_text=Cast("levels", TextField())).filter(levels_text__contains=part)


class GivenFilters(GrantFilters):
    """Grants that accounts of the caller's branch gave; their notes are for this side only."""

    searched = ("key", "note")

    account = ThingFilter("account:view", label=_("From"))
    to = ThingFilter("account:view", method="by_grantee", label=_("To"))

    def by_grantee(self, rows: QuerySet, _name: str, account: Account) -> QuerySet:
        """Grants to an account that the caller may view."""
        return rows.filter(pk__in=rows.order_by().filter(grantees=account).values("pk"))


class ReceivedFilters(GrantFilters):
    """Grants that accounts of the caller's branch received; only the part of these accounts counts."""

    account = django_filters.CharFilter(field_name="account__name", lookup_expr="icontains", label=_("From"))

    def accepted(self) -> Q:
        return accepted(of=self.own)


class CoveredFilters(ListFilters):
    """The items that a grant covers, by kind."""

    item_kind = django_filters.ChoiceFilter(
        field_name="kind", choices=KINDS, label=_("Kind of item"), empty_label=_("Any")
    )


class GrantLogFilters(ListFilters):
    """The log of a grant, by what was done and when."""

    searched = ("action",)

    since = django_filters.DateFilter(
        field_name="at", lookup_expr="date__gte", label=_("From"), widget=forms.DateInput(attrs={"type": "date"})
    )
    until = django_filters.DateFilter(
        field_name="at", lookup_expr="date__lte", label=_("Until"), widget=forms.DateInput(attrs={"type": "date"})
    )
