"""Pages of one item: made, changed, moved, linked, deleted; and what each tab shows to whom."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from accesscontrol.audit.models import Event
from accesscontrol.items.models import Item, ItemLink, Record
from accesscontrol.services.items.assignments import share_item
from accesscontrol.services.people.users import change_user
from portal.pages.items.forms import value_field
from tests.world import CONSOLE

TRUCK = "/items/device/truck-7/"


def errors(response) -> dict[str, list[str]]:
    """What the form says is wrong."""
    return {name: list(found) for name, found in response.context["form"].errors.items()}


def test_an_item_is_created_for_an_account_below_and_put_into_a_group(browse, cast):
    sent = {"account": "contoso", "name": "Van 2", "settings": '{"interval": 60}', "links": ["night"]}
    response = browse("nora").post("/items/device/~new/", sent)
    made = Item.objects.get(name="Van 2")
    assert response.status_code == 302
    assert response.url == f"/items/device/{made.key}/"
    assert (made.account, made.settings) == (cast.accounts["contoso"], {"interval": 60})
    assert list(made.container_links.values_list("container__key", flat=True)) == ["night"]
    assert Event.objects.filter(action="item.create", thing_id=made.pk).count() == 1


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "This field is required."),
        ("settings", "{interval: 60}", "This is not JSON"),
        ("settings", "[1]", "Write a JSON object"),
        ("account", "acme", "There is no such choice."),
        ("account", "there-is-none", "There is no such choice."),
        ("links", ["rover"], "There is no such choice."),
    ],
)
def test_wrong_input_is_told_at_its_field_and_nothing_is_lost(browse, field, value, said):
    sent = {"account": "northwind", "name": "Van 2", "settings": "{}", field: value}
    response = browse("nora").post("/items/device/~new/", sent)
    assert response.status_code == 200
    assert errors(response)[field][0].startswith(said)
    assert field == "name" or 'value="Van 2"' in response.content.decode()
    assert not Item.objects.filter(name="Van 2").exists()


def test_what_the_act_refuses_is_told_at_its_field(browse, cast):
    response = browse("nora").post("/items/device/~new/", {"account": "northwind", "name": "A\x1fB", "settings": ""})
    assert errors(response) == {"name": ["Remove line breaks and control characters."]}


def test_an_item_is_given_to_a_developer_and_back(browse, cast):
    nora, truck = browse("nora"), cast.items["truck_7"]
    offered = [name for name, _words in nora.get(f"{TRUCK}give/").context["form"].fields["owner"].choices]
    assert offered == ["~account", "anna", "otto"]
    for owner, stands in (("otto", cast.people["otto"]), ("~account", None)):
        assert nora.post(f"{TRUCK}give/", {"owner": owner}).status_code == 302
        truck.refresh_from_db()
        assert truck.owner == stands
    for owner in ("sam", "alma", ""):
        assert errors(nora.post(f"{TRUCK}give/", {"owner": owner})).keys() == {"owner"}


def test_a_gift_is_previewed_and_nothing_is_given(browse, cast):
    nora = browse("nora")
    page = nora.post(f"{TRUCK}give/preview/", {"owner": "otto"})
    assert page.context["preview"] == {"sentence": "This adds access for 1 user."}
    assert 'value="otto" selected' in page.content.decode()
    part = nora.post(f"{TRUCK}give/preview/", {"owner": "~account"}, headers={"HX-Request": "true"})
    assert part.context["preview"] == {"sentence": "Nobody gains or loses anything by this now."}
    cast.items["truck_7"].refresh_from_db()
    assert cast.items["truck_7"].owner is None


def test_whoever_lacks_a_part_of_an_item_neither_moves_nor_gives_it(browse, cast):
    share_item(CONSOLE, cast.people["otto"], cast.items["sensor"], ["view_item", "change_item", "delete_item"])
    otto = browse("otto")
    menu = [one["label"] for one in otto.get("/items/device/sensor/").context["more_actions"]]
    assert menu == ["Change", "Delete"]
    for page in ("move/", "give/", "give/preview/"):
        for answer in (otto.get(f"/items/device/sensor/{page}"), otto.post(f"/items/device/sensor/{page}", {})):
            assert answer.status_code == 403
    menu = [one["label"] for one in browse("anna").get("/items/device/sensor/").context["more_actions"]]
    assert menu == ["Change", "Give to another owner", "Move to another account", "Delete"]


def test_a_change_does_not_take_the_owner(browse, cast):
    share_item(CONSOLE, cast.people["otto"], cast.items["sensor"], ["view_item", "change_item"])
    assert "anna" not in browse("otto").get("/items/device/sensor/change/").content.decode()
    assert browse("otto").post("/items/device/sensor/change/", {"name": "Probe", "owner": "otto"}).status_code == 302
    cast.items["sensor"].refresh_from_db()
    assert (cast.items["sensor"].name, cast.items["sensor"].owner) == ("Probe", cast.people["anna"])


def test_an_item_is_moved_to_an_account_where_one_may_create(browse, cast):
    assert errors(browse("carla").post("/items/device/van-1/move/", {"account": "fabrikam"})).keys() == {"account"}
    assert browse("carla").post("/items/device/van-1/move/", {"account": "shop"}).status_code == 302
    cast.items["van_1"].refresh_from_db()
    assert cast.items["van_1"].account == cast.accounts["shop"]


def test_a_deletion_says_what_goes_and_wants_the_name_typed(browse, cast):
    nora = browse("nora")
    asked = nora.get(f"{TRUCK}delete/")
    assert {one["label"]: one["count"] for one in asked.context["consequences"]} == {
        "links to things it is in": 2,
        "people it is assigned to or shared with": 1,
        "projects that hold it": 1,
    }
    refused = nora.post(f"{TRUCK}delete/", {"typed_name": "truck"})
    assert refused.context["typed_name_error"] == "This is not the name. Type it as it is shown."
    assert Item.objects.filter(key="truck-7").exists()
    assert nora.post(f"{TRUCK}delete/", {"typed_name": "Truck 7"}).url == "/items/device/"
    assert not Item.objects.filter(key="truck-7").exists()


def test_who_may_not_delete_sees_no_button_and_gets_the_reason(browse):
    lee = browse("lee")
    assert "delete/" not in lee.get(TRUCK).content.decode()
    refused = lee.get(f"{TRUCK}delete/")
    assert refused.status_code == 403
    assert "Nothing gives lee device:delete on Truck 7." in refused.content.decode()


def test_tabs_are_those_one_may_see(browse):
    def tabs(person: str) -> list[str]:
        return [tab["label"] for tab in browse(person).get(TRUCK).context["tabs"]]

    assert tabs("nora")[:5] == ["Overview", "Track", "Settings", "Telemetry", "Messages"]
    assert not {"Messages", "Track"} & set(tabs("lee"))
    assert "Logs" not in tabs("sam")


def test_settings_are_changed_by_field_added_and_by_json(browse, cast):
    truck, nora = cast.items["truck_7"], browse("nora")
    sent = {value_field("interval"): "45", "new_name": "phone", "new_value": "+49 170", "json": '{"interval": 30}'}
    assert nora.post(f"{TRUCK}settings/change/", sent).url == f"{TRUCK}settings/"
    truck.refresh_from_db()
    assert truck.settings == {"interval": 45, "phone": "+49 170"}
    nora.post(
        f"{TRUCK}settings/change/",
        {
            value_field("interval"): "45",
            value_field("phone"): "+49 170",
            "json": '{"net": {"apn": "x"}}',
        },
    )
    truck.refresh_from_db()
    assert truck.settings == {"net": {"apn": "x"}}
    assert nora.post(f"{TRUCK}settings/clear/").status_code == 302
    truck.refresh_from_db()
    assert truck.settings == {}


def test_who_may_only_see_the_settings_cannot_change_them(browse, cast):
    sam = browse("sam")
    assert sam.get(f"{TRUCK}settings/").status_code == 200
    assert sam.post(f"{TRUCK}settings/change/", {"json": "{}"}).status_code == 403
    cast.items["truck_7"].refresh_from_db()
    assert cast.items["truck_7"].settings == {"interval": 30}


def test_a_command_is_sent_and_stands_in_the_list_with_its_state(browse, cast):
    nora = browse("nora")
    assert nora.post(f"{TRUCK}commands/~new/", {"name": "reboot", "data": ""}).url == f"{TRUCK}commands/"
    assert cast.items["truck_7"].records.get(section="commands").state == "queued"
    [shown] = nora.get(f"{TRUCK}commands/").context["records"]
    assert (shown["label"], shown["state"]["label"]) == ("reboot", "Queued")


def test_an_output_is_switched(browse, cast):
    nora = browse("nora")
    nora.post(f"{TRUCK}outputs/switch/", {"name": "siren", "on": "on"})
    row = cast.items["truck_7"].records.get(section="outputs")
    assert (row.name, row.data) == ("siren", {"on": True})
    nora.post(f"{TRUCK}outputs/switch/?record={row.pk}", {"name": "siren"})
    row.refresh_from_db()
    assert row.data == {"on": False}


def test_a_property_is_added_changed_and_deleted(browse, cast):
    nora, truck = browse("nora"), cast.items["truck_7"]
    nora.post(f"{TRUCK}properties/~new/", {"name": "plate", "data": '{"value": "B-1"}'})
    row = truck.records.get(section="properties")
    nora.post(f"{TRUCK}properties/{row.pk}/change/", {"name": "plate", "data": '{"value": "B-2"}'})
    row.refresh_from_db()
    assert row.data == {"value": "B-2"}
    assert nora.post(f"{TRUCK}properties/{row.pk}/delete/").status_code == 302
    assert truck.records.filter(section="properties").count() == 0


def test_a_record_of_another_section_or_item_is_not_there(browse, cast):
    other = Record.objects.create(item=cast.items["rover"], section="properties", name="x", data={})
    message = Record.objects.create(item=cast.items["truck_7"], section="messages", data={})
    for number in (other.pk, message.pk):
        assert browse("nora").get(f"{TRUCK}properties/{number}/change/").status_code == 404


def test_messages_are_clipped_by_history_depth_and_the_page_says_so(browse, cast):
    now, truck = timezone.now(), cast.items["truck_7"]
    for days in (1, 5, 40):
        Record.objects.create(item=truck, section="messages", at=now - timedelta(days=days), data={"age": days})
    change_user(CONSOLE, cast.people["sam"], history_days=7)
    page = browse("sam").get(f"{TRUCK}messages/")
    assert [row["pairs"][0]["value"] for row in page.context["records"]] == ["1", "5"]
    assert page.context["history_note"] == "Your access reaches 7 days back. Older rows are not shown."
    everything = browse("nora").get(f"{TRUCK}messages/")
    assert len(everything.context["records"]) == 3
    assert everything.context["history_note"] == ""


def test_messages_come_in_pages_by_time(browse, cast):
    now, truck, nora = timezone.now(), cast.items["truck_7"], browse("nora")
    for minutes in range(120):
        Record.objects.create(
            item=truck, section="messages", at=now - timedelta(minutes=minutes // 2), data={"n": minutes}
        )

    def numbers(response) -> list[int]:
        return [int(row["pairs"][0]["value"]) for row in response.context["records"]]

    first = nora.get(f"{TRUCK}messages/")
    second = nora.get(first.context["pagination"]["next_url"])
    third = nora.get(second.context["pagination"]["next_url"])
    assert sorted(numbers(first) + numbers(second) + numbers(third)) == list(range(120))
    assert numbers(nora.get(third.context["pagination"]["previous_url"])) == numbers(second)
    assert third.context["pagination"]["next_url"] is None
    assert numbers(nora.get(f"{TRUCK}messages/?before=nonsense")) == numbers(first)


def test_a_time_range_narrows_the_messages(browse, cast):
    for day in (1, 2, 3):
        at = timezone.make_aware(timezone.datetime(2026, 5, day, 12))
        Record.objects.create(item=cast.items["truck_7"], section="messages", at=at, data={"day": day})
    page = browse("nora").get(f"{TRUCK}messages/?since=2026-05-02T00:00&until=2026-05-02T23:59")
    assert [row["pairs"][0]["value"] for row in page.context["records"]] == ["2"]


def test_rows_that_name_a_device_show_only_to_who_may_view_it(browse, cast):
    trips, now = cast.items["trips"], timezone.now()
    for name in ("van_1", "scooter", "truck_8"):
        Record.objects.create(item=trips, section="intervals", at=now, device=cast.items[name], data={"of": name})
    Record.objects.create(item=trips, section="intervals", at=now, data={"of": "nobody"})

    def shown(person: str) -> set[str]:
        rows = browse(person).get("/items/calculator/trips/intervals/").context["records"]
        return {pair["value"] for row in rows for pair in row["pairs"] if pair["label"] == "of"}

    assert shown("nora") == {"van_1", "scooter", "truck_8", "nobody"}
    assert shown("carla") == {"van_1", "scooter", "nobody"}


def test_what_is_in_a_container_shows_only_what_one_sees(browse, cast):
    nora = browse("nora").get("/items/channel/hub/items/").content.decode()
    assert "Truck 7" in nora
    carla = browse("carla")
    assert "Truck 7" not in carla.get("/items/channel/hub/items/").content.decode()
    assert carla.post("/items/channel/hub/links/add/", {"members": ["van-1"]}).url == "/items/channel/hub/items/"
    assert "Van 1" in carla.get("/items/channel/hub/items/").content.decode()
    assert carla.get("/items/channel/hub/links/truck-7/hub/cut/").status_code == 404
    assert carla.post("/items/channel/hub/links/van-1/hub/cut/").status_code == 302
    assert not ItemLink.objects.filter(member=cast.items["van_1"]).exists()


def test_linking_what_does_not_belong_there_is_told_in_a_sentence(browse):
    response = browse("nora").post("/items/device/truck-8/links/put/", {"container": "rover"})
    assert errors(response) == {"container": ["There is no such choice. Type a few letters and choose from the list."]}


def test_the_access_tab_names_who_and_hides_whom_one_may_not_see(browse, cast):
    holders = {one["label"] for one in browse("nora").get(f"{TRUCK}access/").context["holders"]}
    assert {"nora", "sam", "lee", "Northwind"} <= holders
    assert "alma" not in holders
    [line] = [one for one in browse("sam").get(f"{TRUCK}access/").context["own"] if one["name"] == "device:delete"]
    assert line["allowed"] is False
    assert browse("sam").get(f"{TRUCK}access/?permission=nonsense").context["asked"] == "device:view"


@pytest.mark.checklist("W14")
def test_names_are_text_everywhere(browse, cast):
    name = '<b>"x"</b> & end'
    browse("nora").post(f"{TRUCK}change/", {"name": name})
    for address in ("/items/device/", TRUCK, f"{TRUCK}delete/", "/items/channel/hub/items/"):
        page = browse("nora").get(address).content.decode()
        assert "<b>" not in re.sub(r"<body.*?>", "", page)
        assert "&lt;b&gt;" in page


@pytest.mark.checklist("Z03")
def test_a_related_thing_one_may_not_see_is_not_named(browse, cast):
    cast.items["hub"].owner = cast.people["anna"]
    cast.items["hub"].save()
    assert "anna" not in browse("carla").get("/items/channel/hub/").content.decode()
    assert "anna" in browse("nora").get("/items/channel/hub/").content.decode()
