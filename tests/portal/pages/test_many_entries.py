"""Tokens with very many entries: the form holds a few, the others stay as they are, and all can be changed."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from accesscontrol.services.items.items import create_items
from accesscontrol.services.items.specs import ItemSpec
from accesscontrol.services.tokens.specs import TokenRuleSpec, TopicSpec
from accesscontrol.services.tokens.tokens import change_token, create_token, token_spec
from accesscontrol.tokens.models import Token
from portal.pages.tokens.folded import MOST_ENTRIES, OPEN_AT_FIRST, SHOWN_FOLDED, meaning
from tests.portal.pages.test_long_lists import Controls
from tests.statements import statements
from tests.world import CONSOLE, Cast

MANY = 120
ADDRESS = "/tokens/very-many/change/"


@pytest.fixture
def devices(cast: Cast) -> list[Any]:
    made = [ItemSpec(account=cast.accounts["northwind"], kind="device", name=f"Meter {number}", key=f"meter-{number}")
            for number in range(MANY)]  # fmt: skip
    return create_items(CONSOLE, made)


@pytest.fixture
def token(cast: Cast, devices: list[Any]) -> Token:
    """A rule and a topic for each meter; each rule its own."""
    return create_token(
        CONSOLE, cast.accounts["northwind"], type="acl", name="Many", key="very-many", idle_ttl=86400,
        rules=tuple(rule(one) for one in devices),
        topics=tuple(TopicSpec(filter=f"meters/{number}", actions=("subscribe",)) for number in range(MANY)),
    ).token  # fmt: skip


def rule(item: Any, *verbs: str) -> TokenRuleSpec:
    return TokenRuleSpec(kind="device", reach="list", verbs=verbs or ("view",), items=(item,))


def said(token: Token) -> Counter[str]:
    """What its rules and topics say, whatever the order."""
    spec = token_spec(Token.objects.get(pk=token.pk))
    return Counter(repr(meaning(one)) for one in (*spec.rules, *spec.topics))


def sent(page: Any) -> dict[str, list[str]]:
    assert page.status_code == 200
    return Controls(page).sent("name")


def folds(page: Any) -> dict[str, dict[str, Any]]:
    return {one["sort"]: one for one in page.context["folds"]}


def mark(page: Any, sort: str, number: int) -> str:
    return folds(page)[sort]["lines"][number]["mark"]


def test_the_form_holds_a_few_and_tells_of_the_others(browse, token):
    page = browse("nora").get(ADDRESS)
    data = sent(page)
    assert sum(map(len, data.values())) < 60
    assert len(page.context["editor"].rules) == len(page.context["editor"].topics) == OPEN_AT_FIRST
    left = MANY - OPEN_AT_FIRST
    for sort in ("rule", "topic"):
        fold = folds(page)[sort]
        assert (fold["count"], fold["first"], fold["last"]) == (left, 1, SHOWN_FOLDED)
        assert (fold["previous"], fold["next"]) == (0, 2)
    assert folds(page)["rule"]["lines"][0]["where"] == "Meter 3"
    assert f"{left} more entries" in page.content.decode()


def test_saving_it_unchanged_or_renamed_changes_no_entry(browse, token):
    nora, before = browse("nora"), said(token)
    for name in ("Many", "Renamed"):
        assert nora.post(ADDRESS, sent(nora.get(ADDRESS)) | {"name": name}).status_code == 302
    assert (said(token), Token.objects.get(pk=token.pk).name) == (before, "Renamed")


def test_what_is_open_is_changed_and_removed_and_what_is_new_is_added(browse, token, devices, cast):
    nora, before = browse("nora"), said(token)
    data = sent(nora.get(ADDRESS)) | {"rule-0-verbs": ["view", "change"]}
    data = sent(nora.post(ADDRESS, {**data, "do": "remove:rule:1"}))
    data = sent(nora.post(ADDRESS, {**data, "do": "add:rule"}))
    [new] = {int(name.split("-")[1]) for name in data if name.startswith("rule-") and name[5].isdigit()} - {0, 2}
    data |= {f"rule-{new}-reach": ["list"], f"rule-{new}-items": ["truck-8"], f"rule-{new}-verbs": ["view"]}
    assert nora.post(ADDRESS, data).status_code == 302
    changed = [rule(devices[0], "view", "change"), rule(cast.items["truck_8"])]
    gone = [rule(devices[0]), rule(devices[1])]
    assert said(token) == before - count(gone) + count(changed)


def count(rules: list[Any]) -> Counter[str]:
    return Counter(repr(meaning(one)) for one in rules)


def test_one_of_the_others_is_opened_and_changed(browse, token, devices):
    nora, before = browse("nora"), said(token)
    page = nora.get(ADDRESS)
    page = nora.post(ADDRESS, {**sent(page), "do": f"page:rule:{2}"})
    assert folds(page)["rule"]["first"] == SHOWN_FOLDED + 1
    opened = nora.post(ADDRESS, {**sent(page), "do": f"open:rule:{mark(page, 'rule', 0)}"})
    assert folds(opened)["rule"]["count"] == MANY - OPEN_AT_FIRST - 1
    assert opened.context["editor"].rules[-1]["items"].value() == [f"meter-{SHOWN_FOLDED + OPEN_AT_FIRST}"]
    data = sent(opened) | {f"rule-{OPEN_AT_FIRST}-verbs": ["delete"]}
    assert nora.post(ADDRESS, data).status_code == 302
    one = devices[SHOWN_FOLDED + OPEN_AT_FIRST]
    assert said(token) == before - count([rule(one)]) + count([rule(one, "delete")])


def test_others_are_removed_and_topics_opened(browse, token, devices):
    nora, before = browse("nora"), said(token)
    page = nora.get(ADDRESS)
    page = nora.post(ADDRESS, {**sent(page), "do": f"remove:rule:{mark(page, 'rule', 4)}"})
    page = nora.post(ADDRESS, {**sent(page), "do": f"remove:topic:{mark(page, 'topic', 0)}"})
    page = nora.post(ADDRESS, {**sent(page), "do": f"open:topic:{mark(page, 'topic', 0)}"})
    assert said(token) == before, "nothing is saved yet"
    data = sent(page) | {f"topic-{OPEN_AT_FIRST}-actions": ["publish"]}
    assert nora.post(ADDRESS, data).status_code == 302
    gone = [rule(devices[7]), topic(3, "subscribe"), topic(4, "subscribe")]
    assert said(token) == before - count(gone) + count([topic(4, "publish")])


def topic(number: int, *actions: str) -> TopicSpec:
    return TopicSpec(filter=f"meters/{number}", actions=actions)


def test_what_others_add_or_take_off_meanwhile_is_told_and_then_stays(browse, token, devices, cast):
    nora = browse("nora")
    old = sent(nora.get(ADDRESS)) | {"rule-0-verbs": ["view", "change"]}
    rules = (*(rule(one) for one in devices if one is not devices[50]), rule(cast.items["truck_8"]))
    change_token(cast.actor("adam"), token, rules=rules)
    meanwhile = said(token)
    page = nora.post(ADDRESS, old)
    assert "adam changed this meanwhile: Rules" in page.content.decode()
    assert said(token) == meanwhile
    assert nora.post(ADDRESS, sent(page) | {"rule-0-verbs": ["view", "change"]}).status_code == 302
    assert said(token) == meanwhile - count([rule(devices[0])]) + count([rule(devices[0], "view", "change")])


def test_a_name_alone_joins_with_what_others_did_to_the_entries(browse, token, devices, cast):
    nora = browse("nora")
    old = sent(nora.get(ADDRESS)) | {"name": "Renamed"}
    change_token(cast.actor("adam"), token, rules=tuple(rule(one) for one in devices[60:]))
    meanwhile = said(token)
    assert nora.post(ADDRESS, old).status_code == 302
    assert (said(token), Token.objects.get(pk=token.pk).name) == (meanwhile, "Renamed")


def test_twins_are_removed_one_by_one(browse, token, devices):
    change_token(CONSOLE, token, rules=(*(rule(one) for one in devices), rule(devices[5])))
    nora, before = browse("nora"), said(token)
    page = nora.get(ADDRESS)
    page = nora.post(ADDRESS, {**sent(page), "do": f"remove:rule:{mark(page, 'rule', 2)}"})
    assert nora.post(ADDRESS, sent(page)).status_code == 302
    assert said(token) == before - count([rule(devices[5])])


def test_no_more_are_opened_than_fit_and_none_is_lost(browse, token):
    nora, before = browse("nora"), said(token)
    page = nora.get(ADDRESS)
    extra = {f"rule-{number}-{name}": value for number in range(OPEN_AT_FIRST, MOST_ENTRIES)
             for name, value in {"kind": "tag", "shown": "tag", "reach": "all", "verbs": "view"}.items()}  # fmt: skip
    full = nora.post(ADDRESS, {**sent(page), **extra, "do": f"open:rule:{mark(page, 'rule', 0)}"})
    assert full.context["editor"].is_full == {"rule": True, "topic": False}
    assert "As many are open as fit here" in full.content.decode()
    assert folds(full)["rule"]["count"] == MANY - OPEN_AT_FIRST
    full = nora.post(ADDRESS, {**sent(full), "do": "add:rule"})
    assert len(full.context["editor"].rules) == MOST_ENTRIES
    over = {f"rule-99-{name}": value for name, value in {"kind": "tag", "reach": "all", "verbs": "view"}.items()}
    refused = nora.post(ADDRESS, {**sent(full), **over})
    assert "At most 40 entries and as many topics can be open at once." in refused.content.decode()
    assert said(token) == before
    assert nora.post(ADDRESS, sent(full)).status_code == 302
    new = TokenRuleSpec(kind="tag", verbs=("view",))
    assert said(token) == before + count([new] * (MOST_ENTRIES - OPEN_AT_FIRST))


STEPS = ["open:rule:0", "open:rule:ffff", "remove:topic:ffffffffffffffff", "page:rule:x", "page:rule:-1",
         "page:rule:99999999", "open:rule:", "open::"]  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
def test_a_step_about_nothing_changes_nothing(browse, token, step):
    nora, before = browse("nora"), said(token)
    page = nora.post(ADDRESS, {**sent(nora.get(ADDRESS)), "do": step})
    assert nora.post(ADDRESS, sent(page)).status_code == 302
    assert said(token) == before


def test_a_mark_does_not_tell_what_an_entry_lists(browse, cast, token, devices):
    """Who may change the token and not see the devices opens and removes entries without learning of them."""
    page = browse("nora").get(ADDRESS)
    marks = {line["mark"] for line in folds(page)["rule"]["lines"]}
    assert len(marks) == SHOWN_FOLDED
    assert not marks & {str(one.pk) for one in devices}


def test_the_form_reads_no_more_for_more_of_them(browse, cast, token, devices):
    nora, made = browse("nora"), []
    for number in (60, 118):
        change_token(CONSOLE, token, rules=tuple(rule(one) for one in devices[:number]))
        nora.get(ADDRESS)
        with statements() as found:
            nora.get(ADDRESS)
        made.append(found["own"])
    assert made[0] == made[1]
