"""Each state reads the same on a row and as a condition of rows (and as SQL), at every edge of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from django.db import connection
from django.db.models import Exists, OuterRef, Q

from accesscontrol.accounts import life, tree
from accesscontrol.accounts.life import EntryState, PersonState, entry_rows, entry_state, person_state, unleft_sql
from accesscontrol.accounts.models import Account, TreeEntry, User
from accesscontrol.grants.life import GrantState, counting_rows, counting_sql, grant_rows, grant_state
from accesscontrol.grants.models import Grant, GrantGrantee
from accesscontrol.items.models import Item, ItemLink
from accesscontrol.tokens.life import IDLE_END, TokenState, idle_end, token_rows, token_state
from accesscontrol.tokens.models import Token

pytestmark = [pytest.mark.django_db, pytest.mark.both]

#: The instant before a full second: what cuts or rounds to the second is found out.
NOW = datetime(2026, 3, 1, 12, 0, 0, 999_999, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
EDGES = (None, NOW - timedelta(days=1), NOW - INSTANT, NOW, NOW + INSTANT, NOW + timedelta(days=1))
YES_OR_NO = (False, True)


@pytest.fixture
def account() -> Account:
    return tree.open_account(parent=None, key="north", name="North")


def test_a_person_reads_the_same(account):
    for number, (active, verified, operator, ends) in enumerate(product(YES_OR_NO, YES_OR_NO, YES_OR_NO, EDGES)):
        User.objects.create(
            username=f"p{number}", account=account, is_active=active, verified=verified, is_superuser=operator,
            expires_at=ends,
        )  # fmt: skip
    alive = {one.pk for one in User.objects.all() if person_state(one, NOW) is PersonState.ALIVE}
    assert set(User.objects.filter(life.alive_rows(NOW)).values_list("pk", flat=True)) == alive
    assert len(alive) == 9  # enabled, verified or the operator, without an end or before it


def test_times_read_the_same(account):
    span = timedelta(days=1)
    for number, (starts, ends) in enumerate(product(EDGES, EDGES)):
        Grant.objects.create(key=f"g{number}", account=account, covers="account", starts_at=starts, expires_at=ends)
    rows = list(Grant.objects.all())
    readings = (
        (life.begun_rows(NOW), lambda one: life.is_begun(one.starts_at, NOW)),
        (life.over_rows(NOW), lambda one: life.is_over(one.expires_at, NOW)),
        (life.going_rows(NOW), lambda one: not life.is_over(one.expires_at, NOW)),
        (life.in_time_rows(NOW), lambda one: life.is_in_time(one.starts_at, one.expires_at, NOW)),
        (life.ending_rows(NOW, span), lambda one: life.is_ending(one.expires_at, NOW, span)),
    )
    for condition, reading in readings:
        assert set(Grant.objects.filter(condition)) == {one for one in rows if reading(one)}


def test_an_entry_reads_the_same_and_has_one_state(account):
    starts = [edge for edge in EDGES if edge is not None]
    for number, (begins, ends, left) in enumerate(product(starts, starts, (None, NOW - INSTANT, NOW + INSTANT))):
        operator = User.objects.create(username=f"op{number}", is_superuser=True)
        TreeEntry.objects.create(
            operator=operator, account=account, reason="Why", starts_at=begins, expires_at=ends, left_at=left
        )
    entries = list(TreeEntry.objects.all())
    for state in EntryState:
        expected = {entry.pk for entry in entries if entry_state(entry, NOW) is state}
        assert expected
        assert set(TreeEntry.objects.filter(entry_rows(state, NOW)).values_list("pk", flat=True)) == expected
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT e.id FROM accounts_treeentry e WHERE {unleft_sql('e')}")
        unleft = {row[0] for row in cursor.fetchall()}
    assert unleft == {entry.pk for entry in entries if entry_state(entry, NOW) is not EntryState.LEFT}


def _grants(account: Account) -> list[tuple[Grant, GrantGrantee]]:
    """A grant of every combination, with its only grantee."""
    other = tree.open_account(parent=None, key="south", name="South")
    made = []
    for number, (on, starts, ends, accepted) in enumerate(product(YES_OR_NO, EDGES, EDGES, YES_OR_NO)):
        grant = Grant(
            key=f"g{number}", account=account, covers="account", enabled=on, starts_at=starts, expires_at=ends
        )
        made.append((grant, GrantGrantee(grant=grant, account=other, accepted_at=NOW if accepted else None)))
    Grant.objects.bulk_create(grant for grant, _ in made)
    GrantGrantee.objects.bulk_create(link for _, link in made)
    return made


def test_a_grant_reads_the_same_and_has_one_state(account):
    states: dict[GrantState, set[int]] = {state: set() for state in GrantState}
    for grant, link in _grants(account):
        states[grant_state(grant, link.accepted_at is not None, NOW)].add(grant.pk)
    accepted = Q(Exists(GrantGrantee.objects.filter(grant=OuterRef("pk"), accepted_at__isnull=False)))
    for state, expected in states.items():
        assert expected
        assert set(Grant.objects.filter(grant_rows(state, accepted, NOW)).values_list("pk", flat=True)) == expected


def test_a_link_counts_while_its_grant_lives_in_every_reading(account):
    made = _grants(account)
    group = Item.objects.create(key="group", kind="group", name="Group", account=account)
    free = Item.objects.create(key="free", kind="device", name="Free", account=account)
    links, counts = [ItemLink(container=group, member=free)], {"free"}
    for index, (grant, link) in enumerate(made):
        for end in ("member_under", "container_under"):
            device = Item.objects.create(key=f"d{index}-{end}", kind="device", name="Device", account=account)
            links.append(ItemLink(container=group, member=device, **{end: link}))
            if grant_state(grant, link.accepted_at is not None, NOW) is GrantState.LIVE:
                counts.add(device.key)
    ItemLink.objects.bulk_create(links)
    assert set(ItemLink.objects.filter(counting_rows(NOW)).values_list("member__key", flat=True)) == counts
    condition, parameters = counting_sql("l", NOW)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT i.key FROM items_itemlink l JOIN items_item i ON i.id = l.member_id WHERE {condition}", parameters
        )
        assert {row[0] for row in cursor.fetchall()} == counts


def test_a_token_reads_the_same_and_has_one_state(account):
    uses = (None, *(NOW - timedelta(seconds=600) + shift for shift in (-INSTANT, timedelta(0), INSTANT)), NOW)
    made = (NOW - timedelta(seconds=600), NOW - timedelta(seconds=600) + INSTANT)
    combinations = product(YES_OR_NO, EDGES, (None, 0, 600, 2**31 - 1), uses, made)
    tokens = [
        Token(
            key=f"t{number}", account=account, name="T", type="standard", enabled=on, expires_at=ends, idle_ttl=idle,
            last_used_at=used, created_at=created,
        )
        for number, (on, ends, idle, used, created) in enumerate(combinations)
    ]  # fmt: skip
    Token.objects.bulk_create(tokens)
    assert dict(Token.objects.annotate(end=IDLE_END).values_list("pk", "end")) == {
        token.pk: idle_end(token) for token in tokens
    }
    for state in TokenState:
        expected = {token.pk for token in tokens if token_state(token, NOW) is state}
        assert expected
        assert set(Token.objects.filter(token_rows(state, NOW)).values_list("pk", flat=True)) == expected


def test_a_token_with_no_idle_time_at_all_is_dead_and_one_without_the_figure_never_idle():
    token = Token(enabled=True, idle_ttl=0, last_used_at=NOW)
    assert token_state(token, NOW) is TokenState.UNUSED
    token.idle_ttl = None
    assert (idle_end(token), token_state(token, NOW)) == (None, TokenState.ALIVE)


def test_a_blocked_account_reads_the_same():
    accounts = [tree.open_account(parent=None, key="a0", name="A0")]
    for number in range(1, 12):
        parent = accounts[(number - 1) // 2] if number != 8 else None
        accounts.append(tree.open_account(parent=parent, key=f"a{number}", name=f"A{number}", blocked=number in (1, 9)))
    named = {account.pk: (account.name, account.blocked) for account in accounts}
    blocked = {
        account: life.blocked_by(named[one] for one in line) for account, line in tree.ancestor_ids(list(named)).items()
    }
    expected = {account for account, by in blocked.items() if by is not None}
    assert {blocked[accounts[3].pk], blocked[accounts[1].pk], blocked[accounts[2].pk]} == {"A1", None}
    assert set(Account.objects.filter(life.blocked_rows("pk")).values_list("pk", flat=True)) == expected
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT o.id FROM accounts_account o WHERE {life.blocked_sql('o.id')}")
        assert {row[0] for row in cursor.fetchall()} == expected
