"""The evaluation endpoints, rule by rule of the AuthZEN Authorization API 1.0 and of access model §9."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from accesscontrol.services.projects import create_project
from accesscontrol.services.specs import MemberSpec, ProjectRuleSpec
from tests.world import CONSOLE

ONE = "/access/v1/evaluation"
MANY = "/access/v1/evaluations"


def entity(kind: str, key: str) -> dict[str, str]:
    return {"type": kind, "id": key}


def question(subject: str = "nora", action: str = "view", resource: str = "truck-7", **rest: Any) -> dict[str, Any]:
    return {"subject": entity("user", subject), "action": {"name": action}, "resource": entity("device", resource), **rest}


def ask(client: APIClient, body: Any, path: str = ONE, **headers: str):
    text = body if isinstance(body, bytes | str) else json.dumps(body)
    return client.post(path, text, content_type="application/json", **headers)


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


@pytest.mark.parametrize("field", ["subject", "resource"])
def test_an_unknown_subject_or_resource_is_a_plain_no(person, field):
    body = question()
    body[field] = {**body[field], "id": "absent"}
    answer = ask(person("nora"), body)
    assert (answer.status_code, answer.json()["decision"]) == (200, False)
    body["subject"] = entity("robot", "r2d2")
    assert ask(person("nora"), body).json()["decision"] is False


# --- Errors of the call


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not JSON"),
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
        ({**question(), "context": {"at": "soon"}}, "“context.at” is a time"),
        ({**question(), "context": {"address": "here"}}, "“context.address” is an IP address"),
    ],
)
def test_a_wrong_call_is_a_400_whose_body_is_a_sentence(person, body, words):
    answer = ask(person("nora"), body)
    assert answer.status_code == 400
    assert isinstance(answer.json(), str)
    assert words in answer.json()


@pytest.mark.checklist("W01")
@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""])
@pytest.mark.parametrize("path", [ONE, MANY])
def test_another_media_type_is_a_400(person, media_type, path):
    answer = person("nora").generic("POST", path, json.dumps(question()), content_type=media_type)
    assert (answer.status_code, answer.json()) == (400, "Send the question as application/json.")
    good = person("nora").generic("POST", path, json.dumps(question()), content_type="application/json; charset=utf-8")
    assert good.status_code == 200


@pytest.mark.checklist("W04")
def test_size_nesting_and_length_are_capped(person):
    nora = person("nora")
    wide = question(context={"x": "a" * 1024 * 1024})
    assert "larger than 1048576 bytes" in ask(nora, wide).json()

    def nested(levels: int) -> bytes:
        return json.dumps(question()).encode()[:-1] + b', "x": ' + b"[" * levels + b"]" * levels + b"}"

    assert ask(nora, nested(31)).status_code == 200
    assert ask(nora, nested(32)).json() == "The body is nested more than 32 levels deep."
    assert ask(nora, nested(100_000)).status_code == 400
    many = ask(nora, {"evaluations": [{}] * 10_001}, MANY)
    assert (many.status_code, "At most 10000 evaluations" in many.json()) == (400, True)


def test_who_is_nobody_gets_401_and_the_way_to_sign_in(cast):
    answer = ask(APIClient(), question())
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="access control"')
    assert isinstance(answer.json(), str)


@pytest.mark.checklist("W01")
@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "options", "trace"])
def test_only_post_is_understood(person, method):
    answer = person("nora").generic(method.upper(), ONE)
    assert answer.status_code == 405
    assert "POST" in answer["Allow"]


def test_the_request_id_comes_back_also_with_errors(person):
    nora = person("nora")
    for body, code in ((question(), 200), (b"{", 400)):
        answer = ask(nora, body, HTTP_X_REQUEST_ID="id of the caller/1")
        assert (answer.status_code, answer["X-Request-ID"]) == (code, "id of the caller/1")
    for client, method, code in ((APIClient(), "POST", 401), (nora, "GET", 405)):
        answer = client.generic(method, MANY, HTTP_X_REQUEST_ID="7")
        assert (answer.status_code, answer["X-Request-ID"]) == (code, "7")
    assert ask(nora, question())["X-Request-ID"], "one of our own where none was sent"


# --- Batches


def decisions(answer) -> list[bool]:
    assert answer.status_code == 200, answer.content
    return [one["decision"] for one in answer.json()["evaluations"]]


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


@pytest.mark.parametrize("evaluations", [{}, {"evaluations": []}, {"evaluations": None}])
def test_without_evaluations_it_is_a_single_question(person, evaluations):
    answer = ask(person("nora"), {**question(), **evaluations}, MANY)
    assert (answer.status_code, answer.json()["decision"]) == (200, True)
    assert "evaluations" not in answer.json()
    assert ask(person("nora"), {"subject": {}, **evaluations}, MANY).status_code == 400


@pytest.mark.parametrize(
    ("semantic", "expected"),
    [
        (None, [True, False, True, False]),
        ("execute_all", [True, False, True, False]),
        ("deny_on_first_deny", [True, False]),
        ("permit_on_first_permit", [True]),
    ],
)
def test_the_semantic_says_where_a_batch_ends(person, semantic, expected):
    names = ("truck-7", "absent", "truck-8", "rover")
    body = {**question(), "evaluations": [{"resource": entity("device", name)} for name in names]}
    if semantic is not None:
        body["options"] = {"evaluations_semantic": semantic, "unknown": 1}
    assert decisions(ask(person("nora"), body, MANY)) == expected


def test_an_error_ends_a_batch_that_ends_at_the_first_deny(person):
    items = [{}, {"action": {"name": "fly"}}, {}]
    body = {**question(), "evaluations": items, "options": {"evaluations_semantic": "deny_on_first_deny"}}
    answer = ask(person("nora"), body, MANY)
    assert decisions(answer) == [True, False]
    assert answer.json()["evaluations"][1]["context"]["error"]["status"] == 400


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"options": {"evaluations_semantic": "majority"}}, "is one of execute_all, deny_on_first_deny"),
        ({"options": {"evaluations_semantic": 1}}, "is one of execute_all"),
        ({"options": []}, None),
        ({"options": "x"}, "“options” is an object."),
        ({"evaluations": {}}, None),
        ({"evaluations": "x"}, "“evaluations” is a list."),
    ],
)
def test_a_wrong_batch_is_a_400(person, extra, words):
    answer = ask(person("nora"), {**question(), "evaluations": [{}], **extra}, MANY)
    assert answer.status_code == 400
    assert words is None or words in answer.json()


@pytest.mark.parametrize("item", [1, None, "x", [], {"context": 5}, {"action": None}])
def test_one_bad_item_spoils_no_other(person, item):
    answer = ask(person("nora"), {**question(), "evaluations": [{}, item, {}]}, MANY)
    assert decisions(answer) == [True, False, True]
    assert answer.json()["evaluations"][1]["context"]["error"]["status"] == 400


# --- About others


def no_such(answer) -> tuple[int, Any]:
    return answer.status_code, answer.json()


@pytest.mark.checklist("Z04")
def test_asking_about_others_needs_view_on_them_and_on_the_thing(person):
    """Sam may ask about himself; about nora, and about a stranger, the answer is that of someone who is not there."""
    sam = person("sam")
    assert ask(sam, question("sam")).json()["decision"] is True
    others = [no_such(ask(sam, question(name))) for name in ("nora", "alma", "absent")]
    assert others[0] == (200, {"decision": False, "context": {"reason": others[0][1]["context"]["reason"]}})
    assert others == [others[0]] * 3
    things = [no_such(ask(sam, question("sam", resource=key))) for key in ("truck-8", "rover", "absent")]
    assert things == [things[0]] * 3


@pytest.mark.checklist("Z04")
def test_a_subject_that_sees_more_than_the_asker_gives_nothing_away(person, cast):
    """Carla may view her people, not Northwind's truck: what shira may do on it is for others to ask."""
    hidden = [no_such(ask(person("carla"), question("shira", resource=key))) for key in ("truck-7", "absent")]
    assert hidden[0] == hidden[1]
    assert ask(person("carla"), question("shira", resource="scooter")).json()["decision"] is True
    assert ask(person("nora"), question("shira", resource="truck-7")).json()["context"]["reason"].startswith(
        "There is no such device here"
    )


