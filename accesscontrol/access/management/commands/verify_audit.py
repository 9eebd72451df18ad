"""Recompute the audit log's chains; exit 1 where a line was changed, removed, moved or added."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from accesscontrol.audit import verification
from accesscontrol.audit.models import ChainHead, Event

SHOWN = 50


class Command(BaseCommand):
    help = "Verifies the audit log: edits, gaps, reordering, truncation. Exit code 1 when something is wrong."

    def handle(self, *args: Any, **options: Any) -> None:
        problems = verification.verify()
        events, chains = Event.objects.count(), ChainHead.objects.filter(chain__gte=0).count()
        if not problems:
            self.stdout.write(f"The audit log is whole: {events} events in {chains} chains.")
            return
        for problem in problems[:SHOWN]:
            self.stderr.write(problem)
        more = f" The first {SHOWN} are shown." if len(problems) > SHOWN else ""
        self.stderr.write(
            f"The audit log is not whole: {len(problems)} problems in {events} events.{more} "
            "Compare it with a copy kept elsewhere, and find out who can write to the database."
        )
        raise SystemExit(1)
