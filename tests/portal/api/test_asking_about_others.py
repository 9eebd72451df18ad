"""Who may ask about whom (access model §9), and that no question finds out what is not for the asker to see."""

from __future__ import annotations

from typing import Any

import pytest

from accesscontrol.services.projects.projects import create_project
from accesscontrol.services.projects.specs import MemberSpec, ProjectRuleSpec
from tests.portal.api.asking import MANY, ask, decisions, entity, question
from tests.world import CONSOLE


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
    assert (
        ask(person("nora"), question("shira", resource="truck-7"))
        .json()["context"]["reason"]
        .startswith("There is no such device here")
    )


def test_a_master_token_asks_for_the_branch_of_its_account(bearer):
    master = bearer("master")
    assert ask(master, question("sam")).json()["decision"] is True
    assert ask(master, question("siv", resource="scooter")).json()["decision"] is False
    shop = {**question("siv"), "subject": entity("account", "shop"), "resource": entity("device", "scooter")}
    assert ask(master, shop).json()["decision"] is True
    assert ask(master, question("alma", resource="rover")).json()["decision"] is False


def test_a_master_token_learns_what_its_people_may_do_elsewhere(person, bearer, cast):
    """Lee is also a member of a project of Acme: a gate with Northwind's token needs to know, nora does not."""
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
    body = {
        "subject": entity("token", "t-master"),
        "action": {"name": "publish"},
        "resource": entity("topic", "fleet/1"),
    }
    assert ask(bearer("master"), body).json()["decision"] is True
    assert ask(bearer("master"), {**body, "action": {"name": "shout"}}).status_code == 400
