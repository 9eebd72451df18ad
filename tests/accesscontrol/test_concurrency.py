"""Several processes at once: the tree and the audit chains stay whole, and a change is seen by every other process."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import pytest
from django.conf import settings
from django.db import connection, transaction

from accesscontrol.access.fresh import epochs
from accesscontrol.accounts import tree
from accesscontrol.accounts.models import Account, User
from accesscontrol.audit import chain
from accesscontrol.audit.models import ChainHead, Event
from accesscontrol.audit.verification import verify
from accesscontrol.tokens.models import Token

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.both,
    pytest.mark.concurrency,
    pytest.mark.checklist("Z15"),
]

WRITERS = 4


def run_writers(act, count, writers=WRITERS):
    """Run writer processes to their end; each must end well."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "-m", "tests.accesscontrol.writers", str(connection.settings_dict["NAME"]), act]
    processes = [
        subprocess.Popen(
            [*command, str(seed), str(count)],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed in range(writers)
    ]
    ends = [(process.communicate(timeout=300), process.returncode) for process in processes]
    assert [(output, code) for output, code in ends if code != 0] == []


def test_four_writers_leave_the_tree_in_order():
    first = tree.open_account(parent=None, key="first", name="First").pk
    run_writers("tree", 40)
    assert tree.check_tree() == []
    last = tree.open_account(parent=None, key="last", name="Last").pk
    assert last - first > 60, "so many were opened, however many of them are left"
    assert Account.objects.filter(top=None).count() == 0


def test_four_writers_leave_the_chains_whole():
    run_writers("chain", 50)
    assert verify() == []
    assert Event.objects.count() == WRITERS * 40 * 3
    assert set(ChainHead.objects.values_list("chain", flat=True)) == {chain.REGISTER, *range(5)}


def test_a_change_by_raw_sql_in_another_process_renews_the_epoch_here():
    account = tree.open_account(parent=None, key="a", name="A")
    Token.objects.create(key="t", account=account, name="T", type="master")
    before = epochs.read([account.pk])
    run_writers("tokens", 1, writers=1)
    assert not Token.objects.get().enabled
    assert epochs.read([account.pk])[account.pk] != before[account.pk]


def in_a_thread(act):
    """Start an act on a connection of its own; the thread to join."""

    def run():
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_change_that_waits_for_a_move_renews_the_new_tree_as_well():
    """The writer looks up its tree before the move is committed, and must look again after it has waited."""
    north = tree.open_account(parent=None, key="north", name="North")
    below = tree.open_account(parent=north, key="below", name="Below")
    south = tree.open_account(parent=None, key="south", name="South")
    User.objects.create(username="anna", account=below)
    with transaction.atomic():
        tree.move_account(below, south)
        waiting = in_a_thread(lambda: User.objects.filter(username="anna").update(is_active=False))
        time.sleep(1)
        inside = epochs.read([south.pk])
    waiting.join()
    assert not User.objects.get().is_active
    assert epochs.read([south.pk])[south.pk] != inside[south.pk]


def test_writers_in_opposite_order_do_not_stand_in_each_others_way():
    """Roots and chain heads are locked in the order of their ids, whatever order a statement names them in."""
    tops = [tree.open_account(parent=None, key=f"t{n}", name="T") for n in range(6)]
    failures = []

    def write(forward):
        ids = [top.pk for top in (tops if forward else reversed(tops))]
        for number in range(15):
            try:
                with transaction.atomic():
                    Account.objects.filter(pk__in=ids).update(history_days=number + forward)
                    chain.record_many([{"action": "x", "chain": pk} for pk in ids])
            except Exception as error:  # noqa: BLE001  (whatever it was, the test shows it)
                failures.append(error)

    threads = [in_a_thread(lambda forward=forward: write(forward)) for forward in (True, False)]
    for thread in threads:
        thread.join()
    assert failures == []
    assert Event.objects.count() == 2 * 15 * 6
    assert verify() == []
