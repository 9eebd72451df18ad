"""Attacks through pages and REST: nothing foreign is told, nothing breaks on strange input."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accesscontrol.accounts.models import User
from accesscontrol.items.models import Item, Record
from accesscontrol.projects.models import Project
from accesscontrol.services import accounts, grants, links, project_members, projects, sections, users
from accesscontrol.services.specs import MemberSpec, ProjectRuleSpec
from tests.world import CONSOLE, Cast, build_cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    cache.clear()
    return build_cast()


@pytest.fixture
def browse(cast: Cast) -> Callable[[str], Client]:
    """A browser in which a person is signed in; an error of ours is an answer of 500."""

    def client(username: str) -> Client:
        signed_in = Client(raise_request_exception=False)
        signed_in.force_login(cast.people[username])
        return signed_in

    return client


@pytest.fixture
def call(cast: Cast) -> Callable[[str], APIClient]:
    """A client of the REST interface that a person is signed in with."""

    def client(username: str) -> APIClient:
        signed_in = APIClient(raise_request_exception=False)
        signed_in.force_login(cast.people[username])
        return signed_in

    return client


def grant_to_contoso(cast: Cast, *items: str, levels: tuple[str, ...] = ()) -> Any:
    chosen = tuple(cast.items[name] for name in items)
    return grants.create_grant(
        CONSOLE, cast.accounts["northwind"], covers="items", items=chosen, grantees=[cast.accounts["contoso"]],
        levels=levels,
    )  # fmt: skip


def make_member(cast: Cast, username: str, *rules: ProjectRuleSpec, item: str = "truck_8") -> Project:
    """A project of Northwind, “Secret”, with one item and one member."""
    member = MemberSpec(user=cast.people[username], rules=rules, accepted=True)
    return projects.create_project(
        CONSOLE, cast.accounts["northwind"], name="Secret", key="secret", items=(cast.items[item],), members=(member,)
    )


def ask(client: APIClient, subject: str, action: str, thing: str, kind: str = "device") -> dict[str, Any]:
    asked = {
        "subject": {"type": "user", "id": subject}, "action": {"name": action}, "resource": {"type": kind, "id": thing}
    }  # fmt: skip
    return client.post("/access/v1/evaluation", asked, format="json").json()


# --- Rows, counts and times that are not for the caller


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


# --- What may be written but not read back


def test_who_may_change_settings_but_not_view_them_does_not_read_them(cast, browse, call):
    cast.items["truck_8"].settings = {"apn_password": "s3cret-value"}
    cast.items["truck_8"].save(update_fields=["settings"])
    blind = ("device:view", "device.settings:change", "device.settings:delete")
    make_member(cast, "lee", ProjectRuleSpec(effect="allow", permissions=blind))
    lee = browse("lee")
    for address in ("change/", "clear/"):
        page = lee.get(f"/items/device/truck-8/settings/{address}")
        assert page.status_code == 200
        assert "apn_password" not in page.content.decode()
        assert "s3cret-value" not in page.content.decode()
    answer = call("lee").patch("/api/v1/items/truck-8/settings/", {"interval": 5}, format="json")
    assert answer.status_code == 200
    assert "s3cret-value" not in answer.content.decode()
    cast.items["truck_8"].refresh_from_db()
    assert cast.items["truck_8"].settings == {"apn_password": "s3cret-value", "interval": 5}


# --- Links of a chain that the asker may not view


def test_an_answer_about_somebody_else_does_not_name_a_project_that_the_asker_may_not_view(cast, browse, call):
    grant_to_contoso(cast, "truck_8")
    make_member(cast, "siv", ProjectRuleSpec(effect="allow", permissions=("device.messages:view",)))
    make_member_deny = ProjectRuleSpec(effect="deny", permissions=("device.logs:view",))
    member = Project.objects.get(key="secret").members.get()
    project_members.change_member(
        CONSOLE, member, rules=(ProjectRuleSpec(effect="allow", permissions=("device:view", "device.messages:view")),
                                make_member_deny),
    )  # fmt: skip
    grant_to_shop(cast)
    carl = call("carl")
    allowed = ask(carl, "siv", "messages:view", "truck-8")
    assert allowed["decision"] is True
    assert "Secret" not in json.dumps(allowed)
    for permission in ("device.messages:view", "device.logs:view"):
        asked = {"caller": "user:siv", "permission": permission, "thing": "device:truck-8"}
        page = browse("carl").get("/access/", asked)
        assert page.status_code == 200
        assert "Secret" not in page.content.decode()
        page = browse("carl").get("/access/who/", {"permission": permission, "thing": "device:truck-8"})
        assert page.status_code == 200
        assert "Secret" not in page.content.decode()
    assert (
        "Secret"
        not in browse("carl").get("/items/device/truck-8/access/?permission=device.messages:view").content.decode()
    )


def grant_to_shop(cast: Cast) -> None:
    grants.create_grant(
        CONSOLE, cast.accounts["northwind"], covers="items", items=(cast.items["truck_8"],),
        grantees=[cast.accounts["shop"]],
    )  # fmt: skip


def test_a_grantee_does_not_learn_of_the_other_grantees_by_asking_who_can(cast, browse):
    grants.create_grant(
        CONSOLE, cast.accounts["northwind"], covers="items", items=(cast.items["hub"],), accepted=True,
        grantees=[cast.accounts["fabrikam"], cast.accounts["acme"]],
    )  # fmt: skip
    asked = {"permission": "channel:view", "thing": "channel:hub"}
    for person, hidden in (("carl", ("Fabrikam", "Acme")), ("frank", ("Contoso", "Acme")), ("alma", ("Contoso",))):
        shown = [one["label"] for one in browse(person).get("/access/who/", asked).context["holders"]]
        assert shown != []
        assert not set(hidden) & set(shown)
    assert "Acme" in [one["label"] for one in browse("nora").get("/access/who/", asked).context["holders"]]


def test_a_question_about_a_topic_of_an_unseen_item_answers_like_one_that_does_not_exist(cast, call):
    make_member(cast, "siv", ProjectRuleSpec(effect="allow", permissions=("device.messages:view",)))
    carl = call("carl")
    assert ask(call("siv"), "siv", "subscribe", "items/device/truck-8/messages", "topic")["decision"] is True
    seen = ask(carl, "siv", "subscribe", "items/device/truck-8/messages", "topic")
    assert seen == ask(carl, "siv", "subscribe", "items/device/nothing/messages", "topic")


# --- Invitations say nothing about who exists


def test_inviting_somebody_unknown_and_somebody_unseen_looks_the_same(cast, browse):
    nora = browse("nora")
    for name in ("alma", "nobody.at.all"):
        sent = nora.post("/projects/pilot/members/~new/", {"name": name, "allow": "device:view"})
        assert sent.status_code == 302
    wrong = {"allow": "device:view", "starts_at": "2027-01-02T00:00", "expires_at": "2027-01-01T00:00"}
    answers = [nora.post("/projects/pilot/members/~new/", {**wrong, "name": name}) for name in ("alma", "nobody")]
    assert [answer.status_code for answer in answers] == [200, 200]
    log = nora.get("/events/?per_page=100").context["table"]
    told = [(row.record.action, row.record.detail.changes) for row in log.page.object_list]
    about = [
        (action, {**changes, "name": "?"}) for action, changes in told
        if action.startswith("project.") and ("name" in changes or "user" in changes)
    ]  # fmt: skip
    assert [action for action, _ in about].count("project.invite") == 2
    alma = cast.people["alma"].pk
    assert [changes for _, changes in told if changes.get("user") == alma] == []
    gone = nora.get("/projects/pilot/delete/").context["consequences"]
    assert [one["count"] for one in gone if "members" in one["label"]] == [1]


def test_naming_an_account_above_as_grantee_looks_like_naming_nobody(cast, browse):
    carla = browse("carla")
    form = {"account": "contoso", "covers": "items", "items": "van-1"}
    answers = [
        carla.post("/grants/~new/", {**form, "grantee_keys": key}).status_code for key in ("northwind", "nobody")
    ]
    assert answers == [302, 302]
    assert not cast.accounts["northwind"].received_grants.exists()


def test_a_link_of_a_foreign_device_does_not_name_it_in_the_containers_log(cast, call):
    grants.create_grant(
        CONSOLE, cast.accounts["northwind"], covers="items", items=(cast.items["hub"],), accepted=True,
        grantees=[cast.accounts["acme"]],
    )  # fmt: skip
    links.link_items(cast.actor("alma"), cast.items["rover"], cast.items["hub"])
    lines = call("nora").get("/api/v1/events/?action=item.link").json()["results"]
    assert "Rover" not in json.dumps(lines)
    assert cast.items["rover"].pk not in [line["changes"].get("member") for line in lines]
    own = call("alma").get("/api/v1/events/?action=item.link").json()["results"]
    assert [line["changes"]["member_name"] for line in own] == ["Rover"]


# --- Strange input


@pytest.mark.parametrize(
    "query",
    [
        "before=0001-01-01T00:00:00%2B14:00_1",
        "before=9999-12-31T23:59:59-14:00_5",
        "after=0001-01-01T00:00:00%2B14:00_1",
        "since=0001-01-01T00:00",
        "until=9999-12-31T23:59",
    ],
)
def test_times_at_the_ends_of_the_calendar_break_no_list(cast, browse, query):
    nora = cast.people["nora"]
    for zone in ("Asia/Tokyo", "America/New_York"):
        nora.time_zone = zone
        nora.save(update_fields=["time_zone"])
        assert browse("nora").get(f"/items/device/truck-7/messages/?{query}").status_code == 200


def test_a_time_at_the_end_of_the_calendar_is_not_stored(cast, call, browse):
    nora = call("nora")
    for moment in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"):
        sent = nora.post("/api/v1/items/truck-7/messages/", {"data": {}, "at": moment}, format="json")
        assert (sent.status_code, list(sent.json()["errors"])) == (400, ["at"])
        sent = nora.patch("/api/v1/users/sam/", {"expires_at": moment}, format="json")
        assert (sent.status_code, list(sent.json()["errors"])) == (400, ["expires_at"])


def test_a_number_of_thousands_of_digits_breaks_nothing(cast, browse, call):
    digits = "9" * 5000
    assert browse("nora").get(f"/items/device/truck-7/outputs/switch/?record={digits}").status_code == 200
    for address in ("/access/v1/evaluation", "/access/v1/evaluations", "/api/v1/items/truck-7/messages/"):
        sent = call("nora").post(address, f'{{"data": {{"a": {digits}}}}}', content_type="application/json")
        assert sent.status_code == 400


@pytest.mark.parametrize(
    "data", ['{"a":' * 5000 + "1" + "}" * 5000, '{"a":' * 900 + "1" + "}" * 900, '{"a": "\\ud800"}', '{"\\udfff": 1}']
)
def test_data_that_cannot_be_kept_or_shown_is_refused_at_its_field(cast, browse, data):
    nora = browse("nora")
    sent = nora.post("/items/device/truck-7/messages/~new/", {"data": data})
    assert (sent.status_code, list(sent.context["form"].errors)) == (200, ["data"])
    sent = nora.post("/items/device/truck-8/settings/change/", {"json": data})
    assert (sent.status_code, sent.context["form"].is_valid() and not sent.context["form"].errors) == (200, False)


def test_a_request_id_of_any_form_breaks_nothing(cast, call):
    asked = {"subject": {"type": "user", "id": "nora"}, "action": {"name": "view"},
             "resource": {"type": "device", "id": "truck-7"}}  # fmt: skip
    nora = call("nora")
    for sent in ("a\nb", "a\r\nSet-Cookie: x=1"):
        answer = nora.post("/access/v1/evaluation", asked, format="json", headers={"X-Request-ID": sent})
        assert answer.status_code == 200
        assert answer.headers["X-Request-ID"] != sent
    secret = cast.tokens["master"].secret
    answer = nora.post(f"/access/v1/evaluation?k={secret}", asked, format="json", headers={"X-Request-ID": "x" * 5000})
    assert answer.status_code == 401


def test_the_browsable_form_of_a_device_does_not_hold_settings_that_the_caller_may_not_view(cast, call):
    cast.items["truck_8"].settings = {"apn_password": "s3cret-value"}
    cast.items["truck_8"].save(update_fields=["settings"])
    make_member(cast, "lee", ProjectRuleSpec(effect="allow", permissions=("device:view", "device:change")))
    page = call("lee").get("/api/v1/items/truck-8/", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "s3cret-value" not in page.content.decode()


# --- The audit log


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
