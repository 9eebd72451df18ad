"""Tools: the registry and its links, and item pages as TrackIt (track, telemetry, messages), Setbox and Toolbox."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accesscontrol import catalogue, checks
from accesscontrol.items.models import Item, Record
from accesscontrol.services.people.users import change_user
from accesscontrol.services.tokens import tokens
from accesscontrol.services.tokens.specs import TokenRuleSpec
from accesscontrol.services.tokens.tokens import Issued
from portal import tool_registry as tools
from portal.pages.items.forms import value_field
from tests.portal.browser import Browser
from tests.statements import of_page, statements
from tests.world import CONSOLE, Cast

TRUCK = "/items/device/truck-7/"
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def issue(cast: Cast) -> Callable[..., Issued]:
    """Issue a token by a preset for some devices of Northwind; for all of them without a name."""

    def make(preset: str, *names: str) -> Issued:
        card = next(one for one in catalogue.PRESETS if one.code == preset)
        listed = tuple(cast.items[name] for name in names)
        rule = TokenRuleSpec(kind="device", reach="list" if listed else "all", verbs=card.verbs,
                             sections=card.sections, items=listed)  # fmt: skip
        return tokens.create_token(
            CONSOLE, cast.accounts["northwind"], type="acl", name=card.label, preset=preset, rules=(rule,),
            expires_at=timezone.now() + timedelta(days=1),
        )  # fmt: skip

    return make


@pytest.fixture
def use(issue) -> Callable[..., tuple[Client, str]]:
    """A browser signed in by such a token, and where it was led."""

    def start(preset: str, *names: str) -> tuple[Client, str]:
        client = Browser()
        return client, client.post("/sign-in/token/", {"key": issue(preset, *names).secret})["Location"]

    return start


def message(item: Item, minutes: int = 0, *, section: str = "messages", name: str = "", **data: Any) -> Record:
    return Record.objects.create(
        item=item, section=section, at=timezone.now() - timedelta(minutes=minutes), name=name, data=data
    )


def tabs(page: Any) -> list[str]:
    return [tab["label"] for tab in page.context["tabs"]]


# --- The registry


@pytest.mark.seed("share-access.13")
def test_the_access_link_leads_to_the_portals_own_page_or_to_the_tools_address(issue, settings):
    issued = issue("trackit", "truck_7")
    assert tools.access_link(issued.token, "KEY") == "/tools/open/#KEY"
    assert tools.access_link(issued.token, "KEY", "https://p.example") == "https://p.example/tools/open/#KEY"
    settings.TOOLS = [{"name": "TrackIt", "preset": "trackit", "address": "https://map.example/#/in/{key}"}]
    assert tools.access_link(issued.token, "KEY", "https://p.example") == "https://map.example/#/in/KEY"


def test_the_tool_of_a_token_is_the_one_of_its_preset(issue, cast):
    assert [tools.tool_for(issue(preset).token).name for preset in ("toolbox", "setbox", "trackit")] == [
        "Toolbox", "Setbox", "TrackIt",
    ]  # fmt: skip
    assert tools.tool_for(cast.tokens["viewer"].token) is None
    assert tools.tool_for(cast.tokens["master"].token) is None


TRACKIT = {"name": "TrackIt", "preset": "trackit"}


@pytest.mark.parametrize(
    ("registry", "found"),
    [
        ([TRACKIT], []),
        ([{**TRACKIT, "address": "https://map.example/#{key}"}], []),
        ([{**TRACKIT, "address": "https://map.example/app?lang=en#/in/{key}/map"}], []),
        ([{**TRACKIT, "address": "http://map.example/#{key}"}], ["accesscontrol.E051"]),
        ([{**TRACKIT, "address": "https://map.example/{key}"}], ["accesscontrol.E051"]),
        ([{**TRACKIT, "address": "https://map.example/?key={key}#x"}], ["accesscontrol.E051"]),
        ([{**TRACKIT, "address": "https://map.example/{key}#{key}"}], ["accesscontrol.E051"]),
        ([{**TRACKIT, "address": "https://#{key}"}], ["accesscontrol.E051"]),
        ([{**TRACKIT, "preset": "radar"}], ["accesscontrol.E050"]),
        ([{**TRACKIT, "colour": "red"}], ["accesscontrol.E050"]),
        ([{"preset": "trackit"}], ["accesscontrol.E050"]),
        ([TRACKIT, TRACKIT], ["accesscontrol.E050"]),
        ({"name": "TrackIt"}, ["accesscontrol.E050"]),
        (["trackit"], ["accesscontrol.E050"]),
    ],
)
def test_a_registry_that_would_show_a_key_is_refused_at_start(settings, registry, found):
    settings.TOOLS = registry
    assert [message.id for message in checks.check_tools()] == found


# --- TrackIt


@pytest.mark.seed("share-access.06")
@pytest.mark.seed("share-access.11")
def test_trackit_shows_its_devices_with_track_telemetry_and_messages_and_nothing_else(use):
    client, landed = use("trackit", "truck_7", "truck_8")
    assert landed == "/items/device/"
    page = client.get(landed)
    assert (page.context["title"], [row.record.key for row in page.context["table"].page.object_list]) == (
        "TrackIt", ["truck-7", "truck-8"],
    )  # fmt: skip
    assert [entry["label"] for group in page.context["menu"] for entry in group["entries"]] == ["TrackIt"]
    assert client.get(TRUCK)["Location"] == f"{TRUCK}track/"
    assert tabs(client.get(f"{TRUCK}track/")) == ["Track", "Telemetry", "Messages"]
    assert client.get("/items/device/pump/").status_code == 404
    assert client.get("/items/device/pump/track/").status_code == 404
    assert client.get("/items/channel/hub/").status_code == 404
    assert client.get("/")["Location"] == "/items/device/"
    refused = [client.get(f"{TRUCK}{tab}/").status_code for tab in ("settings", "logs", "commands", "change")]
    assert refused == [403] * 4


def test_a_tool_with_one_device_opens_it_at_once(use):
    client, landed = use("trackit", "truck_8")
    assert landed == "/items/device/truck-8/"
    assert client.get(landed)["Location"] == "/items/device/truck-8/track/"


@pytest.mark.seed("share-access.12")
def test_trackit_without_messages_and_telemetry_has_nothing_to_draw(cast):
    rule = TokenRuleSpec(kind="device", verbs=("view",))
    issued = tokens.create_token(CONSOLE, cast.accounts["northwind"], type="acl", name="bare", preset="trackit",
                                 rules=(rule,), expires_at=timezone.now() + timedelta(days=1))  # fmt: skip
    client = Client()
    client.post("/sign-in/token/", {"key": issued.secret})
    assert tabs(client.get(TRUCK)) == ["Overview", "Links"]
    assert client.get(f"{TRUCK}track/").status_code == 403
    assert client.get(f"{TRUCK}track/~points/").status_code == 403


def test_a_track_is_the_positions_of_the_time_asked_for(browse, cast):
    truck, nora = cast.items["truck_7"], browse("nora")
    message(truck, 60 * 50, latitude=1, longitude=1)
    message(truck, 90, **{"position.latitude": 52.5, "position.longitude": 13.4, "position.speed": 30})
    message(truck, 60, temperature=4)
    message(truck, 30, latitude=52.6, longitude=13.5, speed=50)
    message(truck, 20, latitude=520, longitude=13.5)
    found = nora.get(f"{TRUCK}track/~points/").json()
    assert [point[1:] for point in found["points"]] == [[52.5, 13.4, 30], [52.6, 13.5, 50]]
    assert (found["count"], found["step"], found["cut"], found["unit"]) == (4, 1, False, "km/h")
    assert len(nora.get(f"{TRUCK}track/~points/?last=7d").json()["points"]) == 3
    page = nora.get(f"{TRUCK}track/?last=1h")
    assert [row["latitude"] for row in page.context["positions"]] == [52.6]
    assert page.context["day"] is None
    assert nora.get("/items/device/truck-8/track/~points/").json()["points"] == []


def test_a_track_is_clipped_by_history_depth(browse, cast):
    for days in (1, 5, 40):
        message(cast.items["truck_7"], days * 1440, latitude=50 + days, longitude=9)
    change_user(CONSOLE, cast.people["sam"], history_days=7)
    address = f"{TRUCK}track/~points/?since=2020-01-01T00:00"
    assert [point[1] for point in browse("sam").get(address).json()["points"]] == [55, 51]
    assert [point[1] for point in browse("nora").get(address).json()["points"]] == [90, 55, 51]
    note = browse("sam").get(f"{TRUCK}track/?since=2020-01-01T00:00").context["history_note"]
    assert note == "Your access reaches 7 days back. Older rows are not shown."


def test_the_telemetry_tab_offers_what_can_be_drawn_and_shows_the_latest_values(browse, cast):
    truck = cast.items["truck_7"]
    message(truck, 5, speed=30, ignition=True, text="hello", nested={"a": 1}, fuel=None)
    message(truck, 5, section="telemetry", name="speed", value=30, unit="km/h")
    page = browse("nora").get(f"{TRUCK}telemetry/?p=ignition")
    assert page.context["chart"]["parameters"] == [{"name": "ignition", "on": True}, {"name": "speed", "on": False}]
    [reading] = page.context["readings"]
    assert (reading["name"], reading["value"], reading["unit"]) == ("speed", "30", "km/h")
    points = browse("nora").get(page.context["chart"]["url"]).json()
    assert (points["series"], points["units"]) == ({"ignition": [1]}, {"speed": "km/h"})


def test_who_may_not_see_messages_gets_no_chart(browse, cast):
    message(cast.items["truck_7"], 5, speed=30)
    page = browse("lee").get(f"{TRUCK}telemetry/")
    assert (page.status_code, page.context["chart"]) == (200, None)
    assert browse("lee").get(f"{TRUCK}messages/~points/?p=speed").status_code == 403


@pytest.mark.parametrize(
    ("path", "own", "things"),
    [("track/", 3, 2), ("track/~points/", 5, 1), ("messages/", 2, 2), ("telemetry/", 3, 2)],
)
def test_pages_of_a_tool_ask_a_fixed_number_of_statements(browse, cast, path, own, things):
    nora, truck = browse("nora"), cast.items["truck_7"]
    for rows in (1, 3):
        while truck.records.filter(section="messages").count() < rows:
            message(truck, rows, latitude=52.5, longitude=13.4 + rows, speed=rows)
        nora.get(f"{TRUCK}{path}")
        with statements() as made:
            nora.get(f"{TRUCK}{path}")
        assert made == of_page(own, things=things)


# --- Toolbox


@pytest.mark.seed("share-access.07")
@pytest.mark.seed("share-access.08")
def test_toolbox_shows_messages_and_logs_of_the_devices_chosen_or_of_all(use, cast):
    client, landed = use("toolbox", "truck_7")
    assert (landed, client.get(landed)["Location"]) == (TRUCK, f"{TRUCK}messages/")
    assert tabs(client.get(f"{TRUCK}logs/")) == ["Messages", "Logs", "Track"]
    assert client.get("/items/device/truck-8/logs/").status_code == 404
    everything, _ = use("toolbox")
    listed = [row.record.key for row in everything.get("/items/device/").context["table"].page.object_list]
    assert listed == ["lorry", "pump", "scooter", "sensor", "truck-7", "truck-8", "van-1"]


# --- Setbox


@pytest.mark.seed("share-access.09")
@pytest.mark.seed("share-access.10")
def test_setbox_is_a_form_of_the_settings(use, cast):
    client, landed = use("setbox", "truck_7")
    assert client.get(landed)["Location"] == f"{TRUCK}settings/"
    page = client.get(f"{TRUCK}settings/")
    assert tabs(page) == ["Settings"]
    assert [row["name"] for row in page.context["form"].rows()] == ["interval"]
    sent = {value_field("interval"): "60", "json": '{"interval": 30}'}
    assert client.post(f"{TRUCK}settings/change/", sent)["Location"] == f"{TRUCK}settings/"
    cast.items["truck_7"].refresh_from_db()
    assert cast.items["truck_7"].settings == {"interval": 60}
    assert client.get(f"{TRUCK}messages/").status_code == 403


def test_settings_are_fields_by_type_removed_and_added(browse, cast):
    truck, nora = cast.items["truck_7"], browse("nora")
    truck.settings = {"apn": "m2m", "armed": True, "interval": 30, "limit": 1.5, "net": {"port": 1}, "old": "x"}
    truck.save()
    form = nora.get(f"{TRUCK}settings/").context["form"]
    kinds = {row["name"]: type(row["field"].field).__name__ if row["field"] else "JSON" for row in form.rows()}
    assert kinds == {"apn": "CharField", "armed": "BooleanField", "interval": "IntegerField", "limit": "FloatField",
                     "net": "JSON", "old": "CharField"}  # fmt: skip
    sent = {
        value_field("apn"): "iot", value_field("interval"): "45", value_field("limit"): "2", value_field("old"): "x",
        f"remove_{value_field('old')}": "on", f"remove_{value_field('net')}": "on",
        "new_name": "phone", "new_kind": "text", "new_value": "0170", "json": form["json"].value(),
    }  # fmt: skip
    assert nora.post(f"{TRUCK}settings/change/", sent).status_code == 302
    truck.refresh_from_db()
    assert truck.settings == {"apn": "iot", "armed": False, "interval": 45, "limit": 2.0, "phone": "0170"}


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [("", "5", 5), ("", "true", True), ("text", "5", "5"), ("json", '{"a": [1]}', {"a": [1]})],
)
def test_a_new_setting_is_read_as_it_is_said(browse, cast, kind, text, value):
    sent = {"new_name": "extra", "new_kind": kind, "new_value": text, "json": "{}"}
    browse("nora").post("/items/device/truck-8/settings/change/", sent)
    cast.items["truck_8"].refresh_from_db()
    assert cast.items["truck_8"].settings == {"extra": value}


def test_a_new_setting_that_is_no_json_is_told_at_its_field_and_nothing_is_lost(browse, cast):
    sent = {value_field("interval"): "45", "new_name": "extra", "new_kind": "json", "new_value": "{a}", "json": "{}"}
    page = browse("nora").post(f"{TRUCK}settings/change/", sent)
    assert list(page.context["form"].errors) == ["new_value"]
    assert 'value="45"' in page.content.decode()
    cast.items["truck_7"].refresh_from_db()
    assert cast.items["truck_7"].settings == {"interval": 30}
