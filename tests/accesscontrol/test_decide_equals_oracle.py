"""Random worlds through the front door: applied as files, asked as requests, compared with the naive oracle."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from accesscontrol.services.decisions.questions import answer_many
from tests.accesscontrol.world_files import run, writer
from tests.oracle.asking import all_questions
from tests.oracle.oracle import Oracle
from tests.oracle.worlds import NOW, random_world

pytestmark = [pytest.mark.django_db, pytest.mark.both]
QUESTIONS = 3000


def at_the_worlds_moment(request: dict[str, Any]) -> dict[str, Any]:
    """The request with its time written out: the oracle's clock stands, ours goes."""
    context = dict(request.get("context") or {})
    moment = context.get("at") or NOW
    return {**request, "context": {**context, "at": moment if isinstance(moment, str) else moment.isoformat()}}


@pytest.mark.parametrize("seed", range(3))
def test_a_world_file_gives_what_the_oracle_reads_in_it(tmp_path: Path, seed: int, deep: bool):
    world = random_world(seed)
    run("apply", writer(tmp_path)(json.dumps(world), "world.json"))
    oracle, questions = Oracle(world, NOW), list(all_questions(world))
    if not deep:
        questions = Random(seed).sample(questions, QUESTIONS)
    answers = answer_many([at_the_worlds_moment(question) for question in questions])
    wrong = []
    for question, answer in zip(questions, answers, strict=True):
        expected = oracle.decide(**question)
        told = (answer["decision"], answer["context"].get("history_days"), "error" in answer["context"])
        if told != (expected.decision, expected.history_days, bool(expected.error)):
            wrong.append((question, answer, expected))
    assert wrong == []
    assert {answer["decision"] for answer in answers} == {True, False}
