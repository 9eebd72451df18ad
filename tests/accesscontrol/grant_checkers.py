"""A process that checks while another revokes: python -m tests.accesscontrol.grant_checkers DATABASE USER ITEM.

It says when it is ready, starts at a line of input and stops when its input is closed. In between it asks the same
question over and over with warm scopes. It writes when each question that was answered with yes began and ended, one a
line, and at the end how many it asked. Times are of the clock that all processes share.
"""

from __future__ import annotations

import sys
import threading
import time

import django
from django.db import connection

django.setup()

from accesscontrol.access import engine  # noqa: E402  (models can be imported when Django is set up)
from accesscontrol.access.actor import Actor  # noqa: E402


def check(user: int, item: int) -> None:
    """Ask until the input is closed."""
    actor, thing = Actor("user", user), ("item", item)
    number, yes = 0, []
    engine.decide(actor, "device:view", thing)
    print("ready", flush=True)
    sys.stdin.readline()
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    while not over.is_set():
        number += 1
        began = time.monotonic()
        if engine.decide(actor, "device:view", thing).allowed:
            yes.append((began, time.monotonic()))
    print(*(f"{began} {ended}" for began, ended in yes), number, sep="\n")


if __name__ == "__main__":
    connection.settings_dict["NAME"] = sys.argv[1]
    check(int(sys.argv[2]), int(sys.argv[3]))
