"""What the statements of a page are for, by name: a test says how many are the page's own, the others stand here.

`session` and `person` read who is signed in; `epochs` asks whether what the law knows of the caller still stands, and
`facts` reads it anew where it does not; `things` reads what decisions are asked on. `changes` write;
`own` are the rest.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext

_SORTS = {
    "session": r'SELECT .* FROM "accounts_session"',
    "person": r'SELECT "accounts_user"\."id", "accounts_user"\."password".* LEFT OUTER JOIN "accounts_account" '
    r'.* WHERE "accounts_user"\."id" = \S+ ORDER BY',
    "epochs": r"SELECT root, value FROM access_accessepoch",
    "facts": r"WITH\s+(RECURSIVE\s+)?tok AS",
    "things": r"WITH .*SELECT 'chain',",
    "changes": r"INSERT|UPDATE|DELETE|SAVEPOINT|RELEASE|ROLLBACK",
}
#: What the law asks on a page: whether its scope still stands, and what is to be decided on.
LAW = {"epochs": 1, "things": 1}
#: What every page reads of a person who asked before.
PAGE = {"session": 1, "person": 1, **LAW}


@contextmanager
def statements() -> Iterator[dict[str, int]]:
    """How many statements of each sort are made; those that are not made are absent."""
    made: Counter[str] = Counter()
    with CaptureQueriesContext(connection) as caught:
        yield made
    made.update(_sort(query["sql"]) for query in caught)


def _sort(statement: str) -> str:
    found = (name for name, pattern in _SORTS.items() if re.match(pattern, statement.strip(), re.DOTALL))
    return next(found, "own")


def of_page(own: int, **others: int) -> dict[str, int]:
    """The statements of a page with so many of its own. others: where it does not make what every page makes."""
    return {name: number for name, number in {**PAGE, "own": own, **others}.items() if number}


def of_law(*, cold: bool = False, **others: int) -> dict[str, int]:
    """The statements of one look that answers about things. cold: what the law knows of the caller is read anew."""
    known = {"epochs": 0, "facts": 1} if cold else {}
    return {name: number for name, number in {**LAW, **known, **others}.items() if number}
