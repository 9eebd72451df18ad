"""When and where a token ends: its dates, its time without use, its networks; nothing outlives who issued it."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from accesscontrol.services.acts import Caller
from accesscontrol.services.errors import BeyondOwn, Problem
from accesscontrol.services.fields import LATEST_YEAR, Findings
from accesscontrol.services.specs import TokenSpec
from accesscontrol.tokens.models import Token

#: The shortest time without use, in seconds: uses are stamped once a minute.
SHORTEST_IDLE = 300
LONGEST_IDLE = 2**31 - 1


# --- Checks of input


def check_ends(findings: Findings, spec: TokenSpec, about: Any) -> None:
    """The ends of a token. What a stored token has had before the policy changed may stay."""
    findings.times(None, spec.expires_at, about)
    stored = about if isinstance(about, Token) else None
    if spec.idle_ttl is not None and (stored is None or spec.idle_ttl != stored.idle_ttl):
        _check_idle(findings, spec.idle_ttl, about)
    if spec.expires_at is None and spec.idle_ttl is None and not settings.TOKENS_MAY_BE_ENDLESS:
        findings.add("expires_at", "Enter an end, or the seconds without use after which the token dies.", about)
    if settings.TOKEN_LONGEST_DAYS and (stored is None or spec.expires_at != stored.expires_at):
        _check_longest(findings, spec.expires_at, about)


def _check_idle(findings: Findings, seconds: Any, about: Any) -> None:
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not SHORTEST_IDLE <= seconds <= LONGEST_IDLE:
        findings.add("idle_ttl", f"Enter a number of seconds from {SHORTEST_IDLE}, or leave it empty.", about)


def _check_longest(findings: Findings, expires_at: datetime | None, about: Any) -> None:
    """The policy of the installation: no token is made for longer."""
    if later_than(expires_at, timezone.now() + timedelta(days=settings.TOKEN_LONGEST_DAYS)):
        sentence = f"A token ends within {settings.TOKEN_LONGEST_DAYS} days here. Choose an end not after that."
        findings.add("expires_at", sentence, about)


# --- The ceiling


def require_within_own(actor: Actor, who: Caller, spec: TokenSpec, about: Any) -> None:
    """A token never outlives whoever issues it: the token that acts, the access of the person behind, and that they
    may act as the account that they act as."""
    if who.acting:
        _require_while_operating(actor, spec, about)
    if who.token is not None:
        _require_no_longer(who.token, spec, about)
    if who.user is not None and (spec.user is None or spec.user.pk != who.user.pk):
        _require_within_access(who.user, spec, about)


def _require_while_operating(actor: Actor, spec: TokenSpec, about: Any) -> None:
    """Who acts as an account by a grant that ends leaves no key behind; asked for the token's last second."""
    end = spec.expires_at or datetime(LATEST_YEAR, 1, 1, tzinfo=UTC)
    then = replace(actor.itself(), at=max(timezone.now(), end - timedelta(seconds=1)))
    if not engine.decide(then, "account:operate", ("account", actor.acting or 0)).allowed:
        sentence = "You may act as this account for a while only, and no longer at that time. Choose an earlier end."
        raise BeyondOwn([Problem("expires_at", sentence, about)])


def _require_within_access(maker: User, spec: TokenSpec, about: Any) -> None:
    """What is not one's own token, which dies with its user, never outlives the access of whoever issues it."""
    if maker.expires_at is not None and later_than(spec.expires_at, maker.expires_at):
        sentence = f"Your access ends on {maker.expires_at:%Y-%m-%d %H:%M} UTC. Choose an end not after that."
        raise BeyondOwn([Problem("expires_at", sentence, about)])


def _require_no_longer(maker: Token, spec: TokenSpec, about: Any) -> None:
    """A token's token never outlives its maker, and is used from no other place."""
    problems = []
    end = _end_now(maker)
    if end is not None and later_than(spec.expires_at, end):
        sentence = f"This token ends on {end:%Y-%m-%d %H:%M} UTC at the latest. Choose an end not after that."
        problems.append(Problem("expires_at", sentence, about))
    if maker.allowed_addresses and not within_addresses(spec.allowed_addresses, maker.allowed_addresses):
        networks = ", ".join(maker.allowed_addresses)
        problems.append(Problem("allowed_addresses", f"Choose networks within those of this token: {networks}.", about))
    if problems:
        raise BeyondOwn(problems)


def _end_now(maker: Token) -> datetime | None:
    """When a token that acts now ends: its date, or its time without use if that comes first. Use may put the second
    off, but nobody passes on what they do not have yet."""
    idle = timezone.now() + timedelta(seconds=maker.idle_ttl) if maker.idle_ttl is not None else None
    return min((end for end in (maker.expires_at, idle) if end is not None), default=None)


def later_than(end: datetime | None, other: datetime | None) -> bool:
    """Whether one end is later than another; no end is the latest."""
    return other is not None and (end is None or end > other)


def within_addresses(addresses: Sequence[str], outer: Sequence[str]) -> bool:
    """Whether every network lies within one of the outer ones; no network means anywhere."""
    networks = [ipaddress.ip_network(address) for address in outer]
    inner = [ipaddress.ip_network(address) for address in addresses]
    return bool(inner) and all(
        any(one.version == wide.version and one.subnet_of(wide) for wide in networks)  # type: ignore[arg-type]
        for one in inner
    )
