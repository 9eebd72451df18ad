"""How often the open pages of joining are used: from one address, and for one person's mail."""

from __future__ import annotations

import time
from hashlib import blake2s

import structlog
from django.core.cache import cache

from accesscontrol.accounts.names import fold
from portal.actors import client_address
from portal.requests import PortalRequest

log = structlog.get_logger("portal.joining")
#: So many sends from one network address in so many seconds; then it waits.
FROM_ONE, WINDOW_SECONDS = 20, 600
#: So many mails to one address in so many seconds; then no more are sent, and the page says what it always says.
TO_ONE, MAIL_SECONDS = 5, 3600


def too_many(request: PortalRequest, door: str) -> bool:
    """Count a try at a door; whether there were too many from this address."""
    address = client_address(request)
    if _count(f"{door}:from:{address}", WINDOW_SECONDS) <= FROM_ONE:
        return False
    log.warning("joining_slowed", door=door, address=address, request_id=request.request_id)  # L05
    return True


def may_be_written_to(door: str, email: str) -> bool:
    """Count a mail that is asked for; whether this address gets it, be it somebody's or nobody's."""
    return _count(f"{door}:to:{fold(email)}", MAIL_SECONDS) <= TO_ONE


def _count(what: str, seconds: int) -> int:
    """How often by now, since it was counted first; after so many seconds it begins anew, whatever the cache does."""
    key, now = f"joining.{blake2s(what.encode(), digest_size=16).hexdigest()}", time.time()
    since, count = cache.get(key) or (now, 0)
    if now - since >= seconds:
        since, count = now, 0
    cache.set(key, (since, count + 1), since + seconds - now)
    return int(count) + 1
