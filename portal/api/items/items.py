"""Items of every kind: list, create, change, move, link, delete. Their sections stand in sections.py."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accesscontrol import catalogue
from accesscontrol.items.models import IDENT_LENGTH, Item
from accesscontrol.json_data import JsonObject
from accesscontrol.services.items import items, links
from accesscontrol.services.owning import giving, moving
from portal.api.frame.base import NounViewSet
from portal.api.frame.payloads import AccountToCreateIn, Days, Payload, VisibleItems, VisibleThing
from portal.api.frame.reading import AnyChoice, AnyWord, NounFilters
from portal.open_shapes import Answered


class ItemShown(serializers.ModelSerializer):
    """An item. ident: its IMEI, serial or name on the wire; empty where it has none.

    settings: null for a kind whose settings are a section of their own.
    """

    kind = serializers.ChoiceField(choices=catalogue.ITEM_KIND_CHOICES, read_only=True)
    account = VisibleThing("account", read_only=True, help_text="Null where the caller may not see the account.")
    owner = VisibleThing("user", read_only=True, help_text="The developer who owns it.")
    made_by = VisibleThing("user", read_only=True)
    links = VisibleItems(read_only=True, help_text="What it is in or belongs to.")
    settings = serializers.SerializerMethodField()

    class Meta:
        model = Item
        fields = ("id", "key", "kind", "name", "ident", "account", "owner", "made_by", "links", "settings",
                  "history_days", "created_at", "changed_at")  # fmt: skip
        read_only_fields = fields

    def get_settings(self, item: Item) -> JsonObject | None:
        return None if "settings" in catalogue.KINDS[item.kind].sections else item.settings


class Ident(serializers.CharField):
    """The ident of a device, modem or asset; empty = none."""

    def __init__(self, **options: Any):
        text = "IMEI, serial or name on the wire of a device, modem or asset; unique within its account. Empty = none."
        super().__init__(max_length=IDENT_LENGTH, allow_blank=True, help_text=text, **options)


class NewItem(Payload):
    """An item to create; the key is made for it."""

    account = AccountToCreateIn()
    kind = serializers.ChoiceField(choices=catalogue.ITEM_KIND_CHOICES)
    name = serializers.CharField(max_length=200)
    ident = Ident(required=False)
    settings = serializers.DictField(required=False)
    owner = VisibleThing("user", required=False, allow_null=True)
    links = VisibleItems(required=False)


class ItemChanges(Payload):
    """What can be changed of an item."""

    name = serializers.CharField(max_length=200)
    ident = Ident()
    settings = serializers.DictField()
    history_days = Days()

    def to_representation(self, item: Item) -> Answered:
        """What the browsable form starts with: settings that are a section of their own have their own address."""
        shown = super().to_representation(item)
        return {name: value for name, value in shown.items() if name not in catalogue.KINDS[item.kind].sections}


class ItemMove(Payload):
    """The account that an item goes to."""

    account = VisibleThing("account")


class Gift(Payload):
    """The developer who gets it; null: the account itself."""

    owner = VisibleThing("user", allow_null=True)


class ItemLinkPayload(Payload):
    """The container that an item is linked to."""

    container = VisibleThing("item")


class ItemFilters(NounFilters):
    kind = AnyChoice(catalogue.ITEM_KIND_CHOICES)
    ident = AnyWord(field_name="ident_folded", max_length=IDENT_LENGTH, help_text="The whole ident, in any case.")

    class Meta:
        model = Item
        fields = ()


class ItemViewSet(NounViewSet[Item]):
    """Items of every kind that the caller may see, each by its own kind's view."""

    noun = "item"
    model = Item
    declares = {
        "list": "*:view",
        "retrieve": "*:view",
        "create": "*:create",
        "partial_update": "*:change",
        "destroy": "*:delete",
        "move": "*:delete",
        "give": "*:delete",
        "list_links": "*:view",
        "add_link": "*:view",
        "remove_link": "*:view",
    }
    serializer_class = ItemShown
    payloads = {
        "create": NewItem,
        "partial_update": ItemChanges,
        "move": ItemMove,
        "give": Gift,
        "add_link": ItemLinkPayload,
    }
    answers = {"list_links": ItemShown(many=True)}
    prefetched = ("container_links",)
    filterset_class = ItemFilters
    orderings = ("name", "created_at")
    listing = ("list", "list_links")

    def create(self, request: Request) -> Response:
        """Create an item in an account, linked to containers if it is to be."""
        data = self.payload()
        return self.answer(items.create_item(self.actor, data.pop("account"), **data), 201)

    def partial_update(self, request: Request, key: str) -> Response:
        """Change its name, ident, history depth, or the settings of a kind that has no section for them."""
        item, data = self.get_object(), self.payload()
        if "settings" in data and "settings" in catalogue.KINDS[item.kind].sections:
            sentence = f"The settings of a {item.kind} are changed at …/{item.key}/settings/."
            raise serializers.ValidationError({"settings": [sentence]}, code="settings_elsewhere")
        return self.answer(items.change_item(self.actor, item, **data))

    def destroy(self, request: Request, key: str) -> Response:
        """Delete it with its records and links."""
        item = self.get_object()
        items.delete_item(self.actor, item)
        return self.gone()

    def move(self, request: Request, key: str) -> Response:
        """Move it to another account; its developer stays behind. Takes every permission of its kind on it, and its
        kind's `create` there."""
        item = self.get_object()
        return self.answer(moving.move_item(self.actor, item, self.payload()["account"]))

    def give(self, request: Request, key: str) -> Response:
        """Give it to a developer of its account, or back to the account. Takes every permission of its kind on it."""
        item = self.get_object()
        return self.answer(giving.give_item(self.actor, item, self.payload()["owner"] or item.account))

    # --- Links: from the member to its containers

    def list_links(self, request: Request, key: str) -> Response:
        """The containers that it is linked to, as far as the caller may see them."""
        return self.answer_list(self.get_queryset().filter(member_links__member=self.get_object()))

    def add_link(self, request: Request, key: str) -> Response:
        """Link it into a container: asks `items:create` there and `change` here (access model §2)."""
        item = self.get_object()
        links.link_items(self.actor, item, self.payload()["container"])
        return self.answer(item)

    def remove_link(self, request: Request, key: str, container: str) -> Response:
        """Take it out of a container: asks `items:delete` there or `change` here."""
        item, other = self.get_object(), self.find(self.view_permission, container)
        if other is None:
            raise NotFound("Not found.")
        links.unlink_items(self.actor, item, other)
        return self.gone()
