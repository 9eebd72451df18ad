"""`manage.py reset_factors <username>`: somebody has lost their second factors; they are gone at once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.names import fold
from accesscontrol.printing import printable
from accesscontrol.services.frame.errors import Conflict
from accesscontrol.services.signing_in.lost_factors import ask_reset
from accesscontrol.services.signing_in.sessions import find_by_login


class Command(BaseCommand):
    help = "Remove somebody's second factors, which they have lost. They are told by mail, and their sessions end."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        user = find_by_login(fold(username))
        if user is None:
            raise CommandError(f"Nobody is called {printable(username)}.")
        try:
            ask_reset(Actor.system(), user)
        except Conflict as error:
            raise CommandError(printable(str(error))) from error
        self.stdout.write(f"{printable(user.username)} signs in by the password alone until they add a new factor.")
