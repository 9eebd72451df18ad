"""Acts on sections: each asks the permission of its section and verb, and only what the catalogue has."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.engine import AccessDenied
from accesscontrol.audit.models import Event
from accesscontrol.items.models import Item, Record
from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.services.items.items import create_item
from accesscontrol.services.items.sections import (
    add_record,
    call_endpoint,
    change_record,
    clear_section,
    delete_record,
    send_command,
    set_output,
)
from accesscontrol.services.people.roles import create_role
from accesscontrol.services.people.users import set_role
from accesscontrol.services.tokens.specs import TokenRuleSpec
from accesscontrol.services.tokens.tokens import create_token
from tests.world import CONSOLE, Cast


def give_sam(cast: Cast, *rights: str) -> None:
    set_role(CONSOLE, cast.people["sam"], create_role(CONSOLE, cast.accounts["northwind"], name="R", rights=rights))


def test_a_write_only_key_adds_messages_that_it_cannot_read(cast: Cast) -> None:
    rule = TokenRuleSpec(kind="channel", reach="list", items=(cast.items["hub"],), sections={"messages": ("create",)})
    issued = create_token(
        CONSOLE, cast.accounts["northwind"], type="acl", rules=(rule,), expires_at=timezone.now() + timedelta(days=1)
    )
    row = add_record(Actor.of(issued.token), cast.items["hub"], "messages", data={"t": 21})
    assert (row.section, row.data, row.item) == ("messages", {"t": 21}, cast.items["hub"])
    with pytest.raises(AccessDenied):
        send_command(Actor.of(issued.token), cast.items["truck_7"], {})
    assert not engine.decide(Actor.of(issued.token), "channel.messages:view", cast.items["hub"]).allowed


def test_sections_and_verbs_come_from_the_catalogue(cast: Cast) -> None:
    truck, hub = cast.items["truck_7"], cast.items["hub"]
    with pytest.raises(Invalid, match="“trips” is not a section of device"):
        add_record(CONSOLE, truck, "trips", data={})
    with pytest.raises(Invalid, match="Valid: view"):
        add_record(CONSOLE, truck, "telemetry", data={})
    with pytest.raises(Invalid, match="item's links"):
        add_record(CONSOLE, hub, "items", data={})


def test_commands_take_the_right_and_are_queued(cast: Cast) -> None:
    with pytest.raises(AccessDenied):
        send_command(cast.actor("sam"), cast.items["truck_7"], {"stop": True})
    give_sam(cast, "tracker_configure")
    row = send_command(cast.actor("sam"), cast.items["truck_7"], {"stop": True}, name="stop")
    assert (row.state, row.made_by, row.name) == ("queued", cast.people["sam"], "stop")
    assert Event.objects.filter(action="item.commands.create").count() == 1


def test_an_output_is_switched_in_place(cast: Cast) -> None:
    give_sam(cast, "tracker_set_output")
    first = set_output(cast.actor("sam"), cast.items["truck_7"], "relay", {"on": True})
    second = set_output(cast.actor("sam"), cast.items["truck_7"], "relay", {"on": False})
    assert (first.pk, second.data) == (second.pk, {"on": False})


def test_properties_are_added_changed_and_deleted(cast: Cast) -> None:
    give_sam(cast, "tracker_update")
    sam, truck = cast.actor("sam"), cast.items["truck_7"]
    row = add_record(sam, truck, "properties", name="tyres", data={"size": 16})
    assert change_record(sam, truck, row, data={"size": 17}).data == {"size": 17}
    with pytest.raises(Invalid, match="cannot be changed"):
        change_record(sam, truck, row, section="messages")
    delete_record(sam, truck, row)
    with pytest.raises(Conflict):
        delete_record(sam, truck, row)


def test_a_record_of_another_item_does_not_exist_here(cast: Cast) -> None:
    row = add_record(CONSOLE, cast.items["pump"], "messages", data={})
    with pytest.raises(Conflict):
        delete_record(cast.actor("anna"), cast.items["sensor"], row)
    assert Record.objects.filter(pk=row.pk).exists()


def test_a_section_is_cleared_up_to_a_time(cast: Cast) -> None:
    truck, now = cast.items["truck_7"], timezone.now()
    for days in (1, 5, 9):
        add_record(CONSOLE, truck, "messages", data={}, at=now - timedelta(days=days))
    assert clear_section(cast.actor("adam"), truck, "messages", before=now - timedelta(days=3)) == 2
    assert clear_section(cast.actor("adam"), truck, "messages") == 1
    with pytest.raises(AccessDenied):
        clear_section(cast.actor("sam"), truck, "messages")


def test_a_row_that_names_a_device_takes_the_view_of_it(cast: Cast) -> None:
    storage = create_item(cast.actor("anna"), cast.accounts["northwind"], kind="storage", name="Files")
    with pytest.raises(AccessDenied):
        add_record(cast.actor("anna"), storage, "files", data={}, device=cast.items["truck_8"])
    row = add_record(cast.actor("anna"), storage, "files", data={}, device=cast.items["sensor"])
    assert row.device == cast.items["sensor"]


def test_an_endpoint_is_called_with_calls_create(cast: Cast) -> None:
    endpoint = create_item(CONSOLE, cast.accounts["northwind"], kind="endpoint", name="Hook")
    assert call_endpoint(cast.actor("adam"), endpoint, {"to": "x"}).state == "queued"
    with pytest.raises(AccessDenied):
        call_endpoint(cast.actor("lee"), endpoint, {})
    assert Item.objects.get(pk=endpoint.pk).records.count() == 1
