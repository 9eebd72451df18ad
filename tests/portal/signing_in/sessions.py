"""What the tests of signing in do to sessions."""

from __future__ import annotations

import time

from django.test import Client

from portal.freshness import STARTED

#: Longer ago than a sign-in counts as fresh, and no so long that the session is over.
LONG_AGO = 16 * 60


def grow_old(client: Client, seconds: float = LONG_AGO) -> None:
    """Let the last factor of a signed-in browser be so long ago."""
    session = client.session
    session[STARTED] = time.time() - seconds
    for record in session.get("account_authentication_methods", []):
        record["at"] = time.time() - seconds
    session.save()
