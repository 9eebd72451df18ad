"""Epochs: which value each top-level account's tree has now; database triggers renew them (see `triggers`)."""

from __future__ import annotations

import json
from collections.abc import Collection

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

#: The root of what belongs to no account: platform operators.
PLATFORM = 0
#: Gives PostgreSQL's values. It outlives rollbacks and the triggers themselves, so that no value comes back.
SEQUENCE = "access_epoch_value"


def read(roots: Collection[int]) -> dict[int, int]:
    """The value of each of these top-level accounts (0 = the platform), in one statement; 0 where there is no row."""
    values = dict.fromkeys(roots, 0)
    if not values:
        return values
    wanted = list(values)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT root, value FROM access_accessepoch WHERE root = ANY(%s)", [wanted])
        else:
            cursor.execute(
                "SELECT root, value FROM access_accessepoch WHERE root IN (SELECT value FROM json_each(%s))",
                [json.dumps(wanted)],
            )
        values.update(cursor.fetchall())
    return values


def renew_all(connection: BaseDatabaseWrapper) -> None:
    """Give every tree and the platform a new value: after a time without triggers nothing kept is fresh any more."""
    roots = f"SELECT DISTINCT top_id AS root FROM accounts_account WHERE top_id IS NOT NULL UNION SELECT {PLATFORM}"
    value = f"nextval('{SEQUENCE}')" if connection.vendor == "postgresql" else "random()"
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE access_accessepoch SET value = {value}")
        cursor.execute(
            f"INSERT INTO access_accessepoch (root, value) SELECT root, {value} FROM ({roots}) AS known "
            "WHERE root NOT IN (SELECT root FROM access_accessepoch)"
        )
