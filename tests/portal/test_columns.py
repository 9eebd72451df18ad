"""Every column that carries access, and the doors that set it: who may, by which act, and that no other door does.

A new column, spec field, payload field or form field that is not in the table fails here, so that somebody decides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.test import Client

from accesscontrol.accounts.models import User
from accesscontrol.services.accounts.accounts import change_account
from accesscontrol.services.frame.errors import Invalid
from accesscontrol.services.grants.grants import change_grant, create_grant
from accesscontrol.services.items.items import change_item
from accesscontrol.services.people.roles import change_role
from accesscontrol.services.people.users import change_user
from accesscontrol.services.projects.projects import change_project
from accesscontrol.services.tokens.tokens import change_token
from accesscontrol.services.world import checking
from portal.api import urls
from tests.portal.columns import CHANGE, COLUMNS, PARTS, SPECS, WORDS
from tests.portal.walking import addresses
from tests.world import CONSOLE, Cast, build_cast

pytestmark = pytest.mark.checklist("E05")


def of_noun(noun: str, names: Any) -> set[str]:
    """The columns of the table that these words of a form or payload are about."""
    said = {WORDS.get((noun, name), name) for name in names}
    return {f"{noun}.{name}" for name in said if f"{noun}.{name}" in COLUMNS}


# --- The table knows every column


def test_the_table_holds_every_field_that_carries_access():
    assert {f"{noun}.{name}" for noun, spec in SPECS.items() for name in spec.ACCESS} == set(COLUMNS)


def test_the_table_holds_every_foreign_key():
    ours = [model for model in apps.get_models() if model.__module__.startswith("accesscontrol.")]
    keys = {
        (model.__name__, field.name)
        for model in ours
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey | models.ManyToManyField)
    }
    known = {(model, field) for model, field in keys if f"{model.lower()}.{field}" in COLUMNS}
    assert {f"{model}.{field}" for model, field in keys - known} == set(PARTS)


# --- Doors


NOUNS = {"accounts": "account", "items": "item", "users": "user", "tokens": "token", "grants": "grant",
         "projects": "project", "roles": "role"}  # fmt: skip
#: Payloads that name things to act on, not columns.
NAMING = {"disable", "revoke", "leaked", "assign", "add_link"}


def test_the_interface_sets_what_the_table_says():
    found: dict[str, set[str]] = defaultdict(set)
    for address in addresses(urls.urlpatterns):
        view, noun = (
            address.view.cls,
            NOUNS.get(address.pattern.split("/")[2] if address.pattern.count("/") > 2 else ""),
        )
        below = address.pattern.count("<") > 1 or "/items/" in address.pattern.partition("<str:key>")[2]
        for action in address.actions.values() if noun and not below else ():
            payload = getattr(view, "payloads", {}).get(action)
            if payload is None or action in NAMING:
                continue
            writable = [name for name, field in payload().fields.items() if not field.read_only]
            for column in of_noun(noun, writable):
                found[column].add(action)
    assert {name: set(column.rest) - {""} for name, column in COLUMNS.items()} == {
        name: {action for action in found.get(name, ()) if not action.startswith("preview")} for name in COLUMNS
    }


PAGES: dict[str, dict[str, str]] = {
    "account": {"create": "~new/", "change": "contoso/change/", "limits_change": "contoso/limits/change/",
                "move": "contoso/move/"},
    "item": {"create": "device/~new/", "change": "device/truck-7/change/", "move": "device/truck-7/move/",
             "give": "device/truck-7/give/"},
    "user": {"create": "~new/", "change": "anna/change/"},
    "role": {"create": "~new/", "change": "dispatcher/change/"},
    "token": {"create": "~new/", "change": "t-viewer/change/"},
    "grant": {"create": "~new/", "change": "g-all/change/", "extend": "g-all/extend/",
              "item_add": "hub-for-contoso/items/~add/", "grantee_add": "hub-for-contoso/grantees/~add/"},
    "project": {"create": "~new/", "change": "pilot/change/", "give": "pilot/give/", "items_add": "pilot/items/~new/",
                "members_add": "pilot/members/~new/"},
}  # fmt: skip


@pytest.fixture
def cast(db: None) -> Cast:
    return build_cast()


def fields_of(client: Client, path: str) -> set[str]:
    """The names that a form can send; of the editor of tokens its parts too."""
    context = client.get(path).context
    parts = {"rules", "topics"} if "editor" in context else set()
    return set(context["form"].fields) | parts


@pytest.mark.parametrize("noun", PAGES)
def test_the_pages_set_what_the_table_says(cast: Cast, noun: str) -> None:
    create_grant(
        CONSOLE, cast.accounts["northwind"], covers="account", grantees=[cast.accounts["contoso"]], key="g-all"
    )
    client = Client()
    client.force_login(cast.people["nora"])
    found: dict[str, set[str]] = defaultdict(set)
    for route, path in PAGES[noun].items():
        names = fields_of(client, f"/{noun}s/{path}")
        if noun in ("account", "user"):
            names |= {"limits"} if any(name.startswith("limit_") for name in names) else set()
        for column in of_noun(noun, names):
            found[column].add(route)
    table = {name: set(one.pages) for name, one in COLUMNS.items() if name.startswith(f"{noun}.")}
    assert {name: found[name] for name in table} == table


def test_nowhere_is_a_key_chosen_but_in_files(cast: Cast) -> None:
    """A key that is taken would tell that there is such a thing."""
    assert [name for name, column in COLUMNS.items() if name.endswith(".key") and (column.rest or column.pages)] == []
    client = Client()
    client.force_login(cast.people["nora"])
    chosen = [
        (noun, route)
        for noun, routes in PAGES.items()
        for route, path in routes.items()
        if route == "create" and "key" in fields_of(client, f"/{noun}s/{path}")
    ]
    assert chosen == []


WORLD = {
    "account": checking.ACCOUNT_FIELDS, "item": checking.ITEM_FIELDS, "user": checking.USER_FIELDS,
    "role": checking.ROLE_FIELDS, "token": checking.TOKEN_FIELDS, "grant": checking.GRANT_FIELDS,
    "project": checking.PROJECT_FIELDS,
}  # fmt: skip


def test_files_name_what_the_table_says():
    named = {column for noun, fields in WORLD.items() for column in of_noun(noun, fields)}
    assert named == {name for name, column in COLUMNS.items() if column.world}


# --- What `change` leaves alone


OTHER: dict[str, Callable[[Cast], Any]] = {
    "item.account": lambda cast: cast.accounts["contoso"],
    "item.kind": lambda cast: "channel",
    "item.owner": lambda cast: cast.people["otto"],
    "item.made_by": lambda cast: cast.people["sam"],
    "user.account": lambda cast: cast.accounts["contoso"],
    "role.account": lambda cast: cast.accounts["contoso"],
    "token.account": lambda cast: cast.accounts["contoso"],
    "token.type": lambda cast: "master",
    "token.user": lambda cast: cast.people["anna"],
    "grant.account": lambda cast: cast.accounts["fabrikam"],
    "project.account": lambda cast: cast.accounts["contoso"],
    "project.owner": lambda cast: cast.people["anna"],
}
CHANGES: dict[str, Callable[..., Any]] = {
    "item": lambda cast, **fields: change_item(CONSOLE, cast.items["truck_7"], **fields),
    "user": lambda cast, **fields: change_user(CONSOLE, cast.people["sam"], **fields),
    "role": lambda cast, **fields: change_role(CONSOLE, cast.dispatcher, **fields),
    "token": lambda cast, **fields: change_token(CONSOLE, cast.tokens["viewer"].token, **fields),
    "grant": lambda cast, **fields: change_grant(CONSOLE, cast.hub_grant, **fields),
    "project": lambda cast, **fields: change_project(CONSOLE, cast.pilot, **fields),
}
#: Told at another field than the one that was to be changed.
TOLD_AT = {"token.account": "type", "token.user": "type"}


def test_every_kept_column_is_tried():
    """Keys are no part of what a change writes; an account is moved by its own change, which the tree locks."""
    kept = {name for name, column in COLUMNS.items() if column.how != CHANGE and not name.endswith(".key")}
    assert kept - set(OTHER) == {"account.parent"}


@pytest.mark.parametrize("name", OTHER)
def test_no_change_sets_what_is_kept_not_even_the_consoles(cast: Cast, name: str) -> None:
    noun, _, field = name.partition(".")
    with pytest.raises(Invalid) as refused:
        CHANGES[noun](cast, **{field: OTHER[name](cast)})
    assert TOLD_AT.get(name, field) in refused.value.errors


def test_keys_stay_whatever_a_change_says(cast: Cast) -> None:
    for noun, change in {
        **CHANGES,
        "account": lambda cast, **fields: change_account(CONSOLE, cast.accounts["shop"], **fields),
    }.items():
        if noun == "user":
            continue
        thing = change(cast, key="chosen")
        assert type(thing)._default_manager.get(pk=thing.pk).key != "chosen"
    assert User.objects.filter(username="sam").exists()
