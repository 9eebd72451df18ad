"""When and where a token ends: its dates, its time without use, its networks, how far back it sees; nothing outlives
who issued it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from accesscontrol.accounts.addresses import are_inside
from accesscontrol.accounts.depths import depth_of, shallowest
from accesscontrol.accounts.life import earliest, is_later
from accesscontrol.sentences import Wording
from accesscontrol.services.accounts.quotas import check_days
from accesscontrol.services.frame.acts import Caller
from accesscontrol.services.frame.errors import BeyondOwn, Problem
from accesscontrol.services.frame.fields import Findings
from accesscontrol.services.frame.lines import Lines
from accesscontrol.services.frame.own_ends import Extent
from accesscontrol.services.tokens.specs import TokenSpec
from accesscontrol.tokens.models import Token

LASTS_TOO_LONG = Wording(
    "lasts_too_long", _("A token ends within %(TOKEN_LONGEST_DAYS)s days here. Choose an end not after that.")
)
NETWORKS_WITHIN = Wording("networks_within", _("Choose networks within those of this token: %(networks)s."))
NOT_SECONDS = Wording("not_seconds", _("Enter a number of seconds from %(shortest_idle)s, or leave it empty."))
NO_END = Wording("no_end", _("Enter an end, or the seconds without use after which the token dies."))

#: The shortest time without use, in seconds: uses are stamped once a minute.
SHORTEST_IDLE = 300
LONGEST_IDLE = 2**31 - 1


# --- Checks of input


def check_ends(findings: Findings, spec: TokenSpec, about: Any) -> None:
    """The ends of a token. What a stored token has had before the policy changed may stay."""
    stored = about if isinstance(about, Token) else None
    findings.times(None, spec.expires_at, about, before=stored.expires_at if stored else None)
    if spec.idle_ttl is not None and (stored is None or spec.idle_ttl != stored.idle_ttl):
        _check_idle(findings, spec.idle_ttl, about)
    if spec.expires_at is None and spec.idle_ttl is None and not settings.TOKENS_MAY_BE_ENDLESS:
        findings.add("expires_at", NO_END(), about)
    if settings.TOKEN_LONGEST_DAYS and (stored is None or spec.expires_at != stored.expires_at):
        _check_longest(findings, spec.expires_at, about)


def _check_idle(findings: Findings, seconds: Any, about: Any) -> None:
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not SHORTEST_IDLE <= seconds <= LONGEST_IDLE:
        findings.add("idle_ttl", NOT_SECONDS(shortest_idle=SHORTEST_IDLE), about)


def _check_longest(findings: Findings, expires_at: datetime | None, about: Any) -> None:
    """The policy of the installation: no token is made for longer."""
    if is_later(expires_at, timezone.now() + timedelta(days=settings.TOKEN_LONGEST_DAYS)):
        sentence = LASTS_TOO_LONG(TOKEN_LONGEST_DAYS=settings.TOKEN_LONGEST_DAYS)
        findings.add("expires_at", sentence, about)


def check_depth(findings: Findings, spec: TokenSpec, about: Any) -> None:
    """How many days back a token sees; a stored figure may be from before the plan changed."""
    stored = about.history_days if isinstance(about, Token) else None
    if spec.history_days is not None and spec.history_days != stored:
        check_days(findings, spec.history_days, spec.account.pk, Lines([spec.account.pk]), about)


# --- The ceiling


def extent_of(who: Caller, spec: TokenSpec) -> Extent:
    """How long a token lasts and how far back it sees; it never outlives whoever issues it, and sees no further. One's
    own token dies with oneself and sees no further than oneself, so one's own end and depth are no matter for it."""
    own = who.user is not None and spec.user is not None and spec.user.pk == who.user.pk
    ends = (spec.expires_at, who.user.expires_at if who.user is not None and own else None)
    days = shallowest((spec.history_days, depth_of(spec.user) if spec.user is not None else None))
    return Extent(earliest(ends), days, by_own_end=True)


def require_own_networks(who: Caller, spec: TokenSpec, about: Any) -> None:
    """A token's token is used from no other place."""
    maker = who.token
    if maker and maker.allowed_addresses and not are_inside(spec.allowed_addresses, maker.allowed_addresses):
        networks = ", ".join(maker.allowed_addresses)
        sentence = NETWORKS_WITHIN(networks=networks)
        raise BeyondOwn([Problem("allowed_addresses", sentence, about)])
