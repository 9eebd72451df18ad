"""Accounts over REST: open, change, move, block, limit, close, each asking what access model §10 says."""

from __future__ import annotations

import pytest

from accesscontrol.accounts.models import Account, User
from accesscontrol.audit.models import Event
from tests.portal.telling import told_at

ACCOUNTS = "/api/v1/accounts/"


def test_an_account_is_opened_changed_moved_and_closed(person):
    nora = person("nora")
    made = nora.post(ACCOUNTS, {"parent": "contoso", "name": "Depot", "limits": {"device": 5}}, format="json")
    assert made.status_code == 201, made.content
    shown = made.json()
    assert (shown["name"], shown["parent"], shown["blocked"]) == ("Depot", "contoso", False)
    assert shown["key"].startswith("depot-")
    address = f"{ACCOUNTS}{shown['key']}/"
    changed = nora.patch(address, {"name": "Depot North", "notes": "Two\nlines"}, format="json").json()
    assert (changed["name"], changed["notes"]) == ("Depot North", "Two\nlines")
    assert nora.post(f"{address}move/", {"parent": "fabrikam"}, format="json").json()["parent"] == "fabrikam"
    assert nora.delete(address).status_code == 204
    assert nora.get(address).status_code == 404
    acts = (
        Event.objects.filter(thing_type="account", thing_id=shown["id"]).order_by("pk").values_list("action", flat=True)
    )
    assert list(acts) == ["account.open", "account.change", "account.move", "account.close"]


def test_block_and_unblock(person):
    nora, carla = person("nora"), person("carla")
    assert carla.get(ACCOUNTS).status_code == 200
    assert nora.post(f"{ACCOUNTS}contoso/block/", {}, format="json").json()["blocked"] is True
    assert carla.get(ACCOUNTS).status_code == 401
    assert nora.post(f"{ACCOUNTS}contoso/unblock/", {}, format="json").json()["blocked"] is False
    assert carla.get(ACCOUNTS).status_code == 401  # ended is ended
    assert person("carla").get(ACCOUNTS).status_code == 200


@pytest.mark.checklist("Z07")
@pytest.mark.parametrize(
    ("method", "rest", "data"),
    [
        ("post", "block/", {}),
        ("put", "limits/", {"limits": {"device": 10_000}}),
        ("post", "move/", {"parent": "fabrikam"}),
        ("delete", "", None),
    ],
)
def test_nobody_does_to_their_own_account_what_is_for_one_above(person, method, rest, data):
    answer = getattr(person("carla"), method)(f"{ACCOUNTS}contoso/{rest}", data, format="json")
    assert answer.status_code in (400, 403)
    assert getattr(person("nora"), method)(f"{ACCOUNTS}contoso/{rest}", data, format="json").status_code in (200, 204)


def test_limits_are_read_and_set_from_above(person):
    nora, address = person("nora"), f"{ACCOUNTS}contoso/limits/"
    assert nora.get(address).json() == {"limits": {}, "history_days": None}
    wanted = {"limits": {"device": 3, "developer": 1}, "history_days": 30}
    assert nora.put(address, wanted, format="json").json() == wanted
    assert person("carla").get(address).json() == wanted
    wrong = nora.put(address, {"limits": {"devcie": 3}}, format="json")
    assert "“devcie” is not a limit. Valid: owner" in told_at(wrong)["limits"][0]
    full = person("carla").post("/api/v1/items/", {"account": "contoso", "kind": "device", "name": "a"}, format="json")
    assert full.status_code == 201
    over = person("carla").post("/api/v1/items/", {"account": "contoso", "kind": "device", "name": "b"}, format="json")
    assert (over.status_code, over.json()["detail"]) == (
        400,
        "The limit “device” of 3 is reached. Ask whoever manages Contoso from above to raise it.",
    )


@pytest.mark.checklist("Z05")
def test_what_is_not_changed_there_is_refused_by_name(person):
    for field in ("key", "parent", "blocked", "limits", "history_days", "top", "id"):
        answer = person("nora").patch(f"{ACCOUNTS}contoso/", {"name": "Changed", field: "x"}, format="json")
        assert answer.status_code == 400
        assert told_at(answer) == {field: [f"“{field}” cannot be set here. Valid: name, notes."]}
        assert Account.objects.get(key="contoso").name == "Contoso"


@pytest.mark.checklist("Z03")
def test_a_foreign_account_and_none_answer_alike(person):
    routes = [("get", ""), ("patch", ""), ("delete", ""), ("post", "move/"), ("post", "block/"), ("post", "unblock/"),
              ("get", "limits/"), ("put", "limits/")]  # fmt: skip
    for method, rest in routes:
        answers = [
            getattr(person("carla"), method)(f"{ACCOUNTS}{key}/{rest}", {}, format="json")
            for key in ("acme", "northwind" if (method, rest) != ("get", "") else "fabrikam", "absent")
        ]
        found = [(answer.status_code, answer.json()["detail"]) for answer in answers]
        assert found == [(404, "Not found.")] * 3, (method, rest)


def test_only_the_platform_opens_at_the_top(person, cast):
    refused = person("nora").post(ACCOUNTS, {"parent": None, "name": "Top"}, format="json")
    assert refused.status_code in (403, 404)
    User.objects.filter(username="nora").update(is_superuser=True)
    made = person("nora").post(ACCOUNTS, {"parent": None, "name": "Top"}, format="json")
    assert (made.status_code, made.json()["parent"]) == (201, None)
