"""Items over REST: every act asks what it should, refuses what it does not know, and gives nothing away."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accesscontrol import catalogue
from accesscontrol.audit.models import Event
from accesscontrol.items.models import Item, ItemLink
from accesscontrol.services.items.assignments import share_item
from accesscontrol.tokens.models import TokenRule
from portal.api.items.records import RECORD_SECTIONS
from tests.factories import RecordFactory
from tests.portal.telling import told_at
from tests.world import CONSOLE

ITEMS = "/api/v1/items/"
NOT_FOUND = {
    "type": "urn:accesscontrol:problem:not_found", "title": "Not found", "status": 404, "detail": "Not found.",
    "code": "not_found", "errors": [],
}  # fmt: skip


def body(answer) -> dict:
    found = answer.json()
    found.pop("request_id")
    return found


ON_ONE = [
    ("get", "", None),
    ("patch", "", {"name": "Mine"}),
    ("delete", "", None),
    ("post", "move/", {"account": "contoso"}),
    ("post", "give/", {"owner": None}),
    ("get", "links/", None),
    ("post", "links/", {"container": "hub"}),
    ("delete", "links/hub/", None),
    ("get", "settings/", None),
    ("patch", "settings/", {"interval": 1}),
    ("delete", "settings/", None),
    ("get", "items/", None),
    ("post", "items/", {"item": "van-1"}),
    ("delete", "items/van-1/", None),
    ("get", "messages/", None),
    ("post", "messages/", {"data": {}}),
    ("delete", "messages/", None),
    ("get", "messages/1/", None),
    ("delete", "messages/1/", None),
    ("post", "commands/", {"data": {}}),
    ("patch", "outputs/", {"name": "1", "data": {}}),
    ("patch", "properties/1/", {"data": {}}),
    ("get", "logs/", None),
]


@pytest.mark.checklist("Z03")
def test_a_foreign_item_and_none_at_all_answer_alike_on_every_route(person, cast):
    carla = person("carla")
    for method, rest, data in ON_ONE:
        answers = [getattr(carla, method)(f"{ITEMS}{key}/{rest}", data, format="json") for key in ("truck-7", "absent")]
        found = [(answer.status_code, body(answer)) for answer in answers]
        assert found == [(404, NOT_FOUND)] * 2, (method, rest)
    assert Item.objects.get(key="truck-7").name == "Truck 7"


def test_a_visible_item_that_may_not_be_changed_answers_403_with_the_reason(person, cast):
    sam = person("sam")
    for method, rest, data in ON_ONE:
        if method != "get" and rest in ("", "move/", "give/", "messages/"):
            answer = getattr(sam, method)(f"{ITEMS}truck-7/{rest}", data, format="json")
            assert answer.status_code == 403
            assert answer.json()["detail"].startswith("Nothing gives sam device")


def test_an_item_is_created_changed_moved_and_deleted(person, cast):
    nora = person("nora")
    made = nora.post(
        ITEMS, {"account": "northwind", "kind": "device", "name": "Truck 9", "links": ["hub"]}, format="json"
    )
    assert made.status_code == 201, made.content
    shown = made.json()
    assert (shown["name"], shown["kind"], shown["account"], shown["links"]) == (
        "Truck 9",
        "device",
        "northwind",
        ["hub"],
    )
    assert shown["key"].startswith("truck-9-")
    address = f"{ITEMS}{shown['key']}/"
    changed = nora.patch(address, {"name": "Truck nine"}, format="json")
    assert (changed.status_code, changed.json()["name"]) == (200, "Truck nine")
    assert nora.post(f"{address}give/", {"owner": "otto"}, format="json").json()["owner"] == "otto"
    assert nora.post(f"{address}give/", {"owner": None}, format="json").json()["owner"] is None
    moved = nora.post(f"{address}move/", {"account": "contoso"}, format="json")
    assert (moved.status_code, moved.json()["account"]) == (200, "contoso")
    assert nora.delete(address).status_code == 204
    assert nora.get(address).status_code == 404
    acts = (
        Event.objects.filter(thing_id=shown["id"], thing_type="device").order_by("pk").values_list("action", flat=True)
    )
    assert list(acts) == [
        "item.create", "item.change", "item.give", "item.give", "item.move", "item.move", "item.delete",
    ]  # fmt: skip


WRONG = [
    ({"key": "chosen"}, "key", "“key” cannot be set here. Valid: name, ident, settings, history_days."),
    ({"account": "acme"}, "account", "“account” cannot be set here."),
    ({"made_by": "sam"}, "made_by", "“made_by” cannot be set here."),
    ({"nmae": "x"}, "nmae", "“nmae” cannot be set here."),
    ({"settings": {"a": 1}}, "settings", "are changed at …/truck-7/settings/."),
    ({"name": ""}, "name", "may not be blank"),
    ({"name": "a\x00b"}, "name", "Null characters"),
    ({"owner": "otto"}, "owner", "“owner” cannot be set here."),
    ({"owner": None}, "owner", "“owner” cannot be set here."),
]


@pytest.mark.checklist("Z05")
@pytest.mark.checklist("W05")
def test_a_wrong_change_is_refused_by_name(person, cast):
    nora = person("nora")
    for data, field, words in WRONG:
        answer = nora.patch(f"{ITEMS}truck-7/", {"name": "Changed", **data}, format="json")
        assert answer.status_code == 400
        assert words in told_at(answer)[field][0]
    assert Item.objects.get(key="truck-7").name == "Truck 7"


def test_a_gift_names_a_developer_of_the_account_or_nobody(person, cast):
    """A foreign user is refused in the words for one that there is not."""
    nora = person("nora")
    for owner, words in (("alma", "There is no user “alma” here."), ("nobody", "There is no user “nobody” here."),
                         (5, "Enter a key as a string."), ("sam", "Choose a developer of Northwind")):  # fmt: skip
        answer = nora.post(f"{ITEMS}truck-7/give/", {"owner": owner}, format="json")
        assert answer.status_code == 400
        assert words in told_at(answer)["owner"][0]
    assert nora.post(f"{ITEMS}truck-7/give/", {}, format="json").status_code == 400
    assert Item.objects.get(key="truck-7").owner is None


@pytest.mark.checklist("Z05")
def test_ownership_is_not_taken_by_a_change_nor_by_shares(person, cast):
    share_item(CONSOLE, cast.people["otto"], cast.items["sensor"], ["view_item", "change_item", "delete_item"])
    otto, address = person("otto"), f"{ITEMS}sensor/"
    refused = otto.patch(address, {"owner": "otto"}, format="json")
    assert (refused.status_code, list(told_at(refused))) == (400, ["owner"])
    assert otto.post(f"{address}give/", {"owner": "otto"}, format="json").status_code == 403
    assert Item.objects.get(key="sensor").owner == cast.people["anna"]


@pytest.mark.checklist("Z04")
def test_no_payload_finds_out_what_exists(person, cast):
    """An account, container or owner of others is refused in the words for one that there is not."""
    carla = person("carla")
    for field, foreign in (("account", "acme"), ("links", ["truck-7"]), ("owner", "anna")):
        found = []
        for value in (foreign, ["absent"] if isinstance(foreign, list) else "absent"):
            data = {"account": "contoso", "kind": "device", "name": "x", field: value}
            answer = carla.post(ITEMS, data, format="json")
            name = value[0] if isinstance(value, list) else value
            found.append((answer.status_code, told_at(answer)[field][0].replace(name, "…")))
        assert found[0] == found[1]
        assert found[0][0] == 400
    assert Item.objects.filter(name="x").count() == 0


def test_create_without_view_answers_with_the_key_only(bearer, cast):
    rule = TokenRule.objects.create(
        token=cast.tokens["viewer"].token,
        kind="channel",
        reach="all",
        verbs=["create"],
        sections={"messages": ["create"]},
    )
    maker = bearer("viewer")
    made = maker.post(ITEMS, {"account": "northwind", "kind": "channel", "name": "Intake"}, format="json")
    assert (made.status_code, set(made.json())) == (201, {"key"})
    address = f"{ITEMS}{made.json()['key']}/"
    sent = maker.post(f"{address}messages/", {"data": {"speed": 5}}, format="json")
    assert (sent.status_code, set(sent.json())) == (201, {"id"})
    assert [maker.get(f"{address}{rest}").status_code for rest in ("", "messages/")] == [404, 404]
    rule.delete()
    assert maker.post(f"{address}messages/", {"data": {}}, format="json").status_code == 404


# --- Links and members


def test_links_are_made_and_cut_from_both_ends(person, cast):
    nora = person("nora")
    assert nora.post(f"{ITEMS}truck-8/links/", {"container": "hub"}, format="json").json()["links"] == ["hub"]
    assert {row["key"] for row in nora.get(f"{ITEMS}hub/items/").json()["results"]} == {"truck-7", "truck-8"}
    assert [row["key"] for row in nora.get(f"{ITEMS}truck-8/links/").json()["results"]] == ["hub"]
    assert nora.delete(f"{ITEMS}hub/items/truck-8/").status_code == 204
    assert nora.post(f"{ITEMS}hub/items/", {"item": "truck-8"}, format="json").status_code == 201
    again = nora.post(f"{ITEMS}hub/items/", {"item": "truck-8"}, format="json")
    assert (again.status_code, told_at(again)) == (400, {"links": ["Truck 8 is linked to Hub already."]})
    assert nora.delete(f"{ITEMS}truck-8/links/hub/").status_code == 204
    assert nora.delete(f"{ITEMS}truck-8/links/hub/").status_code == 409
    wrong = nora.post(f"{ITEMS}depot/links/", {"container": "hub"}, format="json")
    assert "cannot be linked to a channel" in told_at(wrong)["links"][0]


@pytest.mark.checklist("Z04")
def test_members_that_the_caller_may_not_see_do_not_even_count(person, cast):
    assert person("nora").get(f"{ITEMS}hub/items/").json()["count"] == 1
    carla = person("carla")
    assert carla.post(f"{ITEMS}hub/items/", {"item": "van-1"}, format="json").status_code == 201
    members = carla.get(f"{ITEMS}hub/items/").json()
    assert (members["count"], [row["key"] for row in members["results"]]) == (1, ["van-1"])
    assert person("nora").get(f"{ITEMS}hub/items/").json()["count"] == 2
    assert carla.delete(f"{ITEMS}hub/items/truck-7/").status_code == 404
    assert ItemLink.objects.filter(container__key="hub").count() == 2


# --- Settings and records


def test_settings_are_read_changed_and_deleted(person, cast):
    nora, address = person("nora"), f"{ITEMS}truck-7/settings/"
    assert nora.get(address).json() == {"interval": 30}
    assert nora.patch(address, {"apn": "web", "interval": None}, format="json").json() == {"apn": "web"}
    assert Item.objects.get(key="truck-7").settings == {"apn": "web"}
    assert nora.delete(address).status_code == 204
    assert nora.get(address).json() == {}
    assert person("sam").get(address).status_code == 200, "a basic right"
    assert person("sam").patch(address, {"apn": "evil"}, format="json").status_code == 403
    assert nora.get(f"{ITEMS}hub/settings/").status_code == 404
    assert nora.patch(address, [1], format="json").status_code == 400


def test_records_are_added_listed_and_removed(person, cast):
    nora, address = person("nora"), f"{ITEMS}truck-7/messages/"
    for speed in (10, 20, 30):
        assert nora.post(address, {"data": {"speed": speed}}, format="json").status_code == 201
    first = nora.get(f"{address}?limit=2").json()
    assert [row["data"]["speed"] for row in first["results"]] == [30, 20]
    assert [row["data"]["speed"] for row in nora.get(first["next"]).json()["results"]] == [10]
    one = f"{address}{first['results'][0]['id']}/"
    assert nora.get(one).json() == first["results"][0]
    assert nora.delete(one).status_code == 204
    assert nora.get(one).status_code == 404
    assert nora.delete(address).status_code == 204
    assert nora.get(address).json() == {"next": None, "results": []}


def test_each_section_does_its_verbs_and_no_others(person, cast):
    nora, truck = person("nora"), f"{ITEMS}truck-7/"
    command = nora.post(f"{truck}commands/", {"data": {"do": "reboot"}}, format="json")
    assert (command.status_code, command.json()["state"]) == (201, "queued")
    timed = nora.post(f"{truck}commands/", {"data": {}, "at": "2026-01-01T00:00:00Z"}, format="json")
    assert (timed.status_code, list(told_at(timed))) == (400, ["at"])
    output = nora.patch(f"{truck}outputs/", {"name": "relay", "data": {"on": True}}, format="json")
    assert (output.status_code, output.json()["name"]) == (200, "relay")
    prop = nora.post(f"{truck}properties/", {"name": "colour", "data": {"is": "red"}}, format="json").json()
    blue = nora.patch(f"{truck}properties/{prop['id']}/", {"data": {"is": "blue"}}, format="json")
    assert (blue.status_code, blue.json()["data"]) == (200, {"is": "blue"})
    assert nora.post(f"{truck}logs/", {"data": {}}, format="json").status_code == 405
    assert nora.patch(f"{truck}messages/1/", {"data": {}}, format="json").status_code == 405
    assert nora.get(f"{truck}files/").json()["detail"].startswith("A device has no section “files”. Valid: settings,")
    assert nora.get(f"{truck}sttings/").json()["detail"].startswith("“sttings” is not a section with records. Valid:")
    assert nora.get(f"{truck}messages/{10**30}/").status_code == 404


def test_history_depth_clips_lists_and_single_records(person, cast):
    truck = cast.items["truck_7"]
    new = RecordFactory(item=truck, at=timezone.now() - timedelta(days=1))
    old = RecordFactory(item=truck, at=timezone.now() - timedelta(days=200))
    address = f"{ITEMS}truck-7/messages/"
    rows = {name: {row["id"] for row in person(name).get(address).json()["results"]} for name in ("nora", "sam")}
    assert rows == {"nora": {new.pk, old.pk}, "sam": {new.pk}}, "the dispatcher's role reaches 90 days back"
    assert person("nora").get(f"{address}{old.pk}/").status_code == 200
    assert person("sam").get(f"{address}{old.pk}/").status_code == 404
    assert person("lee").get(address).status_code == 403, "the project denies the messages"


def test_a_record_that_names_a_device_shows_to_who_may_view_the_device(person, cast):
    trips = cast.items["trips"]
    RecordFactory(item=trips, section="intervals", device=cast.items["van_1"], name="of van 1")
    RecordFactory(item=trips, section="intervals", device=cast.items["truck_7"], name="of truck 7")
    address = f"{ITEMS}trips/intervals/"
    assert {row["name"] for row in person("nora").get(address).json()["results"]} == {"of van 1", "of truck 7"}
    assert [(row["name"], row["device"]) for row in person("carla").get(address).json()["results"]] == [
        ("of van 1", "van-1")
    ]


def test_records_keep_within_since_and_until(person, cast):
    for day in (1, 2, 3):
        RecordFactory(item=cast.items["truck_7"], at=f"2026-01-0{day}T12:00:00Z", name=str(day))
    address = f"{ITEMS}truck-7/messages/?since=2026-01-02T00:00:00Z&until=2026-01-03T00:00:00Z"
    assert [row["name"] for row in person("nora").get(address).json()["results"]] == ["2"]
    for wrong in ("yesterday", "0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00"):
        answer = person("nora").get(f"{ITEMS}truck-7/messages/?since={wrong}")
        assert (answer.status_code, list(told_at(answer))) == (400, ["since"])


def test_every_section_of_the_catalogue_has_an_address(person, cast):
    nora, found, expected = person("nora"), {}, {}
    for key, kind in (("truck-7", "device"), ("hub", "channel"), ("mileage", "calculator"), ("depot", "geofence")):
        for section in (*RECORD_SECTIONS, "settings", "items"):
            found[key, section] = nora.get(f"{ITEMS}{key}/{section}/").status_code
            verbs = catalogue.KINDS[kind].sections.get(section)
            expected[key, section] = 404 if verbs is None else 200 if "view" in verbs else 405
    assert found == expected
