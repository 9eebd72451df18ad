"""Acts on links: what may be linked to what, by whom, and the count of devices."""

from __future__ import annotations

import pytest

from accesscontrol.access.engine import AccessDenied
from accesscontrol.items.models import Item, ItemLink
from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.services.items.items import create_item
from accesscontrol.services.items.links import create_links, link_items, unlink_items
from accesscontrol.services.items.specs import LinkSpec
from accesscontrol.services.people.roles import create_role
from accesscontrol.services.people.users import set_role
from tests.world import CONSOLE, Cast


def test_only_the_links_of_the_catalogue_exist(cast: Cast) -> None:
    with pytest.raises(Invalid, match="A channel cannot be linked to a vehicle. Valid: stream, group, tag"):
        link_items(CONSOLE, cast.items["hub"], cast.items["van_a"])


def test_nothing_is_linked_to_itself(cast: Cast) -> None:
    inner, outer = (create_item(CONSOLE, cast.accounts["northwind"], kind="tag", name=name) for name in ("In", "Out"))
    assert link_items(CONSOLE, inner, outer).container == outer
    with pytest.raises(Invalid, match="In cannot be linked to itself"):
        link_items(CONSOLE, inner, inner)


def test_linking_counts_devices_and_unlinking_counts_them_again(cast: Cast) -> None:
    night = cast.items["night"]
    link_items(cast.actor("adam"), cast.items["truck_7"], night)
    link_items(cast.actor("adam"), cast.items["hub"], night)
    assert Item.objects.get(pk=night.pk).device_count == 1
    unlink_items(cast.actor("adam"), cast.items["truck_7"], night)
    assert Item.objects.get(pk=night.pk).device_count == 0
    with pytest.raises(Conflict):
        unlink_items(cast.actor("adam"), cast.items["truck_7"], night)


def test_a_link_is_made_once(cast: Cast) -> None:
    with pytest.raises(Invalid, match="already"):
        link_items(CONSOLE, cast.items["truck_7"], cast.items["hub"])
    twice = [LinkSpec(member=cast.items["truck_8"], container=cast.items["hub"])] * 2
    with pytest.raises(Invalid, match="twice"):
        create_links(CONSOLE, twice)
    assert ItemLink.objects.filter(container=cast.items["hub"]).count() == 1


def test_a_grantee_links_its_own_devices_to_the_hub_and_nobody_elses(cast: Cast) -> None:
    link = link_items(cast.actor("carla"), cast.items["van_1"], cast.items["hub"])
    assert link.made_by == cast.people["carla"]
    with pytest.raises(AccessDenied):
        link_items(cast.actor("carla"), cast.items["truck_8"], cast.items["hub"])
    with pytest.raises(AccessDenied):
        link_items(cast.actor("frank"), cast.items["lorry"], cast.items["hub"])
    assert Item.objects.get(key="hub").device_count == 2


def test_the_grantee_takes_out_its_own_device_only(cast: Cast) -> None:
    link_items(cast.actor("carla"), cast.items["van_1"], cast.items["hub"])
    with pytest.raises(AccessDenied):
        unlink_items(cast.actor("carla"), cast.items["truck_7"], cast.items["hub"])
    unlink_items(cast.actor("carla"), cast.items["van_1"], cast.items["hub"])
    assert ItemLink.objects.filter(container=cast.items["hub"]).count() == 1


def test_a_vehicle_takes_change_on_itself_and_view_on_the_device(cast: Cast) -> None:
    free = create_item(CONSOLE, cast.accounts["northwind"], kind="vehicle", name="Spare van")
    sam = cast.actor("sam")  # the dispatcher changes vehicles and sees truck 7
    link_items(sam, cast.items["truck_7"], free)
    assert Item.objects.get(pk=free.pk).device_count == 1
    with pytest.raises(AccessDenied):
        link_items(sam, cast.items["truck_8"], free)
    set_role(CONSOLE, cast.people["sam"], create_role(CONSOLE, cast.accounts["northwind"], name="Bare"))
    with pytest.raises(AccessDenied):
        unlink_items(sam, cast.items["truck_7"], free)


def test_an_item_is_created_with_its_links_or_not_at_all(cast: Cast) -> None:
    with pytest.raises(AccessDenied):
        create_item(
            cast.actor("frank"), cast.accounts["fabrikam"], kind="device", name="Linked", links=[cast.items["hub"]]
        )
    assert not Item.objects.filter(name="Linked").exists()
