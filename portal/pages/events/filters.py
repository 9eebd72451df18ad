"""Search and filters of the audit log."""

from __future__ import annotations

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accesscontrol.access.doors.event_names import by_seen_actor, by_told_thing
from accesscontrol.accounts.models import Account
from accesscontrol.accounts.names import with_letters
from portal.actors import look_of
from portal.frame.lists.filters import ChoiceFilter, ListFilters, ThingFilter, WordFilter


class EventFilters(ListFilters):
    """Events by what was done, who did it, account and time."""

    account = ThingFilter("account:view", method="by_account", label=_("Account"))
    action = WordFilter(lookup_expr="istartswith", label=_("What begins with"))
    actor_type = ChoiceFilter(
        [("user", _("User")), ("token", _("Token")), ("account", _("Account")), ("system", _("Console"))],
        label=_("Who"),
    )
    since = django_filters.DateFilter(
        field_name="at", lookup_expr="date__gte", label=_("From"), widget=forms.DateInput(attrs={"type": "date"})
    )
    until = django_filters.DateFilter(
        field_name="at", lookup_expr="date__lte", label=_("Until"), widget=forms.DateInput(attrs={"type": "date"})
    )

    def holding(self, letters: str) -> Q:
        """What was done is a word of ours."""
        return Q(action__icontains=letters)

    def search(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        """Also by who acted and on what, where the caller may view them."""
        letters = value.replace("\x00", "").strip()
        if not letters:
            return rows
        look = look_of(self.request)
        acted = rows.filter(by_seen_actor(look), with_letters(letters, "detail__actor_"))
        on = rows.filter(by_told_thing(look), with_letters(letters, "detail__thing_"))
        return super().search(rows, name, value) | acted | on

    def by_account(self, rows: QuerySet, _name: str, accounts: list[Account]) -> QuerySet:
        """The lines of accounts that the caller may view: the field has narrowed them."""
        return rows.filter(account_id__in=[account.pk for account in accounts])
