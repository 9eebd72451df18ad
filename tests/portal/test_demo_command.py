"""The command that makes the demo: never without DEBUG, never in somebody's database, from nothing in one go."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accesscontrol.accounts.models import Account, User
from demo.personas import PERSONAS
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


@pytest.mark.deep
def test_the_command_makes_everything_from_nothing_and_anew(tmp_path: Path):
    """As a person starts it: an empty folder, a second start, and --fresh."""
    place = {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'demo.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "accesscontrol.settings",
    }
    environment = {**os.environ, **place, "DEBUG": "true"}
    outputs = []
    for arguments in ([], [], ["--fresh"]):
        command = [sys.executable, "manage.py", "demo", "--no-serve", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        outputs.append(done.stdout)
    first, second, third = (set(re.findall(r"(?:[a-z]{6}-){3}[a-z]{6}", output)) for output in outputs)
    assert (len(first), len(second), len(third)) == (len(PERSONAS), 0, len(PERSONAS))
    assert not first & third
