"""The commands of run.py: what they conclude from pytest's words, and when they install again."""

from __future__ import annotations

import subprocess
import sys

import pytest

import run
from tests.__main__ import closing_line, split_at_dashes, tests_executed
from tests.contracts.source import ROOT

tests_executed.__test__ = False  # its name begins like a test's


@pytest.mark.parametrize(
    ("output", "line", "count"),
    [
        ("noise\n===== 12 passed in 3.21s =====\n", "12 passed in 3.21s", 12),
        ("= 1 failed, 3 passed in 65.20s (0:01:05) =", "1 failed, 3 passed in 65.20s (0:01:05)", 4),
        ("\x1b[32m== \x1b[1m2 passed\x1b[0m in 0.1s ==\x1b[0m", "2 passed in 0.1s", 2),
        ("== 3 deselected in 0.04s ==", "3 deselected in 0.04s", 0),
        ("== no tests ran in 0.04s ==", "no tests ran in 0.04s", 0),
        ("== 2 skipped, 1 error in 0.04s ==", "2 skipped, 1 error in 0.04s", 1),
        ("Segmentation fault", "", 0),
    ],
)
def test_the_closing_line_of_pytest_is_found_and_counted(output, line, count):
    assert closing_line(output) == line
    assert tests_executed(line) == count


def test_arguments_after_the_dashes_go_to_pytest():
    assert split_at_dashes(["--deep", "--", "-k", "tree"]) == (["--deep"], ["-k", "tree"])
    assert split_at_dashes(["--deep"]) == (["--deep"], [])


def test_packages_are_installed_again_only_when_the_lock_changed(tmp_path, monkeypatch):
    runtime, development = tmp_path / "requirements.txt", tmp_path / "requirements-dev.txt"
    runtime.write_text("a==1")
    development.write_text("b==1")
    for name, value in (("ENVIRONMENT", tmp_path), ("RUNTIME_LOCK", runtime), ("DEVELOPMENT_LOCK", development)):
        monkeypatch.setattr(run, name, value)
    assert run.is_installed(runtime) is False
    run.stamp_of(runtime).write_text(run.fingerprint(runtime))
    assert (run.is_installed(runtime), run.is_installed(development)) == (True, False)
    run.stamp_of(development).write_text(run.fingerprint(development))
    runtime.write_text("a==2")
    assert (run.is_installed(runtime), run.is_installed(development)) == (False, False)


def test_the_keys_of_a_demo_are_random_and_written_once(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "ROOT", tmp_path)
    run.write_local_settings()
    first = (tmp_path / ".env").read_text()
    run.write_local_settings()
    assert (tmp_path / ".env").read_text() == first
    keys = [line.partition("=")[2] for line in first.splitlines() if line.startswith(("SECRET", "AUDIT", "TOKEN"))]
    assert len(set(keys)) == 3
    assert min(len(key) for key in keys) >= 32
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["dance"], "There is no command 'dance'"), (["check", "more"], "`check` takes no arguments")],
)
def test_a_wrong_command_is_answered_with_a_sentence(arguments, words):
    result = subprocess.run(
        [sys.executable, "run.py", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert words in result.stderr
