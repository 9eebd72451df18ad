"""Recompute the audit log's chains; exit 1 where a line was changed, removed, moved, added or emptied."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accesscontrol.audit import verification
from accesscontrol.audit.heads import Published, read_published
from accesscontrol.audit.models import ChainHead, Event
from accesscontrol.printing import printable

SHOWN = 50
NOTHING_TO_COMPARE = (
    "There are no published heads to compare with: newest events that were cut off together with their head would not "
    "show. Set AUDIT_HEADS_FILE to a file that the database's users cannot write, or name one with --heads."
)


class Command(BaseCommand):
    help = "Verifies the audit log: edits, gaps, reordering, truncation, erasure. Exit code 1 when something is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--heads", help="a file of published heads; without it AUDIT_HEADS_FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        published, problems = self._published(options["heads"] or settings.AUDIT_HEADS_FILE)
        problems += verification.verify(published)
        events, chains = Event.objects.count(), ChainHead.objects.filter(chain__gte=0).count()
        if not problems:
            self.stdout.write(f"The audit log is whole: {events} events in {chains} chains.")
            self.stdout.write(self._limits(published))
            return
        for problem in problems[:SHOWN]:
            self.stderr.write(printable(problem))
        more = f" The first {SHOWN} are shown." if len(problems) > SHOWN else ""
        self.stderr.write(
            f"The audit log is not whole: {len(problems)} problems in {events} events.{more} "
            "Compare it with a copy kept elsewhere, and find out who can write to the database."
        )
        raise SystemExit(1)

    @staticmethod
    def _published(path: str) -> tuple[Published | None, list[str]]:
        if not path:
            return None, []
        try:
            return read_published(Path(path))
        except OSError as error:
            raise CommandError(f"The published heads cannot be read: {error}. Name the file with --heads.") from error

    @staticmethod
    def _limits(published: Published | None) -> str:
        """What this verification cannot see."""
        if published is None:
            return NOTHING_TO_COMPARE
        return (
            f"Compared with the heads published at {published.at}. Events recorded after that could have been cut off "
            "together with their head; `manage.py publish_heads` narrows that down."
        )
