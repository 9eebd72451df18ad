"""How long and how deep one may give: until the moment up to which one's own access would allow the same act, nobody
acting in between, and no further back than one sees oneself (access model §11). The one statement of both.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from django.utils.translation import gettext_noop as _

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.compiled.scope import Scope
from accesscontrol.access.lasting import Holds, Lasting
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


@dataclass(frozen=True, slots=True)
class Extent:
    """How long something is given. until: its end, or that of whom it goes to where it has none; None = for good.

    by_own_end: whether it lasts no longer than the very token that gives it. field, said: where and how a refusal is
    told.
    """

    until: datetime | None
    by_own_end: bool = False
    field: str = "expires_at"
    said: Wording = BEYOND_OWN_END


def for_good(field: str, until: datetime | None = None) -> Extent:
    """What has no end of its own; until: the end of whom it goes to, told at this field."""
    return Extent(until, field=field, said=BEYOND_OWN_END_FOR_GOOD)


#: What reaches nobody yet: whoever hands it out answers for how long.
TO_NOBODY = Extent(datetime.min.replace(tzinfo=UTC))


class OwnEnds:
    """How long one actor may give, remembered for the length of one act."""

    def __init__(self, actor: Actor):
        self.actor = actor
        self._lasting = {own_end: Lasting(actor, own_end=own_end) for own_end in (True, False)}

    def require(self, holds: Holds, extent: Extent, about: Any) -> None:
        """That what holds now holds for the whole extent. Raises BeyondOwn."""
        if not self.lasts(holds, extent):
            end = earliest((self._of_maker, self._lasting[extent.by_own_end].end(holds)))
            raise BeyondOwn([Problem(extent.field, extent.said(end=f"{end:%Y-%m-%d %H:%M}"), about)])

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
    def _scope(self) -> Scope | None:
        return engine.look(self.actor).scope

    @cached_property
    def _of_maker(self) -> datetime | None:
        """When the access of whoever issued the token that acts was to end, as it was then."""
        if self.actor.type != "token":
            return None
        return Token.objects.values_list("maker_ends_at", flat=True).get(pk=self.actor.id)
