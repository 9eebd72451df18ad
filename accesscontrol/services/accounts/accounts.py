"""Acts on accounts: open, rename, limit, block, move, close."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext_noop as _

from accesscontrol.access.actor import Actor
from accesscontrol.accounts import tree
from accesscontrol.accounts.models import Account
from accesscontrol.accounts.names import following
from accesscontrol.sentences import Wording
from accesscontrol.services.accounts.checks import Pair, check_changes, check_new
from accesscontrol.services.accounts.gifts import require_lifting, require_moves
from accesscontrol.services.accounts.quotas import (
    NAMES,
    Growth,
    require_room,
)
from accesscontrol.services.accounts.specs import AccountSpec
from accesscontrol.services.frame.acts import (
    Fact,
    act,
    caller,
    difference,
    fresh,
    record_all,
    require_all,
    require_platform,
)
from accesscontrol.services.frame.ended import end_sessions_of_blocked
from accesscontrol.services.frame.errors import Conflict, Invalid, Problem
from accesscontrol.services.frame.fields import make_key
from accesscontrol.services.frame.lines import Lines, distinct
from accesscontrol.services.frame.revisions import join

ACCOUNT_GONE = Wording("account_gone", _("%(account)s has been closed meanwhile. Reload the page."))


PARENT_NOT_STORED = Wording(
    "parent_not_stored", _("An account moves below an account that is stored. Open that one first.")
)

MOVED = Wording("moved", _("%(thing)s has been moved meanwhile. Reload the page."))
_COLUMNS = ("name", "notes", "blocked", "limits", "history_days")
#: Column → the permissions that changing it takes; `account.limits:change` is for an account above (§3, 1).
_ASKED = {
    "name": ("account:change",),
    "notes": ("account:change",),
    "blocked": ("account.limits:change",),
    "limits": ("account.limits:change",),
    "history_days": ("account.limits:change",),
}


def account_spec(account: Account) -> AccountSpec:
    """The state of an account as a spec."""
    values = {name: getattr(account, name) for name in _COLUMNS}
    return AccountSpec(key=account.key, parent=account.parent, **values)


# --- Opening


def open_account(actor: Actor, parent: Account | None, *, name: str, **fields: Any) -> Account:
    """Open a subaccount, or (the platform operator only) a top-level account. fields: those of AccountSpec."""
    return create_accounts(actor, [AccountSpec(name=name, parent=parent, **fields)])[0]


def create_accounts(actor: Actor, specs: Sequence[AccountSpec]) -> list[Account]:
    """Open many accounts, parents before children; in the order of the specs."""
    stored = {spec.parent.pk: spec.parent for spec in specs if isinstance(spec.parent, Account)}
    with act(stored, of_tree=True):
        require_all(actor, [("account:create", parent) for parent in stored.values()])
        if any(spec.parent is None for spec in specs):
            require_platform(actor)
        check_new(specs, Lines(stored))
        accounts = _store(specs)
        below = {account.parent_id for account in accounts if account.parent_id is not None}
        require_room(actor, [Growth(parent_id, "account") for parent_id in below])
        facts = [Fact("account.open", one, one.pk, _opened(one), ()) for one in accounts]
        record_all(actor, facts)
    return accounts


def _opened(account: Account) -> dict[str, Any]:
    return difference({}, {"name": account.name, "parent": account.parent_id, "limits": account.limits})


def _store(specs: Sequence[AccountSpec]) -> list[Account]:
    keys = {id(spec): spec.key or make_key(spec.name) for spec in specs}
    rows = []
    for spec in specs:
        parent = keys[id(spec.parent)] if isinstance(spec.parent, AccountSpec) else spec.parent
        rows.append({"key": keys[id(spec)], "parent": parent, **{name: getattr(spec, name) for name in _COLUMNS}})
    try:
        return tree.bulk_open(rows)
    except tree.TreeError as error:
        about = next((spec for spec in specs if keys[id(spec)] == error.key), None)
        raise Invalid([Problem("parent", str(error), about)]) from error


# --- Changing


def change_account(actor: Actor, account: Account, **changes: Any) -> Account:
    """Change some fields of an account (those of AccountSpec; a parent moves it)."""
    new_parent = changes.get("parent")
    ends = [account.pk, new_parent.pk if isinstance(new_parent, Account) else None]
    with act(ends, of_tree="parent" in changes):
        current = _present(fresh(Account, [account], "parent"), account)
        return change_accounts(actor, [(current, join(actor, current, account_spec(current), changes))])[0]


def change_limits(actor: Actor, account: Account, limits: dict[str, int], history_days: int | None = None) -> Account:
    """Set the limits and the history depth of an account; nobody raises their own."""
    return change_account(actor, account, limits=limits, history_days=history_days)


def move_account(actor: Actor, account: Account, new_parent: Account | None) -> Account:
    """Move an account with its branch under another parent, or (the platform operator only) to the top."""
    return change_account(actor, account, parent=new_parent)


def block_account(actor: Actor, account: Account) -> Account:
    """Block an account: it, its branch, their users and tokens have nothing at all until it is unblocked."""
    return change_account(actor, account, blocked=True)


def unblock_account(actor: Actor, account: Account) -> Account:
    return change_account(actor, account, blocked=False)


def change_accounts(actor: Actor, pairs: Sequence[Pair]) -> list[Account]:
    """Bring accounts to their specs; in the order of the pairs. The key of an account never changes."""
    parent_ids = {_parent_id(spec) for _, spec in pairs}
    moves = any(account.parent_id != _parent_id(spec) for account, spec in pairs)
    with act([*(account.pk for account, _ in pairs), *parent_ids], of_tree=moves):
        rows = fresh(Account, [account for account, _ in pairs])
        current = [(_present(rows, account), spec) for account, spec in pairs]
        if not moves:
            _refuse_moved(current)
        require_all(actor, [question for account, spec in current for question in _questions(account, spec)])
        if any(account.parent_id is not None and spec.parent is None for account, spec in current):
            require_platform(actor)
        above = {row.parent_id for row in rows.values()} | parent_ids
        lines = Lines([*rows, *(one for one in above if one is not None)])
        check_changes(current, lines)
        moving = [(account, spec) for account, spec in current if account.parent_id != _parent_id(spec)]
        require_moves(actor, caller(actor), [(account, spec.parent) for account, spec in moving], lines)
        require_lifting(actor, current, lines)
        facts = [fact for account, spec in current for fact in _facts(account, spec, lines)]
        _write(current)
        for account, spec in moving:
            _move(account, spec.parent)
        require_room(actor, [one for account, spec in moving for one in _growth(account, spec)])
        record_all(actor, facts)
    found = fresh(Account, [account for account, _ in pairs])
    return [found[account.pk] for account, _ in pairs]


def _parent_id(spec: AccountSpec) -> int | None:
    if isinstance(spec.parent, AccountSpec):
        raise Invalid({"parent": [PARENT_NOT_STORED()]})
    return spec.parent.pk if spec.parent is not None else None


def _present(rows: dict[int, Account], account: Account) -> Account:
    if account.pk not in rows:
        raise Conflict(ACCOUNT_GONE(account=account.name))
    return rows[account.pk]


def _refuse_moved(current: Sequence[Pair]) -> None:
    """An account that was moved while this act waited, which holds no lock of the tree: it stays where it is now."""
    for account, spec in current:
        if account.parent_id != _parent_id(spec):
            raise Conflict(MOVED(thing=account.name))


def _questions(account: Account, spec: AccountSpec) -> list[tuple[str, Model]]:
    names = [
        name for column, asked in _ASKED.items() if getattr(account, column) != getattr(spec, column) for name in asked
    ]
    questions: list[tuple[str, Model]] = [(name, account) for name in distinct(names)]
    if account.parent_id != _parent_id(spec):
        questions.append(("account.limits:change", account))
        if isinstance(spec.parent, Account):
            questions.append(("account:create", spec.parent))
    return questions


def _growth(account: Account, spec: AccountSpec) -> list[Growth]:
    """All that the moved branch holds now counts for the accounts above its new place too."""
    parent_id = _parent_id(spec)
    return [] if parent_id is None else [Growth(parent_id, name, account.parent_id) for name in NAMES]


def _facts(account: Account, spec: AccountSpec, lines: Lines) -> list[Fact]:
    """One event for each kind of change, so that the log can be read and filtered by them."""
    before = {name: getattr(account, name) for name in _COLUMNS}
    changes = difference(before, {name: getattr(spec, name) for name in _COLUMNS})
    facts = []
    if "blocked" in changes:
        action = "account.block" if spec.blocked else "account.unblock"
        facts.append(Fact(action, account, account.pk, {"blocked": changes.pop("blocked")}))
    limits: dict[str, Any] = {name: changes.pop(name) for name in ("limits", "history_days") if name in changes}
    if limits:
        facts.append(Fact("account.limits", account, account.pk, limits))
    if changes:
        facts.append(Fact("account.change", account, account.pk, changes))
    old, new = account.parent_id, _parent_id(spec)
    if old != new:
        facts.append(Fact("account.move", account, account.pk, {"parent": [old, new]}))
        if old is not None and (new is None or not lines.same_tree(old, new)):
            facts.append(Fact("account.move", account, old, {"parent": [old, new]}))  # the tree that it left
    return facts


def _write(current: Sequence[Pair]) -> None:
    for account, spec in current:
        values = {name: getattr(spec, name) for name in _COLUMNS if getattr(spec, name) != getattr(account, name)}
        if values:
            Account.objects.filter(pk=account.pk).update(**values, **following(account, values))
        if values.get("blocked"):
            end_sessions_of_blocked(account.pk)


def _move(account: Account, parent: Account | AccountSpec | None) -> None:
    try:
        moved = tree.move_account(account, parent if isinstance(parent, Account) else None)
    except tree.TreeError as error:
        raise Invalid([Problem("parent", str(error), account)]) from error
    end_sessions_of_blocked(moved.pk)


# --- Closing


def close_account(actor: Actor, account: Account) -> None:
    """Close an account with its branch and everything in it."""
    remove_accounts(actor, [account])


def remove_accounts(actor: Actor, accounts: Sequence[Account]) -> None:
    """Close accounts, each with its branch. One that goes with another of the list needs no order."""
    with act([account.pk for account in accounts], of_tree=True):
        require_all(actor, [("account:delete", account) for account in accounts])
        rows = fresh(Account, accounts)
        paths = Lines(rows).paths
        outermost = [row for row in rows.values() if not set(paths[row.pk][:-1]) & rows.keys()]
        record_all(actor, [Fact("account.close", row, row.pk, _closed(row)) for row in outermost])
        for row in outermost:
            tree.close_account(row)


def _closed(account: Account) -> dict[str, Any]:
    return {"name": [account.name, None], "key": [account.key, None], "parent": [account.parent_id, None]}
