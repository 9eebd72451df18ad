"""The readings of the account tree say the same: as SQL, as a condition of rows, and by following the parents."""

from __future__ import annotations

import random

import pytest
from django.db import connection

from accesscontrol.accounts import tree
from accesscontrol.accounts.models import Account
from accesscontrol.grants.models import Grant, GrantGrantee

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def lines() -> dict[int, tuple[int, ...]]:
    """Some sixty accounts in trees that were moved about: account → its line, top-level account first, by hand."""
    chance, accounts = random.Random(7), []
    for number in range(60):
        parent = chance.choice([None, *accounts]) if number % 9 else None
        accounts.append(tree.open_account(parent=parent, key=f"a{number}", name=f"A{number}"))
    for _ in range(25):
        moving, target = chance.sample(accounts, 2)
        if moving.pk not in _line(target.pk):
            tree.move_account(moving, target)
    return {account.pk: _line(account.pk) for account in accounts}


def _line(account_id: int) -> tuple[int, ...]:
    parent = Account.objects.get(pk=account_id).parent_id
    return (*(_line(parent) if parent is not None else ()), account_id)


def _branch(account_id: int, lines: dict[int, tuple[int, ...]]) -> set[int]:
    return {below for below, line in lines.items() if account_id in line}


def _rows(sql: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def test_a_line_is_the_same_in_every_reading(lines):
    every = "(SELECT id FROM accounts_account)"
    read: dict[int, dict[int, int]] = {}
    for row in _rows(f"SELECT account_id, id, depth FROM ({tree.lines_sql(every)}) l"):
        read.setdefault(row[0], {})[row[2]] = row[1]
    assert {account: tuple(line[depth] for depth in sorted(line, reverse=True)) for account, line in read.items()} == (
        lines
    )
    assert tree.ancestor_ids(lines) == lines
    pairs = _rows(
        f"SELECT o.id, l.id FROM accounts_account o JOIN accounts_account l ON l.id IN {tree.line_sql('o.id')}"
    )
    assert set(pairs) == {(account, above) for account, line in lines.items() for above in line}


def test_a_branch_is_the_same_in_every_reading(lines):
    for account in lines:
        below = _branch(account, lines)
        assert set(tree.branch_ids(account).values_list("pk", flat=True)) == below
        assert {row[0] for row in _rows(tree.branch_sql(f"({account})"))} == below
        assert {row[0] for row in _rows(tree.branch_sql(f"({account})", itself=False))} == below - {account}


def test_standing_in_a_branch_is_the_same_as_a_condition_of_two_relations(lines):
    for grantor in lines:
        grant = Grant.objects.create(key=f"g{grantor}", account_id=grantor, covers="account")
        GrantGrantee.objects.bulk_create(GrantGrantee(grant=grant, account_id=account) for account in lines)
    found = GrantGrantee.objects.filter(tree.in_branch("account", "grant__account")).values_list
    pairs = {(account, grantor) for account, line in lines.items() for grantor in line}
    assert set(found("account", "grant__account")) == pairs
    strictly = GrantGrantee.objects.filter(tree.in_branch("account", "grant__account", itself=False)).values_list
    assert set(strictly("account", "grant__account")) == {(one, other) for one, other in pairs if one != other}
