"""The locks of an act: the trees that it belongs to are its own until it is done, and nobody waits in a circle.

Which trees these are is read, then locked, then read again: a thing may have moved while the act waited. What was
loaded before the lock is a name and no more; an act reads anew what it decides on (`fresh`, `read_named`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db import connection, transaction
from django.db.models import ForeignKey, Model
from django.utils.translation import gettext_noop as _

from accesscontrol.accounts.models import Account
from accesscontrol.items.models import Item
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.errors import Conflict
from accesscontrol.services.frame.lines import chunks

#: Accounts by id; or what reads them, which is asked again under the lock since they may be others by then.
Places = Iterable[int | None] | Callable[[], Iterable[int | None]]
GONE = Wording("gone", _("%(thing)s has been removed meanwhile. Reload the page."))


def lock_roots(places: Places) -> None:
    """Lock the top-level accounts of these accounts, in id order. On SQLite an IMMEDIATE transaction does the same.

    Where they turn out to stand in other trees by the time the locks are held, these are given back and the right ones
    taken: whoever holds some and asks for one before them would stand in the way of others who go in order.
    """
    read = _reading(places)
    tops = _tops(read())
    if not connection.features.has_select_for_update:
        _lock(tops)
        return
    while True:
        point = transaction.savepoint()
        _lock(tops)
        now = _tops(read())
        if now <= tops:
            transaction.savepoint_commit(point)
            return
        transaction.savepoint_rollback(point)
        tops = now


def _reading(places: Places) -> Callable[[], Iterable[int | None]]:
    if callable(places):
        return places
    listed = list(places)
    return lambda: listed


def _tops(account_ids: Iterable[int | None]) -> set[int]:
    tops: set[int] = set()
    for piece in chunks({account_id for account_id in account_ids if account_id is not None}):
        tops |= set(Account.objects.filter(pk__in=piece).order_by().values_list("top_id", flat=True).distinct())
    return tops


def _lock(tops: Iterable[int]) -> None:
    for piece in chunks(sorted(tops)):
        # NO KEY: rows that point at the account may still be inserted elsewhere.
        list(Account.objects.select_for_update(no_key=True).filter(pk__in=piece).order_by("pk").values_list("pk"))


def places_of(items: Iterable[Item], *others: int | None) -> Places:
    """Where these items are, beside other accounts. Items move, so under the lock it is read where they are by then.

    On SQLite nobody else writes from the act's first statement on, and the lock is the same wherever they are.
    """
    rows = list(items)
    if not connection.features.has_select_for_update:
        return [*others, *(row.account_id for row in rows)]
    wanted = {row.pk for row in rows}

    def read() -> Iterable[int | None]:
        found: list[int | None] = list(others)
        for piece in chunks(wanted):
            found += Item.objects.filter(pk__in=piece).order_by().values_list("account_id", flat=True).distinct()
        return found

    return read


def read_named(things: Iterable[Model | None]) -> None:
    """Read again what a request or spec names beside the thing it is about: a role, an owner, the person of an
    assignment. Raises Conflict when one of them is gone."""
    gone = read_again(things)
    if gone:
        raise Conflict(GONE(thing=str(gone[0])))


def read_again(things: Iterable[Model | None]) -> list[Model]:
    """Bring rows that were loaded before the lock to what they are now; gives those that are gone, as they were."""
    gone: list[Model] = []
    by_model: dict[type[Model], dict[Any, list[Model]]] = {}
    for thing in things:
        if thing is not None:
            model: type[Model] = thing._meta.model  # a lazily loaded user is a user
            by_model.setdefault(model, {}).setdefault(thing.pk, []).append(thing)
    for model, named in by_model.items():
        found: dict[Any, Model] = {}
        for piece in chunks(named):
            found |= model._default_manager.in_bulk(piece)
        for pk, rows in named.items():
            if pk not in found:
                gone += rows
                continue
            for row in rows:
                _bring(row, found[pk])
    return gone


def _bring(row: Model, now: Model) -> None:
    """Give a loaded row the columns of the row as it is; a related row that is another by now is loaded anew."""
    for column in row._meta.concrete_fields:
        value = getattr(now, column.attname)
        if isinstance(column, ForeignKey) and getattr(row, column.attname) != value and column.is_cached(row):
            column.delete_cached_value(row)
        setattr(row, column.attname, value)
