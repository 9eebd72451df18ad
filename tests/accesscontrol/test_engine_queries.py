"""How many statements the engine asks: the same with 10 accounts and with 10,000."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.decision import Question
from accesscontrol.access.doors import explaining
from accesscontrol.accounts.models import Account, User
from accesscontrol.grants.models import Grant, GrantGrantee
from accesscontrol.items.models import Item

pytestmark = pytest.mark.both


@pytest.fixture(scope="module", params=[10, 10_000])
def rows(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, Any]]:
    """A tree of so many accounts ten wide, an item in each, and a second tree that granted the first a kind.

    Committed once for all tests of a size, which only read: scopes are kept outside of transactions only.
    """
    with django_db_blocker.unblock():
        yield grow(request.param)
        call_command("flush", verbosity=0, interactive=False)


def grow(number: int) -> dict[str, Any]:
    accounts = [
        Account(pk=i, key=f"a{i}", name=f"A{i}", parent_id=i // 10 or None, top_id=1, lft=0, rght=0, tree_id=1, level=0)
        for i in range(1, number + 1)
    ]
    for account in accounts[1:10]:
        account.parent_id = 1
    other = Account(pk=number + 1, key="other", name="Other", top_id=number + 1, lft=0, rght=0, tree_id=2, level=0)
    Account.objects.bulk_create([*accounts, other])
    items = [Item(key=f"d{a.pk}", kind="device", account=a, name=f"D{a.pk}") for a in [*accounts, other]]
    Item.objects.bulk_create(items)
    owner = User.objects.create(username="o", account_id=1, authority="owner", verified=True)
    grant = Grant.objects.create(key="g", account=other, covers="kind", kind="device")
    GrantGrantee.objects.create(grant=grant, account_id=1, accepted_at=timezone.now())
    return {"owner": Actor.of(owner), "first": items[0], "last": items[-2], "granted": items[-1], "number": number}


def test_a_cold_decision_asks_two_statements(rows: dict[str, Any], django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        assert engine.decide(rows["owner"], "device:view", rows["last"]).allowed


def test_a_warm_decision_asks_for_epochs_and_the_thing(rows: dict[str, Any], django_assert_num_queries: Any) -> None:
    assert engine.decide(rows["owner"], "device:view", rows["granted"]).allowed
    with django_assert_num_queries(2):
        assert not engine.decide(rows["owner"], "device:change", rows["granted"]).allowed


def test_many_decisions_ask_as_much_as_one(rows: dict[str, Any], django_assert_num_queries: Any) -> None:
    callers = [rows["owner"], Actor("account", 2), Actor("account", 3)]
    things = list(Item.objects.all()[:500])
    with django_assert_num_queries(2):
        decisions = engine.decide_many([Question(c, "device:view", t) for c in callers for t in things])
    assert [bool(d) for d in decisions[: len(things)]] == [True] * len(things)


def test_a_list_is_one_statement_beside_the_scope(rows: dict[str, Any], django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1 + 1):
        listed = list(engine.visible(rows["owner"], "device:view").order_by("name")[:50])
    assert len(listed) == min(50, rows["number"] + 1)
    with django_assert_num_queries(1 + 1):
        assert engine.visible(rows["owner"], "device:view").count() == rows["number"] + 1


def test_marks_of_a_page_ask_two_statements(rows: dict[str, Any], django_assert_num_queries: Any) -> None:
    page = list(Item.objects.order_by("-pk")[:50])
    with django_assert_num_queries(2):
        marks = engine.look(rows["owner"]).mark(page, ["view", "change", "messages:view"])
    assert marks[rows["granted"].pk] == {"view", "messages:view"}
    assert marks[rows["last"].pk] == {"view", "change", "messages:view"}


def test_an_explanation_asks_no_more_than_its_decision(rows: dict[str, Any], django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        explanation = explaining.explain(engine.look(rows["owner"]), "device:view", rows["granted"])
    assert [step.kind for step in explanation.chain] == ["user", "received", "device"]
