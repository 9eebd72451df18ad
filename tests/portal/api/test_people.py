"""People over REST: whole by PATCH, many at once, from a file, in an emergency; jobs, ownership and what is used."""

from __future__ import annotations

import pytest

from accesscontrol.accounts.models import OwnershipHandover, User
from accesscontrol.audit.models import Event
from accesscontrol.items.models import Item
from accesscontrol.services.accounts.accounts import change_limits
from accesscontrol.services.tokens.specs import TokenRuleSpec
from accesscontrol.services.tokens.tokens import create_token
from accesscontrol.tokens.models import Token
from tests.portal.telling import told_at
from tests.portal.working import work
from tests.world import CONSOLE

USERS, JOBS, ACCOUNTS = "/api/v1/users/", "/api/v1/jobs/", "/api/v1/accounts/"
SAM, ANNA = f"{USERS}sam/", f"{USERS}anna/"


def patch(client, address: str, **data):
    tag = client.get(address)["ETag"]
    return client.patch(address, data, format="json", HTTP_IF_MATCH=tag)


def test_a_person_is_changed_whole_by_one_call(person, cast):
    said = {"external_id": "E-17", "enabled": False, "role": None, "phone": "+49 30 1", "history_days": 7,
            "first_name": "Sam", "expires_at": "2030-01-01T00:00:00Z"}  # fmt: skip
    shown = patch(person("nora"), SAM, **said).json()
    assert {name: shown[name] for name in said} == said
    assert (shown["second_factor"], shown["last_seen_at"]) == (False, None)
    found = person("nora").get(f"{USERS}?external_id=E-17").json()["results"]
    assert [row["username"] for row in found] == ["sam"]


def test_an_external_id_is_that_of_one_person_of_the_account(person, cast):
    nora = person("nora")
    assert patch(nora, SAM, external_id="E-17").status_code == 200
    taken = patch(nora, f"{USERS}lee/", external_id="E-17")
    assert told_at(taken) == {"external_id": ["The id “E-17” is that of somebody else of the account. Choose another."]}
    assert patch(nora, f"{USERS}carla/", external_id="E-17").status_code == 200  # of another account
    assert patch(nora, f"{USERS}lee/", external_id="").status_code == 200


def test_nobody_changes_their_own_external_id_and_the_answer_names_it(person, cast):
    own = patch(person("adam"), f"{USERS}adam/", external_id="E-17")
    assert list(told_at(own)) == ["external_id"]


def test_who_ceases_to_be_a_developer_says_in_the_same_call_who_gets_their_things(person, cast):
    nora = person("nora")
    asked = patch(nora, ANNA, authority="administrator")
    assert list(told_at(asked)) == ["hand_items_to"]
    changed = patch(nora, ANNA, authority="administrator", hand_items_to="otto")
    assert (changed.status_code, changed.json()["authority"]) == (200, "administrator")
    assert Item.objects.get(key=cast.items["sensor"].key).owner == cast.people["otto"]
    assert patch(nora, SAM, authority="developer").json()["role"] is None  # only a user has a role


@pytest.mark.checklist("Z07")
def test_nobody_raises_themselves_or_loses_the_last_owner_by_a_whole_patch(person, cast):
    assert patch(person("adam"), f"{USERS}adam/", authority="owner").status_code == 400
    assert patch(person("nora"), f"{USERS}nora/", enabled=False).status_code == 400
    assert patch(person("adam"), f"{USERS}nora/", enabled=False).status_code == 403
    assert User.objects.get(username="nora").is_active is True


def test_a_person_is_removed_with_what_the_log_holds_of_them_where_that_is_said(person, bearer, cast):
    sam = cast.people["sam"]
    assert person("nora").delete(f"{SAM}?erase=true").status_code == 204
    lines = Event.objects.filter(thing_type="user", thing_id=sam.pk).select_related("detail")
    assert {line.detail.thing_name for line in lines} == {""}
    assert person("nora").delete(f"{USERS}lee/").status_code == 204
    kept = Event.objects.get(action="user.remove", thing_id=cast.people["lee"].pk)
    assert kept.detail.thing_name == "lee"
    assert bearer("master").delete(f"{USERS}otto/?erase=true&delete_items=true").status_code == 400


# --- Many


def test_many_are_disabled_by_a_job_wholly_or_not_at_all(person, cast):
    nora = person("nora")
    asked = nora.post(f"{USERS}many/", {"what": "disable", "users": ["sam", "lee"]}, format="json")
    assert (asked.status_code, asked.json()["state"]) == (202, "waiting")
    address = f"{JOBS}{asked.json()['id']}/"
    work()
    done = nora.get(address).json()
    assert (done["state"], done["result"]) == ("done", {"what": "disable", "count": 2})
    assert User.objects.filter(is_active=False).count() == 2
    assert nora.get(JOBS).json()["count"] == 1
    assert person("adam").get(address).status_code == 404
    assert person("adam").get(JOBS).json() == {"count": 0, "results": []}


def test_many_are_removed_and_their_things_stay_with_their_accounts(person, cast):
    said = {"what": "remove", "users": ["anna", "otto"], "hand_items_to_account": True}
    person("nora").post(f"{USERS}many/", said, format="json")
    work()
    assert User.objects.filter(username__in=["anna", "otto"]).count() == 0
    assert Item.objects.get(key=cast.items["sensor"].key).owner is None


def test_many_strangers_are_not_found_and_what_one_may_not_is_refused_at_once(person, cast):
    unknown = person("nora").post(f"{USERS}many/", {"what": "disable", "users": ["alma"]}, format="json")
    assert told_at(unknown) == {"users": ["There is no user “alma” here."]}
    assert (
        person("adam").post(f"{USERS}many/", {"what": "disable", "users": ["nora"]}, format="json").status_code == 403
    )


