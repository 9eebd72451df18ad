"""The account tree as a page shows it: only visible accounts, level by level, at most fifty of a level at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NotRequired, TypedDict

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accesscontrol.access.look import Look
from accesscontrol.accounts.models import Account
from accesscontrol.accounts.names import fold, with_letters
from accesscontrol.accounts.tree import ancestor_ids
from portal.addresses import address
from portal.frame.shown.parts import State

PAGE = 50
ORDER = ("name_order", "pk")


class TreeNode(TypedDict):
    """components/tree_node.html: one account of the tree, closed or opened."""

    label: str
    url: str
    note: str
    state: State | None
    has_children: bool
    children_url: str
    open_url: str
    open: NotRequired[bool]
    current: NotRequired[bool]
    children: NotRequired[Sequence[TreeNode]]
    more_url: NotRequired[str]


class Level(TypedDict):
    """components/tree_nodes.html: a level of the tree, and where it goes on."""

    nodes: Sequence[TreeNode]
    more_url: str


def blocked_state(account: Account) -> State | None:
    """The state of an account in words; None while there is nothing to say."""
    return {"label": _("Blocked"), "tone": "danger", "icon": "lock"} if account.blocked else None


class AccountTree:
    """What one caller may see of the tree; `visible` is asked once and read for every level."""

    def __init__(self, look: Look):
        self.accounts: QuerySet[Account] = look.visible("account:view").order_by(*ORDER)

    # --- Rows

    def roots(self) -> QuerySet[Account]:
        """Accounts whose parent the caller does not see: where the caller's trees begin."""
        return self.accounts.exclude(parent__in=self.accounts.order_by().values("pk"))

    def children(self, parent: Account, start: int = 0) -> list[Account]:
        """One level below an account: a page of it and one more, so that one knows whether there is more."""
        return list(self.accounts.filter(parent=parent)[start : start + PAGE + 1])

    def with_children(self, key: str, start: int) -> tuple[Account, list[Account]]:
        """An account and a page of its children, in one statement. Raises Http404."""
        first = Case(When(key=key, then=Value(0)), default=Value(1), output_field=IntegerField())
        rows = self.accounts.filter(Q(key=key) | Q(parent__key=key)).order_by(first, *ORDER)
        found = list(rows[: PAGE + 2]) if start == 0 else [*rows[:1], *rows[start + 1 : start + PAGE + 2]]
        if not found or found[0].key != fold(key):
            raise Http404
        return found[0], found[1:]

    def path(self, account: Account) -> list[Account]:
        """The visible accounts from where the caller's tree begins down to this one."""
        above = ancestor_ids([account.pk]).get(account.pk, ())
        seen = self.accounts.in_bulk(above)
        shown: list[Account] = []
        for row_id in reversed(above):
            if row_id not in seen:
                break
            shown.insert(0, seen[row_id])
        return shown

    def find(self, letters: str) -> list[Account]:
        """Accounts with these letters in name or key: a page of them and one more."""
        return list(self.accounts.filter(with_letters(letters))[: PAGE + 1])

    def paths(self, accounts: list[Account]) -> dict[int, str]:
        """The names of the visible accounts above each of these, for telling namesakes apart."""
        above = ancestor_ids([account.pk for account in accounts])
        names = dict(
            self.accounts.filter(pk__in={row for path in above.values() for row in path}).values_list("pk", "name")
        )
        return {row: " / ".join(names[one] for one in path[:-1] if one in names) for row, path in above.items()}

    def counts(self, accounts: list[Account]) -> dict[int, int]:
        """How many visible accounts are right below each of these."""
        ids = [account.pk for account in accounts]
        return (
            dict(self.accounts.filter(parent__in=ids).order_by().values_list("parent").annotate(Count("pk")))
            if ids
            else {}
        )

    # --- Nodes

    def level(self, accounts: list[Account], more_url: str = "") -> Level:
        """One closed level."""
        shown = accounts[:PAGE]
        counts = self.counts(shown)
        return {"nodes": [node(row, counts) for row in shown], "more_url": more_url if len(accounts) > PAGE else ""}

    def opened(self, roots: list[Account], path: list[Account], start: int) -> list[TreeNode]:
        """The nodes of the roots, with the path opened down to the children of its last account."""
        levels = {}
        for row in path:
            last = row.pk == path[-1].pk
            levels[row.pk] = self.children(row, start if last else 0)
        for above, below in zip(path, path[1:], strict=False):
            if below.pk not in {row.pk for row in levels[above.pk][:PAGE]}:
                levels[above.pk].insert(0, below)
        counts = self.counts([*roots, *(row for rows in levels.values() for row in rows)])
        current = path[-1].pk if path else None
        return [_open(row, levels, counts, current, start) for row in roots]


def _open(
    row: Account, levels: dict[int, list[Account]], counts: dict[int, int], current: int | None, start: int
) -> TreeNode:
    found = node(row, counts)
    if row.pk in levels:
        rows = levels[row.pk]
        start = start if row.pk == current else 0
        found["open"], found["current"] = True, row.pk == current
        found["children"] = [_open(one, levels, counts, current, start) for one in rows[:PAGE]]
        found["more_url"] = children_url(row, start + PAGE) if len(rows) > PAGE else ""
    return found


def node(account: Account, counts: dict[int, int]) -> TreeNode:
    """A closed node, as components/tree_node.html reads it."""
    below = counts.get(account.pk, 0)
    return {
        "label": account.name,
        "url": address(account),
        "note": ngettext("%(count)s subaccount", "%(count)s subaccounts", below) % {"count": below} if below else "",
        "state": blocked_state(account),
        "has_children": below > 0,
        "children_url": children_url(account),
        "open_url": f"{reverse('account_list')}?open={account.key}",
    }


def children_url(account: Account, start: int = 0) -> str:
    """The address of a level below an account, from a position on."""
    url = address(account, "children")
    return f"{url}?start={start}" if start else url
