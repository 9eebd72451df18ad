"""The platform operator's pages: top-level accounts, entering one with a reason, the bar while inside, leaving."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accesscontrol.accounts.models import Account, TreeEntry, User
from accesscontrol.audit.models import Event
from accesscontrol.services.accounts.accounts import block_account, open_account
from accesscontrol.subscriptions.models import Subscription
from tests.portal.browser import Browser
from tests.statements import statements
from tests.world import CONSOLE, Cast

pytestmark = pytest.mark.django_db
WHY = "A ticket says that trucks are missing"
#: The key of a page against other sites, new each time.
TOKEN = re.compile(r"\b[A-Za-z0-9]{64}\b")
ENTER, LEAVE = "/trees/northwind/enter/", "/trees/northwind/leave/"


@pytest.fixture
def operator(cast: Cast) -> Client:
    cast.people["op"] = User.objects.create(username="op", is_superuser=True, first_name="Olga")
    browser = Browser()
    browser.force_login(cast.people["op"])
    return browser


def text(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def enter(client: Client, reason: str = WHY) -> None:
    answer = client.post(ENTER, {"reason": reason})
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/northwind/")


@pytest.mark.checklist("Z12")
def test_the_list_tells_name_state_and_licence_of_every_top_level_account(operator, cast):
    Subscription.objects.create(account=cast.accounts["acme"], licence_email="a@acme.example", plan="Fleet 500")
    block_account(CONSOLE, cast.accounts["acme"])
    shown = text(operator, "/trees/")
    assert [word in shown for word in ("Northwind", "Acme", "Blocked", "Fleet 500", ENTER)] == [True] * 5
    assert operator.get("/accounts/northwind/change/").status_code == 403  # the notes are theirs
    assert [word in shown for word in ("Contoso", "Fabrikam", "Truck 7", "a@acme.example")] == [False] * 4
    assert "Northwind" not in text(operator, "/trees/?blocked=True").partition('id="results"')[2]
    assert "Acme" not in text(operator, "/trees/?q=northw").partition('id="results"')[2]
    assert 'href="/trees/"' in text(operator, "/")


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_takes_as_many_statements_for_one_account_as_for_three(operator, rows):
    for number in range(2, rows + 1):
        open_account(CONSOLE, None, name=f"Acme {number}")
    operator.get("/trees/?q=acme")
    with statements() as made:
        assert text(operator, "/trees/?q=acme").count('class="thing') >= rows
    # counted, listed, licences, the bar's entries and the list's; filters
    assert made == {"session": 1, "person": 1, "epochs": 1, "own": 5}


@pytest.mark.checklist("E12")
def test_entering_asks_for_a_reason_and_says_what_it_opens_and_who_reads_of_it(operator):
    shown = text(operator, ENTER)
    assert "its owner and administrators" in " ".join(shown.split())
    assert "everything in Northwind" in " ".join(shown.split())
    short = operator.post(ENTER, {"reason": "because"})
    assert (short.status_code, list(short.context["form"].errors)) == (200, ["reason"])
    assert not TreeEntry.objects.exists()
    enter(operator)
    assert TreeEntry.objects.get().reason == WHY


@pytest.mark.checklist("E12")
def test_a_bar_on_every_page_says_where_one_is_until_when_why_and_leads_out(operator):
    assert "as platform operator" not in text(operator, "/")
    enter(operator)
    for path in ("/", "/accounts/", "/items/device/truck-7/", "/trees/", "/profile/", "/no-such-page/"):
        shown = " ".join(text(operator, path).split())
        assert "You are inside <strong>Northwind</strong> as platform operator" in shown, path
        assert WHY in shown and f'action="{LEAVE}"' in shown, path
    assert operator.post(LEAVE)["Location"] == "/trees/"
    assert "as platform operator" not in text(operator, "/accounts/")
    assert operator.get("/items/device/truck-7/").status_code == 404


def test_the_bar_stays_while_one_acts_as_an_account_and_leaving_ends_that_too(operator):
    enter(operator)
    assert operator.post("/act-as/", {"account": "contoso"}).status_code == 302
    shown = " ".join(text(operator, "/").split())
    assert "You are inside <strong>Northwind</strong>" in shown and "act as <strong>Contoso" in shown
    assert operator.post(LEAVE)["Location"] == "/trees/"
    shown = text(operator, "/")
    assert "You can no longer act as that account" in shown and "You are inside" not in shown


def test_when_the_hour_is_over_the_tree_is_closed_and_entering_again_begins_a_new_one(operator):
    enter(operator)
    over = timezone.now() - timedelta(seconds=1)
    TreeEntry.objects.update(starts_at=over - timedelta(hours=1), expires_at=over)
    assert operator.get("/items/device/truck-7/").status_code == 404
    assert "You are inside" not in text(operator, "/")
    enter(operator, "The same ticket, a second hour")
    assert "inside already" in text(operator, ENTER)
    assert operator.get("/items/device/truck-7/").status_code == 200


@pytest.mark.checklist("E12")
def test_who_enters_confirms_first_that_it_is_them_and_then_it_goes_on(operator, settings):
    settings.FRESH_SIGN_IN_SECONDS = 0
    asked = operator.post(ENTER, {"reason": WHY})
    assert asked.status_code != 302
    assert not TreeEntry.objects.exists()
    assert WHY in asked.content.decode()  # carried along


@pytest.mark.checklist("E12")
@pytest.mark.parametrize("username", ["nora", "adam", "sam", "carla"])
def test_for_everybody_else_nothing_is_there(browse: Callable[[str], Client], operator, username):
    client = browse(username)
    for path in ("/trees/", ENTER):
        assert client.get(path).status_code == 404
    for path in (ENTER, LEAVE):
        assert client.post(path, {"reason": WHY}).status_code == 404
    assert "/trees/" not in text(client, "/")
    assert not TreeEntry.objects.exists()


@pytest.mark.checklist("E12")
def test_a_session_by_token_finds_no_door_either(holder: Callable[[str], Client], cast):
    User.objects.filter(username="nora").update(is_superuser=True)
    client = holder("master")
    assert client.get("/trees/").status_code == 404
    assert client.post(ENTER, {"reason": WHY}).status_code == 404
    assert not TreeEntry.objects.exists()


def test_a_closed_page_leads_the_operator_to_the_door_and_tells_nothing_of_what_is_behind(operator, browse):
    there, absent = text(operator, "/items/device/truck-7/"), text(operator, "/items/device/no-such-truck/")
    there = there.replace("truck-7", "no-such-truck")
    assert "opens once you have entered it" in there and 'href="/trees/"' in there
    assert TOKEN.sub("", there) == TOKEN.sub("", absent)
    refused = operator.get("/accounts/northwind/limits/")
    assert refused.status_code == 403
    assert f'href="{ENTER}"' in refused.content.decode()
    assert "/trees/" not in browse("sam").get("/accounts/~new/").content.decode()
    assert f'href="{ENTER}"' in text(operator, "/accounts/northwind/")
    enter(operator)
    assert operator.get("/accounts/northwind/limits/").status_code == 200
    assert f'href="{ENTER}"' not in text(operator, "/accounts/northwind/")


@pytest.mark.checklist("E12")
@pytest.mark.checklist("Z12")
def test_the_people_of_the_tree_read_in_plain_words_who_was_inside_why_and_what_they_did(operator, browse, cast):
    enter(operator)
    operator.post("/items/device/truck-7/change/", {"name": "Truck 7a"})
    operator.post(LEAVE)
    entry = TreeEntry.objects.get()
    nora = browse("nora")
    shown = " ".join(text(nora, "/events/").split())
    assert "entered this tree until" in shown and WHY in shown
    assert "left this tree" in shown
    assert "the platform operator" in shown and "Olga" not in shown
    line = Event.objects.get(action="item.change", entry_id=entry.pk)
    page = " ".join(text(nora, f"/events/{line.pk}/").split())
    entered = Event.objects.get(action="account.enter")
    assert "Entry of the platform operator" in page and WHY in page and f'href="/events/{entered.pk}/"' in page
    tab = " ".join(text(nora, "/accounts/northwind/events/").split())
    assert "the platform operator entered account Northwind until" in tab
    assert "the platform operator left account Northwind" in tab
    assert WHY in tab
    assert "entered" not in text(browse("alma"), "/events/")


def test_the_operator_opens_a_top_level_account_and_enters_it_to_let_people_in(operator):
    assert 'href="/accounts/~new/"' in text(operator, "/accounts/")
    made = operator.post("/accounts/~new/", {"parent": "", "name": "Globex"})
    assert made.status_code == 302
    globex = Account.objects.get(name="Globex")
    assert made["Location"] == f"/accounts/{globex.key}/"
    assert operator.get("/users/~new/").status_code == 403
    operator.post(f"/trees/{globex.key}/enter/", {"reason": "Their first owner is let in"})
    assert operator.get("/users/~new/").status_code == 200


def test_the_first_page_leads_an_operator_to_the_trees(operator):
    shown = text(operator, "/")
    assert "Nothing is assigned to you" not in shown
    assert "What is inside an account opens once you have entered it" in " ".join(shown.split())


def test_who_may_names_an_operator_inside_to_the_people_of_the_tree_without_the_name(operator, browse, cast):
    asked = "/access/who/?permission=device:view&thing=device:truck-7"
    assert "the platform operator" not in text(browse("nora"), asked)
    enter(operator)
    shown = text(browse("nora"), asked)
    assert shown.count("the platform operator") == 1
    assert "Olga" not in shown and "user:op" not in shown
    assert "the platform operator" not in text(browse("carla"), asked)


def test_the_explorer_names_the_operator_as_a_source(operator, cast):
    question = "/access/?caller=user:op&permission=device:view&thing=device:truck-7"
    assert "op entered Northwind" not in text(operator, question)
    enter(operator)
    shown = " ".join(text(operator, question).split())
    assert "op entered Northwind as the platform operator, until" in shown.lower().replace("northwind", "Northwind")
    assert "The platform operator" in shown


def test_programs_in_a_session_of_the_operator_see_what_the_person_sees(operator):
    accounts = "/api/v1/accounts/"
    assert [one["key"] for one in operator.get(accounts).json()["results"]] == ["acme", "northwind"]
    assert operator.get("/api/v1/items/truck-7/").status_code == 404
    enter(operator)
    assert operator.get("/api/v1/items/truck-7/").status_code == 200
    changed = operator.patch("/api/v1/items/truck-7/", {"name": "T7"}, content_type="application/json")
    assert changed.status_code == 200
    told = operator.get("/api/v1/events/?action=item.change").json()["results"][0]
    assert told["entry_id"] == TreeEntry.objects.get().pk
