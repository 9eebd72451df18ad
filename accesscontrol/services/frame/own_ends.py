"""How long and how deep one may give: until the moment up to which one's own access would allow the same act, nobody
acting in between, and no further back than one sees oneself (access model §11). The one statement of both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from django.utils.translation import gettext_noop as _

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.compiled.scope import Scope
from accesscontrol.access.lasting import Holds, Lasting
from accesscontrol.access.look import Look
from accesscontrol.accounts.life import earliest, is_later
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.errors import BeyondOwn, Problem
from accesscontrol.tokens.models import Token

BEYOND_OWN_END = Wording(
    "beyond_own_end", _("Your own access to this ends on %(end)s UTC. Choose an end not after that.")
)
#: What has no end of its own goes only to somebody who ends no later.
BEYOND_OWN_END_FOR_GOOD = Wording(
    "beyond_own_end",
    _(
        "Your own access to this ends on %(end)s UTC, and this would last longer. "
        "Give it to somebody who ends no later, or ask somebody whose access does not end."
    ),
)
BEYOND_OWN_DEPTH = Wording(
    "beyond_own_depth",
    _("You see %(days)s days back here yourself, and this would reach further. Choose a history depth within that."),
)
#: What has no history depth of its own goes only to somebody who sees no further back.
BEYOND_OWN_DEPTH_FOR_GOOD = Wording(
    "beyond_own_depth",
    _(
        "You see %(days)s days back here yourself, and this would reach further. "
        "Give it to somebody who sees no further back, or ask somebody who sees it all."
    ),
)
#: What falls short of what is given: the actor's own figure of history depth, or None.
Short = Callable[[Look], int | None]


@dataclass(frozen=True, slots=True)
class Extent:
    """How long and how deep something is given. until: its end, days: its history depth, or those of whom it goes to
    where it has none; None = for good, as far back as there is anything.

    by_own_end: whether it lasts no longer than the very token that gives it. lifts: whether it takes away what clips
    the thing now. field, depth_field, open_end: where and how a refusal is told.
    """

    until: datetime | None
    days: int | None = None
    by_own_end: bool = False
    lifts: bool = False
    field: str = "expires_at"
    depth_field: str = "history_days"
    open_end: bool = False

    def ends_too_late(self, end: datetime | None, about: Any) -> BeyondOwn:
        said = BEYOND_OWN_END_FOR_GOOD if self.open_end else BEYOND_OWN_END
        return BeyondOwn([Problem(self.field, said(end=f"{end:%Y-%m-%d %H:%M}"), about)])

    def reaches_too_far(self, days: int, about: Any) -> BeyondOwn:
        said = BEYOND_OWN_DEPTH_FOR_GOOD if self.open_end else BEYOND_OWN_DEPTH
        return BeyondOwn([Problem(self.depth_field, said(days=days), about)])

    def without_depth(self) -> Extent:
        """The same of an act that lets nobody see anything by itself: what it gives is asked for beside it."""
        return replace(self, days=0)


def for_good(field: str, until: datetime | None = None, days: int | None = None, *, lifts: bool = False) -> Extent:
    """What has no end or depth of its own; until, days: those of whom it goes to, told at this field."""
    return Extent(until, days, field=field, depth_field=field, open_end=True, lifts=lifts)


#: What reaches nobody yet: whoever hands it out answers for how long and how deep.
TO_NOBODY = Extent(datetime.min.replace(tzinfo=UTC), 0)


def deep_enough(holds: Holds, short: Short) -> Holds:
    """What holds, where nothing falls short of its depth either."""
    return lambda look: holds(look) and short(look) is None


class OwnEnds:
    """How long and how deep one actor may give, remembered for the length of one act."""

    def __init__(self, actor: Actor):
        self.actor = actor
        self._lasting = {own_end: Lasting(actor, own_end=own_end) for own_end in (True, False)}

    def require(self, holds: Holds, short: Short, extent: Extent, about: Any) -> None:
        """That what holds now holds for the whole extent, and that all the while nothing falls short of its depth.
        Raises BeyondOwn."""
        days = short(self._look)
        if days is not None:
            raise extent.reaches_too_far(days, about)
        both = deep_enough(holds, short)
        if not self.lasts(both, extent):
            end = earliest((self._of_maker, self._lasting[extent.by_own_end].end(both)))
            raise extent.ends_too_late(end, about)

    def is_deep_enough(self, short: Short) -> bool:
        return short(self._look) is None

    def lasts(self, holds: Holds, extent: Extent) -> bool:
        """Whether what holds now holds for the whole extent."""
        if is_later(extent.until, self._of_maker):
            return False
        lasting = self._lasting[extent.by_own_end]
        if self._stays_until(extent.until) or holds(lasting.look(extent.until)):
            return True
        return not is_later(extent.until, lasting.end(holds))  # rows that follow each other may do it together

    def end(self, holds: Holds) -> datetime | None:
        """Until when the actor may give what holds now; the own end of a token that acts is no matter for it."""
        end = None if self._stays_until(None) else self._lasting[False].end(holds)
        return earliest((self._of_maker, end))

    def _stays_until(self, until: datetime | None) -> bool:
        """Whether nothing that the actor has begins or ends before that, so that what holds now holds then."""
        scope = self._scope
        return scope is not None and not is_later(until, scope.valid_until)

    @cached_property
    def _look(self) -> Look:
        return engine.look(self.actor)

    @property
    def _scope(self) -> Scope | None:
        return self._look.scope

    @cached_property
    def _of_maker(self) -> datetime | None:
        """When the access of whoever issued the token that acts was to end, as it was then."""
        if self.actor.type != "token":
            return None
        return Token.objects.values_list("maker_ends_at", flat=True).get(pk=self.actor.id)
