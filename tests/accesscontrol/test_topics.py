"""MQTT topics: items' topics follow the items' permissions, every other name is free in the account's space."""

from __future__ import annotations

import pytest

from accesscontrol.access.actor import Actor
from accesscontrol.access.doors.topics import decide_topic
from accesscontrol.access.law.topics import covers
from accesscontrol.access.permissions import UnknownName
from tests import world_rows
from tests.conftest import DEEP
from tests.oracle.asking import all_questions
from tests.oracle.operators import random_operators
from tests.oracle.oracle import Oracle
from tests.oracle.worlds import NOW, random_world

#: On PostgreSQL a cold question costs four times as much: the quick run asks those of two worlds there.
ON_POSTGRES = range(6) if DEEP else (0, 3)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=pytest.mark.both if seed in ON_POSTGRES else ()) for seed in range(6)]
)
def test_topics_are_answered_as_the_oracle_does(seed: int) -> None:
    world = random_world(seed)
    operators = random_operators(seed, world)
    oracle = Oracle(world, NOW, operators=operators)
    rows = world_rows.load(world, NOW, operators=operators)
    asked = [r for r in all_questions(world, operators=operators) if r["resource"]["type"] == "topic"]
    wrong = []
    for request in asked:
        context = request.get("context") or {}
        acting = rows["account"][context["account"]].pk if context.get("account") else None
        caller = rows[request["subject"]["type"]][request["subject"]["id"]]
        actor = Actor.of(caller, acting=acting, address=context.get("address"), at=NOW)
        got = decide_topic(actor, request["action"]["name"], request["resource"]["id"]).allowed
        if got != oracle.decide(**request).decision:
            wrong.append(request)
    assert wrong == []
    assert len(asked) > 100


@pytest.mark.parametrize(
    ("rule", "topic", "covered"),
    [
        ("#", "fleet/truck-7", True),
        ("#", "$SYS/uptime", False),
        ("$SYS/#", "$SYS/uptime", True),
        ("fleet/+", "fleet/truck-7", True),
        ("fleet/+", "fleet/truck-7/speed", False),
        ("fleet/+", "fleet/#", False),
        ("fleet/#", "fleet/+/speed", True),
        ("fleet/#", "fleet", True),
        ("fleet/truck-7", "fleet/+", False),
        ("fleet/truck-7", "Fleet/truck-7", False),
    ],
)
def test_a_filter_covers_what_mqtt_says(rule: str, topic: str, covered: bool) -> None:
    assert covers(rule, topic) is covered


@pytest.mark.parametrize("topic", ["", "a/#/b", "a+/b", "$share/group", "$share//a", "$share/a+/b", "$share"])
def test_a_topic_that_is_none_is_refused(topic: str) -> None:
    with pytest.raises(UnknownName, match="is not an MQTT topic"):
        decide_topic(Actor("user", 1), "subscribe", topic)


def test_an_unknown_action_is_refused() -> None:
    with pytest.raises(UnknownName, match="publish, subscribe"):
        decide_topic(Actor("user", 1), "read", "fleet")
