"""“Grants — sharing access between unrelated subaccounts”: each sentence about law and acts, shown by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.doors.records import visible_records
from accesscontrol.access.doors.topics import decide_topic
from accesscontrol.access.engine import AccessDenied
from accesscontrol.accounts.models import Account
from accesscontrol.grants.models import Grant
from accesscontrol.items.models import Item, ItemLink
from accesscontrol.services.accounts.accounts import open_account
from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.services.grants.grantees import accept_grant
from accesscontrol.services.grants.grants import change_grant, create_grant, revoke_grant
from accesscontrol.services.items.items import create_item, delete_item
from accesscontrol.services.items.links import link_items
from accesscontrol.services.items.sections import send_command
from accesscontrol.services.owning.moving import move_item
from tests.factories import RecordFactory
from tests.portal.knowing import KnowingClient
from tests.world import CONSOLE, Cast, build_cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return build_cast()


def may(cast: Cast, name: str, permission: str, thing: Any) -> bool:
    return engine.decide(cast.actor(name), permission, thing).allowed


def grant(cast: Cast, grantor: str, grantee: str, covers: str = "account", **fields: Any) -> Grant:
    """A grant between two accounts of the cast, made by the grantor's owner."""
    owner = {"northwind": "nora", "contoso": "carla", "fabrikam": "frank", "acme": "alma"}[grantor]
    return create_grant(
        cast.actor(owner), cast.accounts[grantor], covers=covers, grantee_keys=[cast.accounts[grantee].key], **fields
    )


@pytest.mark.seed("grants.01", "grants.02")
def test_a_grant_shares_between_accounts_that_are_not_related(cast: Cast) -> None:
    assert not may(cast, "frank", "device:view", cast.items["van_1"])
    grant(cast, "contoso", "fabrikam")
    assert may(cast, "frank", "device:view", cast.items["van_1"])
    assert not may(cast, "carla", "device:view", cast.items["lorry"])  # it gives nothing in the other direction


@pytest.mark.seed("grants.03")
def test_a_grant_covers_all_of_a_kind_or_chosen_items(cast: Cast) -> None:
    second = create_item(CONSOLE, cast.accounts["contoso"], kind="device", name="Van 2")
    chosen = grant(cast, "contoso", "fabrikam", "items", items=(cast.items["van_1"],))
    assert may(cast, "frank", "device:view", cast.items["van_1"])
    assert not may(cast, "frank", "device:view", second)
    revoke_grant(cast.actor("carla"), chosen)
    grant(cast, "contoso", "fabrikam", "kind", kind="device")
    later = create_item(CONSOLE, cast.accounts["contoso"], kind="device", name="Van 3")
    assert may(cast, "frank", "device:view", second)
    assert may(cast, "frank", "device:view", later)
    assert not may(cast, "frank", "calculator:view", cast.items["trips"])


@pytest.mark.seed("grants.04")
def test_by_default_access_is_to_view_and_use(cast: Cast) -> None:
    grant(cast, "contoso", "fabrikam")
    van = cast.items["van_1"]
    assert may(cast, "frank", "device.messages:view", van)
    refused = ("device:change", "device:delete", "device.commands:create", "device.settings:change")
    assert [name for name in refused if may(cast, "frank", name, van)] == []
    assert may(cast, "frank", "calculator.items:create", cast.items["trips"])  # use it


@pytest.mark.seed("grants.05")
def test_the_grantee_assigns_its_devices_to_a_calculator(cast: Cast) -> None:
    grant(cast, "northwind", "fabrikam", "items", items=(cast.items["mileage"],))
    link_items(cast.actor("frank"), cast.items["lorry"], cast.items["mileage"])
    assert ItemLink.objects.filter(member=cast.items["lorry"], container=cast.items["mileage"]).exists()


@pytest.mark.seed("grants.06")
def test_the_grantee_sees_only_its_devices_and_their_intervals(cast: Cast) -> None:
    mileage, lorry, truck = (cast.items[name] for name in ("mileage", "lorry", "truck_7"))
    grant(cast, "northwind", "fabrikam", "items", items=(mileage,))
    link_items(CONSOLE, truck, mileage)
    link_items(cast.actor("frank"), lorry, mileage)
    own = RecordFactory(item=mileage, section="intervals", device=lorry)
    RecordFactory(item=mileage, section="intervals", device=truck)
    rows = visible_records(engine.look(cast.actor("frank")), mileage, "intervals").rows
    assert [row.pk for row in rows] == [own.pk]
    linked = engine.visible(cast.actor("frank"), "device:view").filter(container_links__container=mileage)
    assert list(linked) == [lorry]


