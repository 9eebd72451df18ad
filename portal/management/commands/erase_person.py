"""manage.py erase_person WHO --reason WHY: take a removed user's values out of the audit log."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accesscontrol.access.actor import Actor
from accesscontrol.printing import printable
from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.services.people.erasing import erase_person, numbers_of


class Command(BaseCommand):
    help = "Erases names, addresses and values of a removed user from the audit log; the log records that and why."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("who", help="the username that the user had, or the user's number")
        parser.add_argument("--reason", required=True, help="why, without personal values; it stays in the log")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = erase_person(Actor.system(), self._number(options["who"]), options["reason"])
        except (Conflict, Invalid) as error:
            raise CommandError(printable(str(error))) from error
        self.stdout.write(f"{count} lines no longer hold values of this person.")

    @staticmethod
    def _number(who: str) -> int:
        if who.isdecimal():
            return int(who)
        numbers = numbers_of(who)
        if not numbers:
            raise CommandError(f"The log knows no user {who!r}. Name the user's number, as the lines have it.")
        if len(numbers) > 1:
            listed = ", ".join(map(str, numbers))
            raise CommandError(f"The log knows several users {who!r}: {listed}. Name one by its number.")
        return numbers[0]
