"""Invitations and rules of registration over REST: never a link, never by a token what lets people in."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accesscontrol.accounts.models import Account, User
from accesscontrol.joining.models import Invitation
from tests.portal.telling import told_at

USERS, INVITATIONS = "/api/v1/users/", "/api/v1/invitations/"
NEW = {"account": "northwind", "username": "guest", "email": "guest@home.example"}


def rules_of(key: str) -> str:
    return f"/api/v1/accounts/{key}/registration/"


@pytest.fixture
def sent(mailoutbox, django_capture_on_commit_callbacks):
    def does(act):
        before = len(mailoutbox)
        with django_capture_on_commit_callbacks(execute=True):
            answer = act()
        return answer, mailoutbox[before:]

    return does


@pytest.mark.checklist("E06")
@pytest.mark.parametrize("who", ["nora", "delegate"])
def test_whom_a_program_enters_is_invited_by_mail_and_no_answer_holds_the_link(person, bearer, sent, who):
    client = person("nora") if who == "nora" else bearer("delegate")
    answer, [mail] = sent(lambda: client.post(USERS, NEW, format="json"))
    assert (answer.status_code, mail.to) == (201, ["guest@home.example"])
    [secret] = re.findall(r"/join/(\S+)/", mail.body)
    shown = client.get(f"{USERS}guest/invitation/")
    assert (shown.json()["state"], shown.json()["user"]) == ("invited", "guest")
    assert all(secret not in text.content.decode() for text in (answer, shown, client.get(INVITATIONS)))
    assert answer.json()["proven"] is False


def test_invitations_are_listed_sent_again_and_withdrawn(person, sent):
    nora = person("nora")
    sent(lambda: nora.post(USERS, NEW, format="json"))
    nora.post(USERS, {"account": "contoso", "username": "waits"}, format="json")
    assert [one["user"] for one in nora.get(f"{INVITATIONS}?state=invited").json()["results"]] == ["guest"]
    assert "waits" in [one["user"] for one in nora.get(f"{INVITATIONS}?state=waiting").json()["results"]]
    answer, mails = sent(lambda: nora.post(f"{USERS}guest/invitation/", {}, format="json"))
    assert (answer.status_code, answer.json()["state"], len(mails)) == (200, "invited", 1)
    assert nora.delete(f"{USERS}guest/invitation/").status_code == 204
    assert nora.get(f"{USERS}guest/invitation/").json()["state"] == "waiting"
    assert nora.delete(f"{USERS}guest/invitation/").status_code == 409
    assert nora.post(f"{USERS}waits/invitation/", {}, format="json").status_code == 400  # no address
    assert person("alma").get(INVITATIONS).json()["count"] == 0


def test_one_person_is_mailed_five_invitations_an_hour_and_others_are_not_held_up(person, sent):
    nora = person("nora")
    for username in ("guest", "second"):
        sent(lambda n=username: nora.post(USERS, {**NEW, "username": n}, format="json"))
    again = [sent(lambda: nora.post(f"{USERS}guest/invitation/", {}, format="json")) for _ in range(5)]
    assert [(answer.status_code, len(mails)) for answer, mails in again] == [*[(200, 1)] * 4, (409, 0)]
    assert (again[-1][0].json()["code"], again[-1][0].json()["detail"]) == (
        "invited_often",
        "guest has been written to 5 times within an hour. Wait an hour, then send the invitation again.",
    )
    answer, mails = sent(lambda: nora.post(f"{USERS}second/invitation/", {}, format="json"))
    assert (answer.status_code, len(mails)) == (200, 1)


def test_more_invitations_take_no_more_statements(person, sent):
    nora, counts = person("nora"), {}
    for number in (1, 2, 3):
        sent(lambda n=number: nora.post(USERS, {**NEW, "username": f"guest{n}"}, format="json"))
        with CaptureQueriesContext(connection) as caught:
            assert nora.get(f"{INVITATIONS}?state=invited").json()["count"] == number
        counts[number] = len(caught)
    assert counts[1] == counts[3]


@pytest.mark.checklist("Z03")
def test_the_invitation_of_a_foreign_user_is_not_there(person, sent):
    sent(lambda: person("nora").post(USERS, NEW, format="json"))
    for method in ("get", "post", "delete"):
        found = {
            getattr(person("carla"), method)(f"{USERS}{name}/invitation/").status_code for name in ("guest", "absent")
        }
        assert found == {404}


def test_rules_are_read_and_changed_from_the_state_that_was_seen(person, cast):
    nora, address = APIClient(), rules_of("northwind")
    nora.force_login(cast.people["nora"])
    seen = nora.get(address)
    assert seen.json() == {
        "account": "northwind", "public": False, "allowed_domains": [], "barred_domains": [], "barred_usernames": [],
        "role": None, "password_length": None,
    }  # fmt: skip
    lists = {"allowed_domains": ["Home.example"]}
    assert nora.patch(address, lists, format="json").status_code == 428
    changed = nora.patch(address, {**lists, "public": True, "role": "dispatcher"}, format="json",
                         headers={"If-Match": seen["ETag"]})  # fmt: skip
    assert (changed.status_code, changed.json()["allowed_domains"], changed.json()["role"]) == (
        200, ["home.example"], "dispatcher",
    )  # fmt: skip
    stale = nora.patch(address, {"barred_domains": ["x.example"]}, format="json", headers={"If-Match": seen["ETag"]})
    assert stale.status_code == 412
    assert person("adam").patch(address, {"password_length": 20}, format="json").json()["password_length"] == 20


@pytest.mark.checklist("E06")
def test_a_token_lets_nobody_register(bearer, person):
    answer = bearer("master").patch(rules_of("contoso"), {"public": True}, format="json")
    assert (answer.status_code, list(told_at(answer))) == (400, ["public"])
    assert person("carla").patch(rules_of("contoso"), {"public": True}, format="json").json()["public"] is True
    assert bearer("master").patch(rules_of("contoso"), {"public": False}, format="json").json()["public"] is False


@pytest.mark.checklist("Z03")
def test_the_rules_of_a_foreign_account_are_not_there(person):
    assert {person("carla").get(rules_of(key)).status_code for key in ("northwind", "acme", "absent")} == {404}
    assert person("siv").get(rules_of("shop")).status_code == 403


def test_an_account_is_opened_with_its_first_owner(person, sent):
    owner = {"username": "dora", "email": "dora@depot.example"}
    data = {"parent": "contoso", "name": "Depot", "owner": owner}
    answer, [mail] = sent(lambda: person("nora").post("/api/v1/accounts/", data, format="json"))
    assert (answer.status_code, mail.to) == (201, ["dora@depot.example"])
    dora = User.objects.get(username="dora")
    assert (dora.authority, dora.account.name, Invitation.objects.count()) == ("owner", "Depot", 1)
    wrong = person("nora").post("/api/v1/accounts/", {**data, "name": "Yard"}, format="json")
    assert (wrong.status_code, Account.objects.filter(name="Yard").exists()) == (400, False)


def test_a_token_opens_no_account_with_an_owner(bearer):
    data = {"parent": "contoso", "name": "Depot", "owner": {"username": "dora", "email": "dora@depot.example"}}
    assert bearer("master").post("/api/v1/accounts/", data, format="json").status_code == 400
    assert not Account.objects.filter(name="Depot").exists()


def test_the_limits_of_a_developer_are_said_by_patch(person):
    nora = person("nora")
    tag = nora.get(f"{USERS}anna/")["ETag"]
    changed = nora.patch(f"{USERS}anna/", {"limits": {"device": 3}}, format="json", headers={"If-Match": tag})
    assert (changed.status_code, changed.json()["limits"]) == (200, {"device": 3})


def test_the_address_of_who_has_joined_is_their_own(person):
    User.objects.filter(username="sam").update(last_login="2026-01-01T00:00:00Z")
    refused = person("nora").patch(f"{USERS}sam/", {"email": "mine@x.example"}, format="json")
    assert (refused.status_code, list(told_at(refused))) == (400, ["email"])
    assert person("nora").patch(f"{USERS}lee/", {"email": "lee@x.example"}, format="json").status_code == 200
