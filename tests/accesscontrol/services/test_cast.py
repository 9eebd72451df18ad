"""The cast stands as `tests.world` tells it."""

from __future__ import annotations

from accesscontrol.access import engine
from accesscontrol.audit.models import Event
from accesscontrol.items.models import Item
from tests.world import Cast


def test_cast_is_what_its_page_says(cast: Cast) -> None:
    truck, hub = cast.items["truck_7"], cast.items["hub"]
    assert engine.decide(cast.actor("nora"), "device:delete", truck).allowed
    assert engine.decide(cast.actor("sam"), "device.messages:view", truck).allowed
    assert not engine.decide(cast.actor("sam"), "device:view", cast.items["truck_8"]).allowed
    assert engine.decide(cast.actor("lee"), "device.telemetry:view", truck).allowed
    assert not engine.decide(cast.actor("lee"), "device.messages:view", truck).allowed
    assert engine.decide(cast.actor("carla"), "channel:view", hub).allowed
    assert not engine.decide(cast.actor("alma"), "channel:view", hub).allowed
    assert engine.decide(cast.actor("anna"), "device:delete", cast.items["sensor"]).allowed
    assert not engine.decide(cast.actor("anna"), "device:view", cast.items["pump"]).allowed
    assert engine.decide(cast.token("viewer"), "device.messages:view", truck).allowed


def test_containers_count_their_devices(cast: Cast) -> None:
    assert Item.objects.get(key="hub").device_count == 1
    assert Item.objects.get(key="van-a").device_count == 1


def test_every_act_of_the_cast_left_an_event(cast: Cast) -> None:
    counted = {action: Event.objects.filter(action=action).count() for action in ("account.open", "user.create")}
    assert counted == {"account.open": 5, "user.create": 12}
    assert Event.objects.filter(action="item.create").count() == len(cast.items)
