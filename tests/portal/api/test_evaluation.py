"""One question at a time: the evaluation endpoint, rule by rule of the AuthZEN Authorization API 1.0; and discovery."""

from __future__ import annotations

import json

import pytest
from rest_framework.test import APIClient

from tests.portal.api.asking import MANY, ONE, ask, entity, question

# --- The answer


def test_yes_and_no_are_both_200_with_their_reason(person):
    nora = person("nora")
    yes, no = ask(nora, question()), ask(nora, question("sam", "delete"))
    assert (yes.status_code, no.status_code) == (200, 200)
    assert yes["Content-Type"] == "application/json"
    assert yes.json()["decision"] is True
    assert "belongs to Northwind" in yes.json()["context"]["reason"]
    assert no.json()["decision"] is False
    assert no.json()["context"]["reason"] == "Nothing gives sam device:delete on Truck 7."


def test_the_history_depth_comes_with_the_decision(person):
    answer = ask(person("sam"), question("sam", "messages:view")).json()
    assert (answer["decision"], answer["context"]["history_days"]) == (True, 90)
    assert "history_days" not in ask(person("nora"), question("nora", "messages:view")).json()["context"]


def test_an_action_is_the_permission_or_its_part_after_the_kind(person):
    nora = person("nora")
    full = ask(nora, question(action="device.messages:view")).json()
    assert full == ask(nora, question(action="messages:view")).json()
    create = {**question(action="device:create"), "resource": entity("account", "contoso")}
    assert ask(nora, create).json()["decision"] is True


def test_unknown_fields_are_ignored_and_properties_are_objects(person):
    body = question(extra=1, context={"whatever": [1]})
    body["subject"] |= {"properties": {"a": 1}, "more": None}
    assert ask(person("nora"), body).json()["decision"] is True
    body["subject"]["properties"] = "a"
    assert ask(person("nora"), body).status_code == 400


def test_an_unknown_subject_or_resource_is_a_plain_no(person):
    nora = person("nora")
    for field, other in (("subject", entity("user", "absent")), ("subject", entity("robot", "r2d2")),
                         ("resource", entity("device", "absent"))):  # fmt: skip
        answer = ask(nora, question() | {field: other})
        assert (answer.status_code, answer.json()["decision"]) == (200, False)


# --- Errors of the call


WRONG = [
    (b"", "The body is empty."),
    (b"{", "not JSON"),
    (b"[]", "The body is an object"),
    (b"\xff", "not UTF-8"),
    (b'{"subject": 1, "subject": 2}', "names “subject” twice"),
    (b'{"subject": "\\ud800"}', "half of a surrogate pair"),
    (b'{"subject": NaN}', "NaN is not a number"),
    ({"subject": entity("user", "nora")}, "“action” is missing"),
    ({**question(), "subject": "nora"}, "“subject” is an object."),
    ({**question(), "subject": {"type": "user", "id": 5}}, "“subject.id” is a string."),
    ({**question(), "action": {}}, "“action.name” is a string, not missing."),
    ({**question(), "context": []}, "“context” is an object."),
    (question(action="fly"), "is not a permission of device"),
    (question(action="account:view"), "is asked of an account"),
    ({**question(), "resource": entity("boat", "x")}, "“boat” is not a type of resource"),
    ({**question(), "context": {"account": 5}}, "“context.account” is a string."),
    ({**question(), "context": {"at": "soon"}}, "“context.at”: This is not a time"),
    ({**question(), "context": {"address": "here"}}, "“context.address” is an IP address"),
]


def test_a_wrong_call_is_a_400_whose_body_is_a_sentence(person):
    nora = person("nora")
    for body, words in WRONG:
        answer = ask(nora, body)
        assert (answer.status_code, type(answer.json())) == (400, str)
        assert words in answer.json()


@pytest.mark.checklist("W01")
def test_another_media_type_is_a_400(person):
    nora, text = person("nora"), json.dumps(question())
    for path in (ONE, MANY):
        for media_type in ("text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""):
            answer = nora.generic("POST", path, text, content_type=media_type)
            assert (answer.status_code, answer.json()) == (400, "Send the question as application/json.")
        assert nora.generic("POST", path, text, content_type="application/json; charset=utf-8").status_code == 200


@pytest.mark.checklist("W04")
def test_size_nesting_and_length_are_capped(person):
    nora = person("nora")
    wide = question(context={"x": "a" * 1024 * 1024})
    assert "longer than 1048576 characters" in ask(nora, wide).json()

    def nested(levels: int) -> bytes:
        return json.dumps(question()).encode()[:-1] + b', "x": ' + b"[" * levels + b"]" * levels + b"}"

    assert ask(nora, nested(31)).status_code == 200
    assert ask(nora, nested(32)).json() == ("The JSON is nested more than 32 levels deep. Put less into each other.")
    assert ask(nora, nested(100_000)).status_code == 400
    many = ask(nora, {"evaluations": [{}] * 10_001}, MANY)
    assert (many.status_code, "At most 10000 evaluations" in many.json()) == (400, True)


def test_who_is_nobody_gets_401_and_the_way_to_sign_in(cast):
    answer = ask(APIClient(), question())
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="access control"')
    assert isinstance(answer.json(), str)


@pytest.mark.checklist("W01")
def test_only_post_is_understood(person):
    nora = person("nora")
    for method in ("GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
        answer = nora.generic(method, ONE)
        assert (answer.status_code, answer["Allow"]) == (405, "POST")


def test_the_request_id_comes_back_also_with_errors(person):
    nora = person("nora")
    for body, code in ((question(), 200), (b"{", 400)):
        answer = ask(nora, body, HTTP_X_REQUEST_ID="id of the caller/1")
        assert (answer.status_code, answer["X-Request-ID"]) == (code, "id of the caller/1")
    for client, method, code in ((APIClient(), "POST", 401), (nora, "GET", 405)):
        answer = client.generic(method, MANY, HTTP_X_REQUEST_ID="7")
        assert (answer.status_code, answer["X-Request-ID"]) == (code, "7")
    assert ask(nora, question())["X-Request-ID"], "one of our own where none was sent"


# --- Discovery


def test_the_configuration_names_what_is_there_and_nothing_else(client):
    answer = client.get("/.well-known/authzen-configuration")
    assert answer.status_code == 200
    assert answer.json() == {
        "policy_decision_point": "http://testserver",
        "access_evaluation_endpoint": "http://testserver/access/v1/evaluation",
        "access_evaluations_endpoint": "http://testserver/access/v1/evaluations",
    }
    assert answer["Cache-Control"] == "public, max-age=300"
    assert client.post("/.well-known/authzen-configuration").status_code == 405
