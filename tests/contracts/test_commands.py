"""The commands of run.py: what they conclude from pytest's words, and when they install again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import run
from tests import chromium
from tests.__main__ import closing_line, need_browser, split_at_dashes, summarize, tests_executed
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


# --- The browser of the tests


def program(folder: Path, name: str, exit_code: int = 0) -> Path:
    """A program that does nothing but end with this code."""
    path = folder / name
    path.write_text(f"#!/bin/sh\nexit {exit_code}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def bare_path(tmp_path, monkeypatch):
    """A path with nothing on it but what a test puts there, and no browser of Playwright's."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(chromium, "_playwrights", lambda: None)
    return tmp_path


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"])
def test_any_chromium_or_chrome_on_the_path_is_found(bare_path, name):
    assert chromium.find_chromium() is None
    browser = program(bare_path, name)
    assert chromium.find_chromium() == browser


def test_a_browser_that_does_not_start_is_passed_over(bare_path):
    program(bare_path, "chromium-browser", exit_code=1)
    assert chromium.find_chromium() is None
    chrome = program(bare_path, "chrome")
    assert chromium.find_chromium() == chrome


def test_a_named_browser_is_taken_and_no_other(bare_path, monkeypatch):
    program(bare_path, "chromium")
    own = program(bare_path, "my-own")
    monkeypatch.setenv("CHROMIUM", str(own))
    assert chromium.find_chromium() == own
    monkeypatch.setenv("CHROMIUM", str(bare_path / "missing"))
    assert chromium.find_chromium() is None


WORDS = ("playwright", "apt-get", "install", "update", "chromium")


@pytest.mark.parametrize(
    ("root", "commands"),
    [
        (True, ["playwright install chromium", "apt-get update", "apt-get install chromium"]),
        (False, ["playwright install chromium"]),
    ],
)
def test_a_missing_browser_is_fetched_by_playwright_then_by_apt_as_root(bare_path, monkeypatch, root, commands):
    asked: list[str] = []

    def noted(command: list[str], seconds: int = 0) -> bool:
        asked.append(" ".join(word for word in map(os.path.basename, command) if word in WORDS))
        return False

    program(bare_path, "apt-get")
    monkeypatch.setattr(chromium, "_runs", noted)
    monkeypatch.setattr(os, "geteuid", lambda: 0 if root else 1000)
    assert chromium.fetch_chromium() is None
    assert asked == commands


@pytest.mark.parametrize(("arguments", "needed"), [([], True), (["tests/browser"], True), (["-k", "tree"], False)])
def test_a_browser_is_needed_when_its_tests_run(arguments, needed):
    assert need_browser(arguments) is needed


class Passed:
    """A run that went well."""

    name, closing_line, tests_executed = "SQLite", "1 passed in 0.1s", 1

    def verdict(self, may_be_empty: bool) -> str | None:
        return None


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_tests_without_a_browser_end_with_how_to_get_one_and_fail_in_ci(monkeypatch, capsys, ci, code):
    monkeypatch.setenv("CI", ci)
    assert summarize([Passed()], may_be_empty=False, without_browser=True, seconds=1) == code
    said = capsys.readouterr().out
    assert said.rstrip().endswith(chromium.LEFT_OUT)
    assert "All tests but those of the browser passed." in said
