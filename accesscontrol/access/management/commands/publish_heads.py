"""Publish the heads of the audit log's chains outside the database; for a timer, beside what is published in turn."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accesscontrol.audit import heads


class Command(BaseCommand):
    help = "Publishes the heads of the audit log to AUDIT_HEADS_FILE or AUDIT_HEADS_COMMAND, for verify_audit."

    def handle(self, *args: Any, **options: Any) -> None:
        if not heads.is_set_up():
            raise CommandError("Set AUDIT_HEADS_FILE or AUDIT_HEADS_COMMAND first; .env.example explains both.")
        try:
            count = heads.publish()
        except heads.NotPublished as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"The heads of {count} chains are published.")
