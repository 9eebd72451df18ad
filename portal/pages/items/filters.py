"""Search and filters of the lists of items."""

from __future__ import annotations

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _

from portal.frame.filters import ListFilters, ThingFilter


class ItemFilters(ListFilters):
    """Items by account, owner, group and day of creation."""

    account = ThingFilter("account:view", label=_("Account"))
    owner = ThingFilter("user:view", label=_("Owner"))
    group = ThingFilter("group:view", field_name="container_links__container", label=_("Group"))
    created_from = django_filters.DateFilter(
        field_name="created_at",
        lookup_expr="date__gte",
        label=_("Created from"),
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    created_to = django_filters.DateFilter(
        field_name="created_at",
        lookup_expr="date__lte",
        label=_("Created until"),
        widget=forms.DateInput(attrs={"type": "date"}),
    )
