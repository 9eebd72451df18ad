"""Django's flush for test databases, made quick: the triggers do not fire while the tables are emptied.

Content types and permissions stay, which only `migrate` makes, so that nothing has to be made anew afterwards.
"""

from __future__ import annotations

from typing import Any

from django.core.management.commands.flush import Command as DjangoFlush
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from accesscontrol.access.fresh import triggers

KEPT = {"django_content_type", "auth_permission"}
#: Bytes of a table from which it is cut off and not emptied row by row, which would leave its size as it is.
LARGE = 1_000_000


class Command(DjangoFlush):
    def handle(self, **options: Any) -> None:
        connection = connections[options["database"]]
        tables = sorted(
            set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - KEPT
        )
        empty = empty_postgres if connection.vendor == "postgresql" else empty_sqlite
        with transaction.atomic(using=connection.alias):
            empty(connection, tables)


def empty_postgres(connection: BaseDatabaseWrapper, tables: list[str]) -> None:
    """As a replica does it: neither our triggers nor those of foreign keys fire."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT name FROM unnest(%s::text[]) name WHERE pg_relation_size(name::regclass) > {LARGE}", [tables]
        )
        large = [name for (name,) in cursor.fetchall()]
        cut = [f"TRUNCATE {', '.join(large)} CASCADE"] if large else []
        emptied = [f"DELETE FROM {table}" for table in tables if table not in large]
        role = "SET LOCAL session_replication_role"
        cursor.execute("; ".join([f"{role} = replica", *cut, *emptied, f"{role} = origin"]))


def empty_sqlite(connection: BaseDatabaseWrapper, tables: list[str]) -> None:
    """Without triggers and, for this transaction, without asking about foreign keys before its end."""
    triggers.uninstall(connection)
    try:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA defer_foreign_keys = ON")
            for table in tables:
                cursor.execute(f"DELETE FROM {table}")
    finally:
        triggers.install(connection)
