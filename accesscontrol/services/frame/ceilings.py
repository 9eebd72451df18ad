"""The ceiling (access model §4): nobody passes on what they do not hold themselves at that moment, nor for longer or
deeper than they hold it (`own_ends`). Whoever asks for the one says the other: there is no ceiling without an extent.

Whole-account things are asked of `Look.lacking`; chosen items of `decide_many`, and only where the actor does not hold
the item's whole account. What the receiving account lacks itself is no matter: its people are capped by it anyway.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext_noop as _

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.depth import own_depth, short_for_act, short_on, short_over
from accesscontrol.access.fresh.things import Ref
from accesscontrol.access.lasting import INSTANT, Holds, Lasting
from accesscontrol.access.look import Look
from accesscontrol.access.permissions import CREATES, ITEMS, PermissionSet
from accesscontrol.accounts.life import earliest, is_later
from accesscontrol.accounts.models import Account
from accesscontrol.items.models import Item
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.errors import BeyondOwn, Problem
from accesscontrol.services.frame.locks import read_again
from accesscontrol.services.frame.own_ends import Extent, OwnEnds, Short, deep_enough

SHOWN = 6
#: `missing` holds the names of all that is missing, `named` those that are told.
BEYOND = Wording(
    "beyond_own",
    _(
        "You can pass on only what you have yourself, and over %(what)s you do not have %(named)s. "
        "Choose less, or ask somebody who has it."
    ),
)


def beyond(field: str, missing: Sequence[str], what: str, about: Any = None) -> BeyondOwn:
    """The refusal: which permissions the actor does not hold over what."""
    named = ", ".join(missing[:SHOWN]) + (" …" if len(missing) > SHOWN else "")
    return BeyondOwn([Problem(field, BEYOND(what=what, named=named, missing=missing), about)])


class Ceiling:
    """What one actor holds, remembered for the length of one act."""

    def __init__(self, actor: Actor):
        self.actor = actor
        self._ends = OwnEnds(actor)
        self._missing: dict[tuple[int, PermissionSet], PermissionSet] = {}
        #: Items that were read again by now: whose they are decides what is asked.
        self._read: set[int] = set()
        #: The console lacks nothing; a world file of 20,000 owners need not ask 20,000 times.
        self._console = actor.type == "system" and actor.acting is None

    def require_act(self, permission: str, thing: Model | Ref, extent: Extent, about: Any = None) -> None:
        """The act itself, which has been asked for, for as long as what it gives is to last."""
        self.require_acts([(permission, thing)], extent, about)

    def require_acts(self, asked: Sequence[tuple[str, Model | Ref]], extent: Extent, about: Any = None) -> None:
        """The same of an act that asks for several things."""
        if not self._console:
            short = partial(short_for_act, acts=asked, days=extent.days, lifts=extent.lifts)
            self._ends.require(lambda look: all(look.decide_many(asked)), short, extent, about)

    def end_of(self, permission: str, thing: Model) -> datetime | None:
        """Until when the actor may give by this act; None where their access does not end."""
        return None if self._console else self._ends.end(lambda look: look.may(permission, thing))

    def depth_of(self, permission: str, thing: Model) -> int | None:
        """How many days back the actor sees by what this act asks; None where nothing but the thing clips."""
        return None if self._console else own_depth(engine.look(self.actor), permission, thing)

    def require_account(
        self, wanted: PermissionSet, account: Account, field: str, extent: Extent, about: Any = None
    ) -> None:
        """Everything in `wanted` over the whole account and its branch."""
        missing = self.missing(wanted, account)
        if missing:
            raise beyond(field, missing.names(), account.name, about)
        if wanted and not self._console:
            short = partial(short_over, permissions=wanted, account=account, days=extent.days)
            self._ends.require(lambda look: not look.lacking(wanted, account), short, extent, about)

    def missing(self, wanted: PermissionSet, account: Account) -> PermissionSet:
        """What of `wanted` the actor lacks over the whole account; asked once for each pair."""
        if not wanted or self._console:
            return PermissionSet()
        key = (account.pk, wanted)
        if key not in self._missing:
            self._missing[key] = engine.look(self.actor).lacking(wanted, account)
        return self._missing[key]

    def holds_items_of(self, account: Account) -> bool:
        """Whether the actor holds every permission on every item of the account, so that none need be asked alone."""
        return not self.missing(ITEMS, account)

    def read(self, items: Iterable[Item]) -> None:
        """Read again where these items are, each once: many in one statement."""
        if not self._console:
            unread = [item for item in items if item.pk not in self._read]
            read_again(unread)
            self._read |= {item.pk for item in unread}

    def require_items(
        self,
        wanted: Iterable[tuple[Item, PermissionSet]],
        field: str,
        extent: Extent,
        behind: Actor | Iterable[Actor] | None = None,
        about: Any = None,
        *,
        capped: bool = False,
    ) -> None:
        """On each item, what is passed on of its kind (creating aside), as far as the account behind has it itself.

        behind: several, where whoever it is passed on to may have it from any of them. capped: what is given dies with
        what they have, but must be one's own now all the same.
        """
        given = [(item, permissions.only([item.kind]) - CREATES) for item, permissions in wanted]
        self.read(item for item, _permissions in given)
        asked = [(item, name) for item, own in given if not self.holds_items_of(item.account) for name in own.names()]
        all_behind = None if behind is None else [behind] if isinstance(behind, Actor) else list(behind)
        refused = _refused(engine.look(self.actor), asked)
        if refused and all_behind is not None and not capped:
            had = {pair for one in all_behind for pair in _held(engine.look(one), refused)}
            refused = [pair for pair in refused if pair in had]
        if refused:
            item = refused[0][0]
            engine.require(self.actor, f"{item.kind}:view", item)  # what one may not view is not named either
            raise beyond(field, [name for other, name in refused if other == item], item.name, about)
        self._require_items_then(
            [(item, name) for item, own in given for name in own.names()], extent, all_behind, about
        )

    def _require_items_then(
        self, asked: Sequence[tuple[Item, str]], extent: Extent, all_behind: Sequence[Actor] | None, about: Any
    ) -> None:
        """The same later on, and as deep: what those behind have no more by then is given no more either, and no
        deeper than they see."""
        if not asked or self._console:
            return
        looks = None if all_behind is None else [engine.look(one) for one in all_behind]
        short = _short_on(asked, extent, looks)
        if self._ends.is_deep_enough(short) and self._ends.lasts(deep_enough(_holds(asked), short), extent):
            return
        if all_behind is None:
            self._ends.require(_holds(asked), short, extent, about)
        for one in all_behind or ():
            self._require_while_held(one, asked, extent, about)

    def _require_while_held(self, by: Actor, asked: Sequence[tuple[Item, str]], extent: Extent, about: Any) -> None:
        """For as long as somebody else has them, one after the other."""
        ahead, look = Lasting(by), engine.look(by)
        asked = _held(look, asked)
        while asked:
            end = ahead.end(_holds(asked))
            until = replace(extent, until=earliest((extent.until, end)))
            self._ends.require(_holds(asked), _short_on(asked, extent, [look]), until, about)
            if end is None or not is_later(extent.until, end):
                return
            left = _held(ahead.look(end + INSTANT, since=end), asked)
            asked = left if len(left) < len(asked) else []


def _short_on(asked: Sequence[tuple[Item, str]], extent: Extent, behind: Sequence[Look] | None) -> Short:
    given = [(name, item) for item, name in asked]
    return partial(short_on, given=given, days=extent.days, behind=behind)


def _holds(asked: Sequence[tuple[Item, str]]) -> Holds:
    return lambda look: not _refused(look, asked)


def _refused(look: Look, asked: Sequence[tuple[Item, str]]) -> list[tuple[Item, str]]:
    """The pairs that the caller of this look may not."""
    decisions = look.decide_many([(name, item) for item, name in asked])
    return [pair for pair, decision in zip(asked, decisions, strict=True) if not decision.allowed]


def _held(look: Look, asked: Sequence[tuple[Item, str]]) -> list[tuple[Item, str]]:
    """The pairs that the caller of this look may."""
    lacking = set(_refused(look, asked))
    return [pair for pair in asked if pair not in lacking]
