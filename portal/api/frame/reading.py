"""How lists are read: in pages, in an order, by filters; a parameter or value that is not known is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core import signing
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from django_filters.fields import IsoDateTimeField
from drf_spectacular.utils import extend_schema_field
from rest_framework.filters import BaseFilterBackend
from rest_framework.pagination import Cursor, CursorPagination, LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from accesscontrol.access.permissions import permission
from portal.actors import look_of
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


def _number_parameter(name: str, least: int, most: int, about: str) -> dict[str, Any]:
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

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
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
            raise WrongParameter({"cursor": ["Take “cursor” from the “next” of the page before."]}) from error

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self.get_next_link(), "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        address = {"type": "string", "format": "uri", "nullable": True}
        properties = {"next": address, "results": schema}
        return {"type": "object", "required": ["next", "results"], "properties": properties}

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        about = "Where the page before ended."
        return [_LIMIT, {"name": "cursor", "required": False, "in": "query", "description": about,
                         "schema": {"type": "string"}}]  # fmt: skip


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
        return queryset.order_by(wanted, "-pk" if wanted.startswith("-") else "pk")

    @staticmethod
    def valid(view: Any) -> list[str]:
        return [name for column in view.orderings for name in (column, f"-{column}")]

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        if not view.orderings:
            return []
        about = f"The order; `{view.orderings[0]}` when left out."
        return [{"name": "ordering", "required": False, "in": "query", "description": about,
                 "schema": {"type": "string", "enum": self.valid(view)}}]  # fmt: skip


class TimeField(IsoDateTimeField):
    """A time that stays one in every time zone."""

    def clean(self, value: Any) -> datetime | None:
        moment = super().clean(value)
        try:
            return moment.astimezone(UTC) if moment is not None else None
        except OverflowError as error:
            raise forms.ValidationError("Enter a time that lies further from the ends of the calendar.") from error


class TimeFilter(filters.IsoDateTimeFilter):
    """A time such as 2026-01-31T12:00:00Z."""

    field_class = TimeField


@extend_schema_field(bool)
class YesOrNo(filters.TypedChoiceFilter):
    """`true` or `false`, and nothing else."""

    def __init__(self, **options: Any):
        super().__init__(choices=(("true", "Yes"), ("false", "No")), coerce=lambda value: value == "true", **options)


class NounFilters(filters.FilterSet):
    """Filters of a list: by part of the name, and by the account a row belongs to."""

    search = filters.CharFilter("name", "icontains", max_length=200, help_text="Part of the name.")
    account = filters.CharFilter(method="of_account", max_length=200, help_text="Key of the account.")

    def of_account(self, rows: QuerySet, name: str, key: str) -> QuerySet:
        """Only accounts that the caller may see count: the key of another finds nothing."""
        return rows.filter(account__in=self._seen_accounts(key))

    def _seen_accounts(self, key: str) -> QuerySet:
        return look_of(self.request).visible(permission("account:view")).filter(key=key).values("pk")


def known_parameters(view: Any) -> set[str]:
    """The query parameters that a list understands."""
    known = {"ordering"} if view.orderings else set()
    if view.paginator is not None:
        known |= set(view.paginator.parameters)
    if view.filterset_class is not None:
        known |= set(view.filterset_class.base_filters)
    return known


def refuse_unknown_parameters(request: Request, known: set[str]) -> None:
    """A misspelt filter would otherwise show everything. Raises WrongParameter, naming what is valid."""  # W05
    valid = ", ".join(sorted(known)) or "none"
    unknown = [name for name in request.query_params if name not in known and name != "format"]
    if unknown:
        sentence = "“%s” is not a parameter here. Valid: %s."
        raise WrongParameter({name[:100]: [sentence % (name[:100], valid)] for name in unknown})
