"""manage.py sweep: tell people what ends soon, and clear away what has ended. For a daily timer."""

from __future__ import annotations

from typing import Any

from accesscontrol.access.management.waiting import WaitingCommand
from accesscontrol.services.ends.sweep import sweep


class Command(WaitingCommand):
    help = "Tell people by mail what ends soon, and clear away what has ended. Safe to run as often as you like."

    def handle(self, *args: Any, **options: Any) -> None:
        done = sweep()
        lines = {
            "mails sent": done.mails,
            "ends told of": done.ends_told,
            "links of ended grants cut": done.links,
            "expired sessions deleted": done.sessions,
            "used or expired invitations deleted": done.invitations,
            "keys from before a rotation forgotten": done.rotated_keys,
            "old notices deleted": done.notices,
            "mails about changed access sent": done.change_mails,
            "old jobs forgotten": done.jobs,
            "uploaded files deleted": done.uploads,
        }
        for what, number in lines.items():
            self.stdout.write(f"{number:>7,} {what}")
