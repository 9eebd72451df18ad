"""manage.py world plan | apply | export: access as a file."""

from __future__ import annotations

import gc
import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import connection

from accesscontrol.access.actor import Actor
from accesscontrol.access.management.waiting import WaitingCommand
from accesscontrol.access.permissions import UnknownName
from accesscontrol.printing import printable
from accesscontrol.services.world.applying import Refused, apply, try_out
from accesscontrol.services.world.exporting import export
from accesscontrol.services.world.planning import Plan, Unreadable, make_plan
from accesscontrol.services.world.reading import Fault
from accesscontrol.services.world.writing import text
from portal.management.progress import ProgressBar

NOTHING, FAILED, CHANGES = 0, 1, 2
LISTED = 200  # lines of a plan that are shown; --all shows every one
#: From so many changes on, trying them is worth a word: about so many a second are tried.
LARGE, A_SECOND = 20_000, 2_500


class Command(WaitingCommand):
    help = "Show what a world file would change, apply it, or write the installation out as one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        plan = verbs.add_parser("plan", help="what would change; exit 0: nothing, 2: something, 1: the file has errors")
        put = verbs.add_parser("apply", help="make the installation what the file says, wholly or not at all")
        for one in (plan, put):
            one.add_argument("file", help="a world file, YAML or JSON")
            one.add_argument("--prune", action="store_true", help="remove what is there and not in the file (for the "
                             "file of a branch: in that branch; otherwise in the whole installation)")  # fmt: skip
            one.add_argument("--all", action="store_true", help=f"list every change, not the first {LISTED} only")
            one.add_argument("--progress", action="store_true", help="show progress although nobody is at a terminal")
        put.add_argument("--keys-out", metavar="F", help="write the keys of new tokens to this new file (mode 0600)")
        out = verbs.add_parser("export", help="write the installation as a world file; never a key or a password")
        out.add_argument("--account", metavar="KEY", help="only the branch of this account")

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        acts: dict[str, Callable[..., None]] = {"plan": self.plan, "apply": self.apply, "export": self.export}
        acts[verb](**options)

    def plan(self, file: str, prune: bool, progress: bool, **options: Any) -> None:
        plan = self.read(file, prune)
        self.warn_of_waiting(plan)
        bar = ProgressBar(plan.steps, progress)
        try:
            faults = try_out(Actor.system(), plan, bar.advance)
        finally:
            bar.close()
        if faults:
            self.fail(file, faults)
        self.list(plan, options["all"])
        self.stdout.write(plan.summary())
        if not plan.is_empty:
            sys.exit(CHANGES)

    def apply(self, file: str, prune: bool, keys_out: str | None, progress: bool, **options: Any) -> None:
        plan = self.read(file, prune)
        keys = KeysFile(keys_out)
        bar = ProgressBar(plan.steps, progress)
        try:
            secrets = apply(Actor.system(), plan, bar.advance, keys.write)
        except Refused as refused:
            keys.discard()
            self.fail(file, refused.faults)
        except BaseException:
            keys.discard()
            raise
        finally:
            bar.close()
        self.list(plan, options["all"])
        self.stdout.write(plan.summary(done=True))
        if secrets and not keys_out:
            self.stderr.write(
                f"{len(secrets)} new tokens have keys that nobody has seen. Rotate a token to get its key; --keys-out "
                "writes the keys of new tokens to a file."
            )

    def export(self, account: str | None, **options: Any) -> None:
        try:
            for line in export(account):
                self.stdout.write(line)
        except UnknownName as error:
            raise CommandError(printable(str(error))) from error

    # --- Reading the file, telling what is wrong

    def read(self, file: str, prune: bool) -> Plan:
        gc.disable()  # half of a large file's reading would be spent on looking for cycles that are not there
        try:
            plan = make_plan(file, prune)
        except OSError as error:
            raise CommandError(printable(f"{file} cannot be read: {error.strerror}.")) from error
        except Unreadable as error:
            self.fail(file, error.faults)
        finally:
            gc.freeze()
            gc.enable()
        for fault in sorted(plan.checked.faults.warnings):
            self.stderr.write(printable(f"Warning: {fault.at(file)}"))
        return plan

    def warn_of_waiting(self, plan: Plan) -> None:
        """SQLite has one writer, and a plan is tried by writing."""
        if plan.size >= LARGE and connection.vendor == "sqlite":
            minutes = max(1, round(plan.size / A_SECOND / 60))
            self.stderr.write(
                f"{plan.size:,} changes are tried and undone: for about {minutes} min nobody else can write to this "
                "database. Reading goes on."
            )

    def fail(self, file: str, faults: list[Fault]) -> None:
        for fault in sorted(set(faults)):
            self.stderr.write(printable(fault.at(file)))
        number = len(set(faults))
        raise CommandError(f"{number} error{'s' if number > 1 else ''}; nothing was applied.", returncode=FAILED)

    def list(self, plan: Plan, everything: bool) -> None:
        for number, line in enumerate(plan.lines()):
            if number == LISTED and not everything:
                self.stdout.write(f"… and {plan.size - LISTED:,} more; --all lists them.")
                break
            self.stdout.write(printable(line))


class KeysFile:
    """The file for the keys of new tokens: only its owner reads it, and no other file is ever written over."""

    def __init__(self, path: str | None):
        self.path = Path(path) if path else None
        self.handle: int | None = None
        if self.path is not None:
            try:
                self.handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            except OSError as error:
                raise CommandError(
                    f"{path} cannot be made: {error.strerror}. Name a new file for --keys-out."
                ) from error

    def write(self, secrets: dict[str, str]) -> None:
        """Called inside the transaction, so that no key is lost when the disk is full."""
        if self.handle is not None:
            handle, self.handle = self.handle, None
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.writelines(f"{text(name)}: {key}\n" for name, key in secrets.items())
                file.flush()
                os.fsync(file.fileno())

    def discard(self) -> None:
        if self.handle is not None:
            os.close(self.handle)
        if self.path is not None:
            self.path.unlink(missing_ok=True)