def test_a_master_token_asks_for_the_branch_of_its_account(bearer):
    master = bearer("master")
    assert ask(master, question("sam")).json()["decision"] is True
    assert ask(master, question("siv", resource="scooter")).json()["decision"] is False
    shop = {**question("siv"), "subject": entity("account", "shop"), "resource": entity("device", "scooter")}
    assert ask(master, shop).json()["decision"] is True
    assert ask(master, question("alma", resource="rover")).json()["decision"] is False


def test_a_master_token_learns_what_its_people_may_do_elsewhere(person, bearer, cast):
    """Lee is also a member of a project of Acme: the gate that Northwind's token guards needs to know, nora does not."""
    rover = cast.items["rover"]
    rule = ProjectRuleSpec(effect="allow", permissions=("device:view",))
    member = MemberSpec(user=cast.people["lee"], rules=(rule,), accepted=True)
    create_project(CONSOLE, cast.accounts["acme"], name="Tests", items=(rover,), members=(member,))
    assert ask(person("lee"), question("lee", resource="rover")).json()["decision"] is True
    assert ask(bearer("master"), question("lee", resource="rover")).json()["decision"] is True
    assert ask(person("nora"), question("lee", resource="rover")).json()["decision"] is False
    others = [ask(bearer("master"), question("sam", resource=key)).json() for key in ("rover", "absent")]
    assert others[0] == others[1]


