"""The engine against the naive oracle over random worlds: every question, through every door, cold and warm."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accesscontrol.access import engine, explaining, freshness, reverse
from accesscontrol.access.actor import Actor
from accesscontrol.access.decision import Question
from accesscontrol.access.permissions import permission_on
from tests import world_rows
from tests.oracle.asking import all_questions
from tests.oracle.oracle import Oracle
from tests.oracle.worlds import NOW, random_world

WORLDS = 100
ON_POSTGRES = 20
#: In the quick run, of each world one in this many questions goes through the doors that answer one at a time.
ONE_IN = 40

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]


def seeds(deep: bool) -> range:
    return range(ON_POSTGRES if connection.vendor == "postgresql" and not deep else WORLDS)


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The clock stands at the worlds' moment."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return NOW


class Asked:
    """One world in the tables, its oracle, and its questions as both sides read them."""

    def __init__(self, seed: int) -> None:
        self.world = random_world(seed)
        self.oracle = Oracle(self.world, NOW)
        self.rows = world_rows.load(self.world, NOW)
        self.requests = [r for r in all_questions(self.world, topics=False) if self._known(r)]
        self.questions = [self._question(request) for request in self.requests]

    def _known(self, request: dict) -> bool:
        subject, resource = request["subject"], request["resource"]
        acting = (request.get("context") or {}).get("account")
        known = self.rows[subject["type"]].get(subject["id"]) and self.rows.find(resource["type"], resource["id"])
        return bool(known) and (acting is None or acting in self.rows["account"])

    def _question(self, request: dict) -> Question:
        context = request.get("context") or {}
        acting = self.rows["account"][context["account"]].pk if context.get("account") else None
        at = context.get("at")
        moment = datetime.fromisoformat(at.replace("Z", "+00:00")).astimezone(UTC) if isinstance(at, str) else at
        caller = self.rows[request["subject"]["type"]][request["subject"]["id"]]
        actor = Actor.of(caller, acting=acting, address=context.get("address"), at=moment)
        resource = request["resource"]
        wanted = permission_on(request["action"]["name"], resource["type"])
        return Question(actor, wanted, self.rows.find(resource["type"], resource["id"]))

    def expected(self) -> Iterator[Any]:
        for request in self.requests:
            yield self.oracle.decide(**request)

    def sample(self, seed: int, deep: bool) -> list[int]:
        everything = range(len(self.requests))
        return list(everything) if deep else Random(seed).sample(everything, len(self.requests) // ONE_IN)


@pytest.fixture
def worlds(still: datetime, deep: bool) -> Iterator[Any]:
    def each() -> Iterator[tuple[int, Asked]]:
        for seed in seeds(deep):
            world_rows.clear()
            freshness.forget()
            yield seed, Asked(seed)

    yield each()
    world_rows.clear()


def test_decide_many_gives_the_oracles_answer_cold_and_warm(worlds: Iterator) -> None:
    asked = 0
    for seed, world in worlds:
        expected = [(answer.decision, answer.history_days) for answer in world.expected()]
        for _temperature in ("cold", "warm"):
            got = [(d.allowed, d.history_days) for d in engine.decide_many(world.questions)]
            wrong = [r for r, e, g in zip(world.requests, expected, got, strict=True) if e != g]
            assert wrong == [], f"world {seed}"
            asked += len(got)
    assert asked > 100_000


def test_decide_and_explain_give_the_oracles_answer(worlds: Iterator, deep: bool) -> None:
    for seed, world in worlds:
        expected = list(world.expected())
        decisions = engine.decide_many(world.questions)
        for decision, answer in zip(decisions, expected, strict=True):
            if decision.thing is not None:
                assert _weighed(explaining.explain_decision(decision)) == answer.decision, (seed, decision.reason)
        for number in world.sample(seed, deep):
            question = world.questions[number]
            assert engine.decide(question.actor, question.permission, question.thing).allowed == expected[number].decision


def _weighed(explanation: explaining.Explanation) -> bool:
    """The verdict that a reader of the outcomes alone comes to: something allows, and nothing denies or stops."""
    outcomes = {outcome.outcome for outcome in explanation.outcomes}
    return explaining.ALLOWS in outcomes and not outcomes & {explaining.DENIES, explaining.STOPS}


def test_lists_hold_exactly_what_checks_allow(worlds: Iterator, deep: bool) -> None:
    for seed, world in worlds:
        allowed: dict[tuple, set[int]] = defaultdict(set)
        for question, answer in zip(world.questions, world.expected(), strict=True):
            thing, wanted = question.thing, question.permission
            if wanted.asked_of == "account" and wanted.kind != "account" and not wanted.is_create:
                continue  # asked of an account, but listed as events or subscriptions
            allowed[question.actor, wanted] |= {thing.pk} if answer.decision else set()
        pairs = sorted(allowed, key=str)
        for actor, wanted in pairs if deep else Random(seed).sample(pairs, len(pairs) // ONE_IN):
            if actor.at is None:
                listed = set(engine.visible(actor, wanted).values_list("pk", flat=True))
                assert listed == allowed[actor, wanted], (seed, actor, str(wanted))


def test_every_view_together_is_the_views_of_each_kind(worlds: Iterator) -> None:
    for seed, world in worlds:
        views: dict[Actor, set[int]] = defaultdict(set)
        for question, answer in zip(world.questions, world.expected(), strict=True):
            wanted = question.permission
            if wanted.section is None and wanted.verb == "view" and question.thing._meta.model_name == "item":
                views[question.actor] |= {question.thing.pk} if answer.decision else set()
        for actor, expected in views.items():
            if actor.at is None:
                listed = set(engine.visible(actor, engine.ANY_ITEM_VIEW).values_list("pk", flat=True))
                assert listed == expected, (seed, actor)


def test_who_names_exactly_those_whom_checks_allow(worlds: Iterator, deep: bool) -> None:
    for seed, world in worlds:
        things = {(q.permission, r["resource"]["type"], r["resource"]["id"]): q.thing
                  for q, r in zip(world.questions, world.requests, strict=True)}  # fmt: skip
        pairs = sorted(things, key=str)
        for wanted, kind, key in pairs if deep else Random(seed).sample(pairs, 25):
            holders = {(h.type, h.id) for h in reverse.who(wanted, things[wanted, kind, key])}
            assert holders == _oracles_holders(world, wanted, kind, key), (seed, str(wanted), key)


def _oracles_holders(world: Asked, wanted: Any, kind: str, key: str) -> set[tuple[str, int]]:
    """Tokens bound to addresses are asked from one of theirs, as `who` says."""
    found = set()
    for caller in ("user", "token", "account"):
        for name, row in world.rows[caller].items():
            networks = row.allowed_addresses if caller == "token" else []
            context = {"address": networks[0].partition("/")[0]} if networks else {}
            subject = {"type": caller, "id": name}
            if world.oracle.decide(subject, {"name": str(wanted)}, {"type": kind, "id": key}, context).decision:
                found.add((caller, row.pk))
    return found


def test_marks_are_checks_of_each_row(worlds: Iterator) -> None:
    for seed, world in worlds:
        by_actor: dict[Actor, list[tuple[Question, bool]]] = defaultdict(list)
        for question, answer in zip(world.questions, world.expected(), strict=True):
            if question.thing._meta.model_name == "item" and question.actor.at is None:
                by_actor[question.actor].append((question, answer.decision))
        for actor, asked in Random(seed).sample(sorted(by_actor.items(), key=str), 5):
            names = sorted({str(question.permission) for question, _ in asked})
            rows = {question.thing.pk: question.thing for question, _ in asked}.values()
            marks = engine.mark(actor, rows, names)
            for question, allowed in asked:
                assert (str(question.permission) in marks[question.thing.pk]) == allowed, (seed, question)


