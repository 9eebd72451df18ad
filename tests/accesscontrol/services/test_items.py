"""Acts on items: who makes, changes, moves and deletes them, and who owns what was made."""

from __future__ import annotations

import pytest

from accesscontrol.access import engine
from accesscontrol.access.engine import AccessDenied
from accesscontrol.audit.models import Event
from accesscontrol.items.models import Item, ItemUserObjectPermission
from accesscontrol.services.frame.errors import BeyondOwn, Invalid
from accesscontrol.services.items.items import (
    change_item,
    change_settings,
    clear_settings,
    create_item,
    create_items,
    delete_item,
    remove_items,
)
from accesscontrol.services.items.specs import ItemSpec
from accesscontrol.services.owning.giving import give_item
from accesscontrol.services.owning.moving import move_item
from accesscontrol.services.people.roles import create_role
from accesscontrol.services.people.users import set_role
from tests.world import CONSOLE, Cast


@pytest.mark.seed("user-accounts.12")
def test_a_developer_owns_what_they_make(cast: Cast) -> None:
    item = create_item(cast.actor("anna"), cast.accounts["northwind"], kind="bucket", name="Data")
    assert (item.owner, item.made_by) == (cast.people["anna"], cast.people["anna"])
    with pytest.raises(Invalid, match="developer's own"):
        create_item(
            cast.actor("anna"), cast.accounts["northwind"], kind="bucket", name="Other", owner=cast.people["otto"]
        )


def test_what_a_token_of_a_developer_makes_is_the_developers(cast: Cast) -> None:
    item = create_item(cast.token("of_anna"), cast.accounts["northwind"], kind="bucket", name="Data")
    assert item.owner == cast.people["anna"]


def test_an_administrator_makes_items_of_the_account_or_for_a_developer_of_it(cast: Cast) -> None:
    northwind = cast.accounts["northwind"]
    assert create_item(cast.actor("adam"), northwind, kind="device", name="Free").owner is None
    given = create_item(cast.actor("adam"), northwind, kind="device", name="Given", owner=cast.people["anna"])
    assert given.owner == cast.people["anna"]
    for stranger in ("sam", "carla"):
        with pytest.raises(Invalid, match="is not one"):
            create_item(cast.actor("adam"), northwind, kind="device", name="No", owner=cast.people[stranger])


def test_a_subusers_device_is_assigned_to_its_maker_at_once(cast: Cast) -> None:
    role = create_role(CONSOLE, cast.accounts["northwind"], name="Installer", rights=["tracker_register"])
    set_role(CONSOLE, cast.people["sam"], role)
    device = create_item(cast.actor("sam"), cast.accounts["northwind"], kind="device", name="New tracker")
    assert (device.owner, device.made_by) == (None, cast.people["sam"])
    share = ItemUserObjectPermission.objects.get(content_object=device)
    assert (share.user, share.permission.codename, share.expires_at) == (cast.people["sam"], "view_item", None)
    assert engine.decide(cast.actor("sam"), "device.messages:view", device).allowed
    assert not engine.decide(cast.actor("sam"), "device:delete", device).allowed


@pytest.mark.parametrize("username", ["sam", "lee", "carla", "alma"])
def test_nobody_makes_devices_without_the_right(cast: Cast, username: str) -> None:
    with pytest.raises(AccessDenied):
        create_item(cast.actor(username), cast.accounts["northwind"], kind="device", name="No")


def test_unknown_kinds_and_bad_fields_are_named_together(cast: Cast) -> None:
    northwind = cast.accounts["northwind"]
    with pytest.raises(Invalid, match="“devise” is not a kind of item. Valid: device, channel"):
        create_item(CONSOLE, northwind, kind="devise", name="X")
    wrong = [
        ItemSpec(account=northwind, kind="device", name="Line\nbreak"),
        ItemSpec(account=northwind, kind="device", name="Settings", settings=[1]),  # type: ignore[arg-type]
        ItemSpec(account=northwind, kind="device", name="Nul", settings={"a": "\x00"}),
        ItemSpec(account=northwind, kind="device", name="Digits", key="17"),
        ItemSpec(account=northwind, kind="device", name="Twice", key="twice"),
        ItemSpec(account=northwind, kind="device", name="Twice", key="twice"),
    ]
    with pytest.raises(Invalid) as refused:
        create_items(CONSOLE, wrong)
    told = sorted((wrong.index(one.about), one.field) for one in refused.value.problems)
    assert told == [(0, "name"), (1, "settings"), (2, "settings"), (3, "key"), (4, "key")]


