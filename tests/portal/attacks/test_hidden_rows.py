"""Rows, counts, times and orders tell nothing about what the caller may not see; nor does the audit log."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accesscontrol.accounts.models import User
from accesscontrol.items.models import Item, Record
from accesscontrol.services.accounts import accounts
from accesscontrol.services.grants import grants
from accesscontrol.services.items import items, sections
from accesscontrol.services.people import users
from accesscontrol.services.tokens import tokens
from accesscontrol.services.tokens.specs import TokenRuleSpec
from tests.portal.attacks.staging import grant_to_contoso
from tests.world import CONSOLE

pytestmark = pytest.mark.django_db


def test_deleting_counts_only_the_entries_that_the_caller_may_see(cast, browse):
    grant_to_contoso(cast, "mileage", levels=("edit", "delete"))
    for name in ("truck_7", "pump"):
        sections.add_record(CONSOLE, cast.items["hub"], "messages", data={}, device=cast.items[name])
        Record.objects.create(item=cast.items["mileage"], section="intervals", device=cast.items[name], data={})
    page = browse("carl").get("/items/calculator/mileage/delete/")
    assert page.status_code == 200
    assert [one for one in page.context["consequences"] if "entries" in one["label"]] == []
    shown = browse("nora").get("/items/calculator/mileage/delete/").context["consequences"]
    assert [one["count"] for one in shown if "entries" in one["label"]] == [2]


def test_clearing_a_section_leaves_the_rows_of_devices_that_the_caller_may_not_view(cast, call):
    grant_to_contoso(cast, "hub", levels=("edit",))
    foreign = sections.add_record(CONSOLE, cast.items["hub"], "messages", data={}, device=cast.items["truck_7"])
    own = sections.add_record(CONSOLE, cast.items["hub"], "messages", data={}, device=cast.items["van_1"])
    container = Item.objects.create(key="box", kind="container", name="Box", account=cast.accounts["northwind"])
    Record.objects.filter(pk__in=[foreign.pk, own.pk]).update(item=container)
    grants.create_grant(
        CONSOLE, cast.accounts["northwind"], covers="items", items=(container,), levels=("edit",),
        grantees=[cast.accounts["contoso"]],
    )  # fmt: skip
    assert call("carl").delete("/api/v1/items/box/messages/").status_code == 204
    assert list(container.records.values_list("pk", flat=True)) == [foreign.pk]


def test_the_last_message_of_a_list_stays_within_the_history_depth(cast, browse):
    old = timezone.now() - timedelta(days=200)
    sections.add_record(CONSOLE, cast.items["truck_7"], "messages", data={}, at=old)
    for person, seen in (("nora", True), ("sam", False)):
        table = browse(person).get("/items/device/").context["table"]
        assert (cast.items["truck_7"].pk in table.last_times) is seen


def test_a_row_of_a_device_that_names_another_device_shows_only_to_who_may_view_it(cast, browse, call):
    sections.add_record(CONSOLE, cast.items["truck_7"], "messages", data={"n": 1}, device=cast.items["sensor"])
    assert "Sensor" in browse("nora").get("/items/device/truck-7/messages/").content.decode()
    assert "Sensor" not in browse("sam").get("/items/device/truck-7/messages/").content.decode()
    assert call("sam").get("/api/v1/items/truck-7/messages/").json()["results"] == []


def test_a_hidden_owner_does_not_order_a_list(cast, browse):
    grant_to_contoso(cast, "sensor", "pump")
    carl = browse("carl")
    orders = [
        [row.record.name for row in carl.get(f"/items/device/?sort={sort}").context["table"].page.object_list]
        for sort in ("owner", "-owner")
    ]
    foreign = [[name for name in order if name in ("Sensor", "Pump")] for order in orders]
    owners = User.objects.filter(username__in=["anna", "otto"])
    Item.objects.filter(key="sensor").update(owner=owners.get(username="otto"))
    Item.objects.filter(key="pump").update(owner=owners.get(username="anna"))
    swapped = [
        row.record.name
        for row in carl.get("/items/device/?sort=owner").context["table"].page.object_list
        if row.record.name in ("Sensor", "Pump")
    ]
    assert swapped == foreign[0]


def test_a_line_of_the_log_names_a_person_of_an_account_above_by_the_account(cast, call, browse):
    nora = cast.actor("nora", address="203.0.113.9")
    grants.create_grant(
        nora, cast.accounts["northwind"], covers="items", items=(cast.items["hub"],),
        grantees=[cast.accounts["fabrikam"]],
    )  # fmt: skip
    [line] = call("frank").get("/api/v1/events/?action=grant.create").json()["results"]
    assert (line["actor_name"], line["actor_id"], line["address"]) == ("Northwind", None, "")
    assert call("frank").get(f"/api/v1/events/{line['id']}/").json()["actor_name"] == "Northwind"
    frank = browse("frank")
    for address in ("/", "/events/", f"/events/{line['id']}/", "/accounts/fabrikam/events/"):
        shown = frank.get(address).content.decode()
        assert "nora" not in shown
        assert "203.0.113.9" not in shown
    assert frank.get("/events/?q=nora").context["table"].paginator.count == 0
    assert browse("adam").get("/events/?q=nora").context["table"].paginator.count > 0
    lines = call("adam").get("/api/v1/events/?action=grant.create").json()["results"]
    assert {"nora", "console"} == {one["actor_name"] for one in lines}


def test_a_role_that_the_caller_may_not_view_is_not_named_in_the_list_of_users(cast, browse):
    accounts.move_account(CONSOLE, cast.accounts["contoso"], None)
    users.create_user(CONSOLE, cast.accounts["contoso"], username="rolf", verified=True)
    User.objects.filter(username="rolf").update(role=cast.dispatcher)
    assert "Dispatcher" not in browse("carl").get("/users/").content.decode()
    assert "Dispatcher" in browse("adam").get("/users/").content.decode()


def test_the_last_message_of_a_list_leaves_out_rows_that_name_a_hidden_device(cast, browse):
    truck, old = cast.items["truck_7"], timezone.now() - timedelta(days=2)
    sections.add_record(CONSOLE, truck, "messages", data={}, at=old)
    sections.add_record(CONSOLE, truck, "messages", data={}, device=cast.items["sensor"])
    assert browse("sam").get("/items/device/").context["table"].last_times[truck.pk] == old
    assert browse("nora").get("/items/device/").context["table"].last_times[truck.pk] > old


def test_a_hidden_role_does_not_order_the_list_of_users(cast, browse):
    accounts.move_account(CONSOLE, cast.accounts["contoso"], None)
    for name in ("rolf", "rita"):
        users.create_user(CONSOLE, cast.accounts["contoso"], username=name, verified=True)
    other = User.objects.get(username="sam").role
    assert other is not None

    def order() -> list[str]:
        rows = browse("carl").get("/users/?sort=role").context["table"].page.object_list
        return [row.record.username for row in rows if row.record.username in ("rolf", "rita")]

    User.objects.filter(username="rolf").update(role=other)
    first = order()
    User.objects.filter(username="rolf").update(role=None)
    User.objects.filter(username="rita").update(role=other)
    assert order() == first


def test_a_token_with_an_event_rule_alone_reads_no_line_that_names_a_device(cast, call):
    items.change_item(CONSOLE, cast.items["truck_7"], name="Truck 7a")
    accounts.change_account(CONSOLE, cast.accounts["northwind"], notes="Told")
    seen = {"event": TokenRuleSpec(kind="event", verbs=("view",), reach="all")}
    seen["device"] = TokenRuleSpec(kind="device", verbs=("view",), reach="list", items=(cast.items["truck_7"],))
    told = {}
    for rules in (("event",), ("event", "device")):
        issued = tokens.create_token(
            CONSOLE, cast.accounts["northwind"], type="acl", name="-".join(rules), idle_ttl=3600,
            rules=tuple(seen[one] for one in rules),
        )  # fmt: skip
        answer = APIClient().get("/api/v1/events/", HTTP_AUTHORIZATION=f"Bearer {issued.secret}")
        told[rules] = {(one["thing_type"], one["thing_name"]) for one in answer.json()["results"]}
    assert not {kind for kind, _ in told["event",]} & {"device"}
    assert "account" in {kind for kind, _ in told["event",]}
    assert ("device", "Truck 7a") in told["event", "device"]
