"""An account's line: the accounts from the top-level one down to it, read fresh, with what is inherited along it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TypeVar

from accesscontrol.accounts.models import Account
from accesscontrol.accounts.tree import ancestor_ids

T = TypeVar("T")
#: Ids a statement; far below SQLite's limit of variables.
CHUNK = 5000


def chunks(values: Collection[T]) -> Iterator[list[T]]:
    """The values in pieces that a statement can take."""
    listed = list(values)
    for start in range(0, len(listed), CHUNK):
        yield listed[start : start + CHUNK]


class Lines:
    """The lines of some accounts: for each, its path and the rows of everything on it."""

    def __init__(self, account_ids: Iterable[int]):
        self.paths = ancestor_ids(set(account_ids))
        self.rows: dict[int, Account] = {}
        named = {row_id for path in self.paths.values() for row_id in path}
        for piece in chunks(named):
            self.rows |= {account.pk: account for account in Account.objects.filter(pk__in=piece)}

    def line(self, account_id: int) -> list[Account]:
        """The account's line, top-level account first."""
        return [self.rows[row_id] for row_id in self.paths[account_id]]

    def plan(self, account_id: int) -> tuple[int, Account] | None:
        """The history depth that the account has, in days, and the account that sets it; None when there is none."""
        figures = [(row.history_days, row) for row in self.line(account_id) if row.history_days is not None]
        return min(figures, key=lambda figure: figure[0], default=None)

    def limit(self, account_id: int, name: str) -> tuple[int, Account] | None:
        """The quota of this name that holds for the account, and the account that sets it."""
        figures = [(row.limits[name], row) for row in self.line(account_id) if name in row.limits]
        return min(figures, key=lambda figure: figure[0], default=None)

    def within(self, account_id: int, branch_of: int) -> bool:
        """Whether the account stands in the branch of another (or is it)."""
        return branch_of in self.paths.get(account_id, ())

    def same_tree(self, one: int, other: int) -> bool:
        return self.paths[one][0] == self.paths[other][0]


def distinct(values: Iterable[T]) -> Sequence[T]:
    """Without repeats, in order."""
    return list(dict.fromkeys(values))
