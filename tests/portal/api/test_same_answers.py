"""The seeds' 260 questions through every face: decision requests, `has_perm`, lists, pages of single things, acts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Model
from rest_framework.test import APIClient

from accesscontrol import catalogue
from accesscontrol.access.fresh.things import MODELS
from accesscontrol.access.permissions import permission_on
from accesscontrol.accounts.models import Account, User
from accesscontrol.services.tokens import keys
from accesscontrol.tokens.models import Token
from tests.contracts.source import ROOT
from tests.world import enter

SEEDS = ROOT / "tests" / "seeds"
MANY = "/access/v1/evaluations"


@dataclass
class Case:
    """One line of the seeds: the request, and whether it is allowed."""

    request: dict[str, Any]
    allowed: bool

    @property
    def subject(self) -> tuple[str, str]:
        return self.request["subject"]["type"], self.request["subject"]["id"]

    @property
    def resource(self) -> tuple[str, str]:
        return self.request["resource"]["type"], self.request["resource"]["id"]

    @property
    def context(self) -> dict[str, str]:
        return self.request.get("context", {})

    @property
    def permission(self) -> str:
        return str(permission_on(self.request["action"]["name"], self.resource[0]))

    def thing(self) -> Model | None:
        kind, key = self.resource
        noun = "item" if kind in catalogue.ITEM_KINDS else kind
        column = "username" if noun == "user" else "key"
        return MODELS[noun]._default_manager.filter(**{column: key}).first()

    def client(self) -> APIClient:
        """A client of the case's caller, from the case's address."""
        kind, name = self.subject
        client = APIClient(REMOTE_ADDR=self.context.get("address", "127.0.0.1"))
        if kind == "user":
            client.force_login(User.objects.get(username=name))
        else:
            secret = keys.new_secret(Token.objects.get(key=name).type)
            Token.objects.filter(key=name).update(digest=keys.digest(secret))
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        return client


@pytest.fixture
def cases(db: None) -> list[Case]:
    call_command("world", "apply", str(SEEDS / "seeds.yaml"), stdout=StringIO(), stderr=StringIO())
    return list(read_cases())


def read_cases() -> Iterator[Case]:
    requests, expected = ((SEEDS / f"seeds.{part}.jsonl").read_text().splitlines() for part in ("requests", "expected"))
    for request, answer in zip(requests, expected, strict=True):
        yield Case(json.loads(request), json.loads(answer)["decision"])


def exists(case: Case) -> bool:
    """Whether the caller is a person or token of the world (one question is about nobody)."""
    model, column = (User, "username") if case.subject[0] == "user" else (Token, "key")
    return case.subject[0] != "account" and model.objects.filter(**{column: case.subject[1]}).exists()


def by_caller(cases: list[Case]) -> dict[tuple[str, str, str], list[Case]]:
    found: dict[tuple[str, str, str], list[Case]] = {}
    for case in cases:
        if exists(case):
            found.setdefault((*case.subject, case.context.get("address", "")), []).append(case)
    return found


def wrong(cases: list[Case], answers: list[bool]) -> list[tuple[dict[str, Any], bool]]:
    return [(case.request, answer) for case, answer in zip(cases, answers, strict=True) if case.allowed is not answer]


def test_the_platform_operator_asks_for_everybody(cases):
    operator = User.objects.create(username="operator", is_superuser=True, verified=True)
    client = APIClient()
    client.force_login(operator)
    asked = {"evaluations": [case.request for case in cases]}
    from_outside = client.post(MANY, asked, format="json").json()["evaluations"]
    assert {one["decision"] for one in from_outside} == {False}
    for account in Account.objects.filter(parent=None):
        enter(operator, account)
    answer = client.post(MANY, asked, format="json")
    assert answer.status_code == 200
    assert wrong(cases, [one["decision"] for one in answer.json()["evaluations"]]) == []


def test_everybody_asks_for_themselves(cases):
    """From the case's own address and session or token; who is dead is not let in, and all their answers are no."""
    asked = 0
    for group in by_caller(cases).values():
        requests = [dict(case.request) for case in group]
        for request in requests:
            request["context"] = {
                name: value for name, value in request.get("context", {}).items() if name != "address"
            }
        answer = group[0].client().post(MANY, {"evaluations": requests}, format="json")
        if answer.status_code == 401:
            assert wrong(group, [False] * len(group)) == []
        else:
            assert wrong(group, [one["decision"] for one in answer.json()["evaluations"]]) == []
        asked += len(group)
    assert asked == 253


def test_has_perm_says_the_same(cases):
    mine = [case for case in cases if case.subject[0] == "user" and not case.context]
    mine = [case for case in mine if exists(case) and case.thing() is not None]
    assert len(mine) > 150
    users = {user.username: user for user in User.objects.all()}
    assert wrong(mine, [users[case.subject[1]].has_perm(case.permission, case.thing()) for case in mine]) == []


PLURAL = {
    "account": "accounts",
    "user": "users",
    "token": "tokens",
    "grant": "grants",
    "role": "roles",
    "project": "projects",
}


def address_of(case: Case) -> str | None:
    """Where REST shows the thing that a case wants to view; None where it is not about viewing one."""
    kind, key = case.resource
    wanted = permission_on(case.request["action"]["name"], kind)
    if wanted.verb != "view" or wanted.kind in catalogue.ASKED_OF_ACCOUNT or kind == "topic":
        return None
    start = f"/api/v1/{PLURAL.get(kind, 'items')}/{key}/"
    if wanted.section is None:
        return start
    return f"{start}{wanted.section}/" if kind in catalogue.ITEM_KINDS else None


def test_what_may_be_viewed_is_shown_and_what_may_not_is_not(cases):
    """The page of the thing or section answers 200 exactly where the seeds say yes, and the list holds it."""
    seen = 0
    for group in by_caller([case for case in cases if case.resource[0] != "topic" and address_of(case)]).values():
        client = group[0].client()
        for case in group:
            headers = {"HTTP_X_ACCOUNT_ID": case.context["account"]} if "account" in case.context else {}
            answer = client.get(address_of(case), **headers)
            assert (answer.status_code == 200) is case.allowed, (case.request, answer.content)
            assert answer.status_code in (200, 401, 403, 404)
            listed = client.get(f"{address_of(case).rpartition(case.resource[1])[0]}?limit=200", **headers)
            if case.request["action"]["name"] == "view":
                rows = listed.json().get("results", [])
                assert (case.resource[1] in {row.get("key", row.get("username")) for row in rows}) is case.allowed
            seen += 1
    assert seen > 90


def test_what_may_be_created_is_created(cases):
    """A POST in the caller's name is a 201 exactly where the seeds say that they may create it."""
    made = 0
    for case in cases:
        kind = case.permission.partition(":")[0]
        if not case.permission.endswith(":create") or kind not in catalogue.ITEM_KINDS or case.resource[0] != "account":
            continue
        if case.context or not Account.objects.filter(key=case.resource[1]).exists():
            continue
        answer = case.client().post(
            "/api/v1/items/", {"account": case.resource[1], "kind": kind, "name": "New"}, format="json"
        )
        assert (answer.status_code == 201) is case.allowed, (case.request, answer.content)
        made += 1
    assert made > 15
