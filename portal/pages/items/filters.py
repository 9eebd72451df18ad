"""Search and filters of the lists of items."""

from __future__ import annotations

import django_filters
from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accesscontrol import catalogue
from portal.frame.lists.filters import ListFilters, ThingFilter, WordFilter
from portal.requests import SignedInRequest


class ItemFilters(ListFilters):
    """Items by account, owner, group, day of creation, and ident where the kind has one."""

    ident = WordFilter(field_name="ident_folded", label=_("Ident"))
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

    def __init__(self, data: QueryDict, queryset: QuerySet, *, request: SignedInRequest, kind: str):
        super().__init__(data, queryset, request=request, kind=kind)
        if not catalogue.KINDS[kind].has_ident:
            del self.filters["ident"]
