"""How far back a caller sees, against how far back something that they give would let see (access model §11).

`short_…` answer with the caller's own figure where that falls short of what is given, with None where it does not.
What clips the thing itself clips both, and makes no difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from django.db.models import Model

from accesscontrol.access.fresh.things import Ref, Thing
from accesscontrol.access.law import history
from accesscontrol.access.law.history import Figure
from accesscontrol.access.look import Look, asked
from accesscontrol.access.permissions import PermissionSet
from accesscontrol.accounts.depths import is_deeper, shallowest
from accesscontrol.catalogue import history_clips

Asked = Sequence[tuple[str, Model | Ref]]


def own_depth(look: Look, name: str, thing: Model | Ref) -> int | None:
    """How many days back the caller sees by a permission that they have on a thing, the thing's own figures aside."""
    found = look.thing(thing)
    if found is None or look.scope is None:
        return None
    figure = look.scope.looks_back(asked(name), found)
    return figure.days if figure is not None else None


def short_for_act(look: Look, acts: Asked, days: int | None, *, lifts: bool = False) -> int | None:
    """By acts: against how far back the caller sees by the very permissions of these acts, whatever they give.

    lifts: the acts take away what clips the things now.
    """
    if not _clips(look):
        return None
    return _first(_short(look, name, thing, days, lifts=lifts) for name, thing in acts)


def short_over(look: Look, permissions: PermissionSet, account: Model, days: int | None) -> int | None:
    """By permissions over a whole account; only those count by which rows are seen that history depth clips."""
    if not _clips(look) or not history.clipped(permissions):
        return None
    return _against(days, look.looks_back_over(permissions, account), look.thing(("account", account.pk)))


def short_on(look: Look, given: Asked, days: int | None, behind: Iterable[Look] | None = None) -> int | None:
    """By permissions on single things. behind: those from whom whoever it is given to has it, and no further back."""
    if not _clips(look):
        return None
    looks = None if behind is None else list(behind)
    views = [(name, thing) for name, thing in given if history_clips(asked(name).section) and name.endswith(":view")]
    look.read(thing for _, thing in views)
    return _first(one for name, thing in views for one in _short_with(look, name, thing, days, looks))


def _clips(look: Look) -> bool:
    return look.scope is not None and look.scope.clips


def _short(look: Look, name: str, thing: Model | Ref, days: int | None, *, lifts: bool = False) -> int | None:
    found = look.thing(thing)
    if found is None or look.scope is None:
        return None
    if lifts:
        return _against(days, look.scope.looks_back(asked(name), found), None)
    clipping = found if found.is_item or found.kind == "account" else look.thing(("account", found.account))
    return _against(days, look.scope.looks_back(asked(name), found), clipping)


def _against(days: int | None, own: Figure | None, thing: Thing | None) -> int | None:
    if own is None:
        return None
    given = _least(days, history.of_thing(thing) if thing is not None else None)
    return own.days if is_deeper(given, own.days) else None


def _least(days: int | None, figure: Figure | None) -> int | None:
    return shallowest((days, figure.days if figure is not None else None))


def _short_with(
    look: Look, name: str, thing: Model | Ref, days: int | None, behind: Sequence[Look] | None
) -> Iterator[int | None]:
    """What is given sees no further back than the furthest of those behind who have it at all.

    The caller's own figure is held against theirs alone: by which grants they see back is another matter tomorrow.
    """
    found, scope = look.thing(thing), look.scope
    having = [one for one in behind or () if one.may(name, thing)]
    if not having or found is None or scope is None:
        yield _short(look, name, thing, days)
        return
    scopes = [one.scope for one in having if one.scope is not None]
    own = history.furthest(one.history for one in scopes)
    yield _against(_least(days, own), scope.history, found)
    yield _short(
        look, name, thing, _least(days, history.furthest(one.looks_back(asked(name), found) for one in scopes))
    )


def _first(found: Iterable[int | None]) -> int | None:
    return next((one for one in found if one is not None), None)
