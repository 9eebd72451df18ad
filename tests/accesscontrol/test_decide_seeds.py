"""`manage.py decide`: the seed documents' own questions, and every way to ask wrongly."""

from __future__ import annotations

import io
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accesscontrol.accounts.models import Account, User
from accesscontrol.items.models import Item
from accesscontrol.services.decisions.questions import answer_many
from tests.contracts.source import ROOT

pytestmark = [pytest.mark.django_db, pytest.mark.both]
SEEDS = ROOT / "tests" / "seeds"


@pytest.fixture
def seeds() -> None:
    call_command("world", "apply", str(SEEDS / "seeds.yaml"), stdout=StringIO(), stderr=StringIO())


def lines_of(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SEEDS / name).read_text(encoding="utf-8").splitlines()]


def decide(path: Path | str) -> list[dict[str, Any]]:
    output = StringIO()
    call_command("decide", str(path), stdout=output)
    return [json.loads(line) for line in output.getvalue().splitlines()]


def ask(subject: Any, action: Any, resource: Any, **context: Any) -> dict[str, Any]:
    [answer] = answer_many([request(subject, action, resource, **context)])
    return answer


def request(subject: Any, action: Any, resource: Any, **context: Any) -> dict[str, Any]:
    """sam, view, device d1 as a request; `context` only when given."""
    kind, _, name = subject.partition(" ")
    thing, _, key = resource.partition(" ")
    asked = {"subject": {"type": kind, "id": name}, "action": {"name": action}, "resource": {"type": thing, "id": key}}
    return asked | ({"context": context} if context else {})


def test_every_question_of_the_seeds_is_answered_as_expected(seeds):
    answers = decide(SEEDS / "seeds.requests.jsonl")
    expected = lines_of("seeds.expected.jsonl")
    assert len(answers) == 260
    wrong = [
        (asked, answer, line["sentence"])
        for asked, answer, line in zip(lines_of("seeds.requests.jsonl"), answers, expected, strict=True)
        if answer["decision"] is not line["decision"]
    ]
    assert wrong == []
    assert all(answer["context"]["reason"].endswith(".") for answer in answers)


def test_twelve_thousand_lines_are_answered_in_order(seeds, tmp_path):
    requests = (SEEDS / "seeds.requests.jsonl").read_text(encoding="utf-8").splitlines()
    path = tmp_path / "many.jsonl"
    path.write_text("\n".join((requests * 47)[:12_000]) + "\n", encoding="utf-8")
    answers = decide(path)
    expected = [line["decision"] for line in lines_of("seeds.expected.jsonl")] * 47
    assert [answer["decision"] for answer in answers] == expected[:12_000]


def test_a_batch_costs_as_many_statements_as_one_of_its_questions(seeds):
    requests = lines_of("seeds.requests.jsonl")
    with CaptureQueriesContext(connection) as few:
        answer_many(requests[:130])
    with CaptureQueriesContext(connection) as many:
        answer_many(requests * 4)
    assert len(many) <= len(few) + 6
    assert len(many) <= 20


def test_standard_input_is_read_line_by_line(seeds, monkeypatch):
    lines = json.dumps(request("user master", "view", "device d1")) + "\n\nnonsense\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))
    first, empty, nonsense = decide("-")
    assert first["decision"] is True
    assert (empty["decision"], empty["context"]["error"]["status"]) == (False, 400)
    assert nonsense["context"]["error"]["message"].startswith("This is not JSON")


def test_a_file_that_is_not_there_is_told():
    with pytest.raises(CommandError, match="cannot be read"):
        decide("/nowhere/requests.jsonl")


def test_history_depth_stands_in_the_context(seeds):
    assert ask("user sub1", "messages:view", "device d1")["context"]["history_days"] == 30
    assert ask("user master", "messages:view", "device d1")["context"]["history_days"] == 180
    assert "history_days" not in ask("user master", "telemetry:view", "device d1")["context"]


def test_what_is_unknown_is_a_plain_no(seeds):
    asked = [
        ("user nobody", "view", "device d1"),
        ("user D1", "view", "device d1"),
        ("robot master", "view", "device d1"),
        ("user master", "view", "device nothing"),
        ("user master", "view", "channel d1"),
        ("user master", "view", "device "),
        ("user master", "view", "device a\x00b"),
        ("user master", "view", "device \ud800"),
        ("user master", "view", "device pk:999999999999999999"),
        ("user pk:0", "view", "device d1"),
        ("user master", "view", "grant g-none"),
        ("user master", "device:create", "account nowhere"),
    ]
    answers = answer_many([request(*one) for one in asked])
    assert [one for one, answer in zip(asked, answers, strict=True) if answer["decision"] is not False] == []
    assert {tuple(answer["context"]) for answer in answers} == {("reason",)}
    assert ask("user master", "view", "device d1")["decision"] is True


