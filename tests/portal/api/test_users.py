"""Users over REST: create, change, enable, role, authority, assignments, remove."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accesscontrol.accounts.models import User
from accesscontrol.items.models import Item
from accesscontrol.services.tokens.specs import TokenRuleSpec
from accesscontrol.services.tokens.tokens import create_token
from tests.portal.telling import told_at
from tests.world import CONSOLE

USERS = "/api/v1/users/"


def test_a_user_is_created_changed_and_removed(person):
    nora = person("nora")
    data = {"account": "northwind", "username": "maria", "email": "maria@northwind.example", "role": "dispatcher"}
    made = nora.post(USERS, data, format="json")
    assert made.status_code == 201, made.content
    shown = made.json()
    assert (shown["username"], shown["authority"], shown["role"], shown["account"]) == (
        "maria", "user", "dispatcher", "northwind",
    )  # fmt: skip
    assert "password" not in shown
    address = f"{USERS}maria/"
    assert nora.patch(address, {"first_name": "Maria", "history_days": 5}, format="json").json()["history_days"] == 5
    assert nora.post(f"{address}enable/", {"enabled": False}, format="json").json()["enabled"] is False
    assert nora.post(f"{address}role/", {"role": None}, format="json").json()["role"] is None
    assert (
        nora.post(f"{address}authority/", {"authority": "developer"}, format="json").json()["authority"] == "developer"
    )
    assert nora.delete(address).status_code == 204  # of a developer who owns nothing nothing needs to be said
    assert nora.get(address).status_code == 404


def test_items_are_assigned_and_taken_away(person):
    nora, address = person("nora"), f"{USERS}sam/assignments/"
    assert [row["key"] for row in nora.get(address).json()] == ["truck-7"]
    assert nora.post(address, {"items": ["truck-8", "pump"]}, format="json").status_code == 204
    assert {row["key"] for row in person("sam").get("/api/v1/items/?kind=device").json()["results"]} == {
        "truck-7", "truck-8", "pump",
    }  # fmt: skip
    assert nora.delete(f"{address}truck-8/").status_code == 204
    assert nora.delete(f"{address}truck-8/").status_code == 404
    foreign, absent = (nora.post(address, {"items": ["truck-8", key]}, format="json") for key in ("rover", "absent"))
    assert told_at(foreign) == {"items": ["There is no item “rover” here."]}
    assert told_at(absent) == {"items": ["There is no item “absent” here."]}
    assert {row["key"] for row in nora.get(address).json()} == {"truck-7", "pump"}


@pytest.mark.checklist("Z06")
@pytest.mark.checklist("Z07")
def test_nobody_gives_more_than_they_have_or_raises_themselves(person, bearer):
    adam, sam = person("adam"), person("sam")
    assert adam.post(f"{USERS}adam/authority/", {"authority": "owner"}, format="json").status_code in (400, 403)
    assert sam.post(f"{USERS}sam/authority/", {"authority": "developer"}, format="json").status_code in (400, 403)
    assert sam.post(f"{USERS}sam/role/", {"role": None}, format="json").status_code in (400, 403, 404)
    made = bearer("delegate").post(
        USERS, {"account": "northwind", "username": "boss", "authority": "administrator"}, format="json"
    )
    assert made.status_code == 400
    assert {User.objects.get(username=name).authority for name in ("adam", "sam")} == {"administrator", "user"}
    assert User.objects.filter(username="boss").count() == 0


@pytest.mark.checklist("Z05")
def test_what_is_not_changed_there_is_refused_by_name(person):
    for field in ("password", "account", "is_superuser", "is_staff"):
        answer = person("nora").patch(f"{USERS}sam/", {"first_name": "Changed", field: True}, format="json")
        assert (answer.status_code, list(told_at(answer))) == (400, [field])
        assert User.objects.get(username="sam").first_name == ""


@pytest.mark.checklist("Z03")
def test_a_foreign_user_and_none_answer_alike(person):
    routes = [("get", ""), ("patch", ""), ("delete", ""), ("post", "enable/"), ("post", "role/"),
              ("post", "authority/"), ("get", "assignments/"), ("post", "assignments/"),
              ("delete", "assignments/truck-7/")]  # fmt: skip
    for method, rest in routes:
        answers = [getattr(person("carla"), method)(f"{USERS}{name}/{rest}", {}, format="json")
                   for name in ("alma", "sam", "absent")]  # fmt: skip
        found = [(answer.status_code, answer.json()["detail"]) for answer in answers]
        assert found == [(404, "Not found.")] * 3, (method, rest)


def test_who_may_be_seen_but_not_changed_is_a_403(person):
    answer = person("sam").delete(f"{USERS}sam/")
    assert (answer.status_code, answer.json()["detail"]) == (403, "Nothing gives sam user:delete on sam.")


def test_a_token_may_create_users_and_nothing_beyond_them(bearer):
    delegate = bearer("delegate")
    made = delegate.post(USERS, {"account": "northwind", "username": "guest"}, format="json")
    assert (made.status_code, made.json()["username"]) == (201, "guest")
    assert delegate.get("/api/v1/accounts/").json()["count"] == 0
    assert delegate.delete(f"{USERS}guest/").status_code == 403


@pytest.mark.checklist("T12")
@pytest.mark.checklist("E06")
@pytest.mark.parametrize("field", [{"password": "correct horse battery staple"}, {"verified": True}])
def test_a_token_lets_nobody_in(bearer, person, field):
    """A token that sees nothing could else make somebody who does, and sign in as them."""
    data = {"account": "northwind", "username": "guest", **field}
    for name in ("delegate", "master"):
        answer = bearer(name).post(USERS, data, format="json")
        assert (answer.status_code, list(told_at(answer))) == (400, list(field))
    assert not User.objects.filter(username="guest").exists()
    assert (
        bearer("delegate").post(USERS, {"account": "northwind", "username": "guest"}, format="json").status_code == 201
    )
    answer = bearer("delegate").patch(f"{USERS}guest/", {"verified": True}, format="json")
    assert (answer.status_code, list(told_at(answer))) == (400, ["verified"])
    assert person("nora").patch(f"{USERS}guest/", {"verified": True}, format="json").json()["verified"] is True


@pytest.mark.checklist("Z06")
def test_removing_whoever_owns_something_says_what_becomes_of_it(person, cast):
    nora, address = person("nora"), f"{USERS}anna/"
    refused = nora.delete(address)
    assert refused.status_code == 400
    [error] = refused.json()["errors"]
    assert (error["parameter"], error["code"]) == ("hand_items_to", "owns_things")
    assert "Sensor" in error["detail"]
    for wrong in ("hand_items_to=alma", "hand_items_to=sam", "hand_items_to=nobody", "delete_items=perhaps",
                  "hand_items_to=otto&delete_items=true", "hand_items_to_account=true&delete_items=true",
                  "delete_items=false", "heir=otto"):  # fmt: skip
        assert nora.delete(f"{address}?{wrong}").status_code == 400, wrong
    assert User.objects.filter(username="anna").exists()
    assert nora.delete(f"{address}?hand_items_to=otto").status_code == 204
    cast.items["sensor"].refresh_from_db()
    assert cast.items["sensor"].owner == cast.people["otto"]
    assert nora.delete(f"{USERS}otto/?hand_items_to_account=true").status_code == 204
    assert set(Item.objects.filter(key__in=("sensor", "pump")).values_list("owner", flat=True)) == {None}


def test_what_a_developer_owns_is_deleted_where_that_is_said(person):
    assert person("nora").delete(f"{USERS}anna/?delete_items=true").status_code == 204
    assert not Item.objects.filter(key="sensor").exists()


@pytest.mark.checklist("Z06")
def test_a_token_that_removes_users_deletes_none_of_their_items(cast):
    rules = (TokenRuleSpec(kind="user", verbs=("view", "delete")),)
    soon = timezone.now() + timedelta(days=1)
    issued = create_token(CONSOLE, cast.accounts["northwind"], type="acl", rules=rules, expires_at=soon)
    remover = APIClient(headers={"Authorization": f"Bearer {issued.secret}"})
    refused = remover.delete(f"{USERS}anna/")
    assert refused.status_code == 400
    assert "Sensor" not in refused.content.decode()
    assert remover.delete(f"{USERS}anna/?delete_items=true").status_code == 404  # it does not see the sensor
    assert remover.delete(f"{USERS}anna/?hand_items_to_account=true").status_code == 404
    assert Item.objects.filter(key="sensor").exists() and User.objects.filter(username="anna").exists()


def test_whoever_ceases_to_be_a_developer_hands_over(person, cast):
    nora, address = person("nora"), f"{USERS}anna/authority/"
    refused = nora.post(address, {"authority": "user"}, format="json")
    assert (refused.status_code, list(told_at(refused))) == (400, ["hand_items_to"])
    both = {"authority": "user", "hand_items_to": "otto", "hand_items_to_account": True}
    assert nora.post(address, both, format="json").status_code == 400
    kept = nora.post(address, {"authority": "developer", "hand_items_to": "otto"}, format="json")
    assert (kept.status_code, list(told_at(kept))) == (400, ["hand_items_to"])
    assert nora.post(address, {"authority": "user", "hand_items_to": "otto"}, format="json").status_code == 200
    cast.items["sensor"].refresh_from_db()
    assert cast.items["sensor"].owner == cast.people["otto"]
