"""What every list's search and filters share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import django_filters
from django import forms
from django.db.models import Model, Q, QuerySet
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accesscontrol.accounts.names import with_letters
from portal.actors import look_of
from portal.filtering import AnyOf, takes_several, wrong_names, wrong_values
from portal.frame.forms.fields import ThingsField
from portal.requests import SignedInRequest

PAGE_SIZES = ("25", "50", "100")
#: With this in the address the filters offer their first choices in the page itself.
CHOICES, OFFERED = "choices", 100
#: What every list understands besides its filters.
OF_LISTS = ("sort", "page", CHOICES)


#: More choices than these are a list to search in.
TICKED = 8


class ChoiceFilter(AnyOf):
    """Rows that fit any of some choices: boxes to tick, or a list to search in where they are many."""

    def __init__(self, choices: Iterable[tuple[str, Any]], **rest: Any):
        listed = list(choices)
        few = len(listed) <= TICKED
        widget = forms.CheckboxSelectMultiple() if few else forms.SelectMultiple(attrs={"data-autocomplete": ""})
        super().__init__(forms.ChoiceField(choices=listed), widget=widget, **rest)


class WordFilter(AnyOf):
    """Rows that fit any of some words."""

    def __init__(self, **rest: Any):
        super().__init__(forms.CharField(max_length=200), **rest)


class ThingFilter(django_filters.Filter):
    """Rows that point at any of some things, chosen from what the caller may view."""

    field_class = ThingsField
    several = True

    def __init__(self, permission: str, **rest: Any):
        super().__init__(**rest)
        self.permission = permission

    def narrow(self, request: SignedInRequest) -> None:
        """Offer only what the caller may view: while one types, or, without a script, when the address asks for it."""
        rows = look_of(request).visible(self.permission)
        shown = OFFERED if CHOICES in request.GET else 0
        self.extra |= {
            "rows": rows,
            "permission": self.permission,
            "shown": shown,
            "typed": False,
        }

    def filter(self, qs: QuerySet, value: list[Model]) -> QuerySet:
        if not value:
            return qs
        if len(value) == 1:
            return qs.filter(**{self.field_name: value[0]})
        fitting = {f"{self.field_name}__in": value}
        if "__" not in self.field_name:
            return qs.filter(**fitting)
        return qs.filter(pk__in=qs.order_by().filter(**fitting).values("pk"))  # a row may point at several of them


class ListFilters(django_filters.FilterSet):
    """A search, and the size of a page."""

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
        wrong = self.wrong.keys() - {"per_page"}
        return queryset.none() if wrong else super().filter_queryset(queryset)

    @cached_property
    def wrong(self) -> dict[str, str]:
        """Parameters of the address that are unknown, named too often or not to be read, each with a sentence."""
        known = dict.fromkeys(OF_LISTS, True) | {name: takes_several(one) for name, one in self.filters.items()}
        return wrong_names(self.data, known) | wrong_values(self.form)

    def search(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        """Rows with these letters in what is searched of them."""
        letters = value.replace("\x00", "").strip()
        return rows.filter(self.holding(letters)) if letters else rows

    def holding(self, letters: str) -> Q:
        """Which rows hold these letters."""
        return with_letters(letters)

    def all_rows(self, rows: QuerySet, _name: str, _value: str) -> QuerySet:
        """The size of a page narrows nothing."""
        return rows
