"""The command that makes the demo: never without DEBUG, never in somebody's database, from nothing in one go."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from accesscontrol.access.management.commands.migrate import refuse_unknown_steps
from accesscontrol.accounts.models import Account, User
from demo.personas import PERSONAS
from portal.management.commands.demo import address_of
from tests.contracts.source import ROOT

pytestmark = pytest.mark.django_db


@pytest.mark.checklist("A12")
def test_the_demo_is_refused_without_debug(settings):
    settings.DEBUG = False
    with pytest.raises(CommandError, match="only with DEBUG=true, on your own machine"):
        call_command("demo", "--no-serve")
    assert User.objects.count() == 0


def test_the_demo_stays_out_of_a_database_that_holds_something_else(settings):
    settings.DEBUG = True
    User.objects.create_superuser("somebody", "somebody@example.org", None)
    for arguments in (["--no-serve"], ["--no-serve", "--fresh"]):
        with pytest.raises(CommandError, match="holds something else"):
            call_command("demo", *arguments)
    assert list(User.objects.values_list("username", flat=True)) == ["somebody"]
    assert Account.objects.count() == 0


def test_a_port_in_use_is_told_before_anything_is_made(settings):
    settings.DEBUG = True
    with pytest.raises(CommandError, match="Choose another with --port"):
        call_command("demo", "--port", "99999")
    assert User.objects.count() == 0


def test_it_is_found_by_a_name_at_which_passkeys_work():
    assert address_of("127.0.0.1", 8123) == "http://localhost:8123/"
    assert address_of("192.0.2.7", 80) == "http://192.0.2.7:80/"


def test_a_database_of_another_version_is_met_with_a_sentence_that_says_fresh(settings):
    settings.DEBUG = True
    MigrationRecorder(connection).record_applied("grants", "0003_ends")
    for command, arguments in (("demo", ["--no-serve"]), ("migrate", []), ("migrate", ["--plan"])):
        with pytest.raises(CommandError, match=r"took grants\.0003_ends.*`python3 run\.py demo --fresh`"):
            call_command(command, *arguments, verbosity=0)
    assert User.objects.count() == 0


def test_steps_of_apps_that_are_no_longer_installed_are_no_concern_of_ours():
    MigrationRecorder(connection).record_applied("gone", "0001_initial")
    refuse_unknown_steps(connection)


def run_demo(file: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """As a person starts it, with its data in this file."""
    place = {"DATABASE_URL": f"sqlite:///{file}", "DJANGO_SETTINGS_MODULE": "accesscontrol.settings", "DEBUG": "true"}
    command = [sys.executable, "manage.py", "demo", "--no-serve", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **place}, capture_output=True, text=True, check=False)


@pytest.mark.deep
def test_the_command_makes_everything_from_nothing_and_anew(tmp_path: Path):
    """An empty folder, a second start, and --fresh, on a database that now is of another version."""
    file = tmp_path / "demo.sqlite3"
    first, second = run_demo(file), run_demo(file)
    with closing(sqlite3.connect(file)) as database, database:
        values = "('grants', '0003_ends', CURRENT_TIMESTAMP)"
        database.execute(f"INSERT INTO django_migrations (app, name, applied) VALUES {values}")
    refused, third = run_demo(file), run_demo(file, "--fresh")
    assert [one.returncode for one in (first, second, refused, third)] == [0, 0, 1, 0]
    assert "python3 run.py demo --fresh" in refused.stderr
    before, again, after = (set(re.findall(r"(?:[a-z]{6}-){3}[a-z]{6}", one.stdout)) for one in (first, second, third))
    assert (len(before), len(again), len(after)) == (len(PERSONAS), 0, len(PERSONAS))
    assert not before & after
