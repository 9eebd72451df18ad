"""What may be written but not read back, chains of others, and invitations tell nothing."""

from __future__ import annotations

import json

import pytest

from accesscontrol.projects.models import Project
from accesscontrol.services.grants import grants
from accesscontrol.services.items import links
from accesscontrol.services.projects import members as project_members
from accesscontrol.services.projects.specs import ProjectRuleSpec
from tests.portal.attacks.staging import ask, grant_to_contoso, make_member
from tests.world import CONSOLE, Cast

pytestmark = pytest.mark.django_db


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
    form = {"account": "contoso", "covers": "items", "items": "van-1", "confirmed": "1"}
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
