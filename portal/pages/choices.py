"""What selects offer while one types: rows that the caller may do this on, and no others."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, JsonResponse
from django.urls import path
from django.utils.translation import gettext as _

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.permissions import UnknownName
from accesscontrol.items.models import Item
from portal.addresses import name_in_address
from portal.declared import SIGNED_IN, declares

SHOWN = 30
#: Model → columns searched, the first one also orders.
SEARCHED = {
    "account": ("name", "key"),
    "user": ("username", "first_name", "last_name", "email"),
    "token": ("name", "key"),
    "grant": ("key", "note"),
    "role": ("name", "key"),
    "project": ("name", "key"),
    "item": ("name", "key"),
}


@declares(SIGNED_IN)
def choices(request: HttpRequest, permission: str) -> JsonResponse:
    """GET ?q=letters&kind=device: up to 30 rows on which the caller has the permission."""
    try:
        rows = engine.visible(request.actor, permission)
    except UnknownName as error:
        raise Http404 from error
    name = str(rows.model._meta.model_name)
    if name not in SEARCHED:
        raise Http404
    found = _narrowed(rows, SEARCHED[name], request)
    if name != "account":
        found = found.select_related("account")
    return JsonResponse({"results": [_choice(row) for row in found[:SHOWN]]})


def _narrowed(rows: QuerySet, columns: tuple[str, ...], request: HttpRequest) -> QuerySet:
    letters = request.GET.get("q", "").replace("\x00", "").strip()
    kinds = [kind for kind in request.GET.getlist("kind") if kind in catalogue.ITEM_KINDS]
    if letters:
        rows = rows.filter(reduce(or_, (Q(**{f"{column}__icontains": letters}) for column in columns)))
    if kinds and rows.model is Item:
        rows = rows.filter(kind__in=kinds)
    return rows.order_by(columns[0], "pk")


def _choice(row: Model) -> dict[str, Any]:
    """The value that a form posts, the words, and whose it is."""
    account = getattr(row, "account", None)
    notes = [_(catalogue.KINDS[row.kind].label)] if isinstance(row, Item) else []
    notes += [account.name] if account is not None else []
    return {"value": name_in_address(row), "text": str(row), "note": " · ".join(notes)}


urlpatterns = [path("choices/<str:permission>/", choices, name="choices")]
