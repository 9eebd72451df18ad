"""Grants as weapons: learning of other tenants, acting for others, outliving one's own access, leaving traces."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core import serializers
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.doors.grant_logs import visible_log
from accesscontrol.access.models import AccessEpoch
from accesscontrol.accounts.models import User
from accesscontrol.grants.models import Grant
from accesscontrol.services.grants import grants
from accesscontrol.services.owning.leaving import remove_user
from accesscontrol.services.people import users
from accesscontrol.services.tokens import tokens
from accesscontrol.services.tokens.specs import TokenRuleSpec
from tests.portal.attacks.staging import ask
from tests.world import CONSOLE, Cast, enter, in_person

pytestmark = pytest.mark.django_db
GRANTS = "/api/v1/grants/"


def to(cast: Cast, *grantees: str, by: Actor = CONSOLE, items: tuple[str, ...] = ("hub",), **fields: Any) -> Grant:
    return grants.create_grant(
        by, cast.accounts["northwind"], covers="items", items=tuple(cast.items[name] for name in items),
        grantees=[cast.accounts[name] for name in grantees], **fields,
    )  # fmt: skip


def everything() -> str:
    """All rows of all tables, sessions and counters of calls aside."""
    models = [model for model in apps.get_models() if model._meta.label not in ("accounts.Session",)]
    return "".join(serializers.serialize("json", model._default_manager.order_by("pk")) for model in models)


# --- What a log tells of the other side


def test_who_is_gone_is_not_named_to_the_other_side_either(cast, call, browse):
    """A person of the other side is there by their account's name; removing them is no reason to name them."""
    temp = users.create_user(
        CONSOLE, cast.accounts["northwind"], username="tempest", authority="administrator", verified=True
    )
    shared = to(cast, "fabrikam", by=in_person(temp, address="203.0.113.77"))
    remove_user(CONSOLE, temp)
    for address in ("/api/v1/events/", f"/api/v1/received/{shared.key}/logs/", f"{GRANTS}{shared.key}/logs/"):
        told = call("frank").get(address).content.decode()
        assert "grant.create" in told
        assert "tempest" not in told and "203.0.113.77" not in told
    for address in ("/events/", f"/grants/{shared.key}/logs/", "/"):
        told = browse("frank").get(address).content.decode()
        assert "tempest" not in told and "203.0.113.77" not in told
    own = call("nora").get(f"{GRANTS}{shared.key}/logs/").json()["results"]
    assert {(line["actor_name"], line["address"]) for line in own} == {("tempest", "203.0.113.77")}


def test_the_operator_who_belongs_to_an_account_reads_the_whole_log(cast):
    shared = to(cast, "fabrikam")
    boss = cast.people["alma"]
    User.objects.filter(pk=boss.pk).update(is_superuser=True)
    with pytest.raises(engine.AccessDenied):
        visible_log(engine.look(Actor.of(boss)), shared)
    assert visible_log(engine.look(enter(boss, cast.accounts["northwind"])), shared).count() == 2


# --- Foreign accounts


def test_a_preview_tells_nothing_about_accounts_of_other_trees(cast, call):
    body = {"account": "northwind", "covers": "items", "items": ["truck-7"], "levels": ["edit"]}
    answers, statements = {}, {}
    for key in ("acme", "zebra"):
        with CaptureQueriesContext(connection) as found:
            answer = call("nora").post(f"{GRANTS}preview/", {**body, "grantees": [key]}, format="json")
        assert answer.status_code == 200
        answers[key] = {**answer.json(), "waiting": [one == key for one in answer.json()["waiting"]]}
        statements[key] = len(found)
    assert answers["acme"] == answers["zebra"]
    assert abs(statements["acme"] - statements["zebra"]) <= 1
    wrong = {**body, "covers": "account", "items": [], "levels": ["operate-as", "create-device"]}
    told = [call("nora").post(f"{GRANTS}preview/", {**wrong, "grantees": [key]}, format="json").json()
            for key in ("acme", "zebra")]  # fmt: skip
    assert [one.get("errors") for one in told][0] == [one.get("errors") for one in told][1]


def test_others_of_the_grantee_and_other_grantees_see_nothing(cast, call, browse):
    shared = to(cast, "fabrikam", "acme", accepted=True, note="For both")
    for person in ("frank", "alma"):
        for address in (f"{GRANTS}{shared.key}/", f"/api/v1/received/{shared.key}/", GRANTS, "/api/v1/received/",
                        f"/api/v1/received/{shared.key}/logs/"):  # fmt: skip
            told = call(person).get(address).content.decode()
            assert ("acme" if person == "frank" else "fabrikam") not in told.lower()
        for address in (f"/grants/{shared.key}/", f"/grants/{shared.key}/grantees/", f"/grants/{shared.key}/logs/",
                        f"/grants/{shared.key}/delete/"):  # fmt: skip
            told = browse(person).get(address).content.decode()
            assert ("acme" if person == "frank" else "fabrikam") not in told.lower()
    for person in ("carla", "siv"):
        assert call(person).get(f"{GRANTS}{shared.key}/").status_code == 404
        assert browse(person).get(f"/grants/{shared.key}/").status_code == 404


