"""Search and filters of the list of grants."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accesscontrol.grants.models import Grant
from portal.filters.base import ListFilters, ThingFilter


class GrantFilters(ListFilters):
    """Grants by grantor, by what they cover, given or received."""

    searched = ("key", "note")

    account = ThingFilter("account:view", label=_("From"))
    covers = django_filters.ChoiceFilter(choices=Grant.Covers.choices, label=_("What"), empty_label=_("Any"))
    side = django_filters.ChoiceFilter(
        method="by_side",
        choices=[("given", _("Given")), ("received", _("Received"))],
        label=_("Side"),
        empty_label=_("Both"),
    )

    def by_side(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        """Given or received by the account that the caller acts for."""
        own = self.request.actor.acting or self.request.user.account_id
        return rows.filter(account=own) if value == "given" else rows.filter(grantees=own)