def test_settings_of_a_device_are_a_section_of_their_own(cast: Cast) -> None:
    role = create_role(CONSOLE, cast.accounts["northwind"], name="Renamer", rights=["tracker_update"])
    set_role(CONSOLE, cast.people["sam"], role)
    truck, sam = cast.items["truck_7"], cast.actor("sam")
    assert change_item(sam, truck, name="Truck seven").name == "Truck seven"
    with pytest.raises(AccessDenied):
        change_settings(sam, truck, {"interval": 5})
    assert change_settings(cast.actor("adam"), truck, {"interval": 5}).settings == {"interval": 5}
    assert clear_settings(cast.actor("adam"), truck).settings == {}
    assert change_settings(cast.actor("adam"), cast.items["depot"], {"radius": 9}).settings == {"radius": 9}


def test_fields_that_never_change_are_refused(cast: Cast) -> None:
    with pytest.raises(Invalid, match="never changes"):
        change_item(CONSOLE, cast.items["truck_7"], kind="channel")
    with pytest.raises(TypeError):
        change_item(CONSOLE, cast.items["truck_7"], device_count=3)


def test_nobody_raises_the_tariff_of_their_own_devices(cast: Cast) -> None:
    with pytest.raises(AccessDenied):
        change_item(cast.actor("anna"), cast.items["sensor"], history_days=999)
    assert change_item(cast.actor("nora"), cast.items["sensor"], history_days=30).history_days == 30


def test_moving_takes_delete_here_and_create_there(cast: Cast) -> None:
    truck, contoso = cast.items["truck_8"], cast.accounts["contoso"]
    with pytest.raises(AccessDenied):
        move_item(cast.actor("carla"), truck, contoso)
    with pytest.raises(AccessDenied):
        move_item(cast.actor("carla"), cast.items["van_1"], cast.accounts["northwind"])
    moved = move_item(cast.actor("adam"), truck, contoso)
    assert moved.account == contoso
    assert engine.decide(cast.actor("carla"), "device:delete", truck).allowed
    told = Event.objects.filter(action="item.move").order_by("pk").values_list("account_id", flat=True)
    assert list(told) == [cast.accounts["northwind"].pk, contoso.pk]


def test_a_moved_item_leaves_its_developer_behind(cast: Cast) -> None:
    moved = move_item(cast.actor("adam"), cast.items["sensor"], cast.accounts["contoso"])
    assert moved.owner is None
    with pytest.raises(Invalid, match="Choose a developer of Contoso"):
        give_item(cast.actor("adam"), moved, cast.people["anna"])


def test_deleting_counts_the_containers_devices_again(cast: Cast) -> None:
    assert Item.objects.get(key="van-a").device_count == 1
    delete_item(cast.actor("adam"), cast.items["truck_7"])
    assert Item.objects.get(key="van-a").device_count == 0
    assert not Item.objects.filter(key="truck-7").exists()
    event = Event.objects.filter(action="item.delete").get()
    assert (event.thing_type, event.thing_id) == ("device", cast.items["truck_7"].pk)


def test_one_refused_item_of_a_batch_keeps_all(cast: Cast) -> None:
    with pytest.raises(AccessDenied):
        remove_items(cast.actor("anna"), [cast.items["sensor"], cast.items["pump"]])
    assert Item.objects.filter(key__in=["sensor", "pump"]).count() == 2


@pytest.mark.checklist("Z06")
def test_a_token_cannot_give_a_developer_more_than_it_has(cast: Cast) -> None:
    with pytest.raises(AccessDenied):
        give_item(cast.token("viewer"), cast.items["truck_8"], cast.people["anna"])
    assert Item.objects.get(key="truck-8").owner is None
    assert issubclass(BeyondOwn, Invalid)


def test_reports_are_made_for_somebody_only_with_the_right_to_assign(cast: Cast) -> None:
    made = create_item(
        cast.actor("adam"), cast.accounts["northwind"], kind="report", name="Trips", made_by=cast.people["sam"]
    )
    assert engine.decide(cast.actor("sam"), "report:view", made).allowed
    with pytest.raises(AccessDenied):
        create_item(
            cast.actor("anna"), cast.accounts["northwind"], kind="report", name="Trips", made_by=cast.people["sam"]
        )