# --- Acting for others


def test_nobody_answers_or_drops_out_for_somebody_else(cast, call, browse):
    waiting = to(cast, "acme", accepted=None)
    users.create_user(CONSOLE, cast.accounts["acme"], username="dev", authority="developer", verified=True)
    cast.people["dev"] = User.objects.get(username="dev")
    received = f"/api/v1/received/{waiting.key}/"
    for person, sent in (("nora", {"account": "acme"}), ("carla", {}), ("frank", {"account": "acme"}), ("dev", {})):
        assert call(person).post(f"{received}accept/", sent, format="json").status_code in (400, 403, 404)
        assert browse(person).post(f"/grants/{waiting.key}/accept/").status_code in (302, 403, 404)
        assert waiting.grantee_links.get().accepted_at is None
    other = to(cast, "contoso", "fabrikam")
    for person in ("nora", "frank", "shira", "siv"):
        assert call(person).delete(f"/api/v1/received/{other.key}/").status_code in (204, 403, 404, 409)
    assert {link.account.key for link in other.grantee_links.all()} == {"contoso"}, "frank left, nobody else did"
    assert call("carla").delete(f"{GRANTS}{other.key}/").status_code in (403, 409)
    assert Grant.objects.filter(pk=other.pk).exists()


def test_what_was_received_is_not_granted_on_by_any_door(cast, call, browse):
    whole = ("edit", "delete", "command", "operate-as")
    grants.create_grant(
        CONSOLE, cast.accounts["northwind"], covers="account", levels=whole, grantees=[cast.accounts["acme"]],
        accepted=True,
    )  # fmt: skip
    alma = call("alma")
    body = {"account": "acme", "covers": "items", "items": ["truck-7"], "grantees": ["fabrikam"]}
    for address in (GRANTS, f"{GRANTS}preview/"):
        assert alma.post(address, body, format="json").status_code in (400, 403)
    form = {"account": "acme", "covers": "items", "items": "truck-7", "grantee_keys": "fabrikam", "confirmed": "1"}
    assert browse("alma").post("/grants/~new/", form).status_code == 200
    for account in ("contoso", "northwind"):
        asked = {**body, "account": account}
        assert alma.post(GRANTS, asked, format="json").status_code in (400, 403, 404)
    assert Grant.objects.filter(account__key="acme").count() == 0


def test_no_descendant_operates_as_the_account_above(cast, call, browse):
    body = {"account": "northwind", "covers": "account", "levels": ["operate-as"], "grantees": ["contoso"]}
    for address in (GRANTS, f"{GRANTS}preview/"):
        assert call("nora").post(address, body, format="json").status_code == 400
    plain = grants.create_grant(
        CONSOLE, cast.accounts["northwind"], covers="account", grantees=[cast.accounts["contoso"]]
    )
    assert call("nora").patch(f"{GRANTS}{plain.key}/", {"covers": "account", "levels": ["operate-as"]},
                              format="json").status_code == 400  # fmt: skip
    outside = grants.create_grant(
        CONSOLE, cast.accounts["northwind"], covers="account", levels=("operate-as",),
        grantees=[cast.accounts["acme"]], accepted=True,
    )  # fmt: skip
    added = call("nora").post(f"{GRANTS}{outside.key}/grantees/", {"grantees": ["contoso"]}, format="json")
    assert added.status_code == 400
    assert call("carla").get("/api/v1/whoami", headers={"X-Account-Id": "northwind"}).status_code == 403


# --- Ends


def test_an_item_that_leaves_the_branch_leaves_the_grant_everywhere(cast, call):
    shared = to(cast, "fabrikam", items=("truck_8",), levels=("edit",))
    frank = call("frank")
    assert ask(frank, "frank", "view", "truck-8")["decision"] is True
    item = cast.items["truck_8"]
    item.account = cast.accounts["acme"]
    item.save(update_fields=["account"])
    assert ask(frank, "frank", "view", "truck-8")["decision"] is False
    assert frank.get("/api/v1/items/truck-8/").status_code == 404
    for person in ("frank", "nora"):
        assert call(person).get(f"{GRANTS}{shared.key}/items/").json()["results"] == []


# --- Traces


