"""The engine against the naive oracle over random worlds: every question, through every door, cold and warm.

Of the 100 worlds the quick run asks 20 on PostgreSQL and the others on SQLite; `--deep` asks all on both.
"""

from __future__ import annotations

import os
from collections import defaultdict
from datetime import UTC, datetime
from functools import cache, cached_property
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.compiled import keeping as freshness
from accesscontrol.access.decision import Decision, Question
from accesscontrol.access.doors import explaining, reverse
from accesscontrol.access.permissions import Permission, permission_on
from tests import world_rows
from tests.oracle.asking import all_questions
from tests.oracle.links_under import random_links_under
from tests.oracle.operators import random_operators
from tests.oracle.oracle import Answer, Oracle
from tests.oracle.worlds import NOW, random_world

DEEP = os.environ.get("DEEP") == "1"
WORLDS = 100
ON_POSTGRES = 20
#: In the quick run the doors that answer one at a time get this many questions of each world; all of them in --deep.
WARM, EXPLAINED, SINGLE, LISTED, REVERSED = 5_000, 2_000, 40, 100, 10

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]


def seeds() -> range:
    """The worlds that are asked on this database."""
    if DEEP:
        return range(WORLDS)
    return range(ON_POSTGRES) if connection.vendor == "postgresql" else range(ON_POSTGRES, WORLDS)


_permission_on = cache(permission_on)


class Asked:
    """One world in the tables, its oracle, and its questions as both sides read them."""

    def __init__(self, seed: int) -> None:
        self.world = random_world(seed)
        under = random_links_under(seed, self.world)
        operators = random_operators(seed, self.world)
        self.oracle = Oracle(self.world, NOW, under, operators)
        self.rows = world_rows.load(self.world, NOW, under, operators)
        self.random = Random(seed)
        self.actors: dict[tuple, Actor | None] = {}
        self.things: dict[tuple[str, str], Any] = {}
        self.requests: list[dict] = []
        self.questions: list[Question] = []
        for request in all_questions(self.world, topics=False, operators=operators):
            if question := self._question(request):
                self.requests.append(request)
                self.questions.append(question)
        self.answers: list[Answer] = [self.oracle.decide(**request) for request in self.requests]

    def _question(self, request: dict) -> Question | None:
        """The request as the engine asks it; None when it names somebody or something that is not there."""
        subject, resource, context = request["subject"], request["resource"], request.get("context") or {}
        caller = (subject["type"], subject["id"], *context.items())
        if caller not in self.actors:
            self.actors[caller] = self._actor(subject, context)
        named = (resource["type"], resource["id"])
        if named not in self.things:
            self.things[named] = self.rows.find(*named)
        actor, thing = self.actors[caller], self.things[named]
        if actor is None or thing is None:
            return None
        return Question(actor, _permission_on(request["action"]["name"], resource["type"]), thing)

    def _actor(self, subject: dict, context: dict) -> Actor | None:
        caller = self.rows[subject["type"]].get(subject["id"])
        account, at = context.get("account"), context.get("at")
        if caller is None or (account is not None and account not in self.rows["account"]):
            return None
        acting = self.rows["account"][account].pk if account is not None else None
        moment = datetime.fromisoformat(at.replace("Z", "+00:00")).astimezone(UTC) if isinstance(at, str) else at
        return Actor.of(caller, acting=acting, address=context.get("address"), at=moment)

    def some(self, things: Any, number: int) -> list:
        """All of these in the long run, so many of them in the quick one."""
        listed = list(things)
        return listed if DEEP or len(listed) <= number else self.random.sample(listed, number)

    @cached_property
    def plain(self) -> list[tuple[Question, Answer, dict]]:
        """The questions without a context; of these every caller × permission × thing is asked."""
        asked = zip(self.questions, self.answers, self.requests, strict=True)
        return [(question, answer, request) for question, answer, request in asked if "context" not in request]


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands at the worlds' moment."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.mark.checklist("Z10")
@pytest.mark.parametrize("seed", seeds())
def test_every_door_gives_the_oracles_answer(seed: int, still: None) -> None:
    freshness.forget()
    world = Asked(seed)
    decisions = check_many(world)
    check_many(world, WARM)  # from the scopes kept by the first round
    check_explanations(world, decisions)
    check_single(world)
    check_lists(world)
    check_lists_of_every_kind(world)
    check_holders(world)
    check_marks(world)


