"""Many accounts at once: whole new trees, and new branches under accounts that exist."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection, transaction

from accesscontrol.accounts.models import Account
from accesscontrol.accounts.numbering import (
    TreeError,
    fetch,
    lock_tree,
    next_tree_id,
    refuse_depth,
    renumber,
    reserve_ids,
    shift,
)

BATCH = 500
#: With more existing parents than this in one tree, one renumbering is cheaper than a shift for each of them.
SHIFTS_A_TREE = 20
#: From so many rows on, PostgreSQL is told. Else a vacuum that passes before the commit counts no row at all, and the
#: rest of the transaction runs under plans for an empty table (measured: closing a branch 108 s instead of 3).
ANALYZED_FROM = 1000

Children = Mapping[int | None, Sequence[Account]]


@transaction.atomic
def bulk_open(rows: Iterable[Mapping[str, Any]]) -> list[Account]:
    """Store many accounts; gives them in the order of `rows`.

    A row has `key`, `name`, `parent` and further columns of `Account`. `parent` is None (a top-level account), a stored
    Account, or the key of an account: of another row, before or after, or of a stored account. Raises TreeError, and
    stores nothing, for a key that is named twice or taken, an unknown parent, a circle, or the depth limit.
    """
    lock_tree()
    rows = [dict(row) for row in rows]
    parents = [row.pop("parent") for row in rows]
    accounts = [Account(id=row_id, **row) for row, row_id in zip(rows, reserve_ids(len(rows)), strict=True)]
    known = _known(accounts, parents)
    children: dict[int | None, list[Account]] = defaultdict(list)
    for account, named in zip(accounts, parents, strict=True):
        account.parent = known[named] if isinstance(named, str) else named
        children[account.parent_id].append(account)
    new_ids = {account.pk for account in accounts}
    above = {account.parent_id: account.parent for account in accounts if account.parent_id not in new_ids}
    above.pop(None, None)
    reached = _store_trees(children.get(None, []), children) + _store_branches(list(above.values()), children)
    if reached != len(accounts):
        raise TreeError("Some of the accounts are among their own ancestors. Give one of each circle another parent.")
    if reached >= ANALYZED_FROM and connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE accounts_account")
    return accounts


def _known(accounts: Sequence[Account], parents: Sequence[Account | str | None]) -> dict[str, Account]:
    """The new accounts and the stored ones that are named as parents, by key; refuses taken and unknown keys."""
    new = {account.key: account for account in accounts}
    if len(new) != len(accounts):
        [(twice, _)] = Counter(account.key for account in accounts).most_common(1)
        raise TreeError(f"The key {twice} is named twice. Every account needs a key of its own.")
    keys = sorted(new.keys() | {parent for parent in parents if isinstance(parent, str)})
    stored: dict[str, Account] = {}
    for start in range(0, len(keys), BATCH):
        stored |= {found.key: found for found in Account.objects.filter(key__in=keys[start : start + BATCH])}
    for key in keys:
        if key in new and key in stored:
            raise TreeError(f"The key {key} is taken. Choose another, or open only what is not there yet.")
        if key not in new and key not in stored:
            raise TreeError(f"There is no account {key} to be a parent. Name a stored account, or one of the list.")
    return new | stored


def _number(siblings: Sequence[Account], children: Children, lft: int, level: int, tree_id: int, top_id: int):
    """Give these new accounts and all below them their places from `lft` on; the accounts in tree order."""
    ordered: list[Account] = []
    path: list[Account] = []
    open_lists = [iter(siblings)]
    while open_lists:
        account = next(open_lists[-1], None)
        if account is None:
            open_lists.pop()
            if path:
                path.pop().rght = lft
                lft += 1
            continue
        account.lft, account.level, account.tree_id, account.top_id = lft, level + len(path), tree_id, top_id
        if account.parent is not None:
            refuse_depth(account.level, account.parent, account.key)
        lft += 1
        ordered.append(account)
        path.append(account)
        open_lists.append(iter(children.get(account.pk, ())))
    return ordered


def _store_trees(roots: Sequence[Account], children: Children) -> int:
    """Store new top-level accounts with all below them; gives the number of accounts."""
    ordered: list[Account] = []
    for tree_id, root in enumerate(roots, next_tree_id()):
        ordered += _number([root], children, 1, 0, tree_id, root.pk)
    Account.objects.bulk_create(ordered, BATCH)
    return len(ordered)


def _store_branches(above: Sequence[Account], children: Children) -> int:
    """Store new branches behind the children of accounts that exist; gives the number of accounts.

    One shift for each parent; where a tree has many such parents, the new rows are stored behind its end first and the
    tree is renumbered once.
    """
    parents = [fetch(parent) for parent in above]
    in_tree = Counter(parent.tree_id for parent in parents)
    crowded = {tree_id for tree_id, count in in_tree.items() if count > SHIFTS_A_TREE}
    ends = {root.tree_id: root.rght + 1 for root in Account.objects.filter(tree_id__in=crowded, parent=None)}
    count = 0
    for parent in parents:
        crowd = parent.tree_id in crowded
        if not crowd:
            parent = fetch(parent)
        start = ends[parent.tree_id] if crowd else parent.rght
        siblings = children[parent.pk]
        ordered = _number(siblings, children, start, parent.level + 1, parent.tree_id, parent.top_id)
        if crowd:
            ends[parent.tree_id] += 2 * len(ordered)
        else:
            shift(parent.tree_id, parent.rght, 2 * len(ordered))
        Account.objects.bulk_create(ordered, BATCH)
        count += len(ordered)
    if crowded:
        renumber(crowded)
    return count
