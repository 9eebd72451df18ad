"""Numbers of what a caller may see, honest and by kind, in one statement a noun."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.look import Look
from portal.frame.menu import address_or_none
from portal.frame.shown.parts import Consequence, Tile, Words

#: Nouns of access management that have lists with an account.
#: So many things are named of each kind of loss.
NAMED = 5
NOUNS = ("user", "role", "token", "grant", "project")


def item_counts(look: Look, accounts: Any = None) -> dict[str, int]:
    """Kind → how many items of it the caller may view; all, or those of some accounts (ids or a sub-select)."""
    rows = look.visible(engine.ANY_ITEM_VIEW)
    if accounts is not None:
        rows = rows.filter(account__in=accounts)
    found = dict(rows.order_by().values_list("kind").annotate(Count("pk")))
    return {kind: found[kind] for kind in catalogue.ITEM_KINDS if kind in found}


def noun_rows(look: Look, noun: str, accounts: Any = None) -> QuerySet:
    """The users, roles … that the caller may view; all, or those of some accounts."""
    rows = look.visible(f"{noun}:view").order_by()
    return rows if accounts is None else rows.filter(account__in=accounts)


def noun_counts(look: Look, accounts: Any = None) -> dict[str, int]:
    """Noun → how many of it the caller may view."""
    return {noun: noun_rows(look, noun, accounts).count() for noun in NOUNS}


def tile(kind: str, count: int, query: str = "") -> Tile:
    """A card that says how many there are and leads to their list."""
    noun = catalogue.KINDS[kind]
    url = address_or_none(f"{kind}_list")
    return {"heading": _(noun.plural), "number": thin(count), "icon": kind, "url": f"{url}{query}" if url else ""}


def goes(label: Words | Callable[[int], Words], rows: QuerySet, *, named: bool = True) -> list[Consequence]:
    """So many of these rows go, the first of them by name; nothing where there are none. label: also by the number."""
    count = rows.count()
    if not count:
        return []
    names = [str(row) for row in rows[:NAMED]] if named else []
    more = _("and %(count)s more") % {"count": count - NAMED} if named and count > NAMED else ""
    return [{"count": count, "label": label(count) if callable(label) else label, "names": names, "more": more}]


def thin(count: int) -> str:
    """A number with thin spaces between its thousands."""
    return f"{count:,}".replace(",", "\u2009")
