"""Nobody passes on access for longer than they have it themselves: the end of what they give is not after their own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.accounts.life import is_later
from accesscontrol.accounts.models import User
from accesscontrol.moments import LATEST_YEAR
from accesscontrol.services.frame.acts import Caller
from accesscontrol.services.frame.errors import BeyondOwn, Problem
from accesscontrol.tokens.life import idle_end
from accesscontrol.tokens.models import Token


def require_end_within_own(actor: Actor, who: Caller, expires_at: datetime | None, about: Any) -> None:
    """What ends then outlives neither the token that acts, nor the access of the person behind it, nor that they may
    act as the account that they act as."""
    if who.acting:
        _require_while_operating(actor, expires_at, about)
    if who.token is not None:
        require_within_token(who.token, expires_at, about)
    if who.user is not None:
        require_within_access(who.user, expires_at, about)


def _require_while_operating(actor: Actor, expires_at: datetime | None, about: Any) -> None:
    """Who acts as an account by a grant that ends leaves no door open behind; asked for the last second."""
    end = expires_at or datetime(LATEST_YEAR, 1, 1, tzinfo=UTC)
    then = replace(actor.itself(), at=max(timezone.now(), end - timedelta(seconds=1)))
    if not engine.decide(then, "account:operate", ("account", actor.acting or 0)).allowed:
        sentence = "You may act as this account for a while only, and no longer at that time. Choose an earlier end."
        raise BeyondOwn([Problem("expires_at", sentence, about)])


def require_within_access(maker: User, expires_at: datetime | None, about: Any) -> None:
    """Not after the access of a person ends."""
    if maker.expires_at is not None and is_later(expires_at, maker.expires_at):
        sentence = f"Your access ends on {maker.expires_at:%Y-%m-%d %H:%M} UTC. Choose an end not after that."
        raise BeyondOwn([Problem("expires_at", sentence, about)])


def require_within_token(maker: Token, expires_at: datetime | None, about: Any) -> None:
    """Not after a token ends: its date, or its time without use if that comes first. Use may put the second off, but
    nobody passes on what they do not have yet."""
    ends = (maker.expires_at, idle_end(maker, used=timezone.now()))
    end = min((end for end in ends if end is not None), default=None)
    if end is not None and is_later(expires_at, end):
        sentence = f"This token ends on {end:%Y-%m-%d %H:%M} UTC at the latest. Choose an end not after that."
        raise BeyondOwn([Problem("expires_at", sentence, about)])
