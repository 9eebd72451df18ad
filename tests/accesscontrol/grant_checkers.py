"""A process that checks while another revokes: python -m tests.accesscontrol.grant_checkers DATABASE USER ITEM SECONDS.

It asks the same question over and over with warm scopes. It writes when each question began that was answered with
yes, one a line, and at the end how many it asked. Times are of the clock that all processes share.
"""

from __future__ import annotations

import sys
import time

import django
from django.db import connection

django.setup()

from accesscontrol.access import engine  # noqa: E402  (models can be imported when Django is set up)
from accesscontrol.access.actor import Actor  # noqa: E402


def check(user: int, item: int, seconds: float) -> None:
    """Ask until the time is over."""
    actor, thing = Actor("user", user), ("item", item)
    number, yes = 0, []
    engine.decide(actor, "device:view", thing)
    print("ready", flush=True)
    until = time.monotonic() + seconds
    while (began := time.monotonic()) < until:
        number += 1
        if engine.decide(actor, "device:view", thing).allowed:
            yes.append(began)
    print(*yes, number, sep="\n")


if __name__ == "__main__":
    connection.settings_dict["NAME"] = sys.argv[1]
    check(int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
