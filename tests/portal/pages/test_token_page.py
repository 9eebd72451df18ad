"""The page of a token: facts, what it may, logs, try it, a new key; and the page that shows a key once."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.items.models import Item
from accesscontrol.services.items.items import change_item
from accesscontrol.services.tokens import keys
from accesscontrol.services.tokens.specs import TokenRuleSpec, TopicSpec
from accesscontrol.services.tokens.tokens import create_token
from accesscontrol.tokens.models import Token
from tests.statements import of_page, statements
from tests.world import CONSOLE

KEY = re.compile(r"pt[sma]_[0-9A-Za-z]{46}")
END = timezone.now() + timedelta(days=30)
TABS = ("", "access/", "logs/", "try/")


def text(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def create(browser, **changed: str):
    """The answer of the form to a new token."""
    sent = {"account": "northwind", "name": "New", "type": "acl", "expires_at": f"{END:%Y-%m-%dT%H:%M}",
            "rule-0-kind": "device", "rule-0-reach": "all", "rule-0-verbs": "view", **changed}  # fmt: skip
    return browser.post("/tokens/~new/", sent)


@pytest.fixture
def limited(cast) -> Token:
    """A token for truck 7 and the sensor, their messages, and one topic; it is used from one network only."""
    rule = TokenRuleSpec(kind="device", reach="list", verbs=("view",), sections={"messages": ("view",)},
                         items=(cast.items["truck_7"], cast.items["sensor"]))  # fmt: skip
    topic = TopicSpec(filter="fleet/#", actions=("subscribe",))
    return create_token(CONSOLE, cast.accounts["northwind"], type="acl", name="Limited", key="limited", expires_at=END,
                        rules=(rule,), topics=(topic,), allowed_addresses=("203.0.113.0/24",)).token  # fmt: skip


# --- The key


@pytest.mark.checklist("T04")
@pytest.mark.seed("share-access.13")
def test_a_key_is_shown_once_to_copy_to_scan_and_as_a_link_and_never_stored_by_a_browser(browse):
    nora = browse("nora")
    answer = create(nora, preset="trackit")
    page = answer.content.decode()
    [secret] = set(KEY.findall(page))
    assert answer["Cache-Control"] == "no-store"
    assert f"http://testserver/tools/open/#{secret}" in page
    assert 'class="qr"' in page
    assert "Opens TrackIt" in text(answer)
    assert "<script>" not in page
    assert "style=" not in page
    token = keys.find_token_by_key(secret)
    for tab in TABS:
        assert secret not in nora.get(f"/tokens/{token.key}/{tab}").content.decode()
    assert secret not in nora.get("/tokens/").content.decode()


@pytest.mark.seed("share-access.03")
@pytest.mark.seed("share-access.05")
def test_a_master_token_opens_everything_and_warns_before_its_link_is_shown(browse, cast):
    nora = browse("nora")
    form = text(nora.get("/tokens/~new/"))
    assert "Whoever holds a master token can do everything" in form
    answer = create(nora, type="master")
    page = answer.content.decode()
    before, _, behind = page.partition('<details class="card key-card key-danger">')
    assert "/tools/open/#" not in before
    assert "its link opens everything" in behind
    assert behind.index("its link opens everything") < behind.index("/tools/open/#")
    token = keys.find_token_by_key(KEY.search(page).group())
    nora_may, token_may = cast.actor("nora"), Actor.of(token)
    assert "they paste it on the sign-in page" in text(answer)
    from_both = [{str(one) for one in _visible(actor)} for actor in (nora_may, token_may)]
    assert from_both[0] == from_both[1]


def _visible(actor: Actor) -> list[Item]:
    return list(engine.visible(actor, engine.ANY_ITEM_VIEW))


def test_a_new_key_with_an_overlap_lets_both_live(browse, cast):
    issued = cast.tokens["viewer"]
    answer = browse("nora").post("/tokens/t-viewer/rotate/", {"hours": "24"})
    [second] = set(KEY.findall(answer.content.decode()))
    assert answer["Cache-Control"] == "no-store"
    assert "The key before it counts until" in text(answer)
    assert {keys.find_token_by_key(one).pk for one in (issued.secret, second)} == {issued.token.pk}
    assert "The key before it" in text(browse("nora").get("/tokens/t-viewer/"))


# --- The page


def test_the_overview_says_in_words_what_it_may(browse, limited):
    page = text(browse("nora").get("/tokens/limited/"))
    assert "Devices : Sensor and Truck 7" in page
    assert "view them; read their messages" in page
    assert "fleet/#" in page
    assert "203.0.113.0/24" in page


def test_things_that_one_may_not_view_are_not_named(browse, cast, limited):
    Token.objects.filter(pk=limited.pk).update(user=cast.people["anna"])
    page = text(browse("anna").get("/tokens/limited/"))
    assert "Sensor and others that you cannot see" in page
    assert "Truck 7" not in page


def test_what_it_may_is_a_matrix_and_every_sign_leads_to_its_reasons(browse, limited):
    response = browse("nora").get("/tokens/limited/access/")
    kinds = [kind["key"] for group in response.context["matrix"]["groups"] for kind in group["kinds"]]
    assert kinds == ["device"]
    cell = response.context["matrix"]["groups"][0]["kinds"][0]["cells"][0]
    assert (cell["sign"], cell["url"]) == ("partly", "/tokens/limited/try/?permission=device:view")


def test_a_dead_token_says_so(browse, limited):
    Token.objects.filter(pk=limited.pk).update(enabled=False)
    assert "Right now it may do nothing: the token is disabled" in text(browse("nora").get("/tokens/limited/access/"))


def test_the_logs_hold_what_was_done_to_it_and_with_it(browse, cast):
    nora, token = browse("nora"), cast.tokens["standard"].token
    nora.post(f"/tokens/{token.key}/switch/")
    nora.post(f"/tokens/{token.key}/switch/")
    change_item(Actor.of(token), cast.items["truck_7"], name="Truck Seven")
    lines = [one["label"] for one in nora.get(f"/tokens/{token.key}/logs/").context["records"]]
    assert lines[0] == "standard changed device Truck Seven"
    assert lines[1:3] == ["nora changed token standard"] * 2
    assert len(lines) == 4


@pytest.mark.parametrize("number", [1, 3])
def test_the_logs_take_as_many_statements_for_1_as_for_3_lines(browse, cast, number):
    nora, token = browse("nora"), cast.tokens["viewer"].token
    for _ in range(number - 1):
        nora.post(f"/tokens/{token.key}/switch/")
    address = f"/tokens/{token.key}/logs/"
    nora.get(address)
    with statements() as made:
        response = nora.get(address)
    assert made == of_page(OWN_STATEMENTS[number], things=2)
    assert len(response.context["records"]) == number


#: The first line is the console's; a person in the lines is looked up, however many lines there are.
OWN_STATEMENTS = {1: 2, 3: 4}


# --- Try it


@pytest.mark.parametrize(
    ("query", "allowed", "sentence"),
    [
        ("permission=device:view&thing=device:truck-7", True, "Limited has device:view on Truck 7"),
        ("permission=device.messages:view&thing=device:sensor", True, "Limited has device.messages:view on Sensor"),
        ("permission=device.settings:view&thing=device:truck-7", False, "no entry of the token allows"),
        ("permission=device:view&thing=device:truck-8", False, "not on this device"),
        ("topic=fleet/7/alarms&action=subscribe", True, "topic rule fleet/#"),
        ("topic=fleet/7/alarms&action=publish", False, "No such topic"),
        ("topic=items/device/truck-7/messages", True, "Limited has device.messages:view on Truck 7"),
        ("topic=items/device/truck-8/messages", False, "not on this device"),
        ("topic=items/device/%2B/messages", False, "No such topic"),
    ],
)
def test_a_question_is_answered_with_its_reasons(browse, limited, query, allowed, sentence):
    why = browse("nora").get(f"/tokens/limited/try/?{query}").context["why"]
    assert why["allowed"] is allowed
    assert sentence in why["sentence"]


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("permission=device:view", "Choose on what"),
        ("permission=&thing=device:truck-7", "Choose what is to be done"),
        ("permission=device:fly&thing=device:truck-7", "device:fly"),
        ("permission=device:view&thing=group:night", "is asked of this kind"),
        ("permission=device:view&thing=device:rover", "There is nothing like this here"),
        ("permission=device:view&thing=device:none", "There is nothing like this here"),
        ("topic=items/device/rover/messages", "There is nothing like this here"),
        ("topic=items/device/none/messages", "There is nothing like this here"),
        ("topic=%2B/%2B/rover/messages", "There is nothing like this here"),
        ("topic=a/%23/b", "not an MQTT topic"),
    ],
)
def test_what_cannot_be_asked_is_told_and_foreign_is_as_absent(browse, limited, query, problem):
    response = browse("nora").get(f"/tokens/limited/try/?{query}")
    assert "why" not in response.context
    assert problem in response.context["problem"]


# --- Who sees these pages


@pytest.mark.parametrize("username", ["alma", "carla", "sam"])
def test_a_stranger_finds_no_page_of_a_token(browse, cast, username):
    stranger = browse(username)
    for tab in (*TABS, "change/", "rotate/", "delete/"):
        assert stranger.get(f"/tokens/t-viewer/{tab}").status_code == 404
    assert stranger.post("/tokens/t-viewer/switch/").status_code == 404


def test_a_tab_answers_to_who_may_view_and_an_act_to_who_may_do_it(browse, cast):
    Token.objects.filter(key="t-viewer").update(account=cast.accounts["contoso"])
    carl = browse("carl")
    assert [carl.get(f"/tokens/t-viewer/{tab}").status_code for tab in TABS] == [200] * 4
    assert carl.post("/tokens/t-viewer/delete/", {"typed_name": "viewer"}).url == "/tokens/"
    assert not Token.objects.filter(key="t-viewer").exists()


@pytest.mark.parametrize("name", ["standard", "viewer"])
def test_the_holder_of_a_token_for_items_meets_no_page_of_tokens(cast, name):
    holder = Client()
    assert holder.post("/sign-in/token/", {"key": cast.tokens[name].secret}).status_code == 302
    listed = holder.get("/tokens/")
    assert list(listed.context["table"].page.object_list) == []
    assert "may_create" not in listed.context
    assert "t-master" not in holder.get("/tokens/?account=northwind").content.decode()
    for tab in (*TABS, "change/", "rotate/", "delete/"):
        assert holder.get(f"/tokens/t-master/{tab}").status_code == 404
    assert holder.get("/tokens/~new/").status_code == 403
    assert holder.post("/tokens/~new/", {"type": "master", "account": "northwind"}).status_code == 403
    ticked = holder.post("/tokens/~ticked/", {"action": "revoke", "selection": ["t-master"], "confirmed": "yes"})
    assert "Nothing to do" in ticked.content.decode()
    assert "t-master" not in holder.get("/choices/token:view/?q=t-").content.decode()
    assert Token.objects.filter(key="t-master").exists()


@pytest.mark.seed("share-access.17")
def test_an_administrator_makes_a_token_for_a_subaccount_and_it_reaches_that_branch_only(browse, cast):
    answer = create(browse("nora"), account="contoso")
    token = keys.find_token_by_key(KEY.search(answer.content.decode()).group())
    assert {item.name for item in _visible(Actor.of(token))} == {"Van 1", "Scooter"}
