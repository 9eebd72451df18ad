"""What every list's search and filters share."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any, ClassVar

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from portal.actors import look_of
from portal.frame.forms import ThingField
from portal.requests import SignedInRequest

PAGE_SIZES = ("25", "50", "100")
#: With this in the address the filters offer their first choices in the page itself.
CHOICES, OFFERED = "choices", 100


class ThingFilter(django_filters.Filter):
    """Rows that point at one thing, chosen from what the caller may view."""

    field_class = ThingField

    def __init__(self, permission: str, *, lookup: str = "key", **rest: Any):
        super().__init__(**rest)
        self.permission, self.lookup = permission, lookup

    def narrow(self, request: SignedInRequest) -> None:
        """Offer only what the caller may view: while one types, or, without a script, when the address asks for it."""
        rows = look_of(request).visible(self.permission)
        shown = OFFERED if CHOICES in request.GET else 0
        self.extra |= {
            "rows": rows,
            "permission": self.permission,
            "lookup": self.lookup,
            "empty": _("Any"),
            "shown": shown,
        }


class ListFilters(django_filters.FilterSet):
    """A search over the columns of `searched`, and the size of a page."""

    searched: ClassVar[tuple[str, ...]] = ("name", "key")

    q = django_filters.CharFilter(
        method="search", label=_("Search"), widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Search")})
    )
    per_page = django_filters.ChoiceFilter(
        method="all_rows", label=_("Rows on a page"), choices=[(size, size) for size in PAGE_SIZES], empty_label=None
    )

    def __init__(self, data: QueryDict, queryset: QuerySet, *, request: SignedInRequest, kind: str):
        super().__init__(data, queryset, request=request)
        self.kind = kind
        for one in self.filters.values():
            if isinstance(one, ThingFilter):
                one.narrow(request)

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        """Nothing where a filter cannot be understood: showing all would look like an answer."""
        wrong = self.form.errors.keys() - {"per_page"}
        return queryset.none() if wrong else super().filter_queryset(queryset)

    def search(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        """Rows with these letters in one of the searched columns."""
        value = value.replace("\x00", "").strip()
        return (
            rows.filter(reduce(or_, (Q(**{f"{name}__icontains": value}) for name in self.searched))) if value else rows
        )

    def all_rows(self, rows: QuerySet, _name: str, _value: str) -> QuerySet:
        """The size of a page narrows nothing."""
        return rows
