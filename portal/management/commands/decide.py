"""manage.py decide FILE.jsonl: one AuthZEN evaluation request a line in, one response a line out, in the same order."""

from __future__ import annotations

import itertools
import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accesscontrol.printing import printable
from accesscontrol.services.decisions.questions import Answer, Asked, BadRequest, answer_many, load_json, parse, refusal

BATCH = 2000


class Command(BaseCommand):
    help = "Answer decision requests, one a line, as the console: it may ask about everybody, at any time and address."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="a file of requests, one JSON object a line; “-” is the standard input")

    def handle(self, *args: Any, file: str, **options: Any) -> None:
        if file == "-":
            self.answer_all(sys.stdin.buffer)
            return
        try:
            with open(file, "rb") as lines:
                self.answer_all(lines)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error

    def answer_all(self, lines: Iterable[bytes]) -> None:
        for batch in batches(lines):
            answers = answer_lines(batch)
            self.stdout.write("\n".join(printable(json.dumps(answer, ensure_ascii=False)) for answer in answers))


def batches(lines: Iterable[bytes]) -> Iterable[list[bytes]]:
    iterator = iter(lines)
    while batch := list(itertools.islice(iterator, BATCH)):
        yield batch


def answer_lines(lines: Iterable[bytes]) -> list[Answer]:
    """The answers to some lines; one that is no request answers with its error."""
    read: list[Asked | BadRequest] = []
    for line in lines:
        try:
            read.append(parse(load_json(line)))
        except BadRequest as error:
            read.append(error)
    answers = iter(answer_many([one for one in read if isinstance(one, Asked)]))
    return [refusal(one) if isinstance(one, BadRequest) else next(answers) for one in read]
