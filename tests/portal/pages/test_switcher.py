"""Acting as another account: who may, what is recorded, and the bar that cannot be missed."""

from __future__ import annotations

import pytest

from accesscontrol.audit.models import Event
from accesscontrol.services.accounts.accounts import block_account
from accesscontrol.services.grants.grants import create_grant
from tests.world import CONSOLE


def choices(client, letters: str = "") -> list[str]:
    return [one["value"] for one in client.get("/act-as/choices/", {"q": letters}).json()["results"]]


def devices(client) -> list[str]:
    return [row.record.name for row in client.get("/items/device/").context["table"].page.object_list]


def test_one_may_act_as_the_accounts_below_and_as_those_that_granted_it(browse, cast):
    assert choices(browse("nora")) == ["contoso", "fabrikam", "shop"]
    assert choices(browse("nora"), "fab") == ["fabrikam"]
    create_grant(CONSOLE, cast.accounts["fabrikam"], covers="account", levels=("operate-as",),
                 grantees=[cast.accounts["contoso"]], key="fabrikam-to-contoso")  # fmt: skip
    assert choices(browse("carla")) == ["fabrikam", "shop"]
    notes = [one["note"] for one in browse("carla").get("/act-as/").context["found"]]
    assert notes == ["fabrikam · granted to your account", "shop"]


@pytest.mark.parametrize("person", ["anna", "sam", "siv"])
def test_developers_and_subusers_may_act_as_nobody(browse, person):
    assert choices(browse(person)) == []
    assert browse(person).post("/act-as/", {"account": "contoso"}).status_code == 404


def test_acting_as_an_account_gives_exactly_what_it_has(browse, cast):
    nora = browse("nora")
    assert nora.post("/act-as/", {"account": "contoso"})["Location"] == "/"
    assert devices(nora) == ["Scooter", "Van 1"]
    page = nora.get("/")
    assert page.context["operating_as"]["account"]["label"] == "Contoso"
    assert "act as <strong>Contoso</strong>" in page.content.decode()
    assert nora.post("/act-as/stop/")["Location"] == "/"
    assert devices(nora) == ["Lorry", "Pump", "Scooter", "Sensor", "Truck 7", "Truck 8", "Van 1"]
    assert "operating_as" not in nora.get("/").context


@pytest.mark.checklist("Z12")
def test_starting_and_stopping_are_recorded_under_both_names(browse, cast):
    nora = browse("nora")
    nora.post("/act-as/", {"account": "contoso"})
    nora.post("/act-as/stop/")
    contoso = cast.accounts["contoso"].pk
    found = Event.objects.filter(action__startswith="account.operate").order_by("id")
    assert list(found.values_list("action", "actor_id", "acting_account_id", "account_id")) == [
        ("account.operate", cast.people["nora"].pk, contoso, contoso),
        ("account.operate_stop", cast.people["nora"].pk, contoso, contoso),
    ]


def test_a_foreign_account_is_like_one_that_does_not_exist(browse):
    answers = [browse("nora").post("/act-as/", {"account": key}).status_code for key in ("acme", "there-is-none")]
    assert answers == [404, 404]
    assert Event.objects.filter(action="account.operate").count() == 0


def test_nobody_acts_as_a_blocked_account(browse, cast):
    block_account(CONSOLE, cast.accounts["contoso"])
    nora = browse("nora")
    nora.post("/act-as/", {"account": "contoso"})
    page = nora.get("/")
    assert "operating_as" not in page.context
    assert [str(one) for one in page.context["messages"]] == [
        "Nobody can act as Contoso now: the account Contoso is blocked. Choose another account."
    ]


def test_choosing_nothing_changes_nothing(browse):
    nora = browse("nora")
    assert nora.post("/act-as/", {"account": "", "next": "/accounts/"})["Location"] == "/accounts/"
    assert nora.post("/act-as/", {"account": "", "next": "https://elsewhere.test/"})["Location"] == "/"


def test_the_page_of_choices_works_without_a_script(browse):
    page = browse("nora").get("/act-as/", {"q": "sho"})
    assert [row["key"] for row in page.context["found"]] == ["shop"]
    assert '<input type="hidden" name="account" value="shop">' in page.content.decode()


def test_stopping_takes_a_post(browse):
    assert browse("nora").get("/act-as/stop/").status_code == 405
