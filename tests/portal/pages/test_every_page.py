"""Every page declares what it needs, and answers each person as the engine decides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accesscontrol.access import engine
from accesscontrol.access.permissions import permission
from portal.declared import PUBLIC
from portal.frame.screens import Screen
from tests.portal.walking import addresses
from tests.world import Cast

#: A guest of a project with a deny: both outcomes on many pages. The quick walk through the demo asks the others.
GUEST = "lee"
EVERYBODY = (GUEST, "nora", "carla", "anna", "sam", "siv", "alma")
TOKENS = re.compile(r'"X-CSRFToken": "[^"]*"|name="csrfmiddlewaretoken" value="[^"]*"')
THINGS = ("truck_7", "hub", "van_a", "trips")


@pytest.mark.checklist("Z02")
def test_nothing_but_signing_in_and_out_and_joining_is_public():
    public = {page.name for page in addresses() if page.declared == PUBLIC}
    assert public == {
        "account_login", "account_logout", "token_sign_in", "open_tool", "mfa_authenticate", "mfa_login_webauthn",
        "ask_to_sign_up", "ask_to_register", "register", "join", "prove_address", "send_again",
        "ask_reset", "reset_password", "demo_mail", "demo_mail_one",
        "find_provider", "provider_sign_in", "provider_back", "installation_sign_in", "installation_back",
    }  # fmt: skip


def routes(kind: str) -> Iterator[tuple[str, str]]:
    """(name, permission) of the routes of a kind's screens that are about one thing and can be opened."""
    for page in addresses():
        screen = getattr(page.view, "screen", None)
        if screen is None or not issubclass(screen, Screen) or page.parts != {"key"}:
            continue
        if page.name.startswith(f"{kind}_") and permission(page.declared).kind == kind:
            route = next(one for one in screen.routes_of(kind) if f"{kind}_{one.name}" == page.name)
            if "GET" in route.methods:
                yield page.name, page.declared


def expected(cast: Cast, person: str, needed: str, thing: Any) -> int:
    """What the engine says: 404 for what one may not view, 403 for what one may view but not do."""
    actor = cast.actor(person)
    kind = permission(needed).kind
    if not engine.decide(actor, f"{kind}:view", thing).allowed:
        return 404
    return 200 if engine.decide(actor, needed, thing).allowed else 403


def check_pages(cast: Cast, browser: Client, person: str, things: list[Any]) -> int:
    """Open every page of these things; how many were opened."""
    asked = 0
    for thing in things:
        kind = getattr(thing, "kind", "") or thing._meta.model_name
        kind = "grant" if thing is cast.hub_grant else kind
        key = thing.username if kind == "user" else thing.key
        for name, needed in routes(kind):
            response = browser.get(reverse(name, kwargs={"key": key}))
            wanted = expected(cast, person, needed, thing)
            if name.endswith("_move") and response.status_code == 403:
                continue  # there may be no other account to move it to
            assert (name, key, response.status_code) == (name, key, wanted)
            asked += 1
    return asked


def management(cast: Cast) -> list[Any]:
    """Things that are no items."""
    named = [cast.hub_grant, cast.dispatcher, cast.pilot, cast.tokens["viewer"].token]
    return named + [cast.people[name] for name in ("sam", "frank")]


@pytest.mark.checklist("Z03")
def test_every_page_of_a_thing_answers_as_the_engine_decides(browse, cast):
    things = [*(cast.items[name] for name in THINGS), *management(cast)]
    assert check_pages(cast, browse(GUEST), GUEST, things) > 80


@pytest.mark.deep
@pytest.mark.parametrize("person", EVERYBODY)
def test_every_page_of_every_thing_answers_as_the_engine_decides(browse, cast, person):
    assert check_pages(cast, browse(person), person, [*cast.items.values(), *management(cast)]) > 200


@pytest.mark.parametrize("person", ["nora", "sam"])
def test_no_entry_of_the_menu_is_dead(browse, person):
    browser = browse(person)
    menu = browser.get(reverse("event_list")).context["menu"]
    entries = [entry for group in menu for entry in group["entries"]]
    entries += [child for entry in entries for child in entry.get("children", ())]
    offered = [entry["url"] for entry in entries if "url" in entry]
    assert offered
    assert {path: browser.get(path).status_code for path in offered} == dict.fromkeys(offered, 200)


def test_who_is_not_signed_in_is_sent_to_sign_in(client, db):
    response = client.get("/items/device/")
    assert response.status_code == 302
    assert response.url == "/sign-in/?next=/items/device/"


@pytest.mark.checklist("W12")
@pytest.mark.checklist("L11")
def test_an_answer_has_a_number_and_is_not_kept(browse):
    response = browse("nora").get("/items/device/")
    assert response.headers["Cache-Control"] == "no-store"
    assert len(response.headers["X-Request-ID"]) == 36


@pytest.mark.checklist("Z03")
def test_foreign_and_absent_things_get_the_same_answer(browse):
    alma = browse("alma")
    for address in ("/items/device/%s/", "/items/device/%s/change/", "/items/device/%s/messages/", "/tokens/%s/"):
        pages = {key: alma.get(address % key) for key in ("truck-7", "there-is-none")}
        assert [page.status_code for page in pages.values()] == [404, 404]
        foreign, absent = (TOKENS.sub("", page.content.decode()).replace(key, "") for key, page in pages.items())
        assert foreign == absent


def test_an_unknown_kind_is_not_there(browse):
    assert browse("nora").get("/items/spaceship/").status_code == 404
    assert browse("nora").get("/items/device/%00/").status_code == 404
    assert browse("nora").get("/events/abc/").status_code == 404
