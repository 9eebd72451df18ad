"""The ceiling (access model §4): nobody passes on what they do not hold themselves at that moment.

Whole-account things are asked of `Look.lacking`; chosen items of `decide_many`, and only where the actor does not hold
the item's whole account. What the receiving account lacks itself is no matter: its people are capped by it anyway.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext_noop as _

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.engine import Question
from accesscontrol.access.permissions import CREATES, ITEMS, PermissionSet
from accesscontrol.accounts.models import Account
from accesscontrol.items.models import Item
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.errors import BeyondOwn, Problem
from accesscontrol.services.frame.locks import read_again

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
        self._missing: dict[tuple[int, PermissionSet], PermissionSet] = {}
        #: Items that were read again by now: whose they are decides what is asked.
        self._read: set[int] = set()
        #: The console lacks nothing; a world file of 20,000 owners need not ask 20,000 times.
        self._console = actor.type == "system" and actor.acting is None

    def require_account(self, wanted: PermissionSet, account: Account, field: str, about: Any = None) -> None:
        """Everything in `wanted` over the whole account and its branch."""
        missing = self.missing(wanted, account)
        if missing:
            raise beyond(field, missing.names(), account.name, about)

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
        behind: Actor | Iterable[Actor] | None = None,
        about: Any = None,
    ) -> None:
        """On each item, what is passed on of its kind (creating aside), as far as the account behind has it itself.

        behind: several, where whoever it is passed on to may have it from any of them.
        """
        wanted = list(wanted)
        self.read(item for item, _permissions in wanted)
        asked = [
            (item, name)
            for item, permissions in wanted
            if not self.holds_items_of(item.account)
            for name in (permissions.only([item.kind]) - CREATES).names()
        ]
        refused = _refused(self.actor, asked)
        if refused and behind is not None:
            all_behind = [behind] if isinstance(behind, Actor) else list(behind)
            had = {pair for one in all_behind for pair in set(refused).difference(_refused(one, refused))}
            refused = [pair for pair in refused if pair in had]
        if refused:
            item = refused[0][0]
            engine.require(self.actor, f"{item.kind}:view", item)  # what one may not view is not named either
            raise beyond(field, [name for other, name in refused if other == item], item.name, about)


def _refused(actor: Actor, asked: Sequence[tuple[Item, str]]) -> list[tuple[Item, str]]:
    if not asked:
        return []
    decisions = engine.decide_many([Question(actor, name, item) for item, name in asked])
    return [pair for pair, decision in zip(asked, decisions, strict=True) if not decision.allowed]
