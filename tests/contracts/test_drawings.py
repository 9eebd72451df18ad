"""Every icon that pages name is in the sprite; one that is not is told, and drawn all the same."""

from __future__ import annotations

import re
from dataclasses import replace

from accesscontrol import catalogue
from portal.drawings import NEUTRAL, check_drawings, drawing_of, drawings
from portal.templatetags.icons import icon
from tests.contracts.source import place, python_files, templates

NAMED = re.compile(r"""{%\s*icon "(\w+)"|\bicon(?:="|": ")(\w+)\"""")


def test_every_entry_of_the_catalogue_has_its_drawing():
    assert check_drawings() == []


def test_every_drawing_that_pages_name_is_there():
    files = [*templates(), *python_files("portal")]
    named = [(path, match[1] or match[2]) for path in files for match in NAMED.finditer(path.read_text())]
    assert len(named) > 100
    assert [f"{place(path, 1)} names {name}" for path, name in named if drawing_of(name) != name] == []
    assert NEUTRAL in drawings()


def test_a_missing_drawing_is_told_and_drawn_as_the_neutral_one(monkeypatch):
    monkeypatch.setitem(catalogue.KINDS, "lamp", replace(catalogue.KINDS["device"], name="lamp", icon="lighthouse"))
    [warning] = check_drawings()
    assert "Kind lamp of the catalogue has the icon 'lighthouse'" in warning.msg
    assert f"#{NEUTRAL}" in icon("lamp")
    assert f"#{NEUTRAL}" in icon("lighthouse")


def test_a_kind_is_drawn_as_its_entry_says(monkeypatch):
    monkeypatch.setitem(catalogue.KINDS, "lamp", replace(catalogue.KINDS["device"], name="lamp", icon="flag"))
    assert drawing_of("lamp") == "flag"
