"""What README and the documents promise is there: paths, commands, names of code."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
from django.core.management import get_commands

import run
from tests.contracts.source import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```.*?\n(.*?)^```", re.MULTILINE | re.DOTALL)
IN_CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)#]+)\)")
FOLDERS = ("accesscontrol/", "portal/", "tests/", "benchmarks/", "demo/", "templates/", "static/", "docs/",
           "access/", "services/", "pages/", "api/", "frame/")  # fmt: skip
#: Where a path begins that README does not write from the top.
STARTS = ("", "accesscontrol/", "portal/")
RUN = re.compile(r"run\.py ([a-z]+)(?: ([a-z_]+))?")
DOTTED = re.compile(r"^(accesscontrol|portal|demo)(\.\w+)+$")


def named(page: Path) -> list[str]:
    """What a page writes as code: in a line, and lines of their own."""
    text = page.read_text(encoding="utf-8")
    blocks = BLOCK.findall(text)
    return IN_CODE.findall(BLOCK.sub("", text)) + [line.strip() for block in blocks for line in block.splitlines()]


def leads_somewhere(path: str) -> bool:
    """Whether a path as README writes it is there; `<noun>` stands for any folder or file."""
    pattern = re.sub(r"<\w+>", "*", path.rstrip("/"))
    return any(list(ROOT.glob(start + pattern)) for start in STARTS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_path_leads_somewhere(page):
    text = page.read_text(encoding="utf-8")
    paths = [word for word in named(page) if word.startswith(FOLDERS) and re.fullmatch(r"[\w./<>-]+", word)]
    missing = [path for path in paths if not leads_somewhere(path)]
    links = [link for link in LINK.findall(text) if "://" not in link and not (page.parent / link).exists()]
    assert (missing, links) == ([], [])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_command_exists(page):
    text = "\n".join(named(page))
    unknown = [command for command, _ in RUN.findall(text) if command not in run.COMMANDS]
    managed = {name for command, name in RUN.findall(text) if command == "manage" and name}
    managed |= set(re.findall(r"manage\.py ([a-z_]+)", text))
    assert (unknown, managed - set(get_commands())) == ([], set())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_dotted_name_is_something(page):
    for word in named(page):
        if DOTTED.match(word):
            module, _, name = word.rpartition(".")
            assert hasattr(importlib.import_module(module), name) or importlib.import_module(word), word


def test_readme_is_looked_at():
    readme = named(ROOT / "README.md")
    assert "python3 run.py check" in readme
    assert not leads_somewhere("accesscontrol/nowhere.py")
    assert leads_somewhere("services/<noun>/")
