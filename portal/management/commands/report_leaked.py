"""manage.py report_leaked [FILE]: revoke every key that stands in a text, and tell its people by mail."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any, TextIO

from django.core.management.base import CommandError

from accesscontrol.access.management.waiting import WaitingCommand
from accesscontrol.services.tokens.leaks import find_keys, report_leaked

#: So much of the text is looked at once; keys that are cut in two by a border are found in the next look.
PIECE = 200_000
OVERLAP = 100


class Command(WaitingCommand):
    help = "Revoke every token whose key stands in the text, record it, and tell its people by mail."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", default="-", help="the text; “-” is the standard input")
        parser.add_argument("--where", default="", help="where it was found, for the mail and the log of events")

    def handle(self, *args: Any, file: str, where: str, **options: Any) -> None:
        if file == "-":
            self.report(sys.stdin, where)
            return
        try:
            with open(file, encoding="utf-8", errors="replace") as text:
                self.report(text, where)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error

    def report(self, text: TextIO, where: str) -> None:
        found: set[str] = set()
        revoked = 0
        for piece in pieces(text):
            revoked += report_leaked(piece, console=True, where=where[:200]).revoked
            found |= set(find_keys(piece))
        self.stdout.write(f"{len(found)} well-formed keys found; {revoked} of them were ours and are dead now.")


def pieces(text: TextIO) -> Iterator[str]:
    """The text in pieces that overlap by more than the length of a key."""
    tail = ""
    while piece := text.read(PIECE):
        yield tail + piece
        tail = piece[-OVERLAP:]
