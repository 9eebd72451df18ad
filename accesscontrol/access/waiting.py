"""Waiting for a change of somebody else: telling when it took too long, and stamps that nobody waits for."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.db import OperationalError, connection

log = structlog.get_logger("access.waiting")

#: What whoever has waited in vain is told, and after how many seconds another try makes sense.
BUSY = "The database is busy with a long change of somebody else. Yours was not made; try again in a minute."
RETRY_SECONDS = 60
#: PostgreSQL's lock_not_available and deadlock_detected.
LOCKED = {"55P03", "40P01"}
#: How long a stamp waits for SQLite's one writer.
STAMP_MILLISECONDS = 100


def is_busy(error: BaseException) -> bool:
    """Whether the database refused because somebody else held what it needed for too long."""
    cause = error.__cause__ if isinstance(error, OperationalError) else None
    if isinstance(cause, sqlite3.OperationalError):
        return cause.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return getattr(cause, "sqlstate", None) in LOCKED


@contextmanager
def stamping() -> Iterator[None]:
    """For the write of a stamp, which the next request sets as well: left out while SQLite's one writer is busy.

    On PostgreSQL writers meet on a row only, so it waits as ever. Source: sqlite.org/pragma.html#pragma_busy_timeout.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        (usual,) = cursor.fetchone()
        cursor.execute(f"PRAGMA busy_timeout = {STAMP_MILLISECONDS}")
        try:
            yield
        except OperationalError as error:
            if not is_busy(error):
                raise
            log.info("stamp_left_out")
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {usual}")
