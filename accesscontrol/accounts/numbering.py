"""The derived columns of the account tree (`lft`, `rght`, `tree_id`, `level`, `top`): computed, compared, repaired.

`parent_id` is the truth. Only `accounts.tree` and its three neighbours (this file, `branches`, `closing`) write these
columns; everybody else comes through `accounts.tree`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Case, F, Max, PositiveIntegerField, When
from mptt.querysets import TreeQuerySet

from accesscontrol.accounts.models import Account

#: Any fixed number: whoever writes the tree on PostgreSQL holds this advisory lock until the end of the transaction.
TREE_LOCK = 7_205_759_403

COLUMNS = ("lft", "rght", "level", "tree_id")


class TreeError(ValueError):
    """A change that the tree cannot take; the message says why and what to do. key: of the account it is about."""

    def __init__(self, message: str, key: str = ""):
        super().__init__(message)
        self.key = key


class TreeBroken(TreeError):
    """The stored parents contradict each other or the derived columns; `repair_tree` or a person must put it right."""


class Place(NamedTuple):
    """Where an account stands in the tree."""

    id: int
    parent_id: int | None
    lft: int
    rght: int
    level: int
    tree_id: int
    top_id: int | None


def lock_tree() -> None:
    """Make this transaction the only writer of the tree until it ends; read accounts again after it.

    On SQLite the write lock that IMMEDIATE transactions take at their begin does the same. An act that writes the tree
    and other tables calls this first, so that every act takes its locks in one order.
    """
    if not connection.in_atomic_block:
        raise TreeError("The tree is written inside a transaction only. Wrap the act in transaction.atomic().")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TREE_LOCK])


def shift(tree_id: int, start: int, width: int) -> None:
    """Make room of `width` at `start` in a tree, or close a gap before it (negative width)."""
    moved = Case(When(lft__gte=start, then=F("lft") + width), default=F("lft"), output_field=PositiveIntegerField())
    Account.objects.filter(tree_id=tree_id, rght__gte=start).update(lft=moved, rght=F("rght") + width)


def fetch(account: Account) -> Account:
    """The account as it is now; the caller holds the lock."""
    try:
        return Account.objects.get(pk=account.pk)
    except Account.DoesNotExist:
        raise TreeError(f"The account {account.name} is no longer there. Load the page again.") from None


def refuse_depth(level: int, parent: Account, key: str = "") -> None:
    """Raise where an account of this level (a top-level account has 0) would pass the depth limit."""
    if level > settings.TREE_DEPTH_LIMIT:
        raise TreeError(
            f"Below {parent.name} the tree would be deeper than {settings.TREE_DEPTH_LIMIT} levels. "
            "Choose a parent further up, or raise TREE_DEPTH_LIMIT.",
            key,
        )


def branch_of(account: Account) -> TreeQuerySet:
    """The branch of a fresh account, by its derived columns, which must agree with the parents."""
    branch = Account.objects.filter(tree_id=account.tree_id, lft__gte=account.lft, rght__lte=account.rght)
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE down(id) AS (SELECT id FROM accounts_account WHERE id = %s "
            "UNION SELECT a.id FROM down JOIN accounts_account a ON a.parent_id = down.id) SELECT id FROM down",
            [account.pk],
        )
        below = {row[0] for row in cursor.fetchall()}
    if below != set(branch.values_list("pk", flat=True)):
        raise TreeBroken(f"The branch of {account.name} is numbered wrongly. Run repair_tree, then try again.")
    return branch.order_by()


def next_tree_id() -> int:
    """The number of a new tree."""
    return (Account.objects.aggregate(last=Max("tree_id"))["last"] or 0) + 1


def read_places(tree_ids: Iterable[int] | None = None) -> list[Place]:
    """The stored places in tree order; of all accounts, or of some trees."""
    accounts = Account.objects.order_by("tree_id", "lft", "id")
    if tree_ids is not None:
        accounts = accounts.filter(tree_id__in=list(tree_ids))
    names = ("id", "parent_id", "lft", "rght", "level", "tree_id", "top_id")
    return [Place(*row) for row in accounts.values_list(*names).iterator(chunk_size=5000)]


def numbered(places: Sequence[Place]) -> dict[int, Place]:
    """Every account's right place, computed from the parents alone; siblings keep the order they are given in.

    Accounts whose parents lead into a circle are absent from the answer.
    """
    children: dict[int | None, list[Place]] = defaultdict(list)
    for place in places:
        children[place.parent_id].append(place)
    taken: set[int] = set()
    spare = max((place.tree_id for place in places), default=0)
    right: dict[int, Place] = {}
    for root in children[None]:
        tree_id = root.tree_id
        if tree_id in taken:
            spare += 1
            tree_id = spare
        taken.add(tree_id)
        _number_branch(root, children, tree_id, right)
    return right


def _number_branch(root: Place, children: dict[int | None, list[Place]], tree_id: int, right: dict[int, Place]) -> None:
    """Number one tree, without recursion: entering an account gives its `lft`, leaving it its `rght`."""
    counter = 1
    open_nodes = [(root, 1, iter(children[root.id]))]
    while open_nodes:
        place, lft, rest = open_nodes[-1]
        child = next(rest, None)
        counter += 1
        if child is not None:
            open_nodes.append((child, counter, iter(children.get(child.id, ()))))
            continue
        open_nodes.pop()
        right[place.id] = Place(place.id, place.parent_id, lft, counter, len(open_nodes), tree_id, root.id)


def check_tree() -> list[str]:
    """Compare the derived columns with the parents; one sentence for each account that stands wrong."""
    places = read_places()
    right = numbered(places)
    problems = []
    for place in places:
        if place.id not in right:
            problems.append(f"Account {place.id} is among its own ancestors: give it another parent.")
        elif place != right[place.id]:
            problems.append(_difference(place, right[place.id]))
    return problems


def _difference(found: Place, expected: Place) -> str:
    names = [name for name in Place._fields if getattr(found, name) != getattr(expected, name)]
    parts = [f"{name} {getattr(found, name)} instead of {getattr(expected, name)}" for name in names]
    return f"Account {found.id} stands wrong in the tree: {', '.join(parts)}. Run repair_tree."


@transaction.atomic
def repair_tree() -> int:
    """Renumber the whole tree from the parents; gives the number of accounts that were put right."""
    lock_tree()
    return renumber(None)


def renumber(tree_ids: Iterable[int] | None) -> int:
    """Write the right places of all accounts, or of some trees, where they differ; the caller holds the lock."""
    places = read_places(tree_ids)
    right = numbered(places)
    circle = sorted(place.id for place in places if place.id not in right)
    if circle:
        shown = ", ".join(map(str, circle[:10]))
        raise TreeBroken(f"Accounts {shown} are among their own ancestors. Give one of them another parent first.")
    wrong = [right[place.id] for place in places if place[2:6] != right[place.id][2:6]]
    _write(COLUMNS, wrong)
    # Apart, because the epoch triggers watch top_id: a renumbering alone changes nobody's access.
    wrong_top = [right[place.id] for place in places if place.top_id != right[place.id].top_id]
    _write(("top_id",), wrong_top)
    return len({place.id for place in wrong} | {place.id for place in wrong_top})


def _write(columns: Sequence[str], places: Sequence[Place]) -> None:
    """Set these columns of these accounts, in few statements."""
    if not places:
        return
    names = ("id", *columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            arrays = ", ".join("%s::bigint[]" for _ in names)
            changes = ", ".join(f"{name} = v.{name}" for name in columns)
            cursor.execute(
                f"UPDATE accounts_account a SET {changes} FROM unnest({arrays}) AS v({', '.join(names)}) "
                "WHERE a.id = v.id",
                [[getattr(place, name) for place in places] for name in names],
            )
        else:
            changes = ", ".join(f"{name} = %s" for name in columns)
            cursor.executemany(
                f"UPDATE accounts_account SET {changes} WHERE id = %s",
                [[*(getattr(place, name) for name in columns), place.id] for place in places],
            )


def reserve_ids(count: int) -> list[int]:
    """Row ids that nobody else will get, for rows that name each other before they are stored."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence('accounts_account', 'id')) FROM generate_series(1, %s)", [count]
            )
            return [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = 'accounts_account'")
        last = (cursor.fetchone() or (0,))[0]
        return list(range(last + 1, last + 1 + count))


def id_list(ids: Iterable[int]) -> tuple[str, list]:
    """SQL and parameters for “is one of these ids”, of any number, as one parameter."""
    values = [int(value) for value in ids]
    if connection.vendor == "postgresql":
        return "= ANY(%s)", [values]
    return "IN (SELECT value FROM json_each(%s))", [json.dumps(values)]
