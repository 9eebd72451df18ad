"""Sentences of "How to share access": a part of an account for a colleague, subaccounts with rights of their own."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.services.accounts.accounts import change_account, open_account
from accesscontrol.services.frame.errors import Invalid
from accesscontrol.services.items.items import create_item
from accesscontrol.services.tokens.specs import TokenRuleSpec
from accesscontrol.services.tokens.tokens import create_token
from tests.world import CONSOLE, Cast, build_cast


@pytest.fixture
def cast(db: None) -> Cast:
    return build_cast()


def by_token(secret: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def listed(client: APIClient) -> set[str]:
    return {one["key"] for one in client.get("/api/v1/items/?kind=device").json()["results"]}


@pytest.mark.seed("share-access.01")
@pytest.mark.seed("share-access.02")
def test_a_colleague_gets_exactly_what_the_token_names_and_a_contractor_the_whole_account(cast: Cast) -> None:
    northwind = cast.accounts["northwind"]
    one = TokenRuleSpec(kind="device", verbs=("view",), reach="list", items=(cast.items["truck_7"],))
    colleague = create_token(cast.actor("nora"), northwind, type="acl", name="Tool", idle_ttl=3600, rules=(one,))
    contractor = create_token(cast.actor("nora"), northwind, type="master", name="All", idle_ttl=3600)
    assert listed(by_token(colleague.secret)) == {"truck-7"}
    assert by_token(colleague.secret).get("/api/v1/items/truck-7/settings/").status_code == 403
    assert by_token(colleague.secret).get("/api/v1/users/").json()["results"] == []
    assert {"truck-7", "truck-8", "sensor", "pump"} <= listed(by_token(contractor.secret))
    assert by_token(contractor.secret).get("/api/v1/users/nora/").status_code == 200


@pytest.mark.seed("share-access.15")
def test_a_plan_without_subaccounts_refuses_them_and_says_where_to_raise_it(cast: Cast) -> None:
    shop = cast.accounts["shop"]
    change_account(CONSOLE, shop, limits={"account": 0})
    with pytest.raises(Invalid) as caught:
        open_account(cast.actor("shira"), shop, name="Kiosk")
    assert "account" in str(caught.value)
    assert shop.get_children().count() == 0


@pytest.mark.seed("share-access.16")
def test_accounts_stand_on_many_levels_each_with_permissions_of_its_own(cast: Cast) -> None:
    kiosk = open_account(cast.actor("shira"), cast.accounts["shop"], name="Kiosk")
    lamp = create_item(cast.actor("shira"), kiosk, kind="device", name="Lamp")
    assert kiosk.level == 3
    seen = {name for name in ("shira", "carla", "nora", "frank", "alma")
            if engine.decide(cast.actor(name), "device:view", lamp)}  # fmt: skip
    assert seen == {"shira", "carla", "nora"}
    rule = TokenRuleSpec(kind="device", verbs=("view",), reach="all", sections={"settings": ("view",)})
    narrow = create_token(cast.actor("shira"), kiosk, type="acl", name="Settings", idle_ttl=3600, rules=(rule,))
    access = Actor.of(narrow.token)
    assert [bool(engine.decide(access, name, lamp))
            for name in ("device:view", "device.settings:view", "device.settings:change", "device.messages:view")
            ] == [True, True, False, False]  # fmt: skip


@pytest.mark.seed("share-access.17")
@pytest.mark.seed("share-access.18")
def test_a_device_made_for_a_subaccount_is_seen_there_and_from_above_only(cast: Cast) -> None:
    made = create_item(cast.actor("nora"), cast.accounts["contoso"], kind="device", name="Made for Contoso")
    assert made.account == cast.accounts["contoso"]
    seen = {name for name in ("nora", "adam", "carla", "carl", "shira", "frank", "alma", "sam", "anna")
            if engine.decide(cast.actor(name), "device:view", made)}  # fmt: skip
    assert seen == {"nora", "adam", "carla", "carl"}


@pytest.mark.seed("share-access.19")
def test_a_subaccount_shares_its_own_things_by_tokens_of_its_own(cast: Cast) -> None:
    rule = TokenRuleSpec(kind="device", verbs=("view",), reach="all")
    some = create_token(
        cast.actor("carla"), cast.accounts["contoso"], type="acl", name="Fleet", idle_ttl=3600, rules=(rule,)
    )
    everything = create_token(cast.actor("carla"), cast.accounts["contoso"], type="master", name="All", idle_ttl=3600)
    assert listed(by_token(some.secret)) == {"van-1", "scooter"}
    assert listed(by_token(everything.secret)) >= {"van-1", "scooter"}
    assert not {"truck-7", "lorry"} & listed(by_token(everything.secret))
