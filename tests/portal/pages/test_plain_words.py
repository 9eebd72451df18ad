"""What pages say is said in words for people: no codes, no names of the program, nothing that only it understands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accesscontrol.audit.models import Event
from accesscontrol.services.accounts.accounts import block_account, change_limits, move_account, unblock_account
from accesscontrol.services.frame.errors import Invalid
from accesscontrol.services.grants.grants import change_grant, pause_grant
from accesscontrol.services.items.assignments import share_item, unassign_items
from accesscontrol.services.items.items import create_item
from accesscontrol.services.items.links import link_items
from accesscontrol.services.owning.leaving import change_user
from accesscontrol.services.people.roles import change_role
from accesscontrol.services.tokens.tokens import change_token, rotate_token
from portal.pages.events.lines import did
from tests.portal.pages.test_every_page import management, routes
from tests.portal.walking import addresses
from tests.world import CONSOLE, Cast

#: Words that only the program understands: names with underscores, Python's values, its errors, its objects.
INTERNAL = re.compile(
    r"\b[a-z]+(?:_[a-z]+)+\b|\bNone\b|\bTrue\b|\bFalse\b|\b[A-Z]\w+(?:Error|Exception|Denied)\b|ErrorDetail|"
    r"<\w+ object|gettext|__proxy__|datetime\.|Decimal\(|\{'|\['"
)
#: The names of permissions are words of the model that people write themselves, in rules and roles.
PERMISSION = re.compile(r"[a-z_*]+(?:\.[a-z_*]+)?:[a-z*]+")
#: Elements whose text is data or code as it was written: it is shown as such, and not read as words.
VERBATIM = {"code", "pre", "script", "style", "textarea", "kbd"}


class Words(HTMLParser):
    """The words of a page that are for reading: texts, and what tools for reading aloud say."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.found += [text for name in ("title", "aria-label", "placeholder", "alt") if (text := given.get(name))]
        verbatim = tag in VERBATIM or {"code", "json"} & set((given.get("class") or "").split())
        if (self._inside or verbatim) and tag not in ("input", "br", "img", "use", "hr", "meta", "link"):
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._inside and tag == self._inside[-1]:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.found.append(data)


def internal_words(page: str) -> set[str]:
    """The words of a page that are the program's own, each with what stands around it."""
    words = Words()
    words.feed(page)
    read = (PERMISSION.sub("", text) for text in words.found)
    return {f"{found.group()} | {' '.join(text.split())[:90]}" for text in read for found in INTERNAL.finditer(text)}


def pages(cast: Cast) -> Iterator[str]:
    """The addresses of every page there is, of a sample of everything."""
    things = [*(cast.items[name] for name in ("truck_7", "hub", "van_a", "depot", "night", "trips")), *management(cast)]
    for page in addresses():
        if page.endpoint is None and not page.parts and "GET" in getattr(page.view, "methods", ("GET",)):
            yield page.at()
    for thing in things:
        kind = getattr(thing, "kind", "") or thing._meta.model_name
        kind = "grant" if thing is cast.hub_grant else kind
        for name, _needed in routes(kind):
            yield reverse(name, kwargs={"key": thing.username if kind == "user" else thing.key})
    for event in Event.objects.order_by("-pk"):
        yield f"/events/{event.pk}/"


def much_happens(cast: Cast) -> None:
    """One event of many kinds, each with what it changes."""
    shop, contoso = cast.accounts["shop"], cast.accounts["contoso"]
    change_limits(CONSOLE, contoso, {"device": 20, "form_template": 3}, 90)
    unblock_account(CONSOLE, block_account(CONSOLE, shop))
    move_account(CONSOLE, shop, cast.accounts["northwind"])
    change_user(CONSOLE, cast.people["siv"], phone="1", expires_at=timezone.now() + timedelta(days=9))
    change_role(CONSOLE, cast.dispatcher, rights=["reports", "zone_update"])
    grant = change_grant(CONSOLE, cast.hub_grant, levels=["read", "edit"], include_subaccounts=False)
    pause_grant(CONSOLE, grant)
    token = cast.tokens["viewer"].token
    rotate_token(CONSOLE, change_token(CONSOLE, token, allowed_addresses=("192.0.2.7",)))
    unassign_items(CONSOLE, cast.people["sam"], [cast.items["truck_7"]])


@pytest.mark.parametrize("person", ["nora", "lee"])
def test_no_page_speaks_in_words_of_the_program(browse: Callable[[str], Client], cast: Cast, person: str) -> None:
    much_happens(cast)
    names = re.compile("|".join(issued.token.name for issued in cast.tokens.values()))
    browser, found = browse(person), {}
    for address in dict.fromkeys(pages(cast)):
        answer = browser.get(address)
        if answer.get("Content-Type", "").startswith("text/html") and answer.status_code != 302:
            words = internal_words(names.sub("", answer.content.decode()))
            if words:
                found[address] = sorted(words)
    assert [f"{address}: {word}" for address, words in found.items() for word in words] == []


@pytest.mark.parametrize("address", ["/sign-in/", "/sign-in/token/"])
def test_who_is_not_let_in_is_told_about_signing_in_and_not_about_saving(cast: Cast, address: str) -> None:
    typed = {"login": "nora", "password": "wrong", "key": "pts_wrong"}
    page = Client().post(address, typed).content.decode()
    assert "does not let you in" in page or "do not let you in" in page
    assert "saved" not in page
    assert internal_words(page) == set()


def actions() -> set[str]:
    """The actions of events that the code names, with a section in the place of each part that is put in."""
    named = re.compile(
        r"""f?["']((?:account|user|item|token|grant|role|project|event)\.[a-z_.{}]+|sign_\w+|sweep)["']"""
    )
    where = [
        path for folder in ("accesscontrol/services", "accesscontrol/audit") for path in Path(folder).rglob("*.py")
    ]
    found = {one for path in where for one in named.findall(path.read_text())}
    return {re.sub(r"\{[^}]*\}", "commands", one) for one in found if one not in NO_ACTIONS}


#: Looks like an action and is none.
NO_ACTIONS = {"sign_up_by_token", "account.rename", "sign_up"}


@pytest.mark.parametrize("action", sorted(actions()))
def test_every_action_has_words(action: str) -> None:
    said = did(Event(action=action))
    assert said != "did something to"
    assert "_" not in said
    assert "." not in said


@pytest.mark.parametrize("kind", ["alert_rule", "custom_field", "form_template"])
def test_refusals_call_kinds_and_limits_as_people_do(cast: Cast, kind: str) -> None:
    northwind = cast.accounts["northwind"]
    thing = create_item(CONSOLE, northwind, kind=kind, name="Thing")
    refused = [
        lambda: link_items(CONSOLE, thing, cast.items["depot"]),
        lambda: link_items(CONSOLE, cast.items["depot"], thing),
        lambda: share_item(CONSOLE, cast.people["anna"], thing, ["command_item"]),
        lambda: change_limits(CONSOLE, northwind, {kind: -1}),
        lambda: create_item(CONSOLE, northwind, kind=kind, name="One too many"),
    ]
    change_limits(CONSOLE, northwind, {kind: 1})
    for act in refused:
        with pytest.raises(Invalid) as caught:
            act()
        assert internal_words(str(caught.value)) == set()
