"""Revisions (access model §11): each act counts up what it changes, so that a change can say what it was made from."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import F

from accesscontrol.accounts.revisions import Revised
from accesscontrol.services.frame.lines import chunks


def count_up(things: Iterable[Revised]) -> None:
    """Count up what an act changed, once each: one statement a model, however many there are."""
    by_model: dict[type[Revised], dict[int, list[Revised]]] = {}
    for thing in things:
        by_model.setdefault(type(thing), {}).setdefault(thing.pk, []).append(thing)
    for model, rows in by_model.items():
        for piece in chunks(sorted(rows)):
            model._default_manager.filter(pk__in=piece).update(revision=F("revision") + 1)
        for copies in rows.values():
            for thing in {id(copy): copy for copy in copies}.values():
                thing.revision += 1
