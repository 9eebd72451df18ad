"""Events: the audit log of the accounts whose events the caller may view; read only."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accesscontrol.access.doors.event_names import veil_names
from accesscontrol.audit.models import Event
from portal.api.frame.base import NounViewSet, Row
from portal.api.frame.payloads import VisibleThing
from portal.api.frame.reading import AnyChoice, AnyWord, NounFilters, TimeFilter, TimePages

#: Who acts: the word in `actor_type`, and what it means.
ACTORS = (("user", "User"), ("token", "Token"), ("account", "Account"), ("system", "Console"))


class EventShown(serializers.ModelSerializer):
    """One line of the audit log. Names are null once they have been erased."""

    account = VisibleThing("account", read_only=True)
    actor_name = serializers.CharField(source="detail.actor_name", read_only=True, allow_null=True, default=None)
    acting_account_name = serializers.CharField(
        source="detail.acting_account_name", read_only=True, allow_null=True, default=None
    )
    thing_name = serializers.CharField(source="detail.thing_name", read_only=True, allow_null=True, default=None)
    address = serializers.CharField(source="detail.address", read_only=True, allow_null=True, default=None)
    changes = serializers.DictField(source="detail.changes", read_only=True, allow_null=True, default=None)

    class Meta:
        model = Event
        fields = ("id", "at", "action", "account", "actor_type", "actor_id", "actor_name", "token_id",
                  "acting_account_id", "acting_account_name", "entry_id", "thing_type", "thing_id", "thing_name",
                  "result", "address", "request_id", "changes")  # fmt: skip
        read_only_fields = fields


class EventFilters(NounFilters):
    search = None
    action = AnyWord()
    actor_type = AnyChoice(ACTORS)
    thing_type = AnyWord()
    since = TimeFilter(field_name="at", lookup_expr="gte")
    until = TimeFilter(field_name="at", lookup_expr="lt")

    def of_account(self, rows: Any, name: str, keys: list[str]) -> Any:
        return rows.filter(account_id__in=self._seen_accounts(keys))

    class Meta:
        model = Event
        fields = ()


class EventViewSet(NounViewSet[Event]):
    """What happened, newest first."""

    noun = "event"
    model = Event
    declares = {"list": "event:view", "retrieve": "event:view"}
    serializer_class = EventShown
    related = ("detail",)
    filterset_class = EventFilters
    pagination_class = TimePages
    orderings = ()

    def show(self, rows: Any, serializer: type[serializers.Serializer] | None = None) -> Any:
        veil_names(self.look, rows)
        return super().show(rows, serializer)

    def show_one(self, row: Event) -> Any:
        veil_names(self.look, [row])
        return super().show_one(row)

    def get_object(self) -> Event:
        row = self.get_queryset().filter(pk=self.kwargs["event"]).first()
        if row is None:
            raise NotFound("Not found.")
        return row


class LogFilters(filters.FilterSet):
    """The log of one thing, by what was done and when."""

    action = AnyWord()
    since = TimeFilter(field_name="at", lookup_expr="gte")
    until = TimeFilter(field_name="at", lookup_expr="lt")

    class Meta:
        model = Event
        fields = ()


class LogViewSet(NounViewSet[Row]):
    """What happened with one thing, newest first. Subclasses say of which noun, what it asks, and which lines."""

    model = Event
    serializer_class = EventShown
    filterset_class = LogFilters
    pagination_class = TimePages
    orderings = ()

    def lines(self) -> QuerySet[Event]:
        """The lines about the thing of this address that the caller may read."""
        raise LookupError(f"{type(self).__name__} says nothing about its lines.")

    def get_queryset(self) -> QuerySet:
        return super().get_queryset() if getattr(self, "swagger_fake_view", False) else self.lines()

    def list(self, request: Request, key: str) -> Response:
        """What happened with it."""
        return self.answer_list(self.get_queryset())

    def show(self, rows: Any, serializer: type[serializers.Serializer] | None = None) -> Any:
        veil_names(self.look, rows)
        return super().show(rows, serializer)
