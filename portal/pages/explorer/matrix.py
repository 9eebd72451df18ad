"""What a caller can do, as the grid that components/matrix.html draws: kinds × verbs, with sections to open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypedDict

from django.utils.translation import gettext as _

from accesscontrol import catalogue
from accesscontrol.access.look import Look

SIGNS = {"all": "yes", "some": "partly", "none": "no"}
#: Kind → permission → `all`, `some` or `none`.
Access = dict[str, dict[str, str]]


class Cell(TypedDict):
    """components/matrix_cell.html. sign: yes, partly, no; none where the catalogue has no such verb."""

    sign: str
    url: str
    note: str


class SectionRow(TypedDict):
    """A section of a kind."""

    label: str
    cells: Sequence[Cell]


class KindRow(SectionRow):
    """A kind, with its sections to open."""

    key: str
    icon: str
    sections: Sequence[SectionRow]


class KindGroup(TypedDict):
    """The kinds of a family."""

    label: str
    kinds: Sequence[KindRow]


class Verb(TypedDict):
    """A column."""

    key: str
    label: str


class Matrix(TypedDict):
    """components/matrix.html: kinds × verbs."""

    verbs: Sequence[Verb]
    groups: Sequence[KindGroup]


class MatrixShown(TypedDict):
    """A matrix, and the kinds of which it shows nothing."""

    matrix: Matrix
    left_out: Sequence[str]


def matrix_of(look: Look, url: Callable[[str], str], everything: bool) -> MatrixShown:
    """A caller's matrix. url: where a permission is explained. everything: also kinds with nothing allowed."""
    access = look.access
    verbs = [*catalogue.VERBS, *(["operate"] if access["account"]["account:operate"] != "none" else [])]
    groups: list[KindGroup] = []
    left_out = []
    for family, label in catalogue.FAMILIES.items():
        kinds = []
        for kind in (one for one in catalogue.KINDS.values() if one.family == family):
            if everything or any(amount != "none" for amount in access[kind.name].values()):
                kinds.append(_kind(kind, access[kind.name], verbs, url))
            else:
                left_out.append(_(kind.plural))
        if kinds:
            groups.append({"label": _(label), "kinds": kinds})
    found: Matrix = {"verbs": [{"key": verb, "label": _verb(verb)} for verb in verbs], "groups": groups}
    return {"matrix": found, "left_out": left_out}


def _verb(verb: str) -> str:
    return {
        "view": _("View"),
        "create": _("Create"),
        "change": _("Change"),
        "delete": _("Delete"),
        "operate": _("Act as"),
    }[verb]


def _kind(kind: catalogue.Kind, access: dict[str, str], verbs: list[str], url: Callable[[str], str]) -> KindRow:
    sections: list[SectionRow] = [
        {
            "label": _(catalogue.SECTIONS[section].label),
            "cells": _cells(f"{kind.name}.{section}", access, verbs, url),
        }
        for section in kind.sections
    ]
    return {
        "key": kind.name,
        "label": _(kind.plural),
        "icon": kind.icon,
        "cells": _cells(kind.name, access, verbs, url),
        "sections": sections,
    }


def _cells(head: str, access: dict[str, str], verbs: list[str], url: Callable[[str], str]) -> list[Cell]:
    """One row of cells; a verb that the catalogue does not have here is void."""
    cells: list[Cell] = []
    for verb in verbs:
        name = f"{head}:{verb}"
        void: Cell = {"sign": "none", "url": "", "note": ""}
        cells.append({"sign": SIGNS[access[name]], "url": url(name), "note": name} if name in access else void)
    return cells
