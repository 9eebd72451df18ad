"""Sections of an item: what they share, its settings, and what is linked into it. Records stand in records.py."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import MethodNotAllowed, NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accesscontrol import catalogue
from accesscontrol.items.models import Item
from accesscontrol.json_data import JsonObject
from accesscontrol.services.items import items, links
from portal.api.frame.base import NounViewSet
from portal.api.frame.payloads import Payload, VisibleThing, refuse_empty
from portal.api.items.items import ItemFilters, ItemShown

SETTINGS_SCHEMA = {"type": "object", "additionalProperties": {}, "minProperties": 1}


class SectionViewSet(NounViewSet[Item]):
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
        section, verb = self.section, (self.declared() or "").rpartition(":")[2]
        verbs = catalogue.KINDS[row.kind].sections.get(section)
        if verbs is None:
            valid = ", ".join(catalogue.KINDS[row.kind].sections) or "none"
            raise NotFound(f"A {row.kind} has no section “{section}”. Valid: {valid}.")
        if verb not in verbs:
            raise MethodNotAllowed(
                self.request.method or "", f"In {row.kind}.{section} one can {', '.join(verbs)} only."
            )
        super().require_on(row)


def _has(kind: str, section: str, verb: str) -> bool:
    return verb in catalogue.KINDS[kind].sections.get(section, ())


class SettingsShown(serializers.Serializer):
    """Settings, name by name."""

    def to_representation(self, item: Item) -> JsonObject:
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
        item = self.get_object()
        return self.tagged(item, self.shown(item))

    def shown(self, thing: Item) -> JsonObject:
        return thing.settings

    def again(self, thing: Item) -> Item | None:
        return self.find("*.settings:view", thing.key)

    @extend_schema(request={"application/json": SETTINGS_SCHEMA})
    def partial_update(self, request: Request, key: str) -> Response:
        """Change the settings that the body names and keep the others; null takes one away."""
        item = self.get_object()
        if not isinstance(request.data, dict):
            raise serializers.ValidationError("Enter a JSON object, such as {“interval”: 30}.")
        refuse_empty(request)
        changed = items.merge_settings(self.actor, item, request.data)
        seen = self.look.may(f"{item.kind}.settings:view", item)
        return self.tagged(changed, {name: it for name, it in changed.settings.items() if seen or name in request.data})

    def destroy(self, request: Request, key: str) -> Response:
        """Delete all settings."""
        item = self.get_object()
        items.clear_settings(self.actor, item)
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
        return self.answer_list(self.get_queryset().filter(container_links__container=self.get_object()))

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
