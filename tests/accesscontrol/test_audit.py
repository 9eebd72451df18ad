"""The audit log: appended in the change's transaction, never changed, and every tampering found."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accesscontrol.access.fresh import triggers
from accesscontrol.audit import chain
from accesscontrol.audit.erasing import BLANK, erase
from accesscontrol.audit.models import ChainHead, Event, EventDetail
from accesscontrol.audit.verification import verify

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.checklist("L08")]


def raw(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def lines(count, on=7):
    return [
        {"action": f"item.create.{n}", "chain": on, "thing_name": f"Truck {n}", "address": "::1"} for n in range(count)
    ]


@pytest.fixture
def log():
    """Two chains: five lines of account 7, three of the platform, and the triggers off, as for a tamperer with SQL."""
    chain.record_many(lines(5))
    chain.record_many(lines(3, on=chain.PLATFORM))
    assert verify() == []
    triggers.uninstall(connection)


def event(position, on=7):
    return Event.objects.get(chain=on, position=position)


def test_a_recorded_line_holds_ids_and_its_details_hold_names():
    at = datetime.datetime(2026, 5, 4, 3, 2, 1, 123456, tzinfo=datetime.UTC)
    recorded = chain.record(
        action="device.create",
        account_id=9,
        chain=7,
        actor_type="token",
        actor_id=3,
        token_id=3,
        acting_account_id=8,
        thing_type="device",
        thing_id=77,
        result="denied",
        request_id="r-1",
        address="192.0.2.1",
        actor_name="Anna",
        acting_account_name="Contoso",
        thing_name="Truck",
        changes={"name": [None, "Truck"]},
        at=at,
    )
    stored = Event.objects.get(pk=recorded.pk)
    assert (stored.chain, stored.position, stored.at, stored.action) == (7, 1, at, "device.create")
    assert (stored.account_id, stored.actor_type, stored.actor_id, stored.token_id) == (9, "token", 3, 3)
    assert (stored.acting_account_id, stored.thing_type, stored.thing_id, stored.result) == (8, "device", 77, "denied")
    assert (stored.detail.actor_name, stored.detail.address) == ("Anna", "192.0.2.1")
    assert (stored.detail.acting_account_name, stored.detail.thing_name) == ("Contoso", "Truck")
    assert stored.detail.changes == {"name": [None, "Truck"]}
    assert verify() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.checklist("L10")
def test_a_line_is_recorded_only_inside_a_transaction_and_falls_with_it():
    with pytest.raises(chain.AuditError, match="in the transaction of its change"):
        chain.record(action="x", chain=7)
    with transaction.atomic():
        chain.record(action="kept", chain=7)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        chain.record_many([*lines(3), {"action": "new chain", "chain": 8}])
        raise ZeroDivisionError
    with transaction.atomic():
        chain.record(action="kept too", chain=7)
    assert list(Event.objects.order_by("position").values_list("action", "position")) == [("kept", 1), ("kept too", 2)]
    assert verify() == []


def test_lines_for_several_chains_stand_in_the_order_given():
    events = chain.record_many([{"action": str(n), "chain": n % 3} for n in range(9)])
    assert [(one.chain, one.position) for one in events] == [(n % 3, n // 3 + 1) for n in range(9)]
    assert [one.action for one in Event.objects.filter(chain=2).order_by("position")] == ["2", "5", "8"]
    assert chain.record_many([]) == []
    assert verify() == []


def test_many_lines_cost_as_many_statements_as_one():
    chain.record_many(lines(1))
    counts = []
    for count in (1, 3000):
        with CaptureQueriesContext(connection) as queries:
            chain.record_many(lines(count))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 6
    assert verify() == []


def test_values_of_every_sort_come_back_as_they_were_digested():
    changes = {
        "float": [1.0, 1e22, 0.1, -2.5e-7],
        "time": datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
        "money": Decimal("1.10"),
        "text": "a\x00b ü \n 🚚",
        "order": {"b": 1, "a": [True, None]},
    }
    one = chain.record(action="x", chain=7, actor_name="n" * 300 + "\x00", changes=changes)
    assert verify() == []
    detail = EventDetail.objects.get(event=one)
    assert (len(detail.actor_name), detail.changes["text"]) == (200, "a\ufffdb ü \n 🚚")


def test_an_unknown_field_actor_or_unfit_value_is_refused():
    with pytest.raises(TypeError, match="thing_nam"):
        chain.record(action="x", chain=7, thing_nam="Truck")
    with pytest.raises(chain.AuditError, match="Say one of: user, token, account, system"):
        chain.record(action="x", chain=7, actor_type="usr")
    with pytest.raises(ValueError, match="not JSON compliant"):
        chain.record(action="x", chain=7, changes={"x": float("nan")})
    assert not Event.objects.exists()


COPIED = ", ".join(field.column for field in Event._meta.concrete_fields if not field.primary_key)
REFUSED = {
    "orm update": lambda: Event.objects.update(action="other"),
    "orm delete": lambda: Event.objects.all()._raw_delete("default"),
    "raw update": lambda: raw("UPDATE audit_event SET account_id = 5"),
    "raw delete": lambda: raw("DELETE FROM audit_event WHERE position = 2"),
    "second position": lambda: raw(
        f"INSERT INTO audit_event (id, {COPIED}) SELECT id + 1000, {COPIED} FROM audit_event"
    ),
    "detail update": lambda: EventDetail.objects.update(thing_name="Other"),
    "half erasure": lambda: raw("UPDATE audit_eventdetail SET thing_name = '', erased_at = '2026-01-01 00:00:00'"),
    "detail delete": lambda: raw("DELETE FROM audit_eventdetail"),
    "head back": lambda: raw("UPDATE audit_chainhead SET position = position - 1"),
    "head still": lambda: raw("UPDATE audit_chainhead SET seal = ''"),
    "head delete": lambda: ChainHead.objects.filter(chain=7).delete(),
}
ON_SQLITE = {
    "replace event": lambda: raw("INSERT OR REPLACE INTO audit_event SELECT * FROM audit_event"),
    "replace detail": lambda: raw("INSERT OR REPLACE INTO audit_eventdetail SELECT * FROM audit_eventdetail"),
    "replace head": lambda: raw("INSERT OR REPLACE INTO audit_chainhead SELECT * FROM audit_chainhead"),
}
ON_POSTGRESQL = {
    f"truncate {table}": lambda table=table: raw(f"TRUNCATE audit_{table} CASCADE")
    for table in ("event", "eventdetail", "chainhead")
}


@pytest.mark.parametrize("act", REFUSED.values(), ids=REFUSED.keys())
def test_the_database_refuses_to_change_the_log(act):
    chain.record_many(lines(3))
    with pytest.raises(IntegrityError), transaction.atomic():
        act()
    assert Event.objects.count() == EventDetail.objects.count() == 3
    assert verify() == []


def test_the_database_refuses_its_own_ways_around_the_triggers():
    chain.record_many(lines(3))
    connection.check_constraints()  # PostgreSQL truncates nothing that waits for the check of a deferred key
    for act in (ON_SQLITE if connection.vendor == "sqlite" else ON_POSTGRESQL).values():
        with pytest.raises(IntegrityError, match="is never|are never"), transaction.atomic():
            act()
    assert Event.objects.count() == 3


def test_erased_details_are_gone_for_good_and_the_chain_survives():
    events = chain.record_many([{**line, "address": "192.0.2.1", "changes": {"a": 1}} for line in lines(3)])
    assert erase([events[1].pk], reason="asked for by the person", actor_name="console") == 1
    assert erase([events[1].pk], reason="once more") == 0
    told = Event.objects.get(action="event.erase")
    assert (told.chain, told.position, told.detail.actor_name) == (7, 4, "console")
    assert told.detail.changes == {"lines": [[2, 2]], "reason": "asked for by the person"}
    detail = EventDetail.objects.get(event=events[1])
    assert (detail.thing_name, detail.address, detail.changes) == ("", "", {})
    assert detail.erased_at is not None
    assert EventDetail.objects.get(event=events[0]).thing_name == "Truck 0"
    with pytest.raises(IntegrityError), transaction.atomic():
        EventDetail.objects.filter(event=events[1]).update(thing_name="Forged")
    assert verify() == []


def test_what_tells_of_an_erasure_is_not_erased_and_tells_spans():
    events = chain.record_many([*lines(6), {"action": "x", "chain": 8, "thing_name": "Bus"}])
    assert erase([event.pk for event in events if event.position != 3], reason="gone") == 6
    told = Event.objects.filter(action="event.erase").order_by("chain")
    assert [one.detail.changes["lines"] for one in told] == [[[1, 2], [4, 6]], [[1, 1]]]
    assert erase([one.pk for one in told], reason="never") == 0
    assert verify() == []


def swap(first, second):
    one, two = event(first), event(second)
    for position, pk in ((1000, one.pk), (first, two.pk), (second, one.pk)):
        Event.objects.filter(pk=pk).update(position=position)


def cut(last):
    EventDetail.objects.filter(event__chain=7, event__position__gt=last).delete()
    Event.objects.filter(chain=7, position__gt=last).delete()


def forge_end():
    """Cut the chain and set the head back, without the key that would seal it."""
    cut(3)
    ChainHead.objects.filter(chain=7).update(position=3, digest=event(3).digest)


def add_line():
    last = event(5)
    forged = Event.objects.create(chain=7, position=6, action="forged", digest=last.digest, detail_digest="0" * 64)
    EventDetail.objects.create(event=forged)


def remove_chain():
    cut(0)
    ChainHead.objects.filter(chain=7).delete()


TAMPERING = {
    "edit": (lambda: Event.objects.filter(pk=event(2).pk).update(action="other"), "line 2 .* was edited"),
    "edit of the time": (
        lambda: Event.objects.filter(pk=event(2).pk).update(at="2020-01-01T00:00:00Z"),
        "line 2 .* was",
    ),
    "edit of the actor": (lambda: Event.objects.filter(pk=event(5).pk).update(actor_id=1), "line 5 .* was edited"),
    "edit of the digest": (
        lambda: Event.objects.filter(pk=event(2).pk).update(digest="0" * 64),
        "line 3 .* was edited",
    ),
    "gap": (lambda: raw(f"DELETE FROM audit_event WHERE id = {event(3).pk}"), "of account 7: line 3 is missing"),
    "first line": (lambda: raw(f"DELETE FROM audit_event WHERE id = {event(1).pk}"), "line 1 is missing"),
    "reorder": (lambda: swap(2, 3), "line 2 .* was edited, moved or added"),
    "truncation": (lambda: cut(2), "lines 3 to 5 are missing; the end of the chain was cut off"),
    "emptied": (lambda: cut(0), "lines 1 to 5 are missing"),
    "truncation and head": (forge_end, "not sealed with this installation's AUDIT_KEY"),
    "added line": (add_line, "lines 6 to 6 were added behind its head|line 6 .* was edited, moved or added"),
    "head removed": (lambda: ChainHead.objects.filter(chain=7).delete(), "has lines and no head"),
    "chain removed": (remove_chain, "counts 2 chains and there are 1"),
    "register removed": (lambda: ChainHead.objects.filter(chain=-1).delete(), "register of the chains is missing"),
    "moved to another chain": (
        lambda: Event.objects.filter(pk=event(5).pk).update(chain=0, position=4),
        "platform's chain: line 4",
    ),
    "detail": (
        lambda: EventDetail.objects.filter(event=event(2)).update(thing_name="Other"),
        "the details of line 2 .* were changed",
    ),
    "detail swapped": (
        lambda: EventDetail.objects.filter(event=event(2)).update(thing_name="Truck 2"),
        "the details of line 2 .* were changed",
    ),
    "detail removed": (
        lambda: EventDetail.objects.filter(event=event(2)).delete(),
        "the details of line 2 .* are missing",
    ),
    "emptied as if erased": (
        lambda: EventDetail.objects.filter(event=event(2)).update(erased_at="2026-01-01T00:00:00Z", **BLANK),
        "the details of line 2 were emptied, and no line tells of that",
    ),
    "the telling emptied": (
        lambda: (
            erase([event(2).pk], reason="gone"),
            EventDetail.objects.filter(event=event(6)).update(erased_at="2026-01-01T00:00:00Z", **BLANK),
        ),
        "the details of line 6 were emptied, and no line tells of that",
    ),
    "an erasure taken back": (
        lambda: (
            erase([event(2).pk], reason="gone"),
            EventDetail.objects.filter(event=event(2)).update(erased_at=None, thing_name="Truck 1", address="::1"),
        ),
        "line 2 was erased, as another tells, and its details are there again",
    ),
    "erased and written": (
        lambda: EventDetail.objects.filter(event=event(2)).update(erased_at="2026-01-01T00:00:00Z"),
        "the erased details of line 2 .* hold values again",
    ),
}


@pytest.mark.parametrize(("tamper", "expected"), TAMPERING.values(), ids=TAMPERING.keys())
def test_tampering_is_found(log, tamper, expected):
    with connection.constraint_checks_disabled():
        tamper()
        problems = verify()

    assert any(re.search(expected, problem) for problem in problems), problems
    raw("DELETE FROM audit_eventdetail")
    raw("DELETE FROM audit_event")


def test_another_key_verifies_nothing(log, settings):
    settings.AUDIT_KEY = "another-key-0123456789abcdef0123456789abcdef"
    assert len(verify()) >= 8


def test_the_command_says_what_it_found(log, capsys):
    call_command("verify_audit")
    said = capsys.readouterr().out
    assert said.startswith(
        "The audit log is whole: 8 events in 2 chains.\nThere are no published heads to compare with"
    )
    Event.objects.filter(chain=7, position=2).update(action="other")
    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit")
    assert ended.value.code == 1
    assert "The audit log is not whole: 1 problems in 8 events." in capsys.readouterr().err


def test_long_logs_are_verified_in_chunks():
    chain.record_many([line for on in (0, 7, 8) for line in lines(2100, on=on)])
    chain.record_many(lines(1, on=9))
    with CaptureQueriesContext(connection) as queries:
        assert verify() == []
    assert len(queries) < 20
