"""A process that is asked, for concurrency tests: python -m tests.accesscontrol.token_asker DATABASE TOKEN KEY ITEM.

For each line on its standard input it says whether the token may view the item, and whether the key opens the door.
It keeps what it has learned between two lines, as a worker does.
"""

from __future__ import annotations

import sys

import django
from django.db import connection

django.setup()

from accesscontrol.access import engine  # noqa: E402  (models can be imported when Django is set up)
from accesscontrol.access.actor import Actor  # noqa: E402
from accesscontrol.services.tokens.doors import open_with_key  # noqa: E402


def answer(token_id: int, key: str, item_id: int) -> str:
    """`yes yes`, `no no` or what would be a mistake."""
    scope = engine.look(Actor("token", token_id)).scope
    may = scope is not None and engine.decide(Actor("token", token_id), "device:view", ("item", item_id)).allowed
    return " ".join("yes" if one else "no" for one in (may, open_with_key(key, None) is not None))


if __name__ == "__main__":
    connection.settings_dict["NAME"] = sys.argv[1]
    for _ in sys.stdin:
        print(answer(int(sys.argv[2]), sys.argv[3], int(sys.argv[4])), flush=True)
