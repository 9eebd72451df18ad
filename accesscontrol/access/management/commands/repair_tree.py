"""Renumber the account tree from the parents."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError

from accesscontrol.access.management.waiting import WaitingCommand
from accesscontrol.accounts import tree
from accesscontrol.accounts.models import Account


class Command(WaitingCommand):
    help = "Puts every account where its parent says. Changes no parent; waits for other writers of the tree."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            repaired = tree.repair_tree()
        except tree.TreeBroken as error:
            raise CommandError(str(error)) from error
        count = Account.objects.count()
        if repaired:
            self.stdout.write(f"{repaired} of {count} accounts stood wrong and are put right.")
        else:
            self.stdout.write(f"The tree of {count} accounts was in order; nothing is changed.")
