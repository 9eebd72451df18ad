"""What was changed without being counted: two pictures of everything that has a revision, with what belongs to it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model

from accesscontrol.accounts.models import Account, User
from accesscontrol.grants.models import Grant, GrantGrantee, GrantItem
from accesscontrol.items.models import Item, ItemUserObjectPermission, Record
from accesscontrol.projects.models import Project, ProjectItem, ProjectMember, ProjectRole, ProjectRule
from accesscontrol.roles.models import Role
from accesscontrol.services.frame import acts
from accesscontrol.tokens.models import Token, TokenRule, TokenTopic

#: What is no change of a thing: the place in the tree that a neighbour's move renumbers, when it was used or seen, how
#: often sessions were ended, and that its maker has been removed.
_NO_CHANGE = {
    "made_by_id",
    "lft", "rght", "tree_id", "level", "top_id", "changed_at", "device_count", "last_login", "last_seen_at",
    "changes_mailed_at", "last_used_at", "last_used_address", "revision", "sessions_ended",
}  # fmt: skip
#: What is changed with the thing that a column of it names, while what it points at is there. An invitation that has
#: not been accepted is left out: its own side must not learn whether there is anybody who could answer it.
_PARTS: tuple[tuple[type[Model], str, type[Model], str], ...] = (
    (GrantItem, "grant_id", Grant, "item_id"),
    (GrantGrantee, "grant_id", Grant, "account_id"),
    (TokenRule, "token_id", Token, ""),
    (TokenTopic, "token_id", Token, ""),
    (ProjectItem, "project_id", Project, "item_id"),
    (ProjectRole, "project_id", Project, ""),
    (ProjectMember, "project_id", Project, "user_id"),
    (ProjectRule, "project_id", Project, "item_id"),
    (ItemUserObjectPermission, "user_id", User, "content_object_id"),
)
_ENDS: dict[str, type[Model]] = {"item_id": Item, "content_object_id": Item, "account_id": Account, "user_id": User}
Thing = tuple[type[Model], int]


def _rows(model: type[Model]) -> Iterator[dict[str, Any]]:
    """The rows of a table as they are stored: no values are made of them, since this is done at every act."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {model._meta.db_table} ORDER BY id")
        names = [column[0] for column in cursor.description]
        yield from (dict(zip(names, row, strict=True)) for row in cursor.fetchall())


class Picture:
    """Everything that has a revision, as it is now."""

    def __init__(self) -> None:
        self.columns: dict[Thing, dict[str, Any]] = {}
        self.revisions: dict[Thing, int] = {}
        self.parts: dict[Thing, list[tuple[Thing | None, str]]] = {}
        for model in (Account, User, Role, Item, Record, Token, Grant, Project):
            for row in _rows(model):
                self.revisions[model, row["id"]] = row["revision"]
                self.columns[model, row["id"]] = {name: row[name] for name in row if name not in _NO_CHANGE}
        for model, column, of, end in _PARTS:
            for row in _rows(model):
                if "accepted_at" not in row or row["accepted_at"] is not None:
                    at = (_ENDS[end], row[end]) if end and row[end] else None
                    told = f"{model.__name__} {dict(row, id=None)}"
                    self.parts.setdefault((of, row[column]), []).append((at, told))

    def state(self, thing: Thing, other: Picture) -> tuple[Any, list[str]]:
        """What a thing is and holds; without what points at something that is not there in the other picture."""
        parts = [told for at, told in self.parts.get(thing, ()) if at is None or at in other.columns]
        return self.columns[thing], sorted(parts)


def uncounted(before: Picture, after: Picture) -> Iterable[str]:
    """What differs though its revision is the same as before."""
    for thing in before.columns.keys() & after.columns.keys():
        was, now = before.state(thing, after), after.state(thing, before)
        if was != now and before.revisions[thing] == after.revisions[thing]:
            yield f"{thing[0].__name__} {thing[1]}: {was} is now {now}"


@contextmanager
def watched_acts() -> Iterator[None]:
    """Every act inside is looked at before and after. Raises AssertionError when one changed what it did not count."""
    begun: list[Picture] = []
    found: list[str] = []
    lock_roots, end_looks = acts.lock_roots, acts.engine.end_looks

    def enter(*rest: Any) -> None:
        lock_roots(*rest)
        begun.append(begun[0] if begun else Picture())

    def leave() -> None:
        end_looks()
        first = begun.pop() if begun else None
        if first is not None and not begun and sys.exception() is None:
            found.extend(uncounted(first, Picture()))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(acts, "lock_roots", enter)
        patch.setattr(acts.engine, "end_looks", leave)
        yield
    assert found == [], "an act changed something without counting it"