def test_a_standard_token_asks_about_itself_only(bearer):
    standard = bearer("standard")
    itself = {**question(), "subject": entity("token", "t-standard")}
    assert ask(standard, itself).json()["decision"] is True
    assert ask(standard, question("nora")).json() == ask(standard, question("absent")).json()


def test_another_address_or_time_needs_the_view_of_a_whole_account(person, cast):
    for context in ({"address": "10.0.0.1"}, {"at": "2030-01-01T00:00:00Z"}):
        refused = ask(person("sam"), question("sam", context=context))
        assert (refused.status_code, "those who see a whole account" in refused.json()) == (403, True)
        assert ask(person("nora"), question("sam", context=context)).status_code == 200
    batch = {**question("sam"), "evaluations": [{}, {"context": {"address": "10.0.0.1"}}]}
    answer = ask(person("sam"), batch, MANY)
    assert decisions(answer) == [True, False]
    assert answer.json()["evaluations"][1]["context"]["error"]["status"] == 403


def test_what_if_time_and_address_count(person, cast):
    token = {**question(), "subject": entity("token", "t-master")}
    nora = person("nora")
    assert ask(nora, token).json()["decision"] is True
    later = ask(nora, {**token, "context": {"at": "2035-01-01T00:00:00Z"}}).json()
    assert (later["decision"], "ended on" in later["context"]["reason"]) == (False, True)


def test_a_decision_may_be_asked_as_another_account(person):
    nora = person("nora")
    hub = {**question(), "resource": entity("channel", "hub")}
    assert ask(nora, {**hub, "action": {"name": "change"}}).json()["decision"] is True
    as_contoso = {**hub, "context": {"account": "contoso"}}
    assert ask(nora, as_contoso).json()["decision"] is True
    assert ask(nora, {**as_contoso, "action": {"name": "change"}}).json()["decision"] is False


@pytest.mark.checklist("Z04")
def test_an_account_to_operate_as_cannot_be_probed(person):
    """With a thing that is there or not, about oneself or another: a foreign account answers like none."""
    for subject, resource in (("nora", "truck-7"), ("nora", "absent"), ("sam", "truck-7"), ("sam", "absent")):
        answers = [
            ask(person("nora"), question(subject, resource=resource, context={"account": key})).json()
            for key in ("acme", "absent")
        ]
        assert answers[0] == answers[1]
        assert answers[0]["decision"] is False


def test_topics_are_asked_about_too(bearer):
    body = {"subject": entity("token", "t-master"), "action": {"name": "publish"}, "resource": entity("topic", "fleet/1")}
    assert ask(bearer("master"), body).json()["decision"] is True
    assert ask(bearer("master"), {**body, "action": {"name": "shout"}}).status_code == 400


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
