"""The account tree: its only writer (open, move, close, many at once too, check and repair), and its one reading.

An account's *line* is itself and all above it, its *branch* itself and all below it. No reading rests on a loaded
row's place, which is stale after the next insert: `parent_id` is followed, or places are compared inside the SQL.

Every write holds the tree's lock to the end of its transaction and reads the accounts named again under it, so an
account loaded earlier may be passed without harm. New children come last. See `numbering` for the derived columns.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Max, Q, QuerySet, Subquery

from accesscontrol.accounts.branches import bulk_open
from accesscontrol.accounts.closing import delete_branch
from accesscontrol.accounts.models import Account
from accesscontrol.accounts.numbering import (
    TreeBroken,
    TreeError,
    branch_of,
    check_tree,
    fetch,
    id_list,
    lock_tree,
    next_tree_id,
    refuse_depth,
    repair_tree,
    reserve_ids,
    shift,
)

__all__ = [
    "TreeBroken",
    "TreeError",
    "ancestor_ids",
    "branch_ids",
    "branch_sql",
    "bulk_open",
    "check_tree",
    "close_account",
    "in_branch",
    "line_sql",
    "lines_sql",
    "lock_tree",
    "move_account",
    "open_account",
    "repair_tree",
]

#: No line is followed further: only parents in a circle would lead there.
DEEPEST = 64


@transaction.atomic
def open_account(*, parent: Account | None, key: str, name: str, **fields: Any) -> Account:
    """Store a new account as the last child of `parent`, or as a new top-level account.

    fields: further columns of `Account` (notes, limits, history_days, …).
    Raises TreeError when the parent is gone or the depth limit would be passed.
    """
    lock_tree()
    [account_id] = reserve_ids(1)
    account = Account(id=account_id, key=key, name=name, **fields)
    if parent is None:
        account.tree_id, account.lft, account.level, account.top_id = next_tree_id(), 1, 0, account_id
    else:
        above = fetch(parent)
        refuse_depth(above.level + 1, above)
        shift(above.tree_id, above.rght, 2)
        account.parent, account.top_id = above, above.top_id
        account.tree_id, account.lft, account.level = above.tree_id, above.rght, above.level + 1
        above.rght += 2
    account.rght = account.lft + 1
    # bulk_create, because the save() of mptt would number the account a second time.
    Account.objects.bulk_create([account])
    return account


@transaction.atomic
def move_account(account: Account, new_parent: Account | None) -> Account:
    """Hang an account with its branch under another parent (last), or make it a top-level account (None).

    Gives the account as it now is. Raises TreeError for a circle, the depth limit, or an account that is gone.
    """
    lock_tree()
    moving = fetch(account)
    target = fetch(new_parent) if new_parent is not None else None
    if moving.parent_id == (target and target.pk):
        return moving
    branch = branch_of(moving)
    if target is not None:
        if branch.filter(pk=target.pk).exists():
            raise TreeError(
                f"{moving.name} cannot move into its own branch ({target.name}). Choose a parent outside of it."
            )
        deepest = branch.aggregate(level=Max("level"))["level"]
        refuse_depth(target.level + 1 + deepest - moving.level, target)
    _shift_branch(moving, target)
    Account.objects.filter(pk=moving.pk).update(parent=target)
    moved = fetch(moving)
    top_id = target.top_id if target is not None else moved.pk
    if top_id != moved.top_id:
        branch_of(moved).update(top=top_id)
    return fetch(moved)


def _shift_branch(moving: Account, target: Account | None) -> None:
    """Renumber a branch into fresh room behind the target's last child (or a tree of its own), and close its gap."""
    width = moving.rght - moving.lft + 1
    if target is None:
        tree_id, lft, level = next_tree_id(), 1, 0
    else:
        tree_id, lft, level = target.tree_id, target.rght, target.level + 1
        shift(tree_id, lft, width)
    now = fetch(moving)
    Account.objects.filter(tree_id=now.tree_id, lft__gte=now.lft, rght__lte=now.rght).update(
        tree_id=tree_id,
        lft=F("lft") + (lft - now.lft),
        rght=F("rght") + (lft - now.lft),
        level=F("level") + (level - now.level),
    )
    shift(now.tree_id, now.rght + 1, -width)


@transaction.atomic
def close_account(account: Account) -> int:
    """Delete an account with its branch and everything that hangs on it; gives the number of accounts closed.

    Audit events stay: they name ids, no rows.
    """
    lock_tree()
    closing = fetch(account)
    branch = branch_of(closing)
    count = delete_branch(branch)
    shift(closing.tree_id, closing.rght + 1, closing.lft - closing.rght - 1)
    return count


