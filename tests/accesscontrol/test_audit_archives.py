"""Old lines of the audit log in files: the chain goes on, verifies as before, and nothing else can be deleted."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accesscontrol.access.fresh import triggers
from accesscontrol.audit import chain
from accesscontrol.audit.archiving import ARCHIVE, Archived, archive
from accesscontrol.audit.erasing import erase
from accesscontrol.audit.heads import Published
from accesscontrol.audit.models import ChainHead, Checkpoint, Event, EventDetail
from accesscontrol.audit.verification import verify

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.checklist("C06")]

CUT = datetime(2026, 1, 1, tzinfo=UTC)


def write(*days: int, on: int = 7) -> None:
    """A line so many days after the cut, one after the other."""
    for day in days:
        chain.record(action=f"item.create.{day}", chain=on, thing_name="Truck", at=CUT + timedelta(days=day))


@pytest.fixture
def log():
    write(-9, -8, -1, 1, 2)
    write(-3, on=chain.PLATFORM)
    assert verify() == []


def positions(on: int = 7) -> list[int]:
    return list(Event.objects.filter(chain=on).order_by("position").values_list("position", flat=True))


def test_old_lines_go_into_files_and_the_chain_goes_on(log, tmp_path):
    done = list(archive(CUT, tmp_path))
    assert done == [
        Archived(0, 1, 1, tmp_path / "events-0-1-1.jsonl"), Archived(7, 1, 3, tmp_path / "events-7-1-3.jsonl"),
    ]  # fmt: skip
    assert (positions(), positions(0)) == ([4, 5, 6], [2])
    kept = [json.loads(line) for line in done[1].path.read_text().splitlines()]
    assert [(one["position"], one["action"], one["detail"]["thing_name"]) for one in kept] == [
        (1, "item.create.-9", "Truck"), (2, "item.create.-8", "Truck"), (3, "item.create.-1", "Truck"),
    ]  # fmt: skip
    told = Event.objects.select_related("detail").get(chain=7, action=ARCHIVE)
    assert told.detail.changes == {
        "lines": [[1, 3]], "file": "events-7-1-3.jsonl", "sha256": sha256(done[1].path.read_bytes()).hexdigest(),
    }  # fmt: skip
    assert verify() == []
    write(3)
    assert verify() == []
    assert EventDetail.objects.count() == Event.objects.count()


def test_a_second_archive_goes_on_where_the_first_ended(log, tmp_path):
    list(archive(CUT, tmp_path))
    assert list(archive(CUT, tmp_path)) == []
    [again] = archive(CUT + timedelta(days=1, hours=1), tmp_path)
    assert (again.chain, again.first, again.last, positions()) == (7, 4, 4, [5, 6, 7])
    assert verify() == []


def test_what_was_erased_stays_so_on_both_sides_of_the_cut(log, tmp_path):
    erase(Event.objects.filter(chain=7, position__in=[2, 4]).values_list("pk", flat=True), reason="asked for")
    list(archive(CUT, tmp_path))
    assert verify() == []
    assert '"thing_name": ""' in (tmp_path / "events-7-1-3.jsonl").read_text().splitlines()[1]


def test_a_line_that_is_not_as_written_is_not_archived(log, tmp_path):
    triggers.uninstall(connection)
    EventDetail.objects.filter(event__chain=7, event__position=2).update(thing_name="Bus")
    triggers.install(connection)
    with pytest.raises(CommandError, match="Line 2 of chain 7 is not as written"):
        call_command("archive_events", days=1, to=str(tmp_path), stdout=StringIO())
    assert positions() == [1, 2, 3, 4, 5]
    assert [path.name for path in tmp_path.iterdir()] == ["events-0-1-1.jsonl"]


@pytest.mark.parametrize("position", [4, 5])
def test_nothing_behind_the_checkpoint_can_be_deleted(log, tmp_path, position):
    list(archive(CUT, tmp_path))
    with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
        EventDetail.objects.filter(event__chain=7, event__position=position).delete()
    with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
        Event.objects.filter(chain=7, position=position).delete()
    with pytest.raises(IntegrityError, match="only moves forward"), transaction.atomic():
        Checkpoint.objects.filter(chain=7).update(position=1)
    with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
        Checkpoint.objects.filter(chain=7).delete()


def test_a_checkpoint_of_somebody_without_the_key_shows(log):
    digest = Event.objects.get(chain=7, position=2).digest
    Checkpoint.objects.create(chain=7, position=2, digest=digest, file="x", checksum="0" * 64, seal="0" * 64)
    EventDetail.objects.filter(event__chain=7, event__position__lte=2).delete()
    Event.objects.filter(chain=7, position__lte=2).delete()
    problems = verify()
    assert problems[0] == "The chain of account 7: its checkpoint was not sealed with this installation's AUDIT_KEY."
    assert "The chain of account 7: lines 1 to 2 are missing." in problems


def test_a_checkpoint_put_back_shows(log, tmp_path):
    list(archive(CUT, tmp_path))
    old = Checkpoint.objects.get(chain=7)
    list(archive(CUT + timedelta(days=1, hours=1), tmp_path))
    triggers.uninstall(connection)
    old.save()
    assert "The chain of account 7: line 4 is missing." in verify()


def test_published_heads_are_held_against_the_checkpoint(log, tmp_path):
    head = ChainHead.objects.get(chain=7)
    list(archive(CUT, tmp_path))
    published = Published("2026-01-02", {7: (3, "f" * 64)})
    told = "The chain of account 7: its checkpoint is not the line that was published at 2026-01-02."
    assert verify(published) == [told]
    assert verify(Published("2026-01-02", {7: (head.position, head.digest)})) == []
    assert verify(Published("2025-12-30", {7: (2, "f" * 64)})) == []  # it went with the file


def test_the_command_says_what_it_did(log, tmp_path):
    out = StringIO()
    call_command("archive_events", days=(timezone.now() - CUT).days + 1, to=str(tmp_path), stdout=out)
    assert "Lines 1 to 3 of chain 7 are in events-7-1-3.jsonl." in out.getvalue()
    assert "4 events have been archived." in out.getvalue()
    with pytest.raises(CommandError, match="at least one day"):
        call_command("archive_events", days=0, to=str(tmp_path))