@pytest.mark.seed("grants.07")
@pytest.mark.parametrize("kind", ["calculator", "plugin", "stream", "group"])
def test_read_only_access_leaves_out_the_logs_of_calculators_plugins_streams_and_groups(cast: Cast, kind: str) -> None:
    item = create_item(CONSOLE, cast.accounts["contoso"], kind=kind, name="One")
    grant(cast, "contoso", "fabrikam")
    assert may(cast, "frank", f"{kind}:view", item)
    assert not may(cast, "frank", f"{kind}.logs:view", item)
    assert may(cast, "frank", "device.logs:view", cast.items["van_1"])


@pytest.mark.seed("grants.08")
def test_edit_changes_the_configuration(cast: Cast) -> None:
    grant(cast, "contoso", "fabrikam", levels=("edit",))
    assert may(cast, "frank", "calculator:change", cast.items["trips"])
    assert not may(cast, "frank", "device:delete", cast.items["van_1"])


@pytest.mark.seed("grants.09")
def test_delete_removes_an_item_from_the_account(cast: Cast) -> None:
    van = cast.items["van_1"]
    given = grant(cast, "contoso", "fabrikam")
    with pytest.raises(AccessDenied):
        delete_item(cast.actor("frank"), van)
    change_grant(cast.actor("carla"), given, levels=("delete",))
    delete_item(cast.actor("frank"), van)
    assert not Item.objects.filter(pk=van.pk).exists()


@pytest.mark.seed("grants.10")
def test_command_sends_commands_and_settings_to_devices_only(cast: Cast) -> None:
    grant(cast, "contoso", "fabrikam", levels=("command",))
    send_command(cast.actor("frank"), cast.items["van_1"], {"name": "reboot"})
    assert may(cast, "frank", "device.settings:change", cast.items["van_1"])
    assert not may(cast, "frank", "calculator:change", cast.items["trips"])


@pytest.mark.seed("grants.11", "grants.12")
def test_a_whole_account_gives_all_items_but_no_tokens_people_or_grants(cast: Cast) -> None:
    given = grant(cast, "northwind", "acme")
    accept_grant(cast.actor("alma"), given, cast.accounts["acme"])
    own = Item.objects.filter(account=cast.accounts["northwind"])
    seen = engine.visible(cast.actor("alma"), engine.ANY_ITEM_VIEW)
    assert set(own) <= set(seen)
    assert may(cast, "alma", "account:view", cast.accounts["northwind"])
    for kind in ("token", "user", "role", "project"):
        rows = engine.visible(cast.actor("alma"), f"{kind}:view").filter(account=cast.accounts["northwind"])
        assert list(rows) == [], kind
    assert not may(cast, "alma", "grant:view", cast.hub_grant)


@pytest.mark.seed("grants.13")
def test_topics_of_the_granted_account_are_open_by_their_own_name_and_by_the_account(cast: Cast) -> None:
    topic = f"items/device/{cast.items['van_1'].key}/messages"
    assert not decide_topic(cast.actor("frank"), "subscribe", topic)
    grant(cast, "contoso", "fabrikam", levels=("operate-as",))
    assert decide_topic(cast.actor("frank"), "subscribe", topic)
    acting = cast.actor("frank").acting_as(cast.accounts["contoso"])
    assert decide_topic(acting, "subscribe", topic)
    assert decide_topic(acting, "publish", "fleet/any/free/name")


@pytest.mark.seed("grants.14")
def test_create_levels_allow_making_items_of_that_kind(cast: Cast) -> None:
    grant(cast, "contoso", "fabrikam", levels=("create-device", "create-group"))
    made = create_item(cast.actor("frank"), cast.accounts["contoso"], kind="device", name="By Frank")
    assert made.account == cast.accounts["contoso"]
    with pytest.raises(AccessDenied):
        create_item(cast.actor("frank"), cast.accounts["contoso"], kind="channel", name="By Frank")
    named = {"device", "channel", "plugin", "stream", "calculator", "group"}
    assert named <= set(catalogue.CREATE_LEVELS.values())


