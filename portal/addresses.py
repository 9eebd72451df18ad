"""Where the page of a thing is. Every noun has the names `<kind>_list`, `<kind>_detail`, `<kind>_create` and so on."""

from __future__ import annotations

from django.db.models import Model
from django.urls import reverse

from accesscontrol.accounts.names import Named, name_of
from accesscontrol.items.models import Item


def kind_of(thing: Model) -> str:
    """The kind of a loaded row: an item's own, else the noun."""
    return thing.kind if isinstance(thing, Item) else str(thing._meta.model_name)


def name_in_address(thing: Model) -> str:
    """How a thing is named in addresses: its key; a user by username, an event by number."""
    return name_of(thing) if isinstance(thing, Named) else str(thing.pk)


def address(thing: Model, route: str = "detail", **parts: str) -> str:
    """The address of a thing's page, or of another page about it: address(item, "change")."""
    return reverse(f"{kind_of(thing)}_{route}", kwargs={"key": name_in_address(thing), **parts})


def list_address(kind: str) -> str:
    """The address of the list of a kind."""
    return reverse(f"{kind}_list")
