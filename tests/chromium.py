"""A Chromium or Chrome for the browser tests: the one there is, else one that is fetched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

#: What they are called on the path, and where they stand on a Mac.
NAMES = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)  # fmt: skip
FETCH_SECONDS = 600
LEFT_OUT = (
    "The browser tests were left out: there is no Chromium or Chrome on this machine.\n"
    "Get one with `.venv/bin/python -m playwright install --with-deps chromium` or with your package manager "
    "(Debian: apt-get install chromium fonts-dejavu-core), or name one in CHROMIUM=/its/path, and run this again."
)


def find_chromium() -> Path | None:
    """The first that starts: CHROMIUM and nothing else where it is set, those on the path, Playwright's own."""
    if "CHROMIUM" in os.environ:
        return _starting(os.environ["CHROMIUM"])
    return next((path for name in NAMES if (path := _starting(name))), None) or _playwrights()


def fetch_chromium() -> Path | None:
    """Get one: by Playwright's installer, else by apt for root; None when that is not to be had."""
    print("There is no Chromium or Chrome for the browser tests; fetching one …", flush=True)
    if _runs([sys.executable, "-m", "playwright", "install", "chromium"]) and (found := find_chromium()):
        return found
    if shutil.which("apt-get") and os.geteuid() == 0:
        _runs(["apt-get", "update", "-qq"])
        _runs(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-dejavu-core"])
    return find_chromium()


def _playwrights() -> Path | None:
    with sync_playwright() as playwright:
        return _starting(playwright.chromium.executable_path)


def _starting(name: str) -> Path | None:
    """The path of this program, if it starts: what Ubuntu calls chromium-browser may only speak of another package."""
    path = shutil.which(name)
    return Path(path) if path and _runs([path, "--version"], seconds=30) else None


def _runs(command: list[str], seconds: int = FETCH_SECONDS) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=seconds
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