# --- The reading


def line_sql(account: str) -> str:
    """A sub-select of the ids of an account's line. account: the SQL of its id."""
    return (
        "(WITH RECURSIVE up(id, parent_id) AS ("
        f"SELECT a.id, a.parent_id FROM accounts_account a WHERE a.id = {account} "
        "UNION SELECT a.id, a.parent_id FROM up JOIN accounts_account a ON a.id = up.parent_id) SELECT id FROM up)"
    )


def lines_sql(accounts: str) -> str:
    """A select of the lines of many accounts, with what is inherited along them. `depth` 0 is the account itself.

    accounts: the SQL of a sub-select of their ids.
    """
    inherited = "a.parent_id, a.top_id, a.blocked, a.history_days, a.name"
    return (
        "WITH RECURSIVE up(account_id, id, parent_id, top_id, blocked, history_days, name, depth) AS ("
        f"SELECT a.id, a.id, {inherited}, 0 FROM accounts_account a WHERE a.id IN {accounts} "
        f"UNION ALL SELECT up.account_id, a.id, {inherited}, up.depth + 1 "
        f"FROM up JOIN accounts_account a ON a.id = up.parent_id WHERE up.depth < {DEEPEST}) SELECT * FROM up"
    )


def branch_sql(accounts: str, *, itself: bool = True) -> str:
    """A select of the ids of the branches of many accounts. accounts: the SQL of a sub-select of their ids.

    By the parents, for lists that a page is cut from: with a join over places PostgreSQL cannot tell a small branch
    from a large one, and walks the table (100,000 accounts, 300,000 items: 1,700 ms instead of 0.3 for one account).
    """
    start = "id" if itself else "parent_id"
    return (
        f"WITH RECURSIVE down(id) AS (SELECT a.id FROM accounts_account a WHERE a.{start} IN {accounts} "
        "UNION SELECT a.id FROM down JOIN accounts_account a ON a.parent_id = down.id) SELECT id FROM down"
    )


def branch_ids(account_id: int) -> QuerySet[Account]:
    """The ids of one account's branch as a condition of rows; its place is read in the same statement.

    By the places, since a branch is counted or looked through as a whole here: 30 times as quick as by the parents.
    """
    here = Account.objects.filter(pk=account_id)
    return Account.objects.filter(
        tree_id=Subquery(here.values("tree_id")[:1]),
        lft__gte=Subquery(here.values("lft")[:1]),
        lft__lte=Subquery(here.values("rght")[:1]),
    ).values("pk")


def in_branch(account: str, of: str, *, itself: bool = True) -> Q:
    """The rows of which one account is in the branch of another, which says as well that the other is on its line.

    account, of: the relations that lead to the two. itself: an account counts as in its own branch.
    """
    return Q(
        **{
            f"{account}__tree_id": F(f"{of}__tree_id"),
            f"{account}__lft__{'gte' if itself else 'gt'}": F(f"{of}__lft"),
            f"{account}__lft__lte": F(f"{of}__rght"),
        }
    )


def ancestor_ids(account_ids: Collection[int]) -> dict[int, tuple[int, ...]]:
    """The path from the top-level account to each of these accounts, both included, in one statement.

    Accounts that do not exist are absent from the answer. Follows `parent_id`, never the derived columns.
    """
    if not account_ids:
        return {}
    condition, parameters = id_list(account_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE up(id, parent_id) AS ("
            f"SELECT id, parent_id FROM accounts_account WHERE id {condition} "
            "UNION SELECT a.id, a.parent_id FROM up JOIN accounts_account a ON a.id = up.parent_id"
            ") SELECT id, parent_id FROM up",
            parameters,
        )
        parents = dict(cursor.fetchall())
    paths: dict[int, tuple[int, ...]] = {}
    return {int(start): _path(int(start), parents, paths) for start in account_ids if int(start) in parents}


def _path(start: int, parents: dict[int, int | None], known: dict[int, tuple[int, ...]]) -> tuple[int, ...]:
    """The path down to `start`; paths found on the way are kept in `known`."""
    climbed: list[int] = []
    here: int | None = start
    while here is not None and here not in known:
        climbed.append(here)
        here = parents[here]
        if len(climbed) > len(parents):
            raise TreeBroken(f"Account {start} is among its own ancestors. Give one of them another parent first.")
    path = known[here] if here is not None else ()
    for account_id in reversed(climbed):
        path = (*path, account_id)
        known[account_id] = path
    return known[start]
