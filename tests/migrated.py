"""An empty SQLite database with all tables: the test command makes it once, and each of its runs takes a copy.

python -m tests.migrated PATH
"""

from __future__ import annotations

import os
import sys

import django
from django.core.management import call_command
from django.db import connection


def main(path: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    connection.settings_dict["NAME"] = path
    call_command("migrate", verbosity=0)
    connection.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
