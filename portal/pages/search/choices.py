"""What selects offer while one types: rows that the caller may do this on, and no others."""

from __future__ import annotations

from django.db.models import Model, QuerySet
from django.http import Http404, JsonResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accesscontrol import catalogue
from accesscontrol.access.permissions import UnknownName
from accesscontrol.accounts.models import Account
from accesscontrol.accounts.names import Named
from accesscontrol.items.models import Item
from accesscontrol.sentences import Wording
from portal.actors import look_of
from portal.addresses import name_in_address
from portal.declared import SIGNED_IN, declares
from portal.pages.search.finding import first_by_name, first_with_letters
from portal.pages.search.offered import Offered
from portal.requests import SignedInRequest

NOT_A_KIND_OF_ITEM = Wording("not_a_kind_of_item", gettext_noop("“%(name)s” is no kind of item."))

SHOWN = 30


@declares(SIGNED_IN)
def choices(request: SignedInRequest, permission: str) -> JsonResponse:
    """GET ?q=letters&kind=device: up to 30 rows on which the caller has the permission."""
    try:
        look = look_of(request)
        rows = look.visible(permission)
    except UnknownName as error:
        raise Http404 from error
    if not issubclass(rows.model, Named):
        raise Http404
    rows = _of_kinds(rows, request)
    if rows.model is not Account:
        rows = rows.select_related("account")
    letters = request.GET.get("q", "").replace("\x00", "").strip()
    found = first_with_letters(look, rows, letters, SHOWN) if letters else first_by_name(rows, SHOWN)
    return JsonResponse({"results": [_choice(row) for row in found]})


def _of_kinds(rows: QuerySet, request: SignedInRequest) -> QuerySet:
    kinds = request.GET.getlist("kind")
    unknown = [kind for kind in kinds if kind not in catalogue.ITEM_KINDS]
    if unknown:
        raise UnknownName(NOT_A_KIND_OF_ITEM(name=unknown[0][:50]))
    return rows.filter(kind__in=kinds) if kinds and rows.model is Item else rows


def _choice(row: Model) -> Offered:
    """The value that a form posts, the words, and whose it is."""
    account = getattr(row, "account", None)
    notes = [_(catalogue.KINDS[row.kind].label)] if isinstance(row, Item) else []
    notes += [account.name] if account is not None else []
    notes += [row.ident] if isinstance(row, Item) and row.ident else []
    return {"value": name_in_address(row), "text": str(row), "note": " · ".join(notes)}


urlpatterns = [path("choices/<str:permission>/", choices, name="choices")]
