"""Grants through the REST interface: both sides, previews, logs, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accesscontrol.access import engine
from accesscontrol.grants.models import Grant
from accesscontrol.services.grants.grants import create_grant
from accesscontrol.services.items.links import link_items
from tests.portal.telling import told_at
from tests.world import CONSOLE, Cast

GRANTS, RECEIVED = "/api/v1/grants/", "/api/v1/received/"
Person = Callable[[str], APIClient]


def body(**rest: Any) -> dict[str, Any]:
    return {"account": "contoso", "grantees": ["fabrikam"], "covers": "account", **rest}


def test_a_grant_is_previewed_made_shown_changed_and_revoked(cast: Cast, person: Person) -> None:
    carla, frank = person("carla"), cast.actor("frank")
    wanted = body(levels=["edit", "command"], note="For support")
    previewed = carla.post(f"{GRANTS}preview/", wanted, format="json")
    assert previewed.status_code == 200
    assert previewed.json()["sentences"] == [
        "Fabrikam will see 1 calculator, 1 device and 1 account, may edit 1 calculator and 1 device "
        "and may send commands to 1 device."
    ]
    assert Grant.objects.count() == 1  # the cast's own
    made = carla.post(GRANTS, wanted, format="json")
    assert made.status_code == 201
    address = f"{GRANTS}{made.json()['key']}/"
    shown = carla.get(address).json()
    assert (shown["account"], shown["covers"], shown["levels"], shown["note"]) == (
        "contoso", "account", ["edit", "command"], "For support",
    )  # fmt: skip
    assert [one["account"] for one in shown["grantees"]] == ["fabrikam"]
    change = {"levels": ["edit"]}
    less = carla.post(f"{address}preview/", change, format="json").json()
    assert less["sentences"] == ["Fabrikam will no longer send commands to 1 device."]
    assert carla.patch(address, change, format="json").json()["levels"] == ["edit"]
    assert not engine.decide(frank, "device.commands:create", cast.items["van_1"]).allowed
    revoked = carla.delete(address)
    assert (revoked.status_code, revoked.json()["effects"][0]["account"]) == (200, "fabrikam")
    assert carla.get(address).status_code == 404


def test_pausing_and_extending_are_changes(cast: Cast, person: Person) -> None:
    carla = person("carla")
    address = f"{GRANTS}{carla.post(GRANTS, body(), format='json').json()['key']}/"
    assert carla.patch(address, {"enabled": False}, format="json").json()["enabled"] is False
    assert not engine.decide(cast.actor("frank"), "device:view", cast.items["van_1"]).allowed
    later = timezone.now() + timedelta(days=7)
    extended = carla.patch(address, {"enabled": True, "expires_at": later.isoformat()}, format="json").json()
    assert (extended["enabled"], extended["expires_at"][:10]) == (True, f"{later:%Y-%m-%d}")


def test_chosen_items_are_listed_as_far_as_they_are_seen(cast: Cast, person: Person) -> None:
    carla = person("carla")
    made = carla.post(GRANTS, body(covers="items", items=["van-1", "trips"]), format="json").json()
    for name, root in (("carla", GRANTS), ("frank", GRANTS)):
        listed = person(name).get(f"{root}{made['key']}/items/").json()
        assert [row["key"] for row in listed["results"]] == ["trips", "van-1"]


def test_another_tree_accepts_drops_and_declines(cast: Cast, person: Person) -> None:
    carla, alma = person("carla"), person("alma")
    key = carla.post(GRANTS, body(grantees=["acme"]), format="json").json()["key"]
    listed = alma.get(RECEIVED).json()["results"]
    assert [(row["key"], row["grantor"], row["grantees"][0]["accepted_at"]) for row in listed] == [
        (key, "Contoso", None)
    ]
    assert carla.post(f"{RECEIVED}{key}/accept/", {}, format="json").status_code == 404  # she gave it
    accepted = alma.post(f"{RECEIVED}{key}/accept/", {}, format="json")
    assert accepted.json()["grantees"][0]["accepted_at"] is not None
    assert alma.post(f"{RECEIVED}{key}/accept/", {}, format="json").status_code == 409
    lost = alma.post(f"{RECEIVED}{key}/preview/", {}, format="json").json()
    assert lost["sentences"] == [
        "Acme will no longer see 1 calculator, 1 device and 1 account.",
        "This takes access from 1 user.",
    ]
    assert alma.delete(f"{RECEIVED}{key}/").status_code == 204
    assert (alma.get(RECEIVED).json()["count"], alma.get(f"{RECEIVED}{key}/").status_code) == (0, 404)
    assert not engine.decide(cast.actor("alma"), "device:view", cast.items["van_1"]).allowed


def test_grantees_are_added_taken_out_and_invitations_taken_back(cast: Cast, person: Person) -> None:
    carla = person("carla")
    address = f"{GRANTS}{carla.post(GRANTS, body(), format='json').json()['key']}/"
    added = carla.post(f"{address}grantees/", {"grantees": ["shop", "acme", "nobody-there"]}, format="json").json()
    assert sorted(one["account"] for one in added["grantees"]) == ["fabrikam", "shop"]
    assert added["invited"] == ["acme", "nobody-there"]
    for key in ("shop", "acme", "nobody-there"):
        assert carla.delete(f"{address}grantees/{key}/").status_code == 204
    left = carla.get(address).json()
    assert ([one["account"] for one in left["grantees"]], left["invited"]) == (["fabrikam"], [])
    assert carla.delete(f"{address}grantees/acme/").status_code == 404


def test_each_side_reads_its_own_lines(cast: Cast, person: Person) -> None:
    key = person("carla").post(GRANTS, body(grantees=["fabrikam", "shop"]), format="json").json()["key"]
    given = person("carla").get(f"{GRANTS}{key}/logs/").json()["results"]
    received = person("frank").get(f"{RECEIVED}{key}/logs/").json()["results"]
    assert {row["action"] for row in given} == {"grant.create"}
    assert len(given) == 2  # the grantor's line, and that of the shop, which is below Contoso
    assert [row["action"] for row in received] == ["grant.create"]
    assert received[0]["actor_name"] == "Contoso"  # carla herself is not for Fabrikam to know


def test_what_was_only_given_is_not_among_what_was_received(cast: Cast, person: Person) -> None:
    key = person("carla").post(GRANTS, body(), format="json").json()["key"]
    address = f"{RECEIVED}{key}/"
    assert person("frank").get(address).status_code == 200
    assert person("carla").get(address).status_code == 404
    assert person("carla").get(f"{address}logs/").status_code == 404
    assert person("carla").delete(address).status_code == 404
    assert person("carla").post(f"{address}preview/", {}, format="json").status_code == 404
    assert key not in [row["key"] for row in person("carla").get(RECEIVED).json()["results"]]
    assert Grant.objects.filter(key=key).exists()


def test_revoking_says_which_links_go(cast: Cast, person: Person) -> None:
    key = person("carla").post(GRANTS, body(), format="json").json()["key"]
    link_items(cast.actor("frank"), cast.items["lorry"], cast.items["trips"])
    by_contoso = person("carla").post(f"{GRANTS}{key}/preview/", {"revoke": True}, format="json").json()
    by_northwind = person("nora").post(f"{GRANTS}{key}/preview/", {"revoke": True}, format="json").json()
    assert (by_contoso["cut"], by_contoso["more_cut"]) == ([], 1)
    assert by_northwind["cut"] == [{"member": "Lorry", "container": "Trips"}]


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        (body(colour="red"), "colour"),
        (body(created_at="2026-01-01T00:00:00Z"), "created_at"),
        (body(key="mine"), "key"),
        (body(levels=["own"]), "levels"),
        (body(covers="kind", kind="dragon"), "kind"),
        (body(covers="kind", kind="device", levels=["operate-as"]), "levels"),
        (body(covers="items", items=["rover"]), "items"),
        (body(grantees=[]), "grantees"),
        (body(grantees=["contoso"]), "grantees"),
        (body(account="acme"), "account"),
        (body(starts_at="2026-02-01T00:00:00Z", expires_at="2026-01-01T00:00:00Z"), "expires_at"),
    ],
)
@pytest.mark.parametrize("address", [GRANTS, f"{GRANTS}preview/"])
def test_wrong_input_is_refused_by_field(
    cast: Cast, person: Person, payload: dict[str, Any], field: str, address: str
) -> None:
    answer = person("carla").post(address, payload, format="json")
    assert answer.status_code == 400
    assert any(name == field or name.startswith(f"{field}/") for name in told_at(answer)), answer.json()
    assert Grant.objects.count() == 1


def test_unknown_and_read_only_fields_of_a_change_are_refused(cast: Cast, person: Person) -> None:
    for payload in ({"account": "fabrikam"}, {"grantees": ["shop"]}, {"invited": []}, {"key": "x"}, {"id": 4}):
        answer = person("nora").patch(f"{GRANTS}hub-for-contoso/", payload, format="json")
        assert (answer.status_code, list(told_at(answer))) == (400, list(payload))
    both = person("nora").post(f"{GRANTS}hub-for-contoso/preview/", {"revoke": True, "note": "x"}, format="json")
    assert list(told_at(both)) == ["revoke"]


def test_the_grantee_changes_nothing(cast: Cast, person: Person) -> None:
    carla, address = person("carla"), f"{GRANTS}hub-for-contoso/"
    assert carla.patch(address, {"note": "mine"}, format="json").status_code == 403
    assert carla.post(f"{address}preview/", {"note": "mine"}, format="json").status_code == 403
    assert carla.delete(address).status_code == 409  # she drops out instead
    assert Grant.objects.filter(key="hub-for-contoso").exists()


def test_acting_as_an_account_is_by_the_header(cast: Cast, person: Person) -> None:
    nora = person("nora")
    key = person("carla").post(GRANTS, body(grantees=["acme"]), format="json").json()["key"]
    create_grant(CONSOLE, cast.accounts["acme"], covers="account", grantees=[cast.accounts["contoso"]])
    offered = Grant.objects.latest("pk").key
    accepted = nora.post(f"{RECEIVED}{offered}/accept/", {}, format="json", HTTP_X_ACCOUNT_ID="contoso")
    assert accepted.status_code == 200
    assert nora.delete(f"{RECEIVED}{key}/", HTTP_X_ACCOUNT_ID="acme").status_code in (403, 404)


def test_lists_take_no_more_statements_for_more_rows(cast: Cast, person: Person) -> None:
    carla = person("carla")
    counts = []
    for number in (1, 3):
        for _ in range(number):
            create_grant(CONSOLE, cast.accounts["contoso"], covers="account",
                         grantees=[cast.accounts["fabrikam"], cast.accounts["shop"]])  # fmt: skip
        carla.get(GRANTS)
        with CaptureQueriesContext(connection) as queries:
            assert carla.get(GRANTS).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
