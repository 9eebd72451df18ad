"""What goes in and out: payloads that refuse what they do not know, and things named by keys among the visible ones.

“Unknown” and “not yours” are one sentence, so that no payload can be used to find out what exists.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema_field
from rest_framework import parsers, serializers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.look import Look
from accesscontrol.accounts.names import named, named_in, order_of
from accesscontrol.json_data import BODY, JSONFault, read_json
from accesscontrol.moments import MomentFault, read_moment
from accesscontrol.services.frame.fields import MOST_DAYS
from portal.open_shapes import Checked

MOST_NAMED = 1000


def view_of(noun: str) -> str:
    """The permission that decides whether a row of a noun exists for a caller; `item` is any kind."""
    return engine.ANY_ITEM_VIEW if noun == "item" else f"{noun}:view"


class StrictJSONParser(parsers.JSONParser):
    """JSON without duplicate keys, half surrogate pairs and numbers that are none, no deeper and no more than fits."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            return read_json(stream.read(), BODY)
        except JSONFault as error:
            raise ParseError(str(error)) from error


#: Fields → the type in JSON that they are of.
_TYPES: tuple[tuple[type[serializers.Field], type | tuple[type, ...]], ...] = (
    (serializers.BooleanField, bool),
    (serializers.IntegerField, (int, float)),
    (serializers.CharField, str),
)


def of_other_type(field: serializers.Field, value: object) -> object:
    """What is wrong with a value of another type than the document says: REST framework takes “5” for 5, 1 for true."""
    if value is None:
        return None
    if isinstance(field, serializers.ListField) and isinstance(value, list):
        return {n: wrong for n, one in enumerate(value) if (wrong := of_other_type(field.child, one))} or None
    if isinstance(field, serializers.DictField) and isinstance(value, Mapping):
        return {name: wrong for name, one in value.items() if (wrong := of_other_type(field.child, one))} or None
    expected = next((one for kind, one in _TYPES if isinstance(field, kind)), object)
    fits = isinstance(value, expected) and (expected is bool or not isinstance(value, bool) or expected is object)
    return None if fits else [serializers.ErrorDetail(str(field.error_messages["invalid"]), "invalid")]


def _left_out_of(field: serializers.Field) -> serializers.ErrorDetail:
    return serializers.ErrorDetail(str(field.error_messages["required"]), "required")


class Payload(serializers.Serializer):
    """A body of a request: a field that it does not know is refused by name, with those that it does.

    Where it is read from an address instead, every value is text: context `as_text`.
    """  # W05, Z05

    def to_internal_value(self, data: Any) -> Checked:
        if not isinstance(data, Mapping):
            return super().to_internal_value(data)
        self._refuse_unknown(data)
        wrong = self._left_out(data)
        if not self.context.get("as_text"):
            wrong |= self._of_other_types(data)
        try:
            found = super().to_internal_value(data)
        except serializers.ValidationError as error:
            raise serializers.ValidationError({**error.detail, **wrong}) from error  # type: ignore[dict-item]
        if wrong:
            raise serializers.ValidationError(wrong)
        return found

    def _left_out(self, data: Mapping[str, object]) -> Any:
        """A PATCH leaves out what it does not change; what stands inside a body is said whole all the same."""
        if self.root is self or not getattr(self.root, "partial", False):
            return {}
        missing = [name for name, field in self.fields.items() if field.required and name not in data]
        return {name: [_left_out_of(self.fields[name])] for name in missing}

    def _of_other_types(self, data: Mapping[str, object]) -> Any:
        found = {name: of_other_type(field, data.get(name)) for name, field in self.fields.items()}
        return {name: wrong for name, wrong in found.items() if wrong}

    def writable(self) -> list[str]:
        """The names that a body may hold."""
        return [name for name, field in self.fields.items() if not field.read_only]

    def _refuse_unknown(self, data: Mapping[str, object]) -> None:
        valid = ", ".join(self.writable()) or "none"
        unknown = [name for name in data if name not in self.fields or self.fields[name].read_only]
        if unknown:
            sentence = "“%s” cannot be set here. Valid: %s."
            raise serializers.ValidationError({name: [sentence % (name, valid)] for name in unknown})


def refuse_empty(request: Request, fields: Collection[str] = ()) -> None:
    """Where something is to be said, an empty body is one that was lost on its way. Raises ValidationError.

    A PATCH names what it changes; another call that means none of the fields says so with `{}`.
    """
    if not int(request.META.get("CONTENT_LENGTH") or 0):
        sentence = gettext("The body is empty. Send a JSON object.")
    elif request.method == "PATCH" and request.data == {}:
        sentence = gettext("The body changes nothing. Name what is to be changed.")
    else:
        return
    valid = gettext("Valid: %(fields)s.") % {"fields": ", ".join(fields)}
    raise serializers.ValidationError(f"{sentence} {valid}" if fields else sentence, code="empty")


class Nothing(Payload):
    """The body of an act that needs no more to be said: empty."""


class Named(serializers.Serializer):
    """The answer to an act on a thing that the caller may not view: just its name."""

    key = serializers.CharField(read_only=True)


