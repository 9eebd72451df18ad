"""What comes from others is what we think it is: locked packages and vendored files."""

from __future__ import annotations

import hashlib
import json
import re

import pytest

from tests.contracts.source import ROOT

VENDOR = ROOT / "static" / "vendor"
LOCKS = ("requirements.txt", "requirements-dev.txt")
PINNED = re.compile(r"^[A-Za-z0-9._-]+(?:\[[a-z,]+\])?==[^ ]+(?: ; .*)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")


def vendored() -> list[dict]:
    return [file for package in json.loads((VENDOR / "vendor.json").read_text()) for file in package["files"]]


@pytest.mark.checklist("C05")
def test_vendored_files_are_the_ones_that_were_listed():
    listed = {file["path"]: file["sha256"] for file in vendored()}
    present = {
        str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "vendor.json"
    }
    assert listed, "vendor.json lists nothing"
    assert present == listed


def test_every_vendored_package_names_version_and_licence():
    packages = json.loads((VENDOR / "vendor.json").read_text())
    incomplete = [package for package in packages if not {"name", "version", "licence", "files"} <= package.keys()]
    assert incomplete == []


def test_vendored_files_point_at_no_source_map():
    """The manifest storage would look for the map and fail."""
    texts = [path for path in VENDOR.rglob("*") if path.suffix in (".js", ".css")]
    assert texts, "there is nothing vendored to look at"
    assert [path.name for path in texts if b"sourceMappingURL" in path.read_bytes()] == []


@pytest.mark.checklist("C05")
@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_holds_only_pinned_packages_with_hashes(name):
    """No address, no path, no index: those belong to the machine that installs."""
    lines = (ROOT / name).read_text().splitlines()
    strange = [line for line in lines if not (PINNED.match(line) or HASH.match(line) or line.startswith("    # "))]
    assert any(PINNED.match(line) for line in lines)
    assert strange == []
    assert [line for line in lines if "://" in line or "/" in line.split("#")[0].split(";")[0]] == []


@pytest.mark.parametrize(("name", "lock"), [("requirements.in", LOCKS[0]), ("requirements-dev.in", LOCKS[1])])
def test_every_requirement_says_why_and_is_locked(name, lock):
    lines = [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith(("#", "-r"))]
    locked = {line.split("==")[0] for line in (ROOT / lock).read_text().splitlines() if PINNED.match(line)}
    assert lines
    assert [line for line in lines if not re.search(r"  # \w", line)] == []
    names = {re.split(r"[\[<>=]", line)[0].strip().lower() for line in lines}
    assert names - locked == set()