def check_many(world: Asked, number: int = 10**9) -> list[Decision]:
    questions, answers = zip(*world.some(zip(world.questions, world.answers, strict=True), number), strict=True)
    decisions = engine.decide_many(questions)
    wrong = [
        (question, answer, decision.allowed, decision.history_days, decision.verdict.code)
        for question, answer, decision in zip(questions, answers, decisions, strict=True)
        if (answer.decision, answer.history_days) != (decision.allowed, decision.history_days)
    ]
    assert wrong == []
    assert len(decisions) > 1_000
    return decisions


def check_explanations(world: Asked, decisions: list[Decision]) -> None:
    for decision, answer in world.some(zip(decisions, world.answers, strict=True), EXPLAINED):
        if decision.thing is not None and decision.scope is not None:
            explanation = explaining.explain_decision(decision)
            assert weighed(explanation) == answer.decision, decision.reason


def weighed(explanation: explaining.Explanation) -> bool:
    """The verdict that a reader of the outcomes alone comes to: something allows, and nothing denies or stops."""
    outcomes = {outcome.outcome for outcome in explanation.outcomes}
    return explaining.ALLOWS in outcomes and not outcomes & {explaining.DENIES, explaining.STOPS}


def check_single(world: Asked) -> None:
    for question, answer in world.some(zip(world.questions, world.answers, strict=True), SINGLE):
        decision = engine.decide(question.actor, question.permission, question.thing)
        assert decision.allowed == answer.decision, question


def check_lists(world: Asked) -> None:
    """The rows listed for a permission are exactly those for which a check says yes."""
    allowed: dict[tuple[Actor, Permission], set[int]] = defaultdict(set)
    for question, answer, _ in world.plain:
        wanted = question.permission
        if wanted.kind not in ("event", "subscription"):  # asked of an account, but listed as rows of their own
            allowed[question.actor, wanted] |= {question.thing.pk} if answer.decision else set()
    for (actor, wanted), expected in world.some(allowed.items(), LISTED):
        assert set(engine.visible(actor, wanted).values_list("pk", flat=True)) == expected, (actor, str(wanted))


def check_lists_of_every_kind(world: Asked) -> None:
    views: dict[Actor, set[int]] = defaultdict(set)
    for question, answer, _ in world.plain:
        wanted = question.permission
        if wanted.section is None and wanted.verb == "view" and question.thing._meta.model_name == "item":
            views[question.actor] |= {question.thing.pk} if answer.decision else set()
    for actor, expected in views.items():
        listed = set(engine.visible(actor, engine.ANY_ITEM_VIEW).values_list("pk", flat=True))
        assert listed == expected, actor


def check_holders(world: Asked) -> None:
    things = {
        (question.permission, request["resource"]["type"], request["resource"]["id"]): question.thing
        for question, _, request in world.plain
    }
    for (wanted, kind, key), thing in world.some(things.items(), REVERSED):
        holders = {(holder.type, holder.id) for holder in reverse.who(wanted, thing)}
        assert holders == expected_holders(world, wanted, kind, key), (str(wanted), key)


def expected_holders(world: Asked, wanted: Permission, kind: str, key: str) -> set[tuple[str, int]]:
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


def check_marks(world: Asked) -> None:
    asked: dict[Actor, list[tuple[Question, bool]]] = defaultdict(list)
    for question, answer, _ in world.plain:
        if question.thing._meta.model_name == "item":
            asked[question.actor].append((question, answer.decision))
    for actor, pairs in world.some(asked.items(), 3):
        names = sorted({str(question.permission) for question, _ in pairs})
        rows = {question.thing.pk: question.thing for question, _ in pairs}
        marks = engine.look(actor).mark(rows.values(), names)
        for question, allowed in pairs:
            assert (str(question.permission) in marks[question.thing.pk]) == allowed, question
