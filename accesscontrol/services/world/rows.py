"""The database rows that a plan touches or names, by noun and key."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import Model

from accesscontrol.access.fresh.things import MODELS
from accesscontrol.items.models import ItemLink, ItemUserObjectPermission
from accesscontrol.services.frame.lines import chunks
from accesscontrol.services.world.planning import Plan

#: What the services read along with each row.
_RELATED = {
    "account": ("parent",),
    "role": ("account",),
    "user": ("account", "role"),
    "item": ("account", "owner", "made_by"),
    "token": ("account", "user"),
    "project": ("account", "owner"),
    "grant": ("account",),
}
_NOUNS = {model: noun for noun, model in MODELS.items()}


def noun_of(row: Model) -> str:
    return _NOUNS.get(type(row), "")


def key_of(row: Any) -> str:
    return getattr(row, row.found_by) if noun_of(row) else ""


class Rows:
    """Loads at once every row that is there already and that the plan changes, removes or refers to."""

    def __init__(self, plan: Plan):
        self.rows: dict[str, dict[str, Any]] = {noun: {} for noun in MODELS}
        self._asked: set[tuple[str, str]] = set()
        for noun, keys in _needed(plan).items():
            self.load(noun, keys.difference(plan.created[noun]))
        #: What goes: nothing of the file may name it.
        self.leaving = {noun: {key: self.rows[noun].pop(key) for key in keys} for noun, keys in plan.removed.items()}

    def load(self, noun: str, keys: Iterable[str]) -> None:
        """Load the rows of these keys."""
        model: Any = MODELS[noun]
        column = model.found_by
        for piece in chunks(list(keys)):
            rows = model._default_manager.select_related(*_RELATED[noun]).filter(**{f"{column}__in": piece})
            self.rows[noun] |= {getattr(row, column): row for row in rows}

    def find(self, noun: str, key: str | None) -> Any:
        """The row, or None where there is none: it is not named, or could not be made."""
        return next(iter(self.every(noun, [key])), None) if key is not None else None

    def every(self, noun: str, keys: Iterable[str]) -> tuple[Any, ...]:
        """The rows of these keys, as far as there are any."""
        found, missing = self.rows[noun], [key for key in keys if key not in self.rows[noun]]
        self._asked.update((noun, key) for key in missing)
        return tuple(found[key] for key in keys if key in found)

    def missing(self) -> list[str]:
        """What was asked for and is not there to this day."""
        return sorted(f"{noun} {key}" for noun, key in self._asked if key not in self.rows[noun])

    def add(self, noun: str, pairs: Iterable[tuple[str, Any]]) -> None:
        self.rows[noun].update(pairs)


def _needed(plan: Plan) -> dict[str, set[str]]:
    """Keys that the acts will ask for: what changes or goes, its account and parent, and every reference."""
    needed: dict[str, set[str]] = {noun: {*plan.changed[noun], *plan.removed[noun]} for noun in MODELS}
    for _, noun, key in plan.checked.faults.references:
        needed[noun].add(key)
    for noun, records in plan.checked.state.items():
        for key in (*plan.created[noun], *plan.changed[noun]):
            above = records[key]["parent" if noun == "account" else "account"]
            if above is not None:
                needed["account"].add(above)
            if noun == "user":
                needed["user"].add(key)
    return needed


def stored_links(pairs: Collection[tuple[str, str]]) -> list[ItemLink]:
    """The links of these (member, container) keys."""
    wanted, found = set(pairs), []
    for piece in chunks({member for member, _ in pairs}):
        rows = ItemLink.objects.filter(member__key__in=piece).select_related("member", "container")
        found += [row for row in rows if (row.member.key, row.container.key) in wanted]
    return found


def stored_shares(names: Collection[str]) -> dict[tuple[str, str, str], ItemUserObjectPermission]:
    """The assignments and shares of these users by (folded username, item key, codename)."""
    found = {}
    for piece in chunks(names):
        rows = ItemUserObjectPermission.objects.filter(user__username_folded__in=piece)
        for row in rows.select_related("user", "content_object", "permission"):
            found[row.user.username_folded, row.content_object.key, row.permission.codename] = row
    return found
