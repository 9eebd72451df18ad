"""Commands that change access: where somebody else makes a long change, they wait, and then say so."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from accesscontrol.access.waiting import BUSY, is_busy


class WaitingCommand(BaseCommand):
    """A command that ends with a sentence, and without a change, when it has waited in vain."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        """As Django's; raises CommandError where the database was busy for too long."""
        try:
            return super().execute(*args, **options)
        except OperationalError as error:
            if not is_busy(error):
                raise
            raise CommandError(BUSY) from error
