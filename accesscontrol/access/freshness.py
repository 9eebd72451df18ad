"""Freshness: scopes kept per process, and used again only while the epochs they were compiled under stand.

The order that leaves no stale allow: epochs are read before (or in one statement with) the facts, a scope is kept under
exactly these values, and values never come back. Nothing is kept inside an open transaction, which may be rolled back.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime
from threading import Lock

from django.db import connection

from accesscontrol.access import facts as facts_of
from accesscontrol.access.actor import Actor
from accesscontrol.access.compiling import Compiler
from accesscontrol.access.epochs import read as read_epochs
from accesscontrol.access.scope import Scope

_Key = tuple[str, str, int, int | None]
_KEPT_AT_MOST = 20_000
_scopes: OrderedDict[_Key, Scope] = OrderedDict()
_lock = Lock()


def forget() -> None:
    """Drop every scope that this process keeps (tests compare cold and warm answers)."""
    with _lock:
        _scopes.clear()


def scopes(actors: Iterable[Actor], now: datetime) -> dict[Actor, Scope | None]:
    """The scope of each caller as of now: at most one statement for epochs and one for facts, whatever their number.

    A caller that does not exist has None. A caller with a what-if time is compiled anew for that time and not kept.
    """
    wanted = list(dict.fromkeys(actors))
    found = _kept(wanted, now)
    missing = [actor for actor in wanted if actor not in found]
    if missing:
        facts = facts_of.load(missing)
        for actor in missing:
            scope = Compiler(facts, actor.at or now).compile(actor)
            found[actor] = scope
            if scope is not None:
                _keep(actor, scope)
    return found


def _key(actor: Actor) -> _Key:
    return str(connection.settings_dict["NAME"]), actor.type, actor.id, actor.acting


def _kept(actors: list[Actor], now: datetime) -> dict[Actor, Scope | None]:
    with _lock:
        candidates = {actor: _scopes[_key(actor)] for actor in actors if actor.at is None and _key(actor) in _scopes}
    usable = {actor: scope for actor, scope in candidates.items() if scope.usable(now)}
    epochs = read_epochs({root for scope in usable.values() for root in scope.roots}) if usable else {}
    fresh: dict[Actor, Scope | None] = {}
    for actor, scope in usable.items():
        if all(epochs.get(root, 0) == value for root, value in scope.roots.items()):
            fresh[actor] = scope
    return fresh


def _keep(actor: Actor, scope: Scope) -> None:
    if actor.at is not None or connection.in_atomic_block:
        return
    with _lock:
        _scopes[_key(actor)] = scope
        _scopes.move_to_end(_key(actor))
        while len(_scopes) > _KEPT_AT_MOST:
            _scopes.popitem(last=False)
