"""Pictures of a world that many tests begin with: made once by the acts, then put back by its rows.

The rows are those that the acts wrote, inserted as they were, so every trigger fires as for any other row. A picture
holds in a test that is rolled back, into tables as empty as when it was taken, with the same keys, and for a quarter of
an hour; else the world is made by the acts again. PostgreSQL counts on when a test was rolled back, so the
numbers of a picture's rows stay behind those of rows to come.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection
from django.utils import timezone

World = TypeVar("World")
#: Tables that are never empty, or that triggers and Django keep by themselves.
LEFT_OUT = {"django_migrations", "django_content_type", "auth_permission", "access_accessepoch", "django_site"}
LASTS = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Picture:
    """world: the pickled objects. rows: table → (insert statement with a place for each value, values)."""

    taken_at: datetime
    world: bytes
    rows: dict[str, tuple[str, list[Any]]]


_pictures: dict[tuple[Any, ...], Picture] = {}


def of_world(make: Callable[[], World]) -> World:
    """The world that `make` makes: from its picture where that holds, else made, and pictured if it began empty."""
    if not connection.in_atomic_block or not _is_empty():
        return make()
    key = (make.__name__, str(connection.settings_dict["NAME"]), settings.TOKEN_PEPPER, settings.AUDIT_KEY)
    picture = _pictures.get(key)
    if picture is not None and abs(timezone.now() - picture.taken_at) < LASTS:
        with connection.cursor() as cursor:
            for statement, values in picture.rows.values():
                cursor.execute(statement, values)
        return pickle.loads(picture.world)  # noqa: S301  (written by this very process)
    made = make()
    _pictures[key] = Picture(timezone.now(), pickle.dumps(made), _rows())
    return made


def _tables() -> list[str]:
    return sorted(set(connection.introspection.django_table_names(only_existing=True)) - LEFT_OUT)


def _is_empty() -> bool:
    with connection.cursor() as cursor:
        for table in ("accounts_account", "accounts_user", "audit_event", "audit_chainhead"):
            cursor.execute(f'SELECT 1 FROM "{table}" LIMIT 1')
            if cursor.fetchone() is not None:
                return False
    return True


def _rows() -> dict[str, tuple[str, list[Any]]]:
    found = {}
    with connection.cursor() as cursor:
        for table in _tables():
            cursor.execute(f'SELECT * FROM "{table}"')
            rows = cursor.fetchall()
            if rows:
                columns = ", ".join(f'"{column[0]}"' for column in cursor.description)
                places = ", ".join([f"({', '.join(['%s'] * len(rows[0]))})"] * len(rows))
                statement = f'INSERT INTO "{table}" ({columns}) VALUES {places}'
                found[table] = statement, [value for row in rows for value in row]
    return found
