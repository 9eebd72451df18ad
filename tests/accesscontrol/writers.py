"""A writer process for the concurrency tests: python -m tests.accesscontrol.writers DATABASE NAME SEED COUNT.

It works on the test database of the test that started it, with a connection of its own.
"""

from __future__ import annotations

import random
import sys

import django
from django.db import connection, transaction

django.setup()

from accesscontrol.accounts import tree  # noqa: E402  (models can be imported when Django is set up)
from accesscontrol.accounts.models import Account  # noqa: E402
from accesscontrol.audit import chain  # noqa: E402
from accesscontrol.tokens.models import Token  # noqa: E402


def write_tree(chance: random.Random, seed: int, count: int) -> None:
    """Open, move and close accounts that the other writers open, move and close too."""
    for number in range(count):
        accounts = list(Account.objects.order_by("id"))
        parent = chance.choice([None, *accounts])
        act = chance.random()
        try:
            if act < 0.5 or len(accounts) < 4:
                tree.open_account(parent=parent, key=f"w{seed}-{number}", name="W")
            elif act < 0.6:
                rows = [{"key": f"b{seed}-{number}-{n}", "name": "B", "parent": parent} for n in range(3)]
                tree.bulk_open(rows)
            elif act < 0.9:
                tree.move_account(chance.choice(accounts), parent)
            else:
                tree.close_account(chance.choice(accounts[len(accounts) // 2 :]))
        except tree.TreeBroken:
            raise
        except tree.TreeError:
            continue  # a circle, or another writer was faster: a refusal, as it should be


def write_chain(chance: random.Random, seed: int, count: int) -> None:
    """Record lines on chains that all writers share, several in a transaction; some transactions are undone."""
    for number in range(count):
        chains = chance.sample(range(5), 3)
        with transaction.atomic():
            chain.record_many([{"action": f"w{seed}-{number}", "chain": on} for on in chains])
            if number % 5 == 4:
                transaction.set_rollback(True)


def disable_tokens(chance: random.Random, seed: int, count: int) -> None:
    """Switch every token off by raw SQL."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {Token._meta.db_table} SET enabled = %s", [False])


ACTS = {"tree": write_tree, "chain": write_chain, "tokens": disable_tokens}

if __name__ == "__main__":
    database, act, seed, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    connection.settings_dict["NAME"] = database
    ACTS[act](random.Random(seed), seed, count)
