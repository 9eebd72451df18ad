"""Compare the account tree's derived columns with the parents; exit 1 where they differ."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from accesscontrol.accounts import tree
from accesscontrol.accounts.models import Account
from accesscontrol.printing import printable

SHOWN = 50


class Command(BaseCommand):
    help = "Checks that every account stands in the tree where its parent says. Exit code 1 when one does not."

    def handle(self, *args: Any, **options: Any) -> None:
        problems = tree.check_tree()
        count = Account.objects.count()
        if not problems:
            self.stdout.write(f"The tree of {count} accounts is in order.")
            return
        for problem in problems[:SHOWN]:
            self.stderr.write(printable(problem))
        more = f" The first {SHOWN} are shown." if len(problems) > SHOWN else ""
        self.stderr.write(f"{len(problems)} of {count} accounts stand wrong.{more} Run repair_tree to put them right.")
        raise SystemExit(1)
