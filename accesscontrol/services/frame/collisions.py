"""Two at the same moment: what the database refuses is told as the sentence that the check of the act gives.

An act looks whether a name is free, and writes. Names are of the whole installation while an act has only its own trees
for itself, so another may write between the two; the constraint then refuses the second, and here is said how.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, connection
from django.utils.translation import gettext_noop as _

from accesscontrol.sentences import Sentence, Wording
from accesscontrol.services.frame.errors import WHOLE, Conflict, Invalid, Problem

TAKEN_KEY = Wording("key_taken", _("The key “%(value)s” is taken. Choose another."))
TAKEN_USERNAME = Wording("username_taken", _("The username “%(value)s” is taken. Choose another."))
OWNED = Wording(
    "has_an_owner",
    _("The account has an owner. Choose another authority, or hand the ownership over."),
)
TAKEN_IDENT = Wording(
    "ident_taken", _("This ident is taken there. Correct it, or first change that of the thing that has it.")
)
TAKEN_EXTERNAL_ID = Wording(
    "external_id_taken", _("The id “%(value)s” is that of somebody else of the account. Choose another.")
)
TAKEN = Wording("taken", _("This is taken. Choose another."))
THERE = Wording("there_already", _("Somebody has added this at the same moment. Reload the page."))
NAMED_GONE = Wording(
    "named_thing_gone", _("Something that this names has been removed at the same moment. Reload the page.")
)
#: Table and columns of what is unique → the field of the act, and the sentence; `value` is what stood there.
SAID: dict[tuple[str, tuple[str, ...]], tuple[str, Wording]] = {
    **{
        (table, ("key",)): ("key", TAKEN_KEY)
        for table in ("accounts_account", "items_item", "roles_role", "tokens_token", "grants_grant",
                      "projects_project")
    },
    ("accounts_user", ("username",)): ("username", TAKEN_USERNAME),
    ("accounts_user", ("username_folded",)): ("username", TAKEN_USERNAME),
    ("accounts_user", ("account_id",)): ("authority", OWNED),
    ("accounts_user", ("account_id", "external_id")): ("external_id", TAKEN),
    ("items_item", ("account_id", "ident_folded")): ("ident", TAKEN_IDENT),
    ("accounts_ownershiphandover", ("account_id",)): (WHOLE, THERE),
    ("projects_projectrole", ("project_id", "key")): ("roles", THERE),
    ("projects_projectmember", ("project_id", "user_id")): ("members", THERE),
    ("projects_projectitem", ("project_id", "item_id")): ("items", THERE),
    ("grants_grantgrantee", ("grant_id", "account_id")): ("grantees", THERE),
    ("grants_grantitem", ("grant_id", "item_id")): ("items", THERE),
    ("items_itemlink", ("member_id", "container_id")): ("links", THERE),
    ("items_itemuserobjectpermission", ("user_id", "permission_id", "content_object_id")): ("items", THERE),
}  # fmt: skip
#: The classes of PostgreSQL's refusals, by SQLSTATE.
_UNIQUE, _FOREIGN = "23505", "23503"
#: SQLite names the columns in its words only.
_SQLITE_UNIQUE = re.compile(r"UNIQUE constraint failed: (.+)$")
_SQLITE_FOREIGN = "SQLITE_CONSTRAINT_FOREIGNKEY"
#: “Key (username_folded)=(anna) already exists.”, in whatever language the server speaks.
_VALUE = re.compile(r"=\((.*)\)")


@contextmanager
def told_collisions() -> Iterator[None]:
    """Raises Invalid, with its field, for what is unique and was taken at the same moment; Conflict for what was
    removed while it was named. Every other refusal of the database is a fault of ours and stays what it is."""
    try:
        yield
    except IntegrityError as error:
        if _is_foreign(error):
            raise Conflict(NAMED_GONE()) from error
        said = _said(error)
        if said is None:
            raise
        raise Invalid([Problem(*said)]) from error


def _is_foreign(error: IntegrityError) -> bool:
    return _state(error) == _FOREIGN or getattr(error.__cause__, "sqlite_errorname", None) == _SQLITE_FOREIGN


def _state(error: IntegrityError) -> str | None:
    return getattr(error.__cause__, "sqlstate", None)


def _said(error: IntegrityError) -> tuple[str, Sentence] | None:
    """The field and the sentence for a refusal; None where it is no collision."""
    place = _place(error)
    if place is None or place not in SAID:
        return None
    field, wording = SAID[place]
    value = _value(error)
    if value is None and wording in (TAKEN_KEY, TAKEN_USERNAME):
        return field, TAKEN()
    return field, wording(value=value)


def _place(error: IntegrityError) -> tuple[str, tuple[str, ...]] | None:
    """The table and the columns whose uniqueness refused it."""
    if found := _SQLITE_UNIQUE.search(str(error.__cause__)):
        named = [name.split(".") for name in found.group(1).split(", ")]
        return named[0][0], tuple(column for _table, column in named)
    diagnosis: Any = getattr(error.__cause__, "diag", None)
    if _state(error) != _UNIQUE or diagnosis is None:
        return None
    return diagnosis.table_name, _columns(diagnosis.table_name, diagnosis.constraint_name)


def _columns(table: str, name: str) -> tuple[str, ...]:
    """The columns of a constraint or index of PostgreSQL, in their order; the failed transaction is over by now."""
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, table)
    return tuple(constraints[name]["columns"]) if name in constraints else ()


def _value(error: IntegrityError) -> str | None:
    """What stood there, where the database tells it."""
    diagnosis: Any = getattr(error.__cause__, "diag", None)
    row: str = getattr(diagnosis, "message_detail", None) or ""
    found = _VALUE.search(row)
    return found.group(1) if found else None
