"""Search over everything the caller may see: a page with groups, and the same as JSON for selects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from django.db.models import Model, QuerySet
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.look import Look
from accesscontrol.access.permissions import UnknownName
from accesscontrol.accounts.names import called
from accesscontrol.items.models import Item
from accesscontrol.sentences import Wording
from portal.actors import look_of
from portal.addresses import address, kind_of, name_in_address
from portal.declared import SIGNED_IN, declares
from portal.frame.menu import address_or_none
from portal.frame.shown.pages import Page
from portal.frame.shown.parts import Thing
from portal.pages.search.finding import first_by_name, rows_with_letters
from portal.pages.search.offered import Offered
from portal.requests import SignedInRequest

NOT_SEARCHED = Wording("not_searched", gettext_noop("“%(name)s” is nothing that is searched."))

SHOWN = 8
OFFERED = 6
#: What is searched, in the order in which it is shown.
SEARCHED = ("item", "account", "user", "role", "token", "grant", "project")


@dataclass(frozen=True, slots=True)
class Group:
    """What was found of one noun. more: there is more than is shown."""

    noun: str
    rows: list[Model]
    more: bool

    @property
    def label(self) -> str:
        return _("Items") if self.noun == "item" else _(catalogue.KINDS[self.noun].plural)


class GroupShown(TypedDict):
    """What was found of one noun, and where there is more of it."""

    label: str
    rows: Sequence[Thing]
    more: bool
    more_url: str


class SearchPage(Page):
    """search/results.html. q: what was typed."""

    q: str
    groups: Sequence[GroupShown]


def find(look: Look, letters: str, limit: int, nouns: tuple[str, ...] = SEARCHED) -> list[Group]:
    """The first things of each noun with these letters in what is searched, exact names of items first; by name."""
    groups = []
    for noun in nouns:
        rows = look.visible(engine.ANY_ITEM_VIEW if noun == "item" else f"{noun}:view")
        found = _first(look, rows if noun == "account" else rows.select_related("account"), letters, limit + 1)
        if found:
            groups.append(Group(noun, found[:limit], len(found) > limit))
    return groups


def _first(look: Look, rows: QuerySet, letters: str, limit: int) -> list[Model]:
    """Some rows, at most `limit`: of items, of which there are many, first what is called so."""
    if not letters:
        return first_by_name(rows, limit)
    exact = list(rows.filter(called(letters, Item)).order_by("name_order", "pk")[:limit]) if rows.model is Item else []
    near = rows_with_letters(look, rows, letters).exclude(pk__in=[row.pk for row in exact])
    return [*exact, *near.order_by("name_order", "pk")[: limit - len(exact)]]


def asked_letters(request: SignedInRequest) -> str:
    """What was typed."""
    return request.GET.get("q", "").replace("\x00", "").strip()


def line(row: Model) -> Thing:
    """A thing that was found, as components/thing.html reads it."""
    return {"label": str(row), "url": address(row), "icon": kind_of(row), "note": whose(row)}


def whose(row: Model) -> str:
    """What kind of thing it is and whose, to tell namesakes apart."""
    account = getattr(row, "account", None)
    parts = [_(catalogue.KINDS[row.kind].label)] if isinstance(row, Item) else []
    parts += [account.name] if account is not None else []
    parts += [row.ident] if isinstance(row, Item) and row.ident else []
    if name_in_address(row) != str(row):
        parts.append(name_in_address(row))
    return " · ".join(parts)


def more_url(group: Group, letters: str) -> str:
    """The list of a noun with the same search; items have one list a kind, so none for them all."""
    url = address_or_none(f"{group.noun}_list") if group.noun != "item" and group.more else None
    return f"{url}?{urlencode({'q': letters})}" if url else ""


@declares(SIGNED_IN)
def search(request: SignedInRequest) -> HttpResponse:
    """GET ?q=letters: what there is with these letters, by noun."""
    letters = asked_letters(request)
    groups = find(look_of(request), letters, SHOWN) if letters else []
    shown: list[GroupShown] = [
        {
            "label": one.label,
            "rows": [line(row) for row in one.rows],
            "more": one.more,
            "more_url": more_url(one, letters),
        }
        for one in groups
    ]
    page: SearchPage = {"title": _("Search"), "icon": "search", "q": letters, "groups": shown}
    return render(request, "search/results.html", page)


@declares(SIGNED_IN)
def suggest(request: SignedInRequest) -> JsonResponse:
    """GET ?q=letters&only=user&only=token: the same for selects; the value is `kind:key`. Without letters: a few."""
    letters = asked_letters(request)
    only = request.GET.getlist("only")
    unknown = [noun for noun in only if noun not in SEARCHED]
    if unknown:
        raise UnknownName(NOT_SEARCHED(name=unknown[0][:50]))
    nouns = tuple(noun for noun in SEARCHED if noun in only) or SEARCHED
    groups = find(look_of(request), letters, OFFERED, nouns if letters else nouns[:1])
    return JsonResponse({"results": [choice(row) for group in groups for row in group.rows]})


def choice(row: Model) -> Offered:
    """A thing as a select offers it."""
    note = (
        whose(row)
        if isinstance(row, Item)
        else " · ".join([_(catalogue.KINDS[kind_of(row)].label), *filter(None, [whose(row)])])
    )
    return {"value": full_name(row), "text": str(row), "note": note}


def full_name(row: Model) -> str:
    """How a thing is named together with its kind: `device:truck-7`."""
    return f"{kind_of(row)}:{name_in_address(row)}"


urlpatterns = [
    path("search/", search, name="search"),
    path("search/suggest/", suggest, name="search_suggest"),
]
