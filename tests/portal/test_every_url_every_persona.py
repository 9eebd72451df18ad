"""Every address of the portal, for every persona of the demo and for nobody: its status is what the engine says.

The quick run deals out the pages: every second persona is asked about a noun or devices, two about each other kind of
item, once an address. `--deep` (in CI, too) asks everything of everybody.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.permissions import permission
from accesscontrol.accounts.models import User
from accesscontrol.grants.models import Grant
from demo.personas import PERSONAS
from portal.declared import OPERATOR, PUBLIC, SIGNED_IN
from portal.frame.screens import Screen
from tests.portal.walking import NOTHING_THERE, Address, Caller, Walker, addresses, key_of

NOBODY = "nobody"
WALKERS = [*(persona.username for persona in PERSONAS), NOBODY]
OUTSIDE = [NOBODY, *(persona.username for persona in PERSONAS if not persona.signs_in)]
INSIDE = [name for name in WALKERS if name not in OUTSIDE]
TO_SIGN_IN = 302
#: Pages that are fragments, and go on to a whole page without htmx.
FRAGMENTS = ("account_children",)
BY_HTMX = {"HX-Request": "true"}
#: Pages that show what an act would change by doing it, and undo it before they answer.
SHOWN_BY_DOING = re.compile(r"^GET /grants/[^/]+/delete/: ")
#: Pages that answer otherwise than with 200 to whoever is signed in, and to whoever is not.
JOINING = {
    "join": 404, "register": 404, "prove_address": 404, "reset_password": 404, "ask_to_register": 404,
    "provider_sign_in": 404, "installation_sign_in": 404, "provider_back": 400, "installation_back": 400,
    "send_again": 405, "demo_mail": 404, "demo_mail_one": 404,
}  # fmt: skip
SIGNED_IN_STATUS = {
    "switch_stop": 405, "new_password": 302, "job_detail": 404, "job_cancel": 405, "job_bell": 286,
    "account_login": 302,
    "mfa_authenticate": 302, "mfa_login_webauthn": 302, "own_app_remove": 404, "own_passkey_rename": 404,
    "own_passkey_remove": 404, "own_factors_keep": 302, "provider_confirm": 405, "installation_confirm": 405,
    "own_sessions_end": 405, "own_session_end": 405, **JOINING,
}  # fmt: skip
OUTSIDE_STATUS = {
    "account_login": 200, "account_logout": 302, "token_sign_in": 200, "open_tool": 200, "mfa_authenticate": 302,
    "mfa_login_webauthn": 302, "find_provider": 200, "ask_to_sign_up": 200, "ask_reset": 200, **JOINING,
}  # fmt: skip
PAGES = [address for address in addresses() if address.endpoint is None]
ENDPOINTS = [address for address in addresses() if address.endpoint is not None]
#: Routes of items and projects that ask every permission of the kind, besides the one that they declare.
OF_THE_WHOLE = ("give", "give_preview", "move", "move_preview")
SAMPLE_PARTS = {"permission": "device:view"}
VERBS = {"list": "view", "retrieve": "view", "create": "create", "change_output": "change",
         "partial_update": "change", "destroy": "delete", "clear": "delete"}  # fmt: skip


@pytest.fixture
def walk(standing_demo):
    """A browser and what its person may see."""
    client = Walker()

    def start(username: str) -> tuple[Walker, Caller]:
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
        if page.declared not in (PUBLIC, SIGNED_IN, OPERATOR):
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
    found = [(kind, route) for kind in kinds for route in screen.routes_of(kind) if page.name == f"{kind}_{route.name}"]
    assert len(found) == 1, f"{page.pattern} is no single route of a screen"
    return found[0]


def page_cases(page: Address, caller: Caller) -> Iterator[tuple[str, str, int]]:
    """(method, path, status) of what is asked of a page."""
    if page.declared in (PUBLIC, SIGNED_IN):
        yield "GET", page.at(**SAMPLE_PARTS), SIGNED_IN_STATUS.get(page.name, 200)
    elif page.declared == OPERATOR:
        yield from operator_cases(page, caller)
    elif "key" not in page.parts:
        needed = permission(page.declared)
        opens_tops = page.name in ("account_create", "account_create_preview") and engine.look(caller.actor).is_operator
        open_to_all = needed.verb != "create" or opens_tops or caller.may_create(page.declared)
        yield "GET", page.at(), 200 if open_to_all else 403
    else:
        yield from thing_cases(page, caller)


def operator_cases(page: Address, caller: Caller) -> Iterator[tuple[str, str, int]]:
    """Pages of the platform operator, on top-level accounts; for others, and on other accounts, nothing is there."""
    tops = [account for account in caller.seen("account")[0] if account.parent_id is None]
    is_operator = engine.look(caller.actor).is_operator
    opens = 405 if page.name == "account_leave" else 200
    yield "GET", page.at(key=tops[0].key if tops else NOTHING_THERE), opens if is_operator else 404
    if "key" in page.parts:
        yield "GET", page.at(key=caller.seen("account")[1].key), 405 if is_operator and opens == 405 else 404


def thing_cases(page: Address, caller: Caller) -> Iterator[tuple[str, str, int]]:
    """The same for a page about one thing. What nobody may do is tried, too: it is never done."""
    kind, route = route_of(page)
    for thing, status in caller.find(kind, page.declared, route.section if "record" in page.parts else "").cases():
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
    if page.name == "grant_item_add" and not Grant.objects.filter(key=parts["key"], covers="items").exists():
        return 404  # what covers a whole account or kind has no items to choose
    if kind != "account" and route.name in OF_THE_WHOLE and not caller.has_whole(kind, parts["key"]):
        return 403
    if (
        kind in catalogue.ITEM_KINDS
        and route.name in ("move", "move_preview")
        and not caller.may_create(f"{kind}:create")
    ):
        return 403
    return 200


def dealt(username: str) -> set[str]:
    """The kinds of item, besides devices, that a persona is asked about in the quick run: each is dealt to two."""
    place, hands = INSIDE.index(username), len(INSIDE)
    return {kind for number, kind in enumerate(catalogue.ITEM_KINDS) if place in (number % hands, (number + 5) % hands)}


def pages_for(username: str, deep: bool) -> list[Address]:
    """The pages that a persona is asked about: of those dealt, every second in a quick run."""
    if deep:
        return PAGES
    others = set(catalogue.ITEM_KINDS) - {"device"} - dealt(username)
    left_out = tuple(f"items/{kind}/" for kind in others)
    turn = INSIDE.index(username) % 2
    return [page for page in PAGES[turn::2] if not page.pattern.startswith(left_out)]


def walk_pages(client: Client, caller: Caller, pages: list[Address], deep: bool) -> tuple[list[str], int]:
    """What did not answer as expected, and how many times was asked."""
    wrong, asked = [], 0
    for number, page in enumerate(pages):
        cases = list(page_cases(page, caller))
        for method, path, wanted in cases if deep else cases[number % max(1, len(cases)) :][:1]:
            got = client.generic(method, path, headers=BY_HTMX if page.name in FRAGMENTS else {}).status_code
            asked += 1
            if got != wanted:
                wrong.append(f"{method} {path} ({page.name}, {page.declared}): {got}, not {wanted}")
    return wrong, asked


@pytest.mark.checklist("W10")
@pytest.mark.checklist("Z03")
@pytest.mark.parametrize("username", INSIDE)
def test_every_page_answers_each_persona_as_the_engine_decides(walk, deep, username: str):
    pages = pages_for(username, deep)
    client, caller = walk(username)
    wrong, asked = walk_pages(client, caller, pages, deep)
    assert wrong == []
    assert [line for line in client.wrote if not SHOWN_BY_DOING.search(line)] == []
    assert asked > len(pages) * 2 // 3


def test_the_quick_run_asks_about_every_page():
    asked = Counter(page for username in INSIDE for page in pages_for(username, deep=False))
    assert set(asked) == set(PAGES)
    assert all(times >= 5 for page, times in asked.items() if not page.pattern.startswith("items/"))


@pytest.mark.parametrize("username", OUTSIDE)
def test_every_page_sends_who_is_not_let_in_to_the_sign_in(walk, deep, username: str):
    client, _ = walk(username)
    for page in PAGES if deep else PAGES[:: 1 if username == NOBODY else 7]:
        response = client.get(page.at(key="northwind", **SAMPLE_PARTS))
        wanted = OUTSIDE_STATUS.get(page.name, TO_SIGN_IN)
        assert (page.pattern, response.status_code) == (page.pattern, wanted)
        if wanted == TO_SIGN_IN and page.name not in OUTSIDE_STATUS:
            assert response["Location"].startswith("/sign-in/?next=")


# --- Endpoints


def endpoint_cases(endpoint: Address, caller: Caller, deep: bool) -> Iterator[tuple[str, str, int]]:
    """(method, path, status) of what is asked of an endpoint; nothing is ever changed."""
    for method, action in endpoint.actions.items():
        declared = endpoint.endpoint.declares[action]
        if endpoint.pattern.startswith("^"):
            yield method, "/api/there/is/nothing", 404
        elif "job" in endpoint.parts:
            yield method, endpoint.at(), 404
        elif not {"key", "event"} & endpoint.parts:
            yield method, endpoint.at(), 200 if method == "get" else 400
        elif callable(declared):
            yield from section_cases(endpoint, caller, method, action, deep)
        elif declared.startswith("*"):
            for kind in catalogue.ITEM_KINDS if deep else ("device", "group"):
                needed = f"{kind}{declared[1:]}"
                if permission_exists(needed):
                    yield from key_cases(endpoint, caller, method, kind, needed)
        else:
            yield from key_cases(endpoint, caller, method, endpoint.endpoint.noun, declared)


def permission_exists(name: str) -> bool:
    return name in catalogue.KINDS[name.partition(":")[0].partition(".")[0]].permissions


def section_cases(
    endpoint: Address, caller: Caller, method: str, action: str, deep: bool
) -> Iterator[tuple[str, str, int]]:
    """The sections of items: what a kind's section has no verb for is no method there."""
    verb = VERBS[action]
    for kind in catalogue.ITEM_KINDS if deep else ("device",):
        for section, verbs in catalogue.KINDS[kind].sections.items():
            if section in ("settings", "items"):
                continue
            if action == "change_output" and section != "outputs":
                yield method, endpoint.at(section=section), 405  # said of the address, whatever stands behind it
            elif verb in verbs:
                yield from key_cases(endpoint, caller, method, kind, f"{kind}.{section}:{verb}", section)
            else:
                yield from no_method_cases(endpoint, caller, method, kind, section)


