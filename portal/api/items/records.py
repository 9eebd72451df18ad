"""Records: the entries of every section of an item but its settings and its members."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import MethodNotAllowed, NotFound
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from accesscontrol import catalogue
from accesscontrol.access.doors.records import records_to_act_on
from accesscontrol.items.models import Item, Record
from accesscontrol.services.items import sections
from portal.api.frame.payloads import Moment, Payload, VisibleThing
from portal.api.frame.reading import AnyChoice, AnyWord, TimeFilter, TimePages
from portal.api.frame.schema import shown_or_named
from portal.api.items.sections import SectionViewSet

#: Sections that hold records, over all kinds.
RECORD_SECTIONS = tuple(
    dict.fromkeys(
        section for kind in catalogue.ITEM_KINDS for section in catalogue.KINDS[kind].sections
        if section not in ("settings", "items")
    )
)  # fmt: skip


#: Sections whose entries are sent out by the platform, one after the other.
_QUEUED = {"commands": sections.send_command, "calls": sections.call_endpoint}


class RecordShown(serializers.ModelSerializer):
    """One entry of a section."""

    device = VisibleThing("item", read_only=True, help_text="The device that the entry names.")

    class Meta:
        model = Record
        fields = ("id", "section", "at", "name", "data", "state", "device")
        read_only_fields = fields


class NewRecord(Payload):
    """An entry to add. device: the device that it names. A command and a call take data and name only."""

    data = serializers.DictField()  # type: ignore[assignment]
    name = serializers.CharField(max_length=200, allow_blank=True, required=False)
    at = Moment(required=False)
    device = VisibleThing("item", required=False)


class RecordNumber(serializers.Serializer):
    """The answer to who may add an entry but not view the section."""

    id = serializers.IntegerField(read_only=True)


class RecordChanges(Payload):
    """What can be changed of an entry."""

    data = serializers.DictField()  # type: ignore[assignment]
    name = serializers.CharField(max_length=200, allow_blank=True)


class Output(Payload):
    """An output to switch."""

    name = serializers.CharField(max_length=200)
    data = serializers.DictField()  # type: ignore[assignment]


class RecordFilters(filters.FilterSet):
    since = TimeFilter(field_name="at", lookup_expr="gte")
    until = TimeFilter(field_name="at", lookup_expr="lt")
    name = AnyWord()
    state = AnyChoice([one for one in Record.State.choices if one[0]])

    class Meta:
        model = Record
        fields = ()


def asks(verb: str) -> Any:
    """What an action on the section of the address asks."""

    def wanted(view: RecordViewSet) -> str:
        return f"*.{view.section}:{verb}"

    wanted.__doc__ = f"Asks: `<kind>.<section>:{verb}`."
    return wanted


def in_sections(verb: str, sections: Sequence[str] = RECORD_SECTIONS) -> Any:
    """Tells the document in which sections there is something to do: those that have the verb in some kind."""
    there = {
        name for kind in catalogue.ITEM_KINDS for name, verbs in catalogue.KINDS[kind].sections.items() if verb in verbs
    }
    enum = [name for name in sections if name in there]
    return extend_schema(parameters=[OpenApiParameter("section", str, OpenApiParameter.PATH, enum=enum)])


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
    def section(self) -> str:  # type: ignore[override]
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
        return records_to_act_on(self.look, item, self.section)

    def entry(self, item: Item, record: int) -> Record:
        """The entry of this number; NotFound for one of another section, too old, or of a hidden device."""
        row = self.records(item).filter(pk=record).first()
        if row is None:
            raise NotFound("Not found.")
        row.item = item
        if self.request.method not in SAFE_METHODS:
            self.meet(row)
        return row

    def meet(self, thing: Any) -> None:
        """An address of an entry is about its state, and not about that of its item."""
        if isinstance(thing, Record) or "record" not in self.kwargs:
            super().meet(thing)

    def shown(self, thing: Any) -> Any:
        return self.show([thing])[0] if isinstance(thing, Record) else None

    def again(self, thing: Any) -> Any:
        """The entry, or the item that entries are added to, as it is now, if the caller may view it."""
        if not isinstance(thing, Record):
            return self.find(self.view_permission, thing.key)
        return self.records(thing.item).filter(pk=thing.pk).first() if self.may_view(thing.item) else None

    def may_view(self, item: Item) -> bool:
        """Whether the caller may view the section."""
        view = f"{item.kind}.{self.section}:view"
        return view in catalogue.KINDS[item.kind].permissions and self.look.may(view, item)

    def answer_entry(self, item: Item, row: Record, code: int = 200) -> Response:
        """The entry, or its number only where the caller may not view the section."""
        return self.tagged(row, self.shown(row) if self.may_view(item) else RecordNumber(row).data, code)

    # --- Acts

    @in_sections("view")
    def list(self, request: Request, key: str, section: str) -> Response:
        """The entries, newest first."""
        return self.answer_list(self.get_queryset())

    @in_sections("view")
    def retrieve(self, request: Request, key: str, section: str, record: int) -> Response:
        """One entry."""
        row = self.entry(self.get_object(), record)
        return self.tagged(row, self.shown(row))

    @in_sections("create")
    def create(self, request: Request, key: str, section: str) -> Response:
        """Add an entry: send a message, a command, call an endpoint, set a property …"""
        item, data = self.get_object(), self.payload()
        if section not in _QUEUED:
            return self.answer_entry(item, sections.add_record(self.actor, item, section, **data), 201)
        extra = data.keys() - {"data"}
        if extra:
            sentence = f"“%s” is not told with {section}. Valid: data."
            refused = {name: [serializers.ErrorDetail(sentence % name, "not_told_here")] for name in extra}
            raise serializers.ValidationError(refused)
        return self.answer_entry(item, _QUEUED[section](self.actor, item, data["data"]), 201)

    @in_sections("change", ("outputs",))
    def change_output(self, request: Request, key: str, section: str) -> Response:
        """Switch an output by its name."""
        if self.section != "outputs":
            sentence = f"Entries of {section} are changed singly, at …/{section}/<id>/."
            raise MethodNotAllowed(request.method or "", sentence)
        item, data = self.get_object(), self.payload()
        named = {"name", "data"} - data.keys()
        if named:
            raise serializers.ValidationError({name: ["This field is required."] for name in named})
        return self.answer_entry(item, sections.set_output(self.actor, item, data["name"], data["data"]))

    @in_sections("change")
    def partial_update(self, request: Request, key: str, section: str, record: int) -> Response:
        """Change an entry in place."""
        item = self.get_object()
        row = self.entry(item, record)
        return self.answer_entry(item, sections.change_record(self.actor, item, row, **self.payload()))

    @in_sections("delete")
    def destroy(self, request: Request, key: str, section: str, record: int) -> Response:
        """Delete one entry."""
        item = self.get_object()
        row = self.entry(item, record)
        sections.delete_record(self.actor, item, row)
        return self.gone()

    @in_sections("delete")
    def clear(self, request: Request, key: str, section: str) -> Response:
        """Delete every entry of the section."""
        item = self.get_object()
        sections.clear_section(self.actor, item, section)
        return self.gone()
