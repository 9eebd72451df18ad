"""Every address of the portal, for every persona of the demo and for nobody: its status is what the engine says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from accesscontrol import catalogue
from accesscontrol.access.actor import Actor
from accesscontrol.access.permissions import permission
from accesscontrol.accounts.models import User
from accesscontrol.services.demo.personas import PERSONAS
from portal.declared import PUBLIC, SIGNED_IN
from portal.pages.base import Screen
from tests.portal.walking import Address, Caller, Walker, addresses, key_of

pytestmark = pytest.mark.django_db
NOBODY = "nobody"
WALKERS = [*(persona.username for persona in PERSONAS), NOBODY]
OUTSIDE = [NOBODY, *(persona.username for persona in PERSONAS if not persona.signs_in)]
TO_SIGN_IN = 302
#: Pages that answer otherwise than with 200 to whoever is signed in, and to whoever is not.
SIGNED_IN_STATUS = {"switch_stop": 405, "account_login": 302}
OUTSIDE_STATUS = {"account_login": 200, "account_logout": 302}
PAGES = [address for address in addresses() if address.endpoint is None]
ENDPOINTS = [address for address in addresses() if address.endpoint is not None]
SAMPLE_PARTS = {"permission": "device:view"}
VERBS = {"list": "view", "retrieve": "view", "create": "create", "change_output": "change",
         "partial_update": "change", "destroy": "delete", "clear": "delete"}  # fmt: skip


@pytest.fixture
def walk(demo):
    """A browser and what its person may see."""
    client = Walker()

    def start(username: str) -> tuple[Client, Caller]:
        if username == NOBODY:
            return client, Caller(None)
        user = User.objects.get(username=username)
        client.force_login(user)
        return client, Caller(None if username in OUTSIDE else Actor.of(user))

    return start


# --- Declarations


@pytest.mark.checklist("Z02")
def test_every_page_declares_a_permission_that_there_is():
    assert len(PAGES) > 300
    for page in PAGES:
        assert page.declared is not None, f"{page.pattern} declares nothing"
        if page.declared not in (PUBLIC, SIGNED_IN):
            permission(page.declared)


@pytest.mark.checklist("Z02")
def test_every_method_of_every_endpoint_declares_what_it_asks():
    assert len(ENDPOINTS) > 20
    for endpoint in ENDPOINTS:
        declares = getattr(endpoint.endpoint, "declares", {})
        missing = [action for action in endpoint.actions.values() if not declares.get(action)]
        assert missing == [], f"{endpoint.pattern} declares nothing for {missing}"
        for wanted in (declares[action] for action in endpoint.actions.values()):
            if isinstance(wanted, str) and wanted not in (PUBLIC, SIGNED_IN) and not wanted.startswith("*"):
                permission(wanted)


# --- Pages


def route_of(page: Address) -> tuple[str, Any]:
    """The kind whose screen a page is, and its route there."""
    screen: type[Screen] = page.view.screen
    kinds = [kind for kind in catalogue.KINDS if page.name.startswith(f"{kind}_")]
    found = [
        (kind, route) for kind in kinds for route in screen.routes_of(kind) if page.name == f"{kind}_{route.name}"
    ]
    assert len(found) == 1, f"{page.pattern} is no single route of a screen"
    return found[0]


def page_cases(page: Address, caller: Caller) -> Iterator[tuple[str, str, int]]:
    """(method, path, status) of what is asked of a page."""
    if page.declared in (PUBLIC, SIGNED_IN):
        yield "GET", page.at(**SAMPLE_PARTS), SIGNED_IN_STATUS.get(page.name, 200)
    elif "key" not in page.parts:
        needed = permission(page.declared)
        open_to_all = needed.verb != "create" or caller.may_create(page.declared)
        yield "GET", page.at(), 200 if open_to_all else 403
    else:
        yield from thing_cases(page, caller)


def thing_cases(page: Address, caller: Caller) -> Iterator[tuple[str, str, int]]:
    """The same for a page about one thing. What nobody may do is tried, too: it is never done."""
    kind, route = route_of(page)
    for thing, status in caller.find(kind, page.declared, route.section).cases():
        parts = {"key": key_of(thing)}
        if "record" in page.parts and status == 200:
            parts["record"] = caller.record_of(thing, route.section)
        if "GET" not in route.methods:
            yield "GET", page.at(**parts), 405
        else:
            yield "GET", page.at(**parts), opened(page, kind, route, caller, parts) if status == 200 else status
        if "POST" in route.methods and status != 200:
            yield "POST", page.at(**parts), status


def opened(page: Address, kind: str, route: Any, caller: Caller, parts: dict[str, Any]) -> int:
    """What a page answers to whoever may do it: where the address goes on to something that is not there, 404."""
    if any(not parts.get(part) for part in page.parts):
        return 404
    if kind in catalogue.ITEM_KINDS and route.name == "move" and not caller.may_create(f"{kind}:create"):
        return 403
    return 200


def walk_pages(client: Client, caller: Caller) -> tuple[list[str], int]:
    """What did not answer as expected, and how many times was asked."""
    wrong, asked = [], 0
    for page in PAGES:
        for method, path, wanted in page_cases(page, caller):
            got = client.generic(method, path, headers={"HX-Request": "true"} if "children" in path else {}).status_code
            asked += 1
            if got != wanted:
                wrong.append(f"{method} {path} ({page.name}, {page.declared}): {got}, not {wanted}")
    return wrong, asked


@pytest.mark.checklist("Z03")
@pytest.mark.parametrize("username", [name for name in WALKERS if name not in OUTSIDE])
def test_every_page_answers_each_persona_as_the_engine_decides(walk, username: str):
    wrong, asked = walk_pages(*walk(username))
    assert wrong == []
    assert asked > len(PAGES) // 2


@pytest.mark.parametrize("username", OUTSIDE)
def test_every_page_sends_who_is_not_let_in_to_the_sign_in(walk, username: str):
    client, _ = walk(username)
    for page in PAGES:
        response = client.get(page.at(key="northwind", **SAMPLE_PARTS))
        wanted = OUTSIDE_STATUS.get(page.name, TO_SIGN_IN)
        assert (page.pattern, response.status_code) == (page.pattern, wanted)
        if wanted == TO_SIGN_IN and page.name not in OUTSIDE_STATUS:
            assert response["Location"].startswith("/sign-in/?next=")


# --- Endpoints
