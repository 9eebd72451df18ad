"""What selects offer while one types: rows that the caller may do this on, and no others."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.http import Http404, JsonResponse
from django.urls import path
from django.utils.translation import gettext as _

from accesscontrol import catalogue
from accesscontrol.access.permissions import UnknownName
from accesscontrol.items.models import Item, few_ids_with_letters
from portal.actors import look_of
from portal.addresses import name_in_address
from portal.declared import SIGNED_IN, declares
from portal.requests import SignedInRequest

SHOWN = 30
#: Sorts behind every letter: what begins with some letters lies between them and them with this.
LAST_LETTER = "\U0010ffff"
#: Model → columns searched, the first one also orders.
SEARCHED = {
    "account": ("name", "key"),
    "user": ("username", "first_name", "last_name", "email"),
    "token": ("name", "key"),
    "grant": ("key",),
    "role": ("name", "key"),
    "project": ("name", "key"),
    "item": ("name", "key", "ident_folded"),
}


@declares(SIGNED_IN)
def choices(request: SignedInRequest, permission: str) -> JsonResponse:
    """GET ?q=letters&kind=device: up to 30 rows on which the caller has the permission."""
    try:
        rows = look_of(request).visible(permission)
    except UnknownName as error:
        raise Http404 from error
    name = str(rows.model._meta.model_name)
    if name not in SEARCHED:
        raise Http404
    rows = _of_kinds(rows, request)
    if name != "account":
        rows = rows.select_related("account")
    letters = request.GET.get("q", "").replace("\x00", "").strip()
    found = (
        _found(rows, SEARCHED[name], letters)
        if letters
        else list(_by_name(rows).order_by(SEARCHED[name][0], "pk")[:SHOWN])
    )
    return JsonResponse({"results": [_choice(row) for row in found]})


def _of_kinds(rows: QuerySet, request: SignedInRequest) -> QuerySet:
    kinds = request.GET.getlist("kind")
    unknown = [kind for kind in kinds if kind not in catalogue.ITEM_KINDS]
    if unknown:
        raise UnknownName(f"“{unknown[0][:50]}” is no kind of item.")
    return rows.filter(kind__in=kinds) if kinds and rows.model is Item else rows


def _found(rows: QuerySet, columns: tuple[str, ...], letters: str) -> list[Model]:
    """What is called exactly so, then what begins with the letters, then what holds them anywhere.

    The first two read an index, so that the usual search over a million items looks at a page of rows. Only where they
    do not fill it, names are looked through; keys of items are not, since nobody remembers the middle of one.
    """
    name = columns[0]
    named = reduce(or_, (Q(**{column: value}) for column in columns for value in {letters, letters.lower()}))
    found = {row.pk: row for row in rows.filter(named).order_by(name, "pk")[:SHOWN]}
    for start in dict.fromkeys((letters, letters.capitalize(), letters.lower(), letters.title())):
        begins = Q(**{f"{name}__gte": start, f"{name}__lt": start + LAST_LETTER, f"{name}__startswith": start})
        _fill(found, rows.filter(begins), name)
    if len(found) < SHOWN:
        _fill(found, _inside(rows, columns, letters), name)
    return list(found.values())[:SHOWN]


def _inside(rows: QuerySet, columns: tuple[str, ...], letters: str) -> QuerySet:
    """Rows with the letters anywhere. Of items: letters that few names hold are found in the index of names alone; for
    others a walk along the names fills a page soon."""
    if rows.model is not Item:
        return rows.filter(reduce(or_, (Q(**{f"{column}__icontains": letters}) for column in columns)))
    few = few_ids_with_letters(letters)
    return rows.filter(pk__in=few) if few is not None else _by_name(rows).filter(name__icontains=letters)


def _by_name(rows: QuerySet) -> QuerySet:
    """The same rows; for items with a condition that always holds and leads the planner along the index of names."""
    return rows.filter(name__gte="") if rows.model is Item else rows


def _fill(found: dict[Any, Model], rows: QuerySet, name: str) -> None:
    """Add rows until a page is full."""
    if len(found) < SHOWN:
        found |= {row.pk: row for row in rows.exclude(pk__in=list(found)).order_by(name, "pk")[: SHOWN - len(found)]}


def _choice(row: Model) -> dict[str, Any]:
    """The value that a form posts, the words, and whose it is."""
    account = getattr(row, "account", None)
    notes = [_(catalogue.KINDS[row.kind].label)] if isinstance(row, Item) else []
    notes += [account.name] if account is not None else []
    notes += [row.ident] if isinstance(row, Item) and row.ident else []
    return {"value": name_in_address(row), "text": str(row), "note": " · ".join(notes)}


urlpatterns = [path("choices/<str:permission>/", choices, name="choices")]
