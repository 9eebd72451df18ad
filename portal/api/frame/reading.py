"""How lists are read: in pages, in an order, by filters; a parameter or value that is not known is refused."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.core import signing
from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters
from django_filters.fields import IsoDateTimeField
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.filters import BaseFilterBackend
from rest_framework.pagination import Cursor, CursorPagination, LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from accesscontrol.access.permissions import permission
from accesscontrol.accounts.names import named, with_letters
from accesscontrol.moments import MomentFault, read_moment
from portal.actors import look_of
from portal.filtering import MOST_VALUES, AnyOf, takes_several
from portal.open_shapes import Schema
from portal.problems import WrongParameter

DEFAULT_ROWS = 50
MOST_ROWS = 200
FARTHEST = 10_000_000


def whole_number(request: Request, name: str, least: int, most: int, default: int) -> int:
    """A number of the query string. Raises WrongParameter with the range."""
    given = request.query_params.get(name)
    if given is None:
        return default
    if given.isascii() and given.isdigit() and len(given) < 12 and least <= int(given) <= most:
        return int(given)
    raise WrongParameter({name: [f"“{name}” is a whole number from {least} to {most}."]})


def _number_parameter(name: str, least: int, most: int, about: str) -> Schema:
    schema = {"type": "integer", "minimum": least, "maximum": most}
    return {"name": name, "required": False, "in": "query", "description": about, "schema": schema}


_LIMIT = _number_parameter("limit", 1, MOST_ROWS, f"Rows of a page; {DEFAULT_ROWS} when left out.")


class Pages(LimitOffsetPagination):
    """Pages by `limit` and `offset`, with the number of all visible rows."""

    default_limit = DEFAULT_ROWS
    max_limit = MOST_ROWS
    parameters = ("limit", "offset")

    def get_limit(self, request: Request) -> int:
        return whole_number(request, "limit", 1, MOST_ROWS, DEFAULT_ROWS)

    def get_offset(self, request: Request) -> int:
        return whole_number(request, "offset", 0, FARTHEST, 0)

    def get_schema_operation_parameters(self, view: Any) -> list[Schema]:
        return [_LIMIT, _number_parameter("offset", 0, FARTHEST, "How many rows to leave out.")]


class TimePages(CursorPagination):
    """Newest first by `at`, page after page along a signed cursor: rows that arrive meanwhile move nothing."""

    ordering = ("-at", "-pk")
    template = None
    parameters = ("limit", "cursor")
    salt = "portal.api.cursor"

    def get_page_size(self, request: Request) -> int:
        return whole_number(request, "limit", 1, MOST_ROWS, DEFAULT_ROWS)

    def encode_cursor(self, cursor: Cursor) -> str:
        return replace_query_param(self.base_url or "", "cursor", signing.dumps(list(cursor), salt=self.salt))

    def decode_cursor(self, request: Request) -> Cursor | None:
        """The place where the page before ended; signed, since an offset from anywhere could cost anything."""
        given = request.query_params.get("cursor")
        try:
            return Cursor(*signing.loads(given, salt=self.salt)) if given is not None else None
        except signing.BadSignature as error:
            told = ErrorDetail("Take “cursor” from the “next” of the page before.", "unknown_cursor")
            raise WrongParameter({"cursor": [told]}) from error

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self.get_next_link(), "results": data})

    def get_paginated_response_schema(self, schema: Schema) -> Schema:
        address = {"type": "string", "format": "uri", "nullable": True}
        properties = {"next": address, "results": schema}
        return {"type": "object", "required": ["next", "results"], "properties": properties}

    def get_schema_operation_parameters(self, view: Any) -> list[Schema]:
        about = "Where the page before ended."
        return [_LIMIT, {"name": "cursor", "required": False, "in": "query", "description": about,
                         "schema": {"type": "string"}}]  # fmt: skip


#: Columns that are sorted as people count and spell: by the place of the name among others.
_SORTED = {"name": "name_order", "username": "name_order"}


class Ordering(BaseFilterBackend):
    """`ordering=name` or `ordering=-name`, by the columns that the view lists in `orderings`."""

    def filter_queryset(self, request: Request, queryset: QuerySet, view: Any) -> QuerySet:
        orderings = view.orderings
        if not orderings:
            return queryset
        wanted = request.query_params.get("ordering", orderings[0])
        valid = self.valid(view)
        if wanted not in valid:
            raise WrongParameter({"ordering": [f"“{wanted[:100]}” is not an order. Valid: {', '.join(valid)}."]})
        way, column = ("-", wanted[1:]) if wanted.startswith("-") else ("", wanted)
        return queryset.order_by(f"{way}{_SORTED.get(column, column)}", f"{way}pk")

    @staticmethod
    def valid(view: Any) -> list[str]:
        return [name for column in view.orderings for name in (column, f"-{column}")]

    def get_schema_operation_parameters(self, view: Any) -> list[Schema]:
        if not view.orderings:
            return []
        about = f"The order; `{view.orderings[0]}` when left out."
        return [{"name": "ordering", "required": False, "in": "query", "description": about,
                 "schema": {"type": "string", "enum": self.valid(view)}}]  # fmt: skip


class TimeField(IsoDateTimeField):
    """A time with its zone, read as at every door."""

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        try:
            return read_moment(value, None)
        except MomentFault as error:
            raise forms.ValidationError(str(error), code=error.said.code) from error


class TimeFilter(filters.IsoDateTimeFilter):
    """A time such as 2026-01-31T12:00:00Z."""

    field_class = TimeField


def _documented(one: AnyOf, items: Schema, help_text: str = "") -> None:
    """Tell the OpenAPI document what each of the values is."""
    about = {"description": help_text} if help_text else {}
    extend_schema_field({"type": "array", "items": items, "maxItems": MOST_VALUES, **about})(one)


class AnyChoice(AnyOf):
    """Some of a few words."""

    def __init__(self, choices: Iterable[tuple[str, str]], **rest: Any):
        listed = list(choices)
        super().__init__(forms.ChoiceField(choices=listed), **rest)
        _documented(self, {"type": "string", "enum": [name for name, _ in listed]})


class AnyWord(AnyOf):
    """Some words: keys, names, parts of them."""

    def __init__(self, *, max_length: int = 200, help_text: str = "", **rest: Any):
        super().__init__(forms.CharField(max_length=max_length, strip=False), help_text=help_text, **rest)
        _documented(self, {"type": "string", "maxLength": max_length}, help_text)


class YesOrNo(AnyOf):
    """`true` or `false`, and nothing else."""

    def __init__(self, **rest: Any):
        words = (("true", "Yes"), ("false", "No"))
        super().__init__(forms.TypedChoiceField(choices=words, coerce=lambda value: value == "true"), **rest)
        _documented(self, {"type": "boolean"})


class NounFilters(filters.FilterSet):
    """Filters of a list: by part of the name, and by the account a row belongs to."""

    search: AnyWord | None = AnyWord(rows_of="holding", help_text="Part of the name or key.")
    account: AnyWord | None = AnyWord(method="of_account", help_text="Key of the account.")

    def holding(self, letters: str) -> Q:
        """Which rows hold these letters in what is searched of them."""
        return with_letters(letters)

    def of_account(self, rows: QuerySet, name: str, keys: list[str]) -> QuerySet:
        """Only accounts that the caller may see count: the key of another finds nothing."""
        return rows.filter(account__in=self._seen_accounts(keys))

    def _seen_accounts(self, keys: list[str]) -> QuerySet:
        return named(look_of(self.request).visible(permission("account:view")), *keys).values("pk")


class NounFilterBackend(filters.DjangoFilterBackend):
    """Filters rows as the view's filters say; a value that cannot be read is told with its parameter."""

    def filter_queryset(self, request: Request, queryset: QuerySet, view: Any) -> QuerySet:
        try:
            return super().filter_queryset(request, queryset, view)
        except ValidationError as error:
            raise WrongParameter(error.detail) from error


def known_parameters(view: Any) -> dict[str, bool]:
    """The query parameters that a list understands, and whether each may be named several times."""
    known = {"ordering": False} if view.orderings else {}
    if view.paginator is not None:
        known |= dict.fromkeys(view.paginator.parameters, False)
    if view.filterset_class is not None:
        known |= {name: takes_several(one) for name, one in view.filterset_class.base_filters.items()}
    return known


def refuse_wrong_parameters(request: Request, known: dict[str, bool]) -> None:
    """A misspelt filter would otherwise show everything, one named twice half of it. Raises WrongParameter."""  # W05
    valid = ", ".join(sorted(known)) or "none"
    wrong: dict[str, list[Any]] = {}
    for name, values in request.query_params.lists():
        if name not in known and name != "format":
            told = f"“{name[:100]}” is not a parameter here. Valid: {valid}."
            wrong[name[:100]] = [ErrorDetail(told, "unknown_parameter")]
        elif len(values) > 1 and not known.get(name):
            wrong[name] = [f"“{name}” takes one value; these are {len(values)}."]
    if wrong:
        raise WrongParameter(wrong)
