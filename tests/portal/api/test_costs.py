"""What a call may cost: what may not be asked costs nothing, the rest is bounded before it is spent.

Counted in statements and in callers compiled, never in seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accesscontrol.access.actor import Actor
from accesscontrol.access.compiled import compiling, keeping
from accesscontrol.access.doors.asking import MOST_CALLERS
from accesscontrol.services.decisions.costs import (
    MOST_QUESTIONS,
    MOST_TIMES,
    TOO_MANY_CALLERS,
    TOO_MANY_QUESTIONS,
    TOO_MANY_TIMES,
)
from accesscontrol.services.decisions.questions import answer_many
from accesscontrol.services.items.items import create_items
from accesscontrol.services.items.specs import ItemSpec
from portal.api.tokens.payloads import MOST_LISTED
from tests.portal.api.asking import MANY, ask, decisions, entity, question
from tests.portal.telling import told_at
from tests.world import CONSOLE

pytestmark = pytest.mark.checklist("E07")

A_DAY = timedelta(days=1)


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The callers whose access is compiled."""
    found: list[Any] = []
    compile_one = compiling.ScopeCompiler.compile

    def watch(compiler: Any, actor: Any) -> Any:
        found.append(actor)
        return compile_one(compiler, actor)

    monkeypatch.setattr(compiling.ScopeCompiler, "compile", watch)
    return found


def batch(who: Any, questions: list[dict[str, Any]]) -> tuple[list[bool], int]:
    """The decisions, and how many statements they took, from cold."""
    keeping.forget()
    with CaptureQueriesContext(connection) as made:
        answers = answer_many(questions, Actor.of(who))
    return [one["decision"] for one in answers], len(made)


def other_times(number: int) -> list[str]:
    return [(datetime(2030, 1, 1, tzinfo=UTC) + day * A_DAY).isoformat() for day in range(number)]