@pytest.mark.seed("grants.15", "grants.16")
def test_operate_as_allows_any_call_in_the_accounts_name(cast: Cast) -> None:
    client = APIClient()
    client.force_login(cast.people["frank"])
    address, named = "/api/v1/users/", {"HTTP_X_ACCOUNT_ID": "contoso"}
    assert client.get(address, **named).status_code == 403
    grant(cast, "contoso", "fabrikam", levels=("operate-as",))
    answer = client.get(address, **named)
    assert {row["username"] for row in answer.json()["results"]} >= {"carla", "carl"}
    made = client.post("/api/v1/items/", {"account": "contoso", "kind": "device", "name": "X"}, format="json", **named)
    assert made.status_code == 201
    acting = cast.actor("frank").acting_as(cast.accounts["contoso"])
    assert decide_topic(acting, "publish", "on/its/behalf")


@pytest.mark.seed("grants.17")
def test_a_group_lets_add_items_and_gives_nothing_of_what_is_in_it(cast: Cast) -> None:
    night = cast.items["night"]
    link_items(CONSOLE, cast.items["truck_8"], night)
    grant(cast, "northwind", "fabrikam", "items", items=(night,))
    link_items(cast.actor("frank"), cast.items["lorry"], night)
    assert may(cast, "frank", "group:view", night)
    assert not may(cast, "frank", "device:view", cast.items["truck_8"])


@pytest.mark.seed("grants.21")
def test_access_goes_down_the_tree_and_not_up(cast: Cast) -> None:
    assert may(cast, "nora", "device:change", cast.items["van_1"])
    assert not may(cast, "carla", "device:view", cast.items["truck_8"])


@pytest.mark.seed("grants.22", "grants.23")
def test_a_lower_account_uses_a_channel_of_a_higher_one_with_read_only(cast: Cast) -> None:
    device, hub = cast.items["van_1"], cast.items["hub"]
    assert cast.hub_grant.levels == []
    link_items(cast.actor("carla"), device, hub)
    assert not may(cast, "carla", "channel:change", hub)
    assert ItemLink.objects.filter(member=device, container=hub).exists()


@pytest.mark.seed("grants.24", "grants.25")
def test_a_supporter_with_read_and_edit_sees_the_logs(cast: Cast) -> None:
    trips, van = cast.items["trips"], cast.items["van_1"]
    given = grant(cast, "contoso", "fabrikam", "items", items=(trips,))
    assert not may(cast, "frank", "calculator.logs:view", trips)
    change_grant(cast.actor("carla"), given, levels=("edit",))
    assert may(cast, "frank", "calculator.logs:view", trips)
    assert not may(cast, "frank", "device:view", van)  # this item within the client's account, and no other


@pytest.mark.seed("grants.26", "grants.27", "grants.28", "grants.29")
def test_clients_get_the_applications_that_they_pay_for(cast: Cast) -> None:
    owner, company = cast.actor("nora"), cast.accounts["northwind"]
    applications: dict[str, Account] = {}
    clients: dict[str, Account] = {}
    for name in ("Parking", "Cooling", "Routing"):
        applications[name] = open_account(owner, company, name=name)
        create_item(owner, applications[name], kind="plugin", name=f"{name} plugin")
    for name in ("Baker", "Butcher"):
        clients[name] = open_account(owner, company, name=name)
    paid = {"Baker": ("Parking",), "Butcher": ("Parking", "Cooling")}
    for client, names in paid.items():
        for name in names:
            create_grant(owner, applications[name], covers="account", grantees=[clients[client]])
    seen = {
        client: {row.account.name for row in engine.visible(Actor.of(account), engine.ANY_ITEM_VIEW)}
        for client, account in clients.items()
    }
    assert seen == {client: set(names) for client, names in paid.items()}


