"""The oracle answers every question of the seed documents as the seeds do."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from tests.oracle.oracle import Oracle
from tests.oracle.questions import BadQuestion, parse_permission
from tests.oracle.topics import filter_covers

SEEDS = Path(__file__).parent.parent / "seeds"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def read_lines(name: str) -> list[dict]:
    return [json.loads(line) for line in (SEEDS / name).read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def oracle() -> Oracle:
    return Oracle(yaml.safe_load((SEEDS / "seeds.yaml").read_text(encoding="utf-8")), NOW)


def test_every_seed_question_is_answered_as_expected(oracle: Oracle) -> None:
    requests, expected = read_lines("seeds.requests.jsonl"), read_lines("seeds.expected.jsonl")
    wrong = [
        (request, answer)
        for request, answer in zip(requests, expected, strict=True)
        if oracle.decide(**request).decision != answer["decision"]
    ]
    assert wrong == []
    assert len(requests) == 260


def test_who_and_visible_agree_with_decide(oracle: Oracle) -> None:
    assert oracle.visible({"type": "user", "id": "sub1"}, "device:view") == {"d1", "d2"}
    assert oracle.visible({"type": "user", "id": "petra"}, "device:view", {"account": "client-a"}) == {
        "a-truck",
        "a-truck-2",
        "as-truck",
    }
    assert oracle.who("device:view", {"type": "device", "id": "d2"}) == {
        ("account", "fleet"),
        ("user", "master"),
        ("user", "sub1"),
        ("user", "sub4"),
    }


def test_history_depth_is_the_smallest_figure_on_the_way(oracle: Oracle) -> None:
    d1 = {"type": "device", "id": "d1"}
    depths = [
        oracle.decide({"type": "user", "id": user}, {"name": name}, d1).history_days
        for user, name in [
            ("master", "messages:view"),
            ("sub1", "messages:view"),
            ("sub1", "telemetry:view"),
            ("sub3", "messages:view"),
        ]
    ]
    assert depths == [180, 30, None, None]


@pytest.mark.parametrize(
    ("name", "resource_type"),
    [
        ("fly", "device"),
        ("device:fly", "device"),
        ("telemetry:change", "device"),
        ("create", "device"),
        ("device:create", "device"),
        ("channel:view", "device"),
        ("device:view", "account"),
        ("subscription:view", "user"),
        ("*:view", "device"),
        ("view", "spaceship"),
        ("device.messages:create", "account"),
        ("", "device"),
    ],
)
def test_a_wrong_question_is_an_error_not_a_no(oracle: Oracle, name: str, resource_type: str) -> None:
    answer = oracle.decide({"type": "user", "id": "master"}, {"name": name}, {"type": resource_type, "id": "d1"})
    assert answer.decision is False
    assert answer.error
    with pytest.raises(BadQuestion):
        parse_permission(name, resource_type)


@pytest.mark.parametrize(
    ("name", "resource_type", "permission"),
    [
        ("view", "device", ("device", None, "view")),
        ("messages:view", "device", ("device", "messages", "view")),
        ("device.messages:view", "device", ("device", "messages", "view")),
        ("create", "account", ("account", None, "create")),
        ("limits:change", "account", ("account", "limits", "change")),
        ("event:view", "account", ("event", None, "view")),
        ("subscription.invoices:view", "account", ("subscription", "invoices", "view")),
    ],
)
def test_an_action_may_be_short_or_full(name: str, resource_type: str, permission: tuple) -> None:
    assert parse_permission(name, resource_type) == permission


def test_topics_follow_the_items_and_the_space(oracle: Oracle) -> None:
    def ask(kind: str, key: str, verb: str, topic: str, **context: str) -> bool:
        return oracle.decide(
            {"type": kind, "id": key}, {"name": verb}, {"type": "topic", "id": topic}, context
        ).decision

    assert [
        ask("user", "b.owner", "subscribe", "items/device/a-truck/telemetry"),
        ask("user", "b.owner", "publish", "items/device/a-truck/messages"),
        ask("user", "sub1", "subscribe", "items/device/d1/messages"),
        ask("user", "sub1", "subscribe", "own/name"),
        ask("token", "acme-standard", "publish", "own/name"),
        ask("token", "toolbox-all", "publish", "own/name"),
        ask("token", "partner-master", "publish", "own/name", account="client-a"),
    ] == [True, False, True, False, True, False, True]
    assert [
        filter_covers("fleet/#", "fleet/truck/7"),
        filter_covers("fleet/+", "fleet/truck/7"),
        filter_covers("fleet/+/7", "fleet/truck/7"),
        filter_covers("fleet/#", "fleet"),
        filter_covers("fleet/+", "fleet/#"),
    ] == [True, False, True, True, False]