#: Name → who asks, and the question with the number.
REFUSED = {
    "somebody unseen": ("sam", lambda n: question("nora", resource=f"truck-{n}")),
    "nobody at all": ("sam", lambda n: question(f"absent-{n % 900}")),
    "somebody unseen as an account": ("sam", lambda n: question("nora", resource=f"x{n}", context={"account": "shop"})),
    "another time": ("sam", lambda n: question("sam", resource=f"x{n}", context={"at": other_times(9)[n % 9]})),
    "another address": ("sam", lambda n: question("sam", context={"address": f"10.0.{n // 250}.{n % 250}"})),
    "things unseen": ("nora", lambda n: question("sam", resource=f"rover-{n}", context={"account": "contoso"})),
    "topics of somebody unseen": (
        "sam", lambda n: {**question("nora", "subscribe"), "resource": entity("topic", f"items/device/{n}/logs")}
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_may_not_be_asked_costs_the_same_however_much_it_is(cast, compiled, name):
    who, made = REFUSED[name]
    few, statements = batch(cast.people[who], [made(number) for number in range(3)])
    assert few == [False] * 3
    del compiled[:]
    many, as_many = batch(cast.people[who], [made(number) for number in range(MOST_QUESTIONS)])
    assert many == [False] * MOST_QUESTIONS
    assert as_many <= statements + 2, "names are looked up five thousand a statement"
    assert {actor.id for actor in compiled} == {cast.people[who].pk}, "nobody but who asks"
    assert len(compiled) == 1


def test_what_a_call_may_cost_is_bounded_before_it_is_spent(person, compiled):
    nora = person("nora")
    callers = [{"subject": {"type": "user", "id": f"u{number}"}} for number in range(MOST_CALLERS + 1)]
    times = [{"context": {"at": moment}} for moment in other_times(MOST_TIMES + 1)]
    limits = {
        TOO_MANY_QUESTIONS(most=MOST_QUESTIONS, count=MOST_QUESTIONS + 1): [{}] * (MOST_QUESTIONS + 1),
        TOO_MANY_CALLERS(most=MOST_CALLERS, count=MOST_CALLERS + 1): callers,
        TOO_MANY_TIMES(most=MOST_TIMES, count=MOST_TIMES + 1): times,
    }
    ask(nora, {"evaluations": 1}, MANY)
    with CaptureQueriesContext(connection) as least:
        ask(nora, {"evaluations": 1}, MANY)
    for sentence, evaluations in limits.items():
        del compiled[:]
        with CaptureQueriesContext(connection) as made:
            answer = ask(nora, {**question("sam"), "evaluations": evaluations}, MANY)
        assert (answer.status_code, answer.json()) == (400, str(sentence))
        assert len(made) <= len(least)
        assert compiled == []
    for evaluations in (callers[1:], times[1:], [{}] * MOST_QUESTIONS):
        assert len(decisions(ask(nora, {**question("sam"), "evaluations": evaluations}, MANY))) == len(evaluations)


def test_within_the_limits_all_is_answered_by_a_few_statements_a_moment(cast, compiled):
    nora, names = cast.people["nora"], ("nora", "adam", "anna", "otto", "sam", "lee")
    few, statements = batch(nora, [question(name) for name in names])
    del compiled[:]
    many, as_many = batch(nora, [question(names[n % 6], resource=f"truck-{n % 11}") for n in range(2000)])
    assert (as_many, len(compiled)) == (statements, len(names))
    assert sum(few) > 0 < sum(many)
    del compiled[:]
    asked = [question(name, context={"at": moment}) for name in names for moment in other_times(MOST_TIMES)]
    at_times, as_many = batch(nora, asked)
    assert sum(at_times) > 0
    assert as_many <= statements + MOST_TIMES
    assert len(compiled) == 1 + MOST_TIMES * len(names)


def test_one_caller_at_many_addresses_is_compiled_once(cast, compiled):
    asked = [question("sam", context={"address": f"10.0.0.{number}"}) for number in range(200)]
    answers, _ = batch(cast.people["nora"], asked)
    assert answers == [True] * 200
    assert len(compiled) == 2, "who asks, and sam"


@pytest.mark.parametrize("about", ["nora", "sam"])
def test_topics_are_asked_many_at_once(cast, about):
    create_items(
        CONSOLE, [ItemSpec(account=cast.accounts["northwind"], kind="device", name=f"M {n}", key=f"m-{n}")
                  for n in range(300)],
    )  # fmt: skip
    kinds = ("items/device/m-{}/messages", "items/+/m-{}/#", "fleet/{}", "items/device/none-{}/logs", "{}/#")

    def topics(number: int) -> list[dict[str, Any]]:
        named = (kind.format(n) for n in range(number) for kind in kinds)
        return [{**question(about, "subscribe"), "resource": entity("topic", name)} for name in named]

    few, statements = batch(cast.people["nora"], topics(3))
    many, as_many = batch(cast.people["nora"], topics(300))
    assert as_many == statements
    assert many == few[:5] * 300
    assert (sum(few) > 0) == (about == "nora")


# --- Other doors that take lists


def rules_of(names: list[str], rules: int, kind: str = "device") -> list[dict[str, Any]]:
    return [{"kind": kind, "reach": "list", "verbs": ["view"], "items": names} for _ in range(rules)]


@pytest.mark.parametrize(("kind", "names"), [("device", ["truck-7", "truck-8"]), ("user", ["sam", "lee"])])
def test_rules_of_a_token_are_read_and_asked_all_at_once(person, kind, names):
    nora = person("nora")
    body = {"account": "northwind", "type": "acl", "name": "Many", "expires_at": "2035-01-01T00:00:00Z"}

    def statements(rules: int) -> int:
        keeping.forget()
        with CaptureQueriesContext(connection) as made:
            answer = nora.post("/api/v1/tokens/", {**body, "rules": rules_of(names, rules, kind)}, format="json")
        assert answer.status_code == 201, answer.json()
        return len([one for one in made if one["sql"].startswith(("SELECT", "WITH"))])

    assert statements(100) <= statements(2) + 2


def test_what_the_rules_of_a_token_list_is_bounded_together(person):
    nora = person("nora")
    body = {"account": "northwind", "type": "acl", "name": "Many", "expires_at": "2035-01-01T00:00:00Z"}
    names = [f"none-{number}" for number in range(1000)]
    with CaptureQueriesContext(connection) as least:
        nora.post("/api/v1/tokens/", {"unknown": 1}, format="json")
    with CaptureQueriesContext(connection) as made:
        answer = nora.post("/api/v1/tokens/", {**body, "rules": rules_of(names, 6)}, format="json")
    assert (answer.status_code, told_at(answer)["rules"]) == (
        400, [f"Name at most {MOST_LISTED} things in all rules together."],
    )  # fmt: skip
    assert len(made) <= len(least) + 2
