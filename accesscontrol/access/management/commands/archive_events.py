"""Move old lines of the audit log into files; the chains go on from sealed checkpoints."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accesscontrol.audit.archiving import NotArchived, archive


class Command(BaseCommand):
    help = "Moves events older than so many days into files of a folder, with their digests; verify_audit goes on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, required=True, help="events older than this go; at least 1")
        parser.add_argument("--to", required=True, help="the folder of the files, which hold personal values")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["days"] < 1:
            raise CommandError("Name at least one day with --days.")
        before = timezone.now() - timedelta(days=options["days"])
        count = 0
        try:
            for part in archive(before, Path(options["to"])):
                count += part.last - part.first + 1
                self.stdout.write(f"Lines {part.first} to {part.last} of chain {part.chain} are in {part.path.name}.")
        except (NotArchived, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{count} events have been archived. Keep the files where only you can write.")
