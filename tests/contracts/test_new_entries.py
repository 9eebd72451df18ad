"""A new kind, section, right and preset are one line each: nothing else changes, and they are everywhere."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.contracts.source import ROOT


def test_one_line_each_in_the_catalogue_is_all_it_takes():
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "tests.new_entries.entries"]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = subprocess.run(
        [*command, "tests/new_entries/walk.py"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
