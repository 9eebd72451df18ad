"""Opened as each person of the demo: menu, lists and search show their part, and no name of anything else.

The quick run deals out the lists: every second one of a person's; `--deep` opens all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

import pytest
from django.db.models import Model, QuerySet
from playwright.sync_api import APIResponse, expect

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from accesscontrol.grants.models import Grant
from accesscontrol.items.models import Item
from portal.addresses import address, list_address, name_in_address
from tests.browser.visiting import NARROW, Visits, Window
from tests.conftest import DEEP
from tests.portal.walking import MODELS, rows_of

pytestmark = pytest.mark.browser
#: Owner, a client's administrator, developer, subusers with and without a role, guest, support, auditor, other company.
SEEN_BY = ("nora.lind", "piet.harbor", "dev.anna", "sam.dispatch", "rosa.reyes", "lee.guest", "sue.support",
           "audrey.hartmann", "carla.contoso")  # fmt: skip
OTHER_PAGES = (
    "/search/?q=a", "/search/?q=1", "/search/suggest/?q=1", "/search/suggest/?q=", "/act-as/", "/act-as/choices/",
    "/access/", "/access/matrix/", "/profile/", "/going-on/", "/events/", "/events/?per_page=50&page=2",
    "/api/v1/items/", "/api/v1/accounts/", "/api/v1/users/", "/api/v1/grants/", "/api/v1/events/",
)  # fmt: skip
NOUNS = [*catalogue.ITEM_KINDS, *(kind for kind in MODELS if kind != "event")]
NAMED = ("account", "user", *catalogue.ITEM_KINDS)
WORD = re.compile(r"[\w.@-]+")
NO_COMMON_WORD = re.compile(r"\w[ .\d-]+\w?")


class Part:
    """What the engine says that a person sees, and what everything else is called."""

    def __init__(self, username: str):
        self.actor = Actor.of(User.objects.get(username=username))
        self.turn = SEEN_BY.index(username) % 2
        self.rows = {kind: list(self.visible(kind)) for kind in NOUNS}
        self.hidden = {kind: list(rows_of(kind).exclude(pk__in=[row.pk for row in self.rows[kind]])) for kind in NOUNS}

    def visible(self, kind: str) -> QuerySet:
        rows = engine.visible(self.actor, f"{kind}:view")
        return rows if kind == "account" else rows.select_related("account")

    def menu(self) -> set[str]:
        """The kinds of which this person may see or make something."""
        return {
            kind
            for kind, permissions in engine.look(self.actor).access.items()
            if any(permissions.get(f"{kind}:{verb}", "none") != "none" for verb in ("view", "create"))
        }

    @cached_property
    def keys(self) -> set[str]:
        """The keys of all that is hidden, as far as nothing visible has or tells the same; no common words."""
        hidden = {name_in_address(row) for rows in self.hidden.values() for row in rows}
        told = {name_in_address(row) for rows in self.rows.values() for row in rows} | set(WORD.findall(self.told))
        return {key for key in hidden - told if NO_COMMON_WORD.search(key)}

    @cached_property
    def names(self) -> set[str]:
        """The names of hidden accounts, people and items that no visible thing tells.

        A single word, such as Dispatch, may be a word of something else.
        """
        hidden = {str(row) for kind in NAMED for row in self.hidden[kind]}
        return {name for name in hidden if NO_COMMON_WORD.search(name) and name not in self.told}

    @cached_property
    def told(self) -> str:
        """All that visible things tell of others, in one text: the audit log names who acted."""
        seen = {account.pk for account in self.rows["account"]}
        told = {words for rows in self.rows.values() for row in rows for words in told_by(row, seen)}
        events = engine.visible(self.actor, "event:view")
        return "\n".join(sorted(told | set(events.values_list("detail__actor_name", flat=True)) - {None}))


def told_by(row: Model, seen: set[int]) -> Iterator[str]:
    """What a visible row tells: its name, whose it is, an item's settings, and to whom an account seen granted."""
    yield str(row)
    yield str(getattr(row, "account", ""))
    if isinstance(row, Item):
        yield str(row.settings)
    if isinstance(row, Grant) and row.account_id in seen:
        for account in row.grantees.all():
            yield from (str(account), account.key)


@pytest.fixture(scope="module", params=SEEN_BY)
def visit(request: pytest.FixtureRequest, visits: Visits) -> tuple[Part, Window]:
    """A person's part, and a window in which that person is signed in."""
    return Part(request.param), visits.window(request.param, NARROW)


def leaks(html: str, part: Part) -> list[str]:
    """The names and keys of hidden things that stand in a page."""
    return sorted((part.keys & set(WORD.findall(html))) | {name for name in part.names if name in html})


def texts(responses: Iterable[APIResponse]) -> str:
    """What these answers say, all in one."""
    said = []
    for response in responses:
        assert response.ok, f"{response.url} answered {response.status}"
        said.append(response.text())
    return "\n".join(said)


def test_the_menu_shows_the_kinds_that_a_person_has_to_do_with(visit: tuple[Part, Window]):
    part, window = visit
    page = window.open("/")
    expect(page.get_by_role("heading", name="Hello")).to_be_visible()
    links = page.locator("nav.side-nav a").evaluate_all("nodes => nodes.map((node) => node.getAttribute('href'))")
    offered = {link.strip("/").removeprefix("items/") for link in links}
    plural = {f"{kind}s": kind for kind in MODELS}
    assert {plural.get(one, one) for one in offered} - {"", "access"} == part.menu() - {"subscription"}
    assert {kind for kind in NOUNS if part.rows[kind]} <= part.menu()
    assert leaks(page.content(), part) == []
    assert window.troubles() == []


def test_no_list_shows_more_than_the_part(visit: tuple[Part, Window]):
    part, window = visit
    asked = window.page.context.request
    kinds = [kind for kind in NOUNS if part.rows[kind]]
    for kind in kinds if DEEP else kinds[part.turn :: 2]:
        path = list_address(kind)
        paths = [path, f"{path}~received/"] if kind == "grant" else [path]
        html = texts(asked.get(f"{window.url}{one}?per_page=50") for one in paths)
        assert (path, leaks(html, part)) == (path, [])
        assert len(part.rows[kind]) > 50 or kind == "account" or all(address(row) in html for row in part.rows[kind])


def test_no_other_page_tells_of_more_than_the_part(visit: tuple[Part, Window]):
    part, window = visit
    asked = window.page.context.request
    for path in OTHER_PAGES:
        assert (path, leaks(texts([asked.get(f"{window.url}{path}")]), part)) == (path, [])


def test_a_search_for_a_hidden_name_finds_nothing(visit: tuple[Part, Window]):
    part, window = visit
    assert len(part.names) > 20
    for name in sorted(part.names)[:: max(1, len(part.names) // 3)]:
        found = window.page.context.request.get(f"{window.url}/search/suggest/", params={"q": name})
        assert name not in {one["text"] for one in found.json()["results"]}


def test_the_names_that_are_looked_for_are_there_to_be_found(visits: Visits):
    """The same look at the owner's pages with the eyes of a guest finds them: the look does not overlook."""
    guest = Part("lee.guest")
    asked = visits.window("nora.lind", NARROW).page.context.request
    for path in ("/", "/users/", "/accounts/", "/items/device/", "/search/suggest/?q=bus"):
        assert leaks(asked.get(f"{visits.portal.url}{path}").text(), guest) != []
    assert len(guest.names) > 200
    assert len(guest.keys) > 500
