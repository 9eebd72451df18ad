"""Sections of an item: settings, linked members, and the records of every other section."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import MethodNotAllowed, NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.items.models import Item, Record
from accesscontrol.services import items, links, sections
from portal.api.base import NounViewSet
from portal.api.items import ItemFilters, ItemShown
from portal.api.payloads import Payload, VisibleThing
from portal.api.reading import TimeFilter, TimePages
from portal.api.schema import shown_or_named

#: Sections that hold records, over all kinds.
RECORD_SECTIONS = tuple(
    dict.fromkeys(
        section for kind in catalogue.ITEM_KINDS for section in catalogue.KINDS[kind].sections
        if section not in ("settings", "items")
    )
)  # fmt: skip


#: Sections whose entries are sent out by the platform, one after the other.
_QUEUED = {"commands": sections.send_command, "calls": sections.call_endpoint}


class SectionViewSet(NounViewSet):
    """A section of an item: what a visible item does not have is not there, and its reason says what it has."""

    noun = "item"
    section = ""

    def find(self, wanted: str, name: str) -> Item | None:
        section, verb = self.section, wanted.rpartition(":")[2]
        of_items = wanted == self.view_permission
        if not of_items and not any(_has(kind, section, verb) for kind in catalogue.ITEM_KINDS):
            return None
        return super().find(wanted, name)

    def require_on(self, row: Item) -> None:
        section, verb = self.section, self.declared().rpartition(":")[2]
        verbs = catalogue.KINDS[row.kind].sections.get(section)
        if verbs is None:
            valid = ", ".join(catalogue.KINDS[row.kind].sections) or "none"
            raise NotFound(f"A {row.kind} has no section “{section}”. Valid: {valid}.")
        if verb not in verbs:
            raise MethodNotAllowed(self.request.method, f"In {row.kind}.{section} one can {', '.join(verbs)} only.")
        super().require_on(row)


def _has(kind: str, section: str, verb: str) -> bool:
    return verb in catalogue.KINDS[kind].sections.get(section, ())


class SettingsShown(serializers.Serializer):
    """Settings, name by name."""

    def to_representation(self, item: Item) -> dict[str, Any]:
        return item.settings


class SettingsViewSet(SectionViewSet):
    """The settings of an item whose kind has them as a section: those of a device."""

    section = "settings"
    model = Item
    declares = {
        "retrieve": "*.settings:view",
        "partial_update": "*.settings:change",
        "destroy": "*.settings:delete",
    }
    serializer_class = SettingsShown
    answers = {name: OpenApiResponse(dict) for name in ("retrieve", "partial_update")}

    def retrieve(self, request: Request, key: str) -> Response:
        """The settings, name by name."""
        return Response(self.get_object().settings)

    @extend_schema(request=dict)
    def partial_update(self, request: Request, key: str) -> Response:
        """Change the settings that the body names and keep the others; null takes one away."""
        item = self.get_object()
        if not isinstance(request.data, dict):
            raise serializers.ValidationError({"": ["Enter a JSON object, such as {“interval”: 30}."]})
        taken = {name for name, value in request.data.items() if value is None}
        wanted = {name: value for name, value in {**item.settings, **request.data}.items() if name not in taken}
        items.change_settings(self.actor, item, wanted)
        return Response(wanted)

    def destroy(self, request: Request, key: str) -> Response:
        """Delete all settings."""
        items.clear_settings(self.actor, self.get_object())
        return self.gone()


class Member(Payload):
    """The item that is put into the container."""

    item = VisibleThing("item")


class MemberViewSet(SectionViewSet):
    """What is linked into a container: its section `items`."""

    section = "items"
    model = Item
    declares = {"list": "*.items:view", "create": "*.items:create", "destroy": "*:view"}
    serializer_class = ItemShown
    payloads = {"create": Member}
    prefetched = ("container_links",)
    filterset_class = ItemFilters
    orderings = ("name", "created_at")

    def list(self, request: Request, key: str) -> Response:
        """The members that the caller may see; of others not even the number."""
        members = self.get_queryset().filter(container_links__container=self.get_object())
        return self.get_paginated_response(self.show(self.paginate_queryset(self.filter_queryset(members))))

    def create(self, request: Request, key: str) -> Response:
        """Put an item in: asks `items:create` here and `change` on the item."""
        container = self.get_object()
        member = self.payload()["item"]
        links.link_items(self.actor, member, container)
        return self.answer(member, 201)

    def destroy(self, request: Request, key: str, member: str) -> Response:
        """Take an item out: asks `items:delete` here or `change` on the item."""
        container, found = self.get_object(), self.find(self.view_permission, member)
        if found is None:
            raise NotFound("Not found.")
        links.unlink_items(self.actor, found, container)
        return self.gone()


class RecordShown(serializers.ModelSerializer):
    """One entry of a section."""

    device = VisibleThing("item", read_only=True, help_text="The device that the entry names.")

    class Meta:
        model = Record
        fields = ("id", "section", "at", "name", "data", "state", "device")
        read_only_fields = fields


class NewRecord(Payload):
    """An entry to add. device: the device that it names. A command and a call take data and name only."""

    data = serializers.DictField()
    name = serializers.CharField(max_length=200, allow_blank=True, required=False)
    at = serializers.DateTimeField(required=False)
    device = VisibleThing("item", required=False)


class RecordNumber(serializers.Serializer):
    """The answer to who may add an entry but not view the section."""

    id = serializers.IntegerField(read_only=True)


class RecordChanges(Payload):
    """What can be changed of an entry."""

    data = serializers.DictField()
    name = serializers.CharField(max_length=200, allow_blank=True)


class Output(Payload):
    """An output to switch."""

    name = serializers.CharField(max_length=200)
    data = serializers.DictField()


class RecordFilters(filters.FilterSet):
    since = TimeFilter(field_name="at", lookup_expr="gte")
    until = TimeFilter(field_name="at", lookup_expr="lt")
    name = filters.CharFilter(field_name="name", max_length=200)

    class Meta:
        model = Record
        fields = ("state",)


def asks(verb: str) -> Any:
    """What an action on the section of the address asks."""

    def wanted(view: RecordViewSet) -> str:
        return f"*.{view.section}:{verb}"

    wanted.__doc__ = f"Asks: `<kind>.<section>:{verb}`."
    return wanted


@extend_schema(parameters=[OpenApiParameter("section", str, OpenApiParameter.PATH, enum=RECORD_SECTIONS)])
class RecordViewSet(SectionViewSet):
    """The entries of a section, newest first, no further back than the caller's history depth."""

    model = Record
    declares = {
        "list": asks("view"),
        "retrieve": asks("view"),
        "create": asks("create"),
        "change_output": asks("change"),
        "partial_update": asks("change"),
        "destroy": asks("delete"),
        "clear": asks("delete"),
    }
    serializer_class = RecordShown
    payloads = {"create": NewRecord, "partial_update": RecordChanges, "change_output": Output}
    answers = {name: {code: shown_or_named(RecordShown, RecordNumber)} for name, code in
               (("create", 201), ("partial_update", 200), ("change_output", 200))}  # fmt: skip
    pagination_class = TimePages
    filterset_class = RecordFilters
    orderings = ()

    @property
    def section(self) -> str:
        """The section of the address. NotFound for one that no kind has."""
        name = self.kwargs["section"]
        if name not in RECORD_SECTIONS:
            raise NotFound(f"“{name[:50]}” is not a section with records. Valid: {', '.join(RECORD_SECTIONS)}.")
        return name

    def get_queryset(self) -> QuerySet:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return self.records(self.get_object())

    def records(self, item: Item) -> QuerySet[Record]:
        """The entries that the caller may see: within the history depth, and of devices that they may view."""
        view = f"{item.kind}.{self.section}:view"
        seen = engine.decide(self.actor, view, item) if view in catalogue.KINDS[item.kind].permissions else None
        devices = engine.visible(self.actor, "device:view").values("pk")
        rows = item.records.filter(Q(device=None) | Q(device__in=devices), section=self.section)
        if seen is not None and seen.history_days is not None:
            rows = rows.filter(at__gte=timezone.now() - timedelta(days=seen.history_days))
        return rows

    def entry(self, item: Item, record: int) -> Record:
        """The entry of this number; NotFound for one of another section, too old, or of a hidden device."""
        row = self.records(item).filter(pk=record).first()
        if row is None:
            raise NotFound("Not found.")
        return row

    def answer_entry(self, item: Item, row: Record, code: int = 200) -> Response:
        """The entry, or its number only where the caller may not view the section."""
        view = f"{item.kind}.{self.section}:view"
        may = view in catalogue.KINDS[item.kind].permissions and engine.decide(self.actor, view, item).allowed
        return Response(self.show([row])[0] if may else RecordNumber(row).data, status=code)

    # --- Acts

    def list(self, request: Request, key: str, section: str) -> Response:
        """The entries, newest first."""
        rows = self.filter_queryset(self.get_queryset())
        return self.get_paginated_response(self.show(self.paginate_queryset(rows)))

    def retrieve(self, request: Request, key: str, section: str, record: int) -> Response:
        """One entry."""
        return Response(self.show([self.entry(self.get_object(), record)])[0])

    def create(self, request: Request, key: str, section: str) -> Response:
        """Add an entry: send a message, a command, call an endpoint, set a property …"""
        item, data = self.get_object(), self.payload()
        if section not in _QUEUED:
            return self.answer_entry(item, sections.add_record(self.actor, item, section, **data), 201)
        extra = data.keys() - {"data"}
        if extra:
            raise serializers.ValidationError({name: [f"“{name}” is not told with {section}. Valid: data."] for name in extra})
        return self.answer_entry(item, _QUEUED[section](self.actor, item, data["data"]), 201)

    def change_output(self, request: Request, key: str, section: str) -> Response:
        """Switch an output by its name."""
        if self.section != "outputs":
            raise MethodNotAllowed(request.method, f"Entries of {section} are changed one by one, at …/{section}/<id>/.")
        item, data = self.get_object(), self.payload()
        named = {"name", "data"} - data.keys()
        if named:
            raise serializers.ValidationError({name: ["This field is required."] for name in named})
        return self.answer_entry(item, sections.set_output(self.actor, item, data["name"], data["data"]))

    def partial_update(self, request: Request, key: str, section: str, record: int) -> Response:
        """Change an entry in place."""
        item = self.get_object()
        row = self.entry(item, record)
        return self.answer_entry(item, sections.change_record(self.actor, item, row, **self.payload()))

    def destroy(self, request: Request, key: str, section: str, record: int) -> Response:
        """Delete one entry."""
        item = self.get_object()
        sections.delete_record(self.actor, item, self.entry(item, record))
        return self.gone()

    def clear(self, request: Request, key: str, section: str) -> Response:
        """Delete every entry of the section."""
        sections.clear_section(self.actor, self.get_object(), section)
        return self.gone()