@pytest.mark.seed("grants.30")
def test_every_act_on_grants_is_a_call(cast: Cast) -> None:
    carla, alma = KnowingClient(), APIClient()
    carla.force_login(cast.people["carla"])
    alma.force_login(cast.people["alma"])
    body = {"account": "contoso", "grantees": ["acme"], "covers": "kind", "kind": "device"}
    made = carla.post("/api/v1/grants/", body, format="json").json()
    assert alma.post(f"/api/v1/received/{made['key']}/accept/", {}, format="json").status_code == 200
    assert carla.get("/api/v1/grants/").json()["count"] == 2
    changed = carla.patch(f"/api/v1/grants/{made['key']}/", {"levels": ["edit"]}, format="json")
    assert changed.json()["levels"] == ["edit"]
    assert may(cast, "alma", "device:change", cast.items["van_1"])
    lost = carla.delete(f"/api/v1/grants/{made['key']}/")
    assert lost.status_code == 200
    assert lost.json()["sentences"] == ["Acme will no longer see 1 device or edit 1 device."]
    assert not may(cast, "alma", "device:view", cast.items["van_1"])


# --- What the issue asks to be shown beside the sentences (check 3)


def test_granting_on_is_refused_with_a_reason(cast: Cast) -> None:
    with pytest.raises(Invalid, match="Hub is not of Contoso or an account below"):
        grant(cast, "contoso", "fabrikam", "items", items=(cast.items["hub"],))
    grant(cast, "northwind", "fabrikam", "items", items=(cast.items["truck_7"],))
    with pytest.raises((Invalid, AccessDenied)):
        create_grant(
            cast.actor("frank"), cast.accounts["northwind"], covers="items", items=(cast.items["truck_7"],),
            grantees=[cast.accounts["contoso"]],
        )  # fmt: skip


def test_the_parent_and_the_children_of_a_grantee_see_nothing(cast: Cast) -> None:
    given = grant(cast, "acme", "contoso")
    accept_grant(cast.actor("carla"), given, cast.accounts["contoso"])
    assert may(cast, "carla", "device:view", cast.items["rover"])
    assert not may(cast, "nora", "device:view", cast.items["rover"])
    assert not may(cast, "shira", "device:view", cast.items["rover"])


def test_an_item_that_leaves_the_branch_leaves_the_grant_at_once(cast: Cast) -> None:
    van = cast.items["van_1"]
    grant(cast, "contoso", "acme", "items", items=(van,), accepted=None)
    accept_grant(cast.actor("alma"), Grant.objects.latest("pk"), cast.accounts["acme"])
    assert may(cast, "alma", "device:view", van)
    move_item(CONSOLE, van, cast.accounts["fabrikam"])
    assert not may(cast, "alma", "device:view", van)


def test_a_grant_stops_in_its_second_without_any_job(cast: Cast) -> None:
    end = timezone.now() + timedelta(hours=1)
    grant(cast, "contoso", "fabrikam", expires_at=end)
    asked = [cast.actor("frank", at=end + step) for step in (timedelta(seconds=-1), timedelta(0))]
    decisions = [engine.decide(actor, "device:view", cast.items["van_1"]).allowed for actor in asked]
    assert decisions == [True, False]


def test_a_kept_scope_knows_when_a_grant_ends(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that has said yes says no in the second of the end, though nothing was written meanwhile."""
    end = timezone.now() + timedelta(minutes=5)
    grant(cast, "contoso", "fabrikam", expires_at=end)
    assert may(cast, "frank", "device:view", cast.items["van_1"])
    monkeypatch.setattr(timezone, "now", lambda: end)
    assert not may(cast, "frank", "device:view", cast.items["van_1"])


def test_a_grant_that_is_not_accepted_gives_nothing(cast: Cast) -> None:
    given = grant(cast, "contoso", "acme", levels=("operate-as",))
    assert not may(cast, "alma", "device:view", cast.items["van_1"])
    assert not may(cast, "alma", "account:operate", cast.accounts["contoso"])
    with pytest.raises(AccessDenied):
        accept_grant(cast.actor("carla"), given, cast.accounts["acme"])  # nobody accepts for another
    accept_grant(cast.actor("alma"), given, cast.accounts["acme"])
    assert may(cast, "alma", "device:view", cast.items["van_1"])
    with pytest.raises(Conflict, match="already"):
        accept_grant(cast.actor("alma"), given, cast.accounts["acme"])
