"""Pages of records: by time with a cursor, since counting a million messages for a page number helps nobody.

By hand, since REST's CursorPagination counts rows of one moment instead of naming them: here both ways are exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accesscontrol.accounts.names import order_of
from portal.frame.shown.parts import Pagination
from portal.requests import SignedInRequest

SIZE = 50


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Some rows, newest first, and the addresses of the pages around them."""

    rows: list[Any]
    links: Pagination


def page_of(request: SignedInRequest, rows: QuerySet, by_name: bool) -> RecordPage:
    """The page that the address bar asks for: `before` or `after` a row, as time and number; named rows by name."""
    if by_name:
        found = list(rows.order_by("name", "-at", "-id")[: SIZE * 4])
        return RecordPage(sorted(found, key=lambda row: order_of(row.name)), {})
    before, after = _cursor(request.GET.get("before")), _cursor(request.GET.get("after"))
    if after is not None:
        found = list(rows.filter(_newer(*after)).order_by("at", "id")[: SIZE + 1])
        newer, older, shown = len(found) > SIZE, True, found[:SIZE][::-1]
    else:
        found = list((rows.filter(_older(*before)) if before else rows)[: SIZE + 1])
        newer, older, shown = before is not None, len(found) > SIZE, found[:SIZE]
    return RecordPage(shown, _links(request, shown, newer, older))


def wrong_places(request: SignedInRequest) -> list[str]:
    """What the address says about the place in the list that cannot be read; the newest rows are shown then."""
    given = [request.GET[name] for name in ("before", "after") if name in request.GET]
    return [_("“%(place)s” is no place in this list.") % {"place": one[:100]} for one in given if _cursor(one) is None]


def _newer(at: datetime, number: int) -> Q:
    return Q(at__gte=at) & (Q(at__gt=at) | Q(pk__gt=number))


def _older(at: datetime, number: int) -> Q:
    """Said so that the database steps into the index at the moment, however far back that is."""
    return Q(at__lte=at) & (Q(at__lt=at) | Q(pk__lt=number))


def _cursor(text: str | None) -> tuple[datetime, int] | None:
    """A row's place in time; None for what is no such place, which shows the newest rows."""
    at, _dash, number = (text or "").partition("_")
    try:
        moment, place = datetime.fromisoformat(at), int(number)
        known = moment.tzinfo is not None and 0 < place < 2**63
        return (moment.astimezone(UTC), place) if known else None
    except (ValueError, OverflowError):
        return None


def _links(request: SignedInRequest, shown: list[Any], newer: bool, older: bool) -> Pagination:
    return {
        "first_url": _address(request) if newer else None,
        "previous_url": _address(request, "after", shown[0]) if newer and shown else None,
        "next_url": _address(request, "before", shown[-1]) if older and shown else None,
    }


def _address(request: SignedInRequest, name: str = "", row: Any = None) -> str:
    query = request.GET.copy()
    for old in ("before", "after"):
        query.pop(old, None)
    if row is not None:
        query[name] = f"{row.at.isoformat()}_{row.pk}"
    return f"{request.path}?{query.urlencode()}" if query else request.path
