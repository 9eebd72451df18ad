"""Names in decision requests become rows: one statement a noun, however many requests there are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from accesscontrol import catalogue
from accesscontrol.access.fresh.things import MODELS, Ref
from accesscontrol.accounts.names import fold
from accesscontrol.services.decisions.authzen import Asked
from accesscontrol.services.frame.lines import chunks

#: What no name can hold, and no database can be asked about.
UNASKABLE = re.compile("[\x00\ud800-\udfff]")
_ROW_NUMBER = re.compile(r"pk:([1-9][0-9]{0,17})\Z")


def look_up(asked: Iterable[Asked]) -> dict[tuple[str, str], Ref]:
    """(type, id) as asked → the row, for everything that exists."""
    wanted: dict[str, set[tuple[str, str]]] = {}
    for one in asked:
        names = [one.subject, one.resource]
        if one.account is not None:
            names.append(("account", one.account))
        for kind, name in names:
            noun = "item" if kind in catalogue.ITEM_KINDS else kind
            if noun in MODELS and not UNASKABLE.search(name):
                wanted.setdefault(noun, set()).add((kind, name))
    found: dict[tuple[str, str], Ref] = {}
    for noun, pairs in wanted.items():
        for piece in chunks(pairs):
            _look_up_noun(noun, piece, found)
    return found


def _look_up_noun(noun: str, names: list[tuple[str, str]], found: dict[tuple[str, str], Ref]) -> None:
    model: type[Any] = MODELS[noun]
    column = model.found_by
    spellings: dict[tuple[str, str], list[str]] = {}
    for kind, name in names:
        spellings.setdefault((kind, fold(name)), []).append(name)
    numbers = [int(match.group(1)) for _, name in names if (match := _ROW_NUMBER.match(name))]
    condition = Q(**{f"{column}__in": {name for _, name in spellings}})
    if numbers:
        condition |= Q(pk__in=numbers)
    columns = ("pk", column, "kind") if noun == "item" else ("pk", column)
    asked_for = set(names)
    for pk, folded, *kind in model._default_manager.filter(condition).order_by().values_list(*columns):
        row_type = kind[0] if kind else noun
        for name in (*spellings.get((row_type, folded), ()), f"pk:{pk}"):
            if (row_type, name) in asked_for:
                found[row_type, name] = (noun, pk)
