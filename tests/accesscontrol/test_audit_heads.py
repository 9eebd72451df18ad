"""The heads of the audit log, published outside the database: what was cut off together with its head shows."""

from __future__ import annotations

import json
import sys

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from accesscontrol.access.fresh import triggers
from accesscontrol.audit import chain, heads
from accesscontrol.audit.models import ChainHead, Event, EventDetail
from accesscontrol.audit.verification import verify

pytestmark = [pytest.mark.django_db, pytest.mark.checklist("L08"), pytest.mark.checklist("E10")]


@pytest.fixture
def file(tmp_path, settings):
    settings.AUDIT_HEADS_FILE = str(tmp_path / "heads.jsonl")
    return tmp_path / "heads.jsonl"


def lines(count, on=7):
    return [{"action": f"item.create.{n}", "chain": on, "thing_name": f"Truck {n}"} for n in range(count)]


def cut_off(last):
    """Put the head of chain 7 back as it was at a position, and cut off what came after: the seals are right."""
    triggers.uninstall(connection)
    old = Event.objects.get(chain=7, position=last)
    head = ChainHead(chain=7, position=last, digest=old.digest)
    head.seal = chain.seal(head)
    EventDetail.objects.filter(event__chain=7, event__position__gt=last).delete()
    Event.objects.filter(chain=7, position__gt=last).delete()
    head.save()


def verify_published(path):
    published, problems = heads.read_published(path)
    return problems + verify(published)


def test_events_cut_off_with_their_head_show_in_what_was_published(file, capsys):
    chain.record_many(lines(5))
    call_command("publish_heads")
    assert verify_published(file) == []
    cut_off(3)
    assert verify() == []  # the chain alone cannot tell
    [problem] = verify_published(file)
    assert problem.startswith("The chain of account 7: lines 4 to 5 are missing, which were there when the heads were")
    with pytest.raises(SystemExit):
        call_command("verify_audit")
    assert "lines 4 to 5 are missing" in capsys.readouterr().err


def test_a_chain_written_anew_behind_an_old_head_shows(file):
    chain.record_many(lines(5))
    heads.publish()
    cut_off(3)
    chain.record_many([{"action": "other", "chain": 7}] * 4)
    assert verify() == []
    assert [problem.split(" (")[0] for problem in verify_published(file)] == ["The chain of account 7: line 5"]


def test_a_chain_that_vanished_whole_shows(file):
    chain.record_many([*lines(2), *lines(2, on=8)])
    heads.publish()
    published, _ = heads.read_published(file)
    assert set(published.heads) == {-1, 7, 8}
    triggers.uninstall(connection)
    EventDetail.objects.all().delete()
    Event.objects.all().delete()
    ChainHead.objects.all().delete()
    assert verify() == []
    assert len(verify(published)) == 2


def test_the_command_says_what_it_cannot_see(file, capsys):
    chain.record_many(lines(2))
    call_command("publish_heads")
    call_command("verify_audit")
    said = capsys.readouterr().out
    assert "The heads of 2 chains are published." in said
    assert "Events recorded after that could have been cut off together with their head" in said


def test_a_publication_without_the_key_counts_for_nothing(file):
    chain.record_many(lines(2))
    heads.publish()
    forged = json.loads(file.read_text())
    forged["heads"]["7"][0] = 1
    file.write_text(file.read_text() + json.dumps(forged) + "\nno json\n")
    published, problems = heads.read_published(file)
    assert published.heads[7][0] == 2
    assert [problem.split(" was")[0] for problem in problems] == ["heads.jsonl: line 2", "heads.jsonl: line 3"]


@pytest.mark.django_db(transaction=True)
def test_heads_are_published_after_so_many_events_once_they_are_committed(file, settings):
    settings.AUDIT_HEADS_EVERY = 10
    with transaction.atomic():
        chain.record_many(lines(9))
    assert not file.exists()
    with transaction.atomic():
        chain.record_many(lines(1))
        assert not file.exists()
    assert heads.read_published(file)[0].heads[7][0] == 10
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        chain.record_many(lines(10))
        raise ZeroDivisionError
    assert len(file.read_text().splitlines()) == 1


def test_a_command_gets_the_heads_on_its_input(tmp_path, settings):
    settings.AUDIT_HEADS_COMMAND = f"{sys.executable} -c \"open('{tmp_path}/got', 'w').write(input())\""
    chain.record_many(lines(3))
    assert heads.publish() == 2
    assert json.loads((tmp_path / "got").read_text())["heads"]["7"][0] == 3


@pytest.mark.django_db(transaction=True)
def test_a_failure_to_publish_is_told_and_takes_nothing_back(settings, tmp_path):
    settings.AUDIT_HEADS_FILE, settings.AUDIT_HEADS_EVERY = str(tmp_path / "nowhere" / "heads"), 1
    with transaction.atomic():
        chain.record_many(lines(1))
    assert Event.objects.count() == 1
    with pytest.raises(CommandError, match="could not be published"):
        call_command("publish_heads")
    settings.AUDIT_HEADS_FILE = ""
    with pytest.raises(CommandError, match="Set AUDIT_HEADS_FILE or AUDIT_HEADS_COMMAND first"):
        call_command("publish_heads")
