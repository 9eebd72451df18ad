"""Freshness: scopes kept per process, and used again only while the epochs they were compiled under stand.

The order that leaves no stale allow: epochs are read before (or in one statement with) the facts, a scope is kept under
exactly these values, and values never come back. An open transaction, which may be rolled back, keeps its own scopes:
they go with it, however it ends.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from threading import Lock
from weakref import ReferenceType, ref

from cachetools import LRUCache
from django.db import connection, transaction

from accesscontrol.access.actor import Actor
from accesscontrol.access.compiled.compiling import ScopeCompiler
from accesscontrol.access.compiled.scope import Scope
from accesscontrol.access.fresh import facts as facts_of
from accesscontrol.access.fresh.epochs import read as read_epochs

_Key = tuple[str, str, int, int | None]
_KEPT_AT_MOST = 20_000


class _Kept(LRUCache[_Key, Scope]):
    """Scopes by caller. Those of a transaction hang on it as something to do on commit, which is nothing."""

    def __call__(self) -> None:
        """Django drops what is to be done on commit at the end of a transaction, and with it these scopes."""


_scopes = _Kept(_KEPT_AT_MOST)
_lock = Lock()


def forget() -> None:
    """Drop every scope that this process keeps (tests compare cold and warm answers)."""
    with _lock:
        _scopes.clear()
        _here().clear()


def _here() -> _Kept:
    """Where scopes are kept now: with the process or, inside a transaction, with this transaction alone."""
    if not connection.in_atomic_block:
        return _scopes
    known: ReferenceType[_Kept] | None = getattr(connection, "access_scopes", None)
    kept = known() if known is not None else None
    if kept is None:
        kept = _Kept(_KEPT_AT_MOST)
        transaction.on_commit(kept)
        connection.access_scopes = ref(kept)  # type: ignore[attr-defined]
    return kept


def scopes(actors: Iterable[Actor], now: datetime) -> dict[Actor, Scope | None]:
    """The scope of each caller as of now: at most one statement for epochs and one for facts, whatever their number.

    A caller that does not exist has None. A caller with a what-if time is compiled anew for that time and not kept.
    """
    wanted = list(dict.fromkeys(actors))
    found = _kept(wanted, now)
    missing = [actor for actor in wanted if actor not in found]
    if missing:
        facts = facts_of.load(missing)
        compiled: dict[tuple[_Key, datetime | None], Scope | None] = {}  # from wherever the caller calls
        for actor in missing:
            asked = (_key(actor), actor.at)
            if asked not in compiled:
                compiled[asked] = ScopeCompiler(facts, actor.at or now).compile(actor)
            found[actor] = scope = compiled[asked]
            if scope is not None:
                _keep(actor, scope)
    return found


def _key(actor: Actor) -> _Key:
    return str(connection.settings_dict["NAME"]), actor.type, actor.id, actor.acting


def _kept(actors: list[Actor], now: datetime) -> dict[Actor, Scope | None]:
    kept = _here()
    with _lock:
        candidates = {actor: kept[_key(actor)] for actor in actors if actor.at is None and _key(actor) in kept}
    usable = {actor: scope for actor, scope in candidates.items() if scope.usable(now)}
    epochs = read_epochs({root for scope in usable.values() for root in scope.roots}) if usable else {}
    fresh: dict[Actor, Scope | None] = {}
    for actor, scope in usable.items():
        if all(epochs.get(root, 0) == value for root, value in scope.roots.items()):
            fresh[actor] = scope
    return fresh


def _keep(actor: Actor, scope: Scope) -> None:
    if actor.at is not None:
        return
    kept = _here()
    with _lock:
        kept[_key(actor)] = scope
