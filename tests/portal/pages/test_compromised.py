"""Compromised: one act ends all that somebody has, or everybody of an account, and asks for new passwords."""

from __future__ import annotations

import pytest

from accesscontrol.accounts.models import User
from accesscontrol.audit.models import Event
from accesscontrol.tokens.models import Token
from tests.world import PASSWORD

NEW = "violet tractors hum quietly"


def sign_in(client, username: str, password: str):
    return client.post("/sign-in/", {"login": username, "password": password})


@pytest.mark.checklist("S04")
def test_everything_of_somebody_ends_at_once_and_nothing_wakes_it(browse, cast):
    anna, nora = browse("anna"), browse("nora")
    key = {"Authorization": f"Bearer {cast.tokens['of_anna'].secret}"}
    asked = nora.get("/users/anna/compromised/")
    assert [one["names"] for one in asked.context["consequences"]] == [["of_anna"]]
    assert anna.get("/").status_code == 200
    assert nora.get("/api/v1/whoami", headers=key).status_code == 200
    nora.post("/users/anna/compromised/", {"origin": ""})
    assert anna.get("/").status_code == 302
    assert nora.get("/api/v1/whoami", headers=key).status_code == 401
    Token.objects.filter(name="of_anna").update(enabled=True)  # what is switched on again opens nothing by the old key
    assert nora.get("/api/v1/whoami", headers=key).status_code == 401
    told = Event.objects.filter(action__endswith=".compromised").order_by("pk").values_list("action", flat=True)
    assert list(told) == ["user.compromised", "token.compromised"]


@pytest.mark.checklist("A04")
def test_a_new_password_is_asked_for_before_anything_else(browse, cast, client):
    browse("nora").post("/users/anna/compromised/", {"origin": ""})
    sign_in(client, "anna", PASSWORD)
    for page in ("/", "/users/", "/jobs/", "/items/device/"):
        assert client.get(page)["Location"] == "/new-password/"
    assert client.get("/users/", headers={"HX-Request": "true"})["HX-Redirect"] == "/new-password/"
    assert client.get("/api/v1/users/").status_code == 403
    assert client.post("/new-password/", {"password": NEW, "again": "another"}).status_code == 200
    assert client.post("/new-password/", {"password": "short", "again": "short"}).status_code == 200
    assert client.post("/new-password/", {"password": NEW, "again": NEW})["Location"] == "/"
    assert client.get("/").status_code == 200
    assert User.objects.get(username="anna").password_must_change is False
    client.post("/sign-out/")
    assert sign_in(client, "anna", PASSWORD).status_code == 200
    assert sign_in(client, "anna", NEW).status_code == 302


@pytest.mark.checklist("A04")
def test_nobody_else_is_asked_for_a_new_password(browse, cast):
    assert browse("nora").get("/new-password/")["Location"] == "/"
    assert User.objects.filter(password_must_change=True).count() == 0


def test_somebody_declares_themselves_compromised_and_is_signed_out(browse, cast):
    anna = browse("anna")
    anna.post("/users/anna/compromised/", {"origin": ""})
    assert anna.get("/")["Location"].startswith("/sign-in/")
    assert User.objects.get(username="anna").password_must_change is True


def test_a_whole_account_ends_at_once_its_own_tokens_too_where_that_is_said(browse, cast):
    nora, sam = browse("nora"), browse("sam")
    page = nora.get("/accounts/northwind/compromised/")
    assert [one["count"] for one in page.context["consequences"]] == [6, 5]
    assert page.context["typed_name"] == "Northwind"
    sent = {"typed_name": "Northwind", "tokens": "on", "origin": ""}
    nora.post("/accounts/northwind/compromised/", sent)
    assert User.objects.filter(password_must_change=True).count() == 6
    assert Token.objects.filter(account=cast.accounts["northwind"], enabled=True).count() == 0
    assert sam.get("/").status_code == 302
    assert User.objects.get(username="carla").password_must_change is False


def test_tokens_of_the_account_stay_where_that_is_unticked(browse, cast):
    browse("nora").post("/accounts/northwind/compromised/", {"typed_name": "Northwind", "origin": ""})
    left = Token.objects.filter(account=cast.accounts["northwind"], enabled=True).order_by("name")
    assert [token.name for token in left] == ["delegate", "master", "standard", "viewer"]


def test_an_administrator_leaves_the_owner_out_whom_they_may_not_change(browse, cast):
    browse("adam").post("/accounts/northwind/compromised/", {"typed_name": "Northwind", "tokens": "on", "origin": ""})
    left = User.objects.filter(account=cast.accounts["northwind"], password_must_change=False)
    assert [user.username for user in left] == ["nora"]


@pytest.mark.parametrize("who", ["sam", "alma"])
def test_who_may_not_change_somebody_ends_nothing_of_theirs(browse, cast, who):
    client = browse(who)
    assert client.post("/users/anna/compromised/", {"origin": ""}).status_code in (403, 404)
    assert client.post("/accounts/northwind/compromised/", {"typed_name": "Northwind"}).status_code in (403, 404)
    assert User.objects.filter(password_must_change=True).count() == 0