class Seen:
    """The names of related things that the caller may see, by row id: one query a noun, however many rows are shown."""

    def __init__(self, look: Look):
        self.look = look
        self._wanted: dict[str, set[int]] = {}
        self._names: dict[str, dict[int, str | None]] = {}

    def expect(self, noun: str, row_ids: Iterable[int | None]) -> None:
        """These ids will be asked for."""
        self._wanted.setdefault(noun, set()).update(row_id for row_id in row_ids if row_id is not None)

    def name(self, noun: str, row_id: int | None) -> str | None:
        """The key of a row (of a user the username); None where the caller may not see it."""
        if row_id is None:
            return None
        known = self._names.setdefault(noun, {})
        if row_id not in known:
            self._load(noun, self._wanted.pop(noun, set()) | {row_id})
        return known[row_id]

    def _load(self, noun: str, row_ids: set[int]) -> None:
        found = self.look.visible(view_of(noun)).filter(pk__in=row_ids)
        names = dict(found.values_list("pk", found.model.known_by))
        self._names[noun] |= dict.fromkeys(row_ids) | names


class Moment(serializers.DateTimeField):
    """A time with its zone, read as at every door."""

    def to_internal_value(self, value: Any) -> datetime:
        try:
            return read_moment(value if isinstance(value, str) else "", None)
        except MomentFault as error:
            raise serializers.ValidationError(str(error), code=error.said.code) from error


class Days(serializers.IntegerField):
    """A history depth: how many days back; null: no figure of its own."""

    def __init__(self, **options: Any):
        super().__init__(min_value=0, max_value=MOST_DAYS, allow_null=True, **options)


@extend_schema_field(str)
class VisibleThing(serializers.Field):
    """A thing named by its key (a user by username), found only among those that the caller may see."""

    default_error_messages = {"unknown": "There is no {label} “{name}” here.", "type": "Enter a key as a string."}

    def __init__(self, noun: str, **options: Any):
        if options.get("read_only"):
            options["allow_null"] = True  # for who may not see the thing
        super().__init__(**options)
        self.noun = noun

    def permissions(self) -> tuple[str, ...]:
        """The thing is found when the caller has any of these on it."""
        return (view_of(self.noun),)

    def to_internal_value(self, data: Any) -> Model:
        if not isinstance(data, str):
            self.fail("type")
        for wanted in self.permissions():
            found = named(self.context["seen"].look.visible(wanted), data).first()
            if found is not None:
                return found
        return self.fail("unknown", label=self.noun, name=data[:100])

    def get_attribute(self, instance: Any) -> Any:
        """The id, so that no related row is loaded."""
        return getattr(instance, f"{self.source}_id", None)

    def to_representation(self, value: Any) -> str | None:
        return self.context["seen"].name(self.noun, value)


class AccountToCreateIn(VisibleThing):
    """The account that something is created in: one that the caller may see, or may create it in."""

    def __init__(self, kind: str = "", **options: Any):
        super().__init__("account", **options)
        self.kind = kind

    def permissions(self) -> tuple[str, ...]:
        """kind: of what is created; empty = the payload's own `kind`."""
        kind = self.kind or self.parent.initial_data.get("kind")
        known = isinstance(kind, str) and "create" in getattr(catalogue.KINDS.get(kind), "verbs", ())
        return (*super().permissions(), *([f"{kind}:create"] if known else []))


@extend_schema_field({"type": "array", "items": {"type": "string"}, "maxItems": MOST_NAMED})
class VisibleItems(serializers.Field):
    """Items named by their keys, found only among those that the caller may see; all in one query."""

    default_error_messages = {
        "type": "Enter a list of keys.",
        "many": f"Name at most {MOST_NAMED} items at once.",
        "unknown": "There is no item “{name}” here.",
    }

    def to_internal_value(self, data: Any) -> list[Model]:
        if not isinstance(data, list) or not all(isinstance(name, str) for name in data):
            self.fail("type")
        if len(data) > MOST_NAMED:
            self.fail("many")
        wanted = list(dict.fromkeys(data))
        found = named_in(self.context["seen"].look.visible(view_of("item")), wanted)
        for name in wanted:
            if name not in found:
                self.fail("unknown", name=name[:100])
        return list(dict.fromkeys(found[name] for name in wanted))

    def get_attribute(self, instance: Any) -> Any:
        """What to_representation shows: the containers of an item."""
        return [link.container_id for link in instance.container_links.all()]

    def to_representation(self, value: list[int]) -> list[str]:
        names = (self.context["seen"].name("item", row_id) for row_id in value)
        return sorted((name for name in names if name is not None), key=order_of)


def expect_related(seen: Seen, fields: Mapping[str, serializers.Field], rows: Iterable[Model]) -> None:
    """Tell `seen` what these fields of these rows will ask for, so that it is one query a noun."""
    for field in fields.values():
        if isinstance(field, VisibleThing):
            seen.expect(field.noun, [field.get_attribute(row) for row in rows])
        elif isinstance(field, VisibleItems):
            seen.expect("item", [row_id for row in rows for row_id in field.get_attribute(row)])