def test_a_name_is_one_however_it_is_written(seeds):
    """Usernames and keys compare by their folded form (access model §11)."""
    assert ask("user MASTER", "view", "device D1") == ask("user master", "view", "device d1")


def test_an_unknown_account_to_operate_as_is_a_plain_no(seeds):
    assert ask("user petra", "view", "device a-truck", account="client-a")["decision"] is True
    assert ask("user petra", "view", "device a-truck", account="nowhere")["decision"] is False
    assert ask("user a.owner", "view", "device a-truck", account="nowhere")["decision"] is False


def test_a_row_number_names_a_row(seeds):
    master, device = User.objects.get(username="master").pk, Item.objects.get(key="d1").pk
    fleet = Account.objects.get(key="fleet").pk
    assert ask(f"user pk:{master}", "view", f"device pk:{device}")["decision"] is True
    assert ask(f"user pk:{master}", "view", f"channel pk:{device}")["decision"] is False
    assert ask(f"account pk:{fleet}", "device:create", f"account pk:{fleet}")["decision"] is True


def test_address_and_time_of_the_context_count(seeds):
    assert ask("token office-only", "view", "device tr-1")["decision"] is False
    assert ask("token office-only", "view", "device tr-1", address="10.1.2.3")["decision"] is True
    assert ask("token office-only", "view", "device tr-1", address="192.0.2.1")["decision"] is False
    assert ask("token dead-token", "view", "device tr-1", at="2019-06-01T00:00:00Z")["decision"] is True


def test_topics_are_asked_like_things(seeds):
    asked = [
        ("user acme.owner", "subscribe", "topic fleet/#"),
        ("user acme.owner", "publish", "topic items/device/tr-1/messages"),
        ("user b.owner", "subscribe", "topic items/device/a-truck/telemetry"),
        ("user b.owner", "publish", "topic items/device/a-truck/messages"),
        ("user guest", "subscribe", "topic fleet/1"),
        ("user nobody", "subscribe", "topic fleet/1"),
        ("user acme.owner", "subscribe", "topic \ud800"),
    ]
    answers = answer_many([request(*one) for one in asked])
    assert [answer["decision"] for answer in answers] == [True, True, True, False, False, False, False]


WRONG = {
    "no object": [],
    "no subject": {"action": {"name": "view"}, "resource": {"type": "device", "id": "d1"}},
    "id is a number": {**request("user master", "view", "device d1"), "subject": {"type": "user", "id": 5}},
    "no action name": {**request("user master", "view", "device d1"), "action": {}},
    "subject is text": {**request("user master", "view", "device d1"), "subject": "user master"},
    "properties is text": {
        **request("user master", "view", "device d1"),
        "action": {"name": "view", "properties": "x"},
    },
    "context is text": {**request("user master", "view", "device d1"), "context": "x"},
    "account is a number": request("user master", "view", "device d1", account=5),
    "address is nonsense": request("user master", "view", "device d1", address="here"),
    "time is nonsense": request("user master", "view", "device d1", at="soon"),
    "unknown permission": request("user master", "fly", "device d1"),
    "permission of another kind": request("user master", "channel:view", "device d1"),
    "create asked of the thing": request("user master", "create", "device d1"),
    "unknown type of resource": request("user master", "view", "spaceship d1"),
    "events are asked of the account": request("user master", "view", "event 1"),
    "no topic at all": request("user master", "subscribe", "topic a/#/b"),
    "unknown act on a topic": request("user master", "view", "topic fleet/1"),
}


def test_a_request_in_error_says_so_and_spoils_no_other(seeds):
    good = request("user master", "view", "device d1")
    answers = answer_many([one for wrong in WRONG.values() for one in (wrong, good)])
    assert [answer["decision"] for answer in answers] == [False, True] * len(WRONG)
    errors = dict(zip(WRONG, (answer["context"]["error"] for answer in answers[::2]), strict=True))
    assert {name: error["status"] for name, error in errors.items()} == dict.fromkeys(WRONG, 400)
    assert [name for name, error in errors.items() if not error["message"].endswith(".")] == []


def test_json_that_is_no_i_json_is_refused(seeds, tmp_path):
    path = tmp_path / "odd.jsonl"
    path.write_bytes(b'{"subject": {}, "subject": {}}\n{"a": "\\ud800"}\n{"a": NaN}\n\xff\n' + b"[" * 100_000 + b"\n")
    answers = decide(path)
    assert [answer["context"]["error"]["status"] for answer in answers] == [400] * 5
    messages = [answer["context"]["error"]["message"] for answer in answers]
    assert messages[0] == "The JSON names “subject” twice in one object; keep one of them."
    assert messages[1] == "The JSON holds half of a surrogate pair."