def no_method_cases(
    endpoint: Address, caller: Caller, method: str, kind: str, section: str
) -> Iterator[tuple[str, str, int]]:
    """What a section has no verb for: 405 for who sees the item, and nothing there for who does not."""
    visible, hidden = caller.seen(kind)
    for thing, status in ((visible[0] if visible else None, 405), (hidden, 404)):
        if thing is not None:
            yield method, endpoint.at(key=key_of(thing), section=section), status


def key_cases(
    endpoint: Address, caller: Caller, method: str, kind: str, needed: str, section: str = ""
) -> Iterator[tuple[str, str, int]]:
    """An endpoint about one thing. Only reading is tried where it is allowed."""
    for thing, status in caller.find(kind, needed, section if "record" in endpoint.parts else "").cases():
        parts = {("event" if kind == "event" else "key"): key_of(thing), "section": section}
        if status == 200 and method != "get":
            continue
        if status == 200 and "record" in endpoint.parts:
            parts["record"] = caller.record_of(thing, section)
            status = 200 if parts["record"] else 404
        yield method, endpoint.at(**parts), status


def call(client: Client, method: str, path: str) -> int:
    return client.generic(method.upper(), path, data=json.dumps({}), content_type="application/json").status_code


@pytest.mark.checklist("Z03")
@pytest.mark.parametrize("username", INSIDE)
def test_every_endpoint_answers_each_persona_as_the_engine_decides(walk, deep, username: str):
    client, caller = walk(username)
    wrong, asked = [], 0
    for endpoint in ENDPOINTS:
        cases = list(endpoint_cases(endpoint, caller, deep))
        for method, path, wanted in cases if deep else cases[INSIDE.index(username) % 2 :: 2] or cases:
            got = call(client, method, path)
            asked += 1
            if got != wanted:
                wrong.append(f"{method} {path}: {got}, not {wanted}")
    assert wrong == []
    assert client.wrote == []
    assert asked >= len(ENDPOINTS)


@pytest.mark.parametrize("username", OUTSIDE)
def test_every_endpoint_refuses_who_is_not_let_in(walk, username: str):
    client, _ = walk(username)
    for endpoint in ENDPOINTS:
        for method, action in endpoint.actions.items():
            declared = endpoint.endpoint.declares[action]
            path = "/api/there/is/nothing" if endpoint.pattern.startswith("^") else endpoint.at(section="messages")
            public = 404 if endpoint.pattern.startswith("^") else 200 if method == "get" else 400  # an empty body
            wanted = 401 if declared != PUBLIC else public
            assert (path, method, call(client, method, path)) == (path, method, wanted)