def test_previews_leave_no_trace(cast, call, browse, mailoutbox):
    shared = to(cast, "contoso", items=("hub", "truck_8"), levels=("edit",))
    nora, pages, carls = call("nora"), browse("nora"), browse("carl")
    before = everything()
    new = {"account": "northwind", "covers": "account", "levels": ["edit"], "grantees": ["fabrikam", "acme", "x"]}
    asked = [
        (f"{GRANTS}preview/", new), (f"{GRANTS}{shared.key}/preview/", {"revoke": True}),
        (f"{GRANTS}{shared.key}/preview/", {"levels": ["edit", "delete"], "items": ["truck-7"]}),
    ]  # fmt: skip
    for address, body in asked:
        assert nora.post(address, body, format="json").status_code == 200
    form = {"account": "northwind", "type": "master", "name": "N", "do": "preview", "expires_at": "2027-06-01T00:00"}
    assert pages.post("/tokens/~new/", form).status_code == 200
    assert pages.post("/tokens/t-viewer/change/", {**form, "rule-0-kind": "device", "rule-0-reach": "all",
                                                   "rule-0-verbs": ["view", "change"]}).status_code == 200  # fmt: skip
    assert carls.get(f"/grants/{shared.key}/delete/").status_code == 200
    assert everything() == before
    assert mailoutbox == []
    assert ask(nora, "nora", "view", "truck-7")["decision"] is True


# --- Found on the way


@pytest.mark.both
def test_the_first_change_in_a_new_tree_breaks_nothing(cast):
    """The first watched change of a user made the trigger on SQLite write the same epoch twice: an error of ours."""
    assert not AccessEpoch.objects.filter(root=cast.accounts["acme"].pk).exists()
    users.set_enabled(CONSOLE, cast.people["alma"], False)
    assert AccessEpoch.objects.filter(root=cast.accounts["acme"].pk).exists()
    assert User.objects.get(username="alma").is_active is False


def test_inviting_twice_tells_nothing_about_whether_there_is_such_an_account(cast, call):
    told = {}
    for key in ("acme", "nobody"):
        shared = to(cast, "fabrikam")
        address = f"{GRANTS}{shared.key}/grantees/"
        statuses = [call("nora").post(address, {"grantees": [key]}, format="json").status_code for _again in range(3)]
        lines = call("nora").get(f"{GRANTS}{shared.key}/logs/").json()["results"]
        shown = call("nora").get(f"{GRANTS}{shared.key}/").json()
        told[key] = (statuses, sorted(line["action"] for line in lines), [one == key for one in shown["invited"]],
                     len(shown["grantees"]))  # fmt: skip
    assert told["acme"] == told["nobody"]


def test_a_new_grantee_reads_nothing_of_the_terms_before(cast, call):
    shared = to(cast, "contoso", items=("hub", "truck_8"), levels=("edit",))
    grants.change_grant(
        CONSOLE, shared, levels=(), items=(cast.items["hub"],),
        grantees=(cast.accounts["contoso"], cast.accounts["fabrikam"]),
    )  # fmt: skip
    lines = call("frank").get(f"/api/v1/received/{shared.key}/logs/").json()["results"]
    assert [line["action"] for line in lines] == ["grant.create"]
    assert str(cast.items["truck_8"].pk) not in json.dumps([line["changes"] for line in lines])


@pytest.mark.checklist("Z06")
def test_a_grant_does_not_outlive_the_access_of_whoever_gives_it(cast):
    """Nobody grants an expiry that they do not hold: who ends tomorrow would leave a door open for ever by a token."""
    rules = (TokenRuleSpec(kind="grant", verbs=("view", "create", "change")),
             TokenRuleSpec(kind="device", verbs=("view",), sections="all"),
             TokenRuleSpec(kind="account", verbs=("view",)))  # fmt: skip
    end = timezone.now() + timedelta(days=1)
    users.change_user(CONSOLE, cast.people["adam"], expires_at=end)
    issued = tokens.create_token(
        cast.actor("adam"), cast.accounts["northwind"], type="acl", name="Day", expires_at=end, rules=rules
    )
    client = APIClient(headers={"Authorization": f"Bearer {issued.secret}"})
    body = {"account": "northwind", "covers": "items", "items": ["truck-8"], "grantees": ["fabrikam"]}
    assert client.post(GRANTS, body, format="json").status_code == 400
    assert client.post(GRANTS, {**body, "expires_at": end.isoformat()}, format="json").status_code == 201


@pytest.mark.checklist("Z06")
def test_who_acts_as_the_grantor_for_a_while_does_not_prolong_that_or_grant_it_again(cast, call):
    """A supporter of one day would act as the account for ever: by extending the grant, or by a second one."""
    day = timezone.now() + timedelta(days=1)
    shared = grants.create_grant(
        CONSOLE, cast.accounts["northwind"], covers="account", levels=("operate-as",), accepted=True,
        grantees=[cast.accounts["acme"]], expires_at=day,
    )  # fmt: skip
    alma, as_northwind = call("alma"), {"X-Account-Id": "northwind"}
    for end in (None, (day + timedelta(days=9)).isoformat()):
        body = {"covers": "account", "expires_at": end}
        assert alma.patch(f"{GRANTS}{shared.key}/", body, format="json", headers=as_northwind).status_code == 400
        body |= {"account": "northwind", "levels": ["operate-as"], "grantees": ["acme"]}
        assert alma.post(GRANTS, body, format="json", headers=as_northwind).status_code == 400
    shared.refresh_from_db()
    assert shared.expires_at == day