def test_a_job_that_waits_is_called_off(person, cast):
    nora = person("nora")
    job = nora.post(f"{USERS}many/", {"what": "disable", "users": ["sam"]}, format="json").json()["id"]
    assert nora.delete(f"{JOBS}{job}/").status_code == 204
    work()
    assert nora.get(f"{JOBS}{job}/").json()["state"] == "cancelled"
    assert nora.delete(f"{JOBS}{job}/").status_code == 409
    assert User.objects.get(username="sam").is_active is True


# --- A file


FILE = "Логин;Имя;Notiz\nivan;Иван;x\nsam;Сэм;y\n"


def test_a_file_is_tried_and_then_brought_in(person, cast):
    nora, said = (
        person("nora"),
        {"account": "northwind", "csv": FILE, "columns": {"Логин": "username", "имя": "first_name"}},
    )
    tried = nora.post(f"{USERS}import/", {**said, "dry_run": True}, format="json")
    assert tried.status_code == 202, tried.content
    work()
    told = nora.get(f"{JOBS}{tried.json()['id']}/").json()
    assert told["result"]["lines"] == [[2, "ivan", "added"], [3, "sam", "changed"]]
    assert User.objects.filter(username="ivan").count() == 0
    nora.post(f"{USERS}import/", said, format="json")
    work()
    assert User.objects.get(username="ivan").first_name == "Иван"
    assert User.objects.get(username="sam").first_name == "Сэм"


def test_a_file_with_three_bad_lines_says_all_three_and_changes_nothing(person, cast):
    nora = person("nora")
    said = {"account": "northwind", "csv": "username,email\ngood,\nbad name!,\nworse,nope\ncarla,\n"}
    job = nora.post(f"{USERS}import/", said, format="json").json()["id"]
    work()
    told = nora.get(f"{JOBS}{job}/").json()
    assert (told["state"], [one["line"] for one in told["problems"]]) == ("failed", [3, 4, 5])
    assert User.objects.filter(username="good").count() == 0


def test_a_token_that_creates_users_brings_users_in_and_no_others(bearer, cast):
    rules = [TokenRuleSpec(kind="user", verbs=("view", "create"))]
    spec = {"name": "hr", "type": "acl", "rules": rules, "idle_ttl": 600}
    cast.tokens["hr"] = create_token(cast.actor("nora"), cast.accounts["northwind"], **spec)
    hr = bearer("hr")
    said = {"account": "northwind", "csv": "username,authority\nnew,user\nboss,administrator\n", "invite": False}
    job = hr.post(f"{USERS}import/", said, format="json").json()["id"]
    work()
    told = hr.get(f"{JOBS}{job}/").json()
    assert (told["state"], [one["line"] for one in told["problems"]]) == ("failed", [3])
    said["csv"] = "username\nnew\n"
    hr.post(f"{USERS}import/", said, format="json")
    work()
    assert User.objects.get(username="new").authority == "user"


# --- Emergencies


def test_somebody_is_declared_compromised(person, bearer, cast):
    anna = bearer("of_anna")
    assert anna.get("/api/v1/whoami").status_code == 200
    assert person("nora").post(f"{ANNA}compromised/", {}, format="json").status_code == 200
    assert anna.get("/api/v1/whoami").status_code == 401
    assert User.objects.get(username="anna").password_must_change is True
    assert person("alma").post(f"{ANNA}compromised/", {}, format="json").status_code == 404


def test_an_account_is_declared_compromised_and_says_how_many_it_was(person, cast):
    address = f"{ACCOUNTS}northwind/compromised/"
    assert person("nora").post(address, {"tokens": False}, format="json").json() == {"people": 6, "tokens": 1}
    assert Token.objects.filter(account=cast.accounts["northwind"], enabled=True).count() == 4


# --- Ownership and limits


def test_an_ownership_is_handed_over_by_two_calls_in_person(person, cast):
    address = f"{ACCOUNTS}northwind/ownership/"
    nora, adam = person("nora"), person("adam")
    assert nora.post(address, {"to_user": "adam"}, format="json").status_code == 201
    assert adam.get(address).json()["offered_to"] == "adam"
    assert person("anna").post(f"{address}confirm/", {}, format="json").status_code == 404  # does not see the heir
    assert nora.post(f"{address}confirm/", {}, format="json").status_code == 409
    assert adam.post(f"{address}confirm/", {}, format="json").json()["owner"] == "adam"
    assert User.objects.get(username="nora").authority == "administrator"
    assert adam.post(f"{address}confirm/", {}, format="json").status_code == 404


def test_a_token_hands_no_ownership_over(bearer, cast):
    master = bearer("master")
    answer = master.post(f"{ACCOUNTS}northwind/ownership/", {"to_user": "adam"}, format="json")
    assert answer.status_code == 409
    assert OwnershipHandover.objects.count() == 0


def test_what_is_used_and_what_is_allowed_are_told_over_the_branch(person, cast):
    change_limits(CONSOLE, cast.accounts["northwind"], {"device": 10})
    used = person("nora").get(f"{ACCOUNTS}contoso/usage/").json()["limits"]
    assert used["device"] == {"used": 2, "allowed": 10, "limit_of": "northwind"}
    assert used["administrator"] == {"used": 2, "allowed": None, "limit_of": None}
    hidden = person("carla").get(f"{ACCOUNTS}contoso/usage/").json()["limits"]
    assert hidden["device"] == {"used": 2, "allowed": 10, "limit_of": None}
    assert person("siv").get(f"{ACCOUNTS}shop/usage/").status_code == 403
