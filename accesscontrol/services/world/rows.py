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
    return row.username if noun_of(row) == "user" else getattr(row, "key", "")


class Rows:
    """Loads at once every row that is there already and that the plan changes, removes or refers to."""

    def __init__(self, plan: Plan):
        self.rows: dict[str, dict[str, Any]] = {}
        wanted = _needed(plan)
        for noun, model in MODELS.items():
            column = "username" if noun == "user" else "key"
            found = self.rows[noun] = {}
            new = set(plan.created[noun])
            for piece in chunks([key for key in wanted[noun] if key not in new]):
                rows = model._default_manager.select_related(*_RELATED[noun]).filter(**{f"{column}__in": piece})
                found |= {getattr(row, column): row for row in rows}
        #: What goes: nothing of the file may name it.
        self.leaving = {noun: {key: self.rows[noun].pop(key) for key in keys} for noun, keys in plan.removed.items()}

    def find(self, noun: str, key: str | None) -> Any:
        """The row, or None where there is none: it is not named, or could not be made."""
        return None if key is None else self.rows[noun].get(key)

    def every(self, noun: str, keys: Iterable[str]) -> tuple[Any, ...]:
        """The rows of these keys, as far as there are any."""
        found = self.rows[noun]
        return tuple(found[key] for key in keys if key in found)

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
    """The assignments and shares of these users by (username, item key, codename)."""
    found = {}
    for piece in chunks(names):
        rows = ItemUserObjectPermission.objects.filter(user__username__in=piece)
        for row in rows.select_related("user", "content_object", "permission"):
            found[row.user.username, row.content_object.key, row.permission.codename] = row
    return found
