"""Many questions in a call: defaults, order, semantics and errors, as the AuthZEN Authorization API 1.0 has them."""

from __future__ import annotations

from tests.portal.api.asking import MANY, ask, decisions, entity, question


def test_a_batch_answers_in_order_and_defaults_are_replaced_whole(person):
    nora = person("nora")
    body = question()
    body["evaluations"] = [
        {},
        {"action": {"name": "delete"}},
        {"subject": entity("user", "sam"), "action": {"name": "delete"}},
        {"resource": entity("device", "absent")},
        {"subject": {"type": "user"}},
    ]
    answer = ask(nora, body, MANY)
    assert decisions(answer) == [True, True, False, False, False]
    assert list(answer.json()) == ["evaluations"]
    assert answer.json()["evaluations"][4]["context"]["error"] == {
        "status": 400,
        "message": "“subject.id” is a string, not missing.",
    }, "the default's id is not mixed in"


def test_a_default_that_nobody_uses_is_not_looked_at(person):
    items = [{"resource": entity("device", key)} for key in ("truck-7", "rover")]
    body = {**question(), "resource": {}, "evaluations": items}
    assert decisions(ask(person("nora"), body, MANY)) == [True, False]


def test_without_evaluations_it_is_a_single_question(person):
    nora = person("nora")
    for evaluations in ({}, {"evaluations": []}, {"evaluations": None}):
        answer = ask(nora, {**question(), **evaluations}, MANY)
        assert (answer.status_code, answer.json()["decision"]) == (200, True)
        assert "evaluations" not in answer.json()
        assert ask(nora, {"subject": {}, **evaluations}, MANY).status_code == 400


def test_the_semantic_says_where_a_batch_ends(person):
    nora, names = person("nora"), ("truck-7", "absent", "truck-8", "rover")
    batch = {**question(), "evaluations": [{"resource": entity("device", name)} for name in names]}
    assert decisions(ask(nora, batch, MANY)) == [True, False, True, False]
    for semantic, expected in (
        ("execute_all", [True, False, True, False]),
        ("deny_on_first_deny", [True, False]),
        ("permit_on_first_permit", [True]),
    ):
        options = {"evaluations_semantic": semantic, "unknown": 1}
        assert decisions(ask(nora, {**batch, "options": options}, MANY)) == expected


def test_an_error_ends_a_batch_that_ends_at_the_first_deny(person):
    items = [{}, {"action": {"name": "fly"}}, {}]
    body = {**question(), "evaluations": items, "options": {"evaluations_semantic": "deny_on_first_deny"}}
    answer = ask(person("nora"), body, MANY)
    assert decisions(answer) == [True, False]
    assert answer.json()["evaluations"][1]["context"]["error"]["status"] == 400


def test_a_wrong_batch_is_a_400(person):
    nora = person("nora")
    for extra, words in (
        ({"options": {"evaluations_semantic": "majority"}}, "is one of execute_all, deny_on_first_deny"),
        ({"options": {"evaluations_semantic": 1}}, "is one of execute_all"),
        ({"options": []}, "“options” is an object."),
        ({"options": "x"}, "“options” is an object."),
        ({"evaluations": {}}, "“evaluations” is a list."),
        ({"evaluations": "x"}, "“evaluations” is a list."),
    ):
        answer = ask(nora, {**question(), "evaluations": [{}], **extra}, MANY)
        assert (answer.status_code, words in answer.json()) == (400, True)


def test_one_bad_item_spoils_no_other(person):
    nora = person("nora")
    for item in (1, None, "x", [], {"context": 5}, {"action": None}):
        answer = ask(nora, {**question(), "evaluations": [{}, item, {}]}, MANY)
        assert decisions(answer) == [True, False, True]
        assert answer.json()["evaluations"][1]["context"]["error"]["status"] == 400
