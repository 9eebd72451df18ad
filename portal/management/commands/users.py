"""manage.py users import: people from a file, as the pages bring them in; in the console's name."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import CommandError

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.management.waiting import WaitingCommand
from accesscontrol.accounts.models import Account
from accesscontrol.accounts.names import named
from accesscontrol.printing import printable
from accesscontrol.services.frame.errors import Invalid, Problem
from accesscontrol.services.importing.columns import FIELDS, guess, plain
from accesscontrol.services.importing.lines import Line, Reader
from accesscontrol.services.importing.people import Defaults, check_people, import_people
from accesscontrol.services.importing.reading import Form, form_of, read_table

WRONG = 1


class Command(WaitingCommand):
    help = "Bring people in from a CSV file: all of them, or nobody."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        bring = verbs.add_parser("import", help="add people, and change those who are there; exit 1: lines are wrong")
        bring.add_argument("file", help="a CSV file with a line of headings, in any encoding and with any separator")
        bring.add_argument("--account", metavar="KEY", required=True, help="the account that they come into")
        fields = f"what a column holds, where the guess is wrong; fields: {', '.join(FIELDS)}"
        bring.add_argument("--column", metavar="HEADING=FIELD", action="append", default=[], help=fields)
        bring.add_argument("--encoding", help="how the file is written, where the guess is wrong")
        bring.add_argument("--authority", default="user", help="of whom no column says it (default: user)")
        bring.add_argument(
            "--invite", action="store_true", help="send whoever is added and has an address a link to join"
        )
        bring.add_argument("--dry-run", action="store_true", help="only say, line by line, what would happen")

    def handle(self, *args: Any, file: str, column: Sequence[str], dry_run: bool, **options: Any) -> None:
        actor = Actor.system()
        account = self.account(actor, options["account"])
        try:
            reader = self.reader(actor, Path(file).read_bytes(), column, options["encoding"])
            people = reader.people()
            act = check_people if dry_run else import_people
            found = act(
                actor,
                account,
                people,
                Defaults(options["authority"], invite=options["invite"]),
                reader.problems,
                self.tell,
            )
        except OSError as error:
            raise CommandError(printable(f"{file} cannot be read: {error.strerror}.")) from error
        except Invalid as error:
            self.fail(error.problems)
        for line, who, what in found.outcomes if dry_run else ():
            self.stdout.write(printable(f"{file}:{line}: {who} {what}"))
        if found.problems:
            self.fail(found.problems)
        counts = ", ".join(f"{number:,} {what}" for what, number in found.counts.items())
        self.stdout.write(f"{'Would be' if dry_run else 'Done'}: {counts}.")

    @staticmethod
    def account(actor: Actor, key: str) -> Account:
        found = named(engine.look(actor).visible("account:view"), key).first()
        if found is None:
            raise CommandError(printable(f"There is no account “{key}”."))
        return found

    @staticmethod
    def reader(actor: Actor, data: bytes, columns: Sequence[str], encoding: str | None) -> Reader:
        """The file as it is to be read: guessed, where nothing else is said."""
        form = form_of(data)
        table = read_table(data, Form(encoding or form.encoding, form.delimiter))
        mapping = guess(table.headings)
        places = {plain(heading): str(number) for number, heading in enumerate(table.headings)}
        for said in columns:
            heading, _equals, field = said.rpartition("=")
            if plain(heading) not in places or field not in FIELDS:
                raise CommandError(printable(f"“{said}” is no column and field. Fields: {', '.join(FIELDS)}."))
            mapping = {place: name for place, name in mapping.items() if name != field}
            mapping[places[plain(heading)]] = field
        roles = engine.look(actor).visible("role:view").order_by("name_order", "pk")
        return Reader(table, mapping, list(roles), ZoneInfo(settings.TIME_ZONE))

    def tell(self, step: str, done: int, total: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"{step}: {done:,} of {total:,}")

    def fail(self, problems: Sequence[Problem]) -> None:
        """Say everything that is wrong, each with its line, and end with 1."""
        for one in problems:
            where = f"Line {one.about.line}: " if isinstance(one.about, Line) else ""
            self.stderr.write(printable(f"{where}{one.sentence}"))
        self.stderr.write(f"{len(problems):,} problems. Nothing was changed.")
        sys.exit(WRONG)
