"""Finding by letters, in the order of names: what is called so, what begins so, what holds the letters anywhere."""

from __future__ import annotations

from typing import Any

from django.db.models import Model, Q, QuerySet

from accesscontrol.access.look import Look
from accesscontrol.accounts.names import beginning_with, called, with_letters
from accesscontrol.grants.models import Grant
from accesscontrol.items.models import Item, few_ids_with_letters
from accesscontrol.services.grants.sides import with_side_named
from accesscontrol.tokens.models import Token, ids_with_letters


def first_with_letters(look: Look, rows: QuerySet, letters: str, limit: int) -> list[Any]:
    """The first rows that are called exactly so, then that begin with the letters, then that hold them anywhere.

    The first two read an index, so that the usual search over a million items looks at a page of rows. Only where they
    do not fill it, all that is searched of the items is looked through.
    """
    found: dict[Any, Model] = {}
    for condition in (called(letters, rows.model), beginning_with(letters)):
        _fill(found, rows.filter(condition), limit)
    if len(found) < limit:
        _fill(found, rows_with_letters(look, rows, letters), limit)
    return list(found.values())


def first_by_name(rows: QuerySet, limit: int) -> list[Any]:
    """The first rows by name."""
    return list(_along_names(rows).order_by("name_order", "pk")[:limit])


def rows_with_letters(look: Look, rows: QuerySet, letters: str) -> QuerySet:
    """Rows with the letters anywhere. Of items: letters that few of them hold are found in one narrow index alone; for
    others a walk along the names fills a page soon. Of tokens that index is quick enough by itself."""
    if rows.model is Token:
        return rows.filter(pk__in=ids_with_letters(letters))
    if rows.model is not Item:
        return rows.filter(holding(look, rows.model, letters))
    few = few_ids_with_letters(letters)
    return rows.filter(pk__in=few) if few is not None else _along_names(rows).filter(with_letters(letters))


def holding(look: Look, model: type[Model], letters: str) -> Q:
    """Rows of a model with these letters in what is searched of them; a grant is also found by its sides."""
    of_sides = with_side_named(look, letters) if model is Grant else Q()
    return with_letters(letters) | of_sides


def _along_names(rows: QuerySet) -> QuerySet:
    """The same rows; for items with a condition that always holds and leads the planner along the index of names."""
    return rows.filter(name_order__gte="") if rows.model is Item else rows


def _fill(found: dict[Any, Model], rows: QuerySet, limit: int) -> None:
    """Add rows, by name, until there are enough."""
    if len(found) < limit:
        more = rows.exclude(pk__in=list(found)) if found else rows
        found |= {row.pk: row for row in more.order_by("name_order", "pk")[: limit - len(found)]}
