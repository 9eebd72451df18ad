"""manage.py demo: makes the demo world once, tells whom to sign in as, and serves it on this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.urls import reverse

from accesscontrol.services.mail.kept import forget_mail, is_kept
from demo.making import Secrets, counts, is_empty, is_there, make_demo, renew_secrets
from demo.personas import PERSONAS

#: The token whose access link is shown.
TOOL = "northwind-trackit"
HOST, PORT = "127.0.0.1", 8000
SIDE_FILES = ("", "-wal", "-shm", "-journal")


class Command(BaseCommand):
    help = "Make a lively demo world in an empty database, once, and serve it on this machine."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=PORT, help=f"where the portal answers (default {PORT})")
        parser.add_argument("--host", default=HOST, help=f"the address to listen on (default {HOST})")
        parser.add_argument("--fresh", action="store_true", help="throw the demo's data away and make it anew")
        parser.add_argument("--new-passwords", action="store_true", help="give everybody a new password and show it")
        parser.add_argument("--no-serve", action="store_true", help="only make the demo")

    def handle(
        self, *args: Any, host: str, port: int, fresh: bool, new_passwords: bool, no_serve: bool, **options: Any
    ) -> None:
        if not settings.DEBUG:  # A12
            raise CommandError(
                "The demo has accounts that everybody knows of, so it runs only with DEBUG=true, on your own machine. "
                "For a real installation see README.md."
            )
        if not no_serve:
            require_free(host, port)
        settings.PORTAL_ADDRESS = f"http://{host}:{port}"  # where links in its mail lead
        if fresh:
            self.remove()
        secrets = self.prepare(new_passwords)
        address = address_of(host, port)
        os.environ["PORTAL_ADDRESS"] = settings.PORTAL_ADDRESS = address.rstrip("/")  # links in mails; the worker's too
        self.tell(secrets, address)
        if not no_serve:
            os.environ["DJANGO_RUNSERVER_HIDE_WARNING"] = "true"
            with worker():
                call_command("runserver", f"{host}:{port}", use_reloader=False)

    def prepare(self, new_passwords: bool) -> Secrets | None:
        """The database as the demo needs it; the secrets, when there are new ones."""
        self.refuse_foreign()
        call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable", verbosity=0)
        if not is_there():
            return make_demo(say=self.stdout.write)
        return renew_secrets() if new_passwords else None

    def refuse_foreign(self) -> None:
        """Never mix the demo with somebody's data."""
        if not (is_there() or is_empty()):
            raise CommandError(
                f"The database {connection.settings_dict['NAME']} holds something else and stays as it is. "
                "Name an empty one, for example DATABASE_URL=sqlite:///demo.sqlite3, and run this again."
            )

    def remove(self) -> None:
        """Delete the demo's SQLite file; another database is not ours to empty."""
        self.refuse_foreign()
        if connection.vendor != "sqlite":
            raise CommandError(
                "--fresh deletes the demo's SQLite file. On PostgreSQL make an empty database instead, "
                "name it in DATABASE_URL and run this without --fresh."
            )
        name = connection.settings_dict["NAME"]
        connection.close()
        for ending in SIDE_FILES:
            Path(f"{name}{ending}").unlink(missing_ok=True)
        forget_mail()

    def tell(self, secrets: Secrets | None, address: str) -> None:
        """Whom to sign in as. Passwords are shown once: the database knows their hashes only."""
        accounts, items, records = (f"{number:,}".replace(",", "\u202f") for number in counts())
        self.stdout.write(f"\nThe demo: {accounts} accounts, {items} items, {records} records.")
        if secrets is None:
            self.stdout.write(
                f"It was there already, and its passwords were shown when it was made. Sign in at {address}\n"
                "  new passwords:   python3 run.py demo --new-passwords\n"
                "  all anew:        python3 run.py demo --fresh\n"
            )
            return
        self.stdout.write(f"Sign in at {address} as one of these. The passwords are shown only now.\n")
        for persona in PERSONAS:
            password = secrets.passwords[persona.username]
            self.stdout.write(f"  {persona.username:<17} {password}   {persona.title}: {persona.hint}.")
        self.stdout.write(
            "\nREST interface, with a token that may only read four devices, and one that may do everything:"
        )
        for key, secret in sorted(secrets.tokens.items(), reverse=True):
            self.stdout.write(f'  {key}:\n    curl -H "Authorization: Bearer {secret}" {address}api/v1/items/')
        link = address.rstrip("/") + reverse("open_tool") + "#" + secrets.tokens[TOOL]
        if is_kept():
            self.stdout.write(f"\nWhat it writes by mail is shown at {address.rstrip('/')}{reverse('demo_mail')}")
        self.stdout.write(f"\nThe first of them as a tool, in a private window (four devices with tracks):\n  {link}")
        self.stdout.write("")


def address_of(host: str, port: int) -> str:
    """Where a browser of this machine finds the portal: by name, since passkeys do not work at bare numbers."""
    return f"http://{'localhost' if host == HOST else host}:{port}/"


@contextmanager
def worker() -> Iterator[None]:
    """A worker beside the portal, which does what takes long; it ends with it."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "db_worker", "--no-reload", "--no-startup-delay"]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603  (our own)
    try:
        yield
    finally:
        running.terminate()
        running.wait()


def require_free(host: str, port: int) -> None:
    """Raises CommandError when somebody listens there already, before anything is made."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise CommandError(f"{host}:{port} cannot be used ({error}). Choose another with --port.") from error
