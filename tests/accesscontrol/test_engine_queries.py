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
from tests.statements import of_law, statements

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


def test_a_cold_decision_asks_two_statements(rows: dict[str, Any]) -> None:
    with statements() as made:
        assert engine.decide(rows["owner"], "device:view", rows["last"]).allowed
    assert made == of_law(cold=True)


def test_a_warm_decision_asks_for_epochs_and_the_thing(rows: dict[str, Any]) -> None:
    assert engine.decide(rows["owner"], "device:view", rows["granted"]).allowed
    with statements() as made:
        assert not engine.decide(rows["owner"], "device:change", rows["granted"]).allowed
    assert made == of_law()


def test_many_decisions_ask_as_much_as_one(rows: dict[str, Any]) -> None:
    callers = [rows["owner"], Actor("account", 2), Actor("account", 3)]
    things = list(Item.objects.all()[:500])
    with statements() as made:
        decisions = engine.decide_many([Question(c, "device:view", t) for c in callers for t in things])
    assert made == of_law(cold=True)
    assert [bool(d) for d in decisions[: len(things)]] == [True] * len(things)


def test_a_list_is_one_statement_beside_the_scope(rows: dict[str, Any]) -> None:
    with statements() as made:
        listed = list(engine.visible(rows["owner"], "device:view").order_by("name")[:50])
    assert made == of_law(cold=True, things=0, own=1)
    assert len(listed) == min(50, rows["number"] + 1)
    with statements() as made:
        assert engine.visible(rows["owner"], "device:view").count() == rows["number"] + 1
    assert made == of_law(things=0, own=1)


def test_marks_of_a_page_ask_two_statements(rows: dict[str, Any]) -> None:
    page = list(Item.objects.order_by("-pk")[:50])
    with statements() as made:
        marks = engine.look(rows["owner"]).mark(page, ["view", "change", "messages:view"])
    assert made == of_law(cold=True)
    assert marks[rows["granted"].pk] == {"view", "messages:view"}
    assert marks[rows["last"].pk] == {"view", "change", "messages:view"}


def test_an_explanation_asks_no_more_than_its_decision(rows: dict[str, Any]) -> None:
    with statements() as made:
        explanation = explaining.explain(engine.look(rows["owner"]), "device:view", rows["granted"])
    assert made == of_law(cold=True)
    assert [step.kind for step in explanation.chain] == ["user", "received", "device"]
