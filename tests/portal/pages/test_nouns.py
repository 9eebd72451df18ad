"""Pages of users, roles, tokens, grants, projects and events: lists, pages, simple acts."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from accesscontrol.accounts.models import User
from accesscontrol.audit.models import Event
from accesscontrol.grants.models import Grant
from accesscontrol.projects.models import Project
from accesscontrol.roles.models import Role
from accesscontrol.services.accounts.accounts import create_accounts
from accesscontrol.services.accounts.specs import AccountSpec
from accesscontrol.services.people.roles import create_role
from accesscontrol.services.tokens import keys
from accesscontrol.tokens.models import Token
from tests.statements import of_page, statements
from tests.world import CONSOLE

LISTS = ("/users/", "/roles/", "/tokens/", "/grants/", "/projects/", "/events/")


def rows(response) -> list[str]:
    return [str(row.record) for row in response.context["table"].page.object_list]


def errors(response) -> dict[str, list[str]]:
    return {name: list(found) for name, found in response.context["form"].errors.items()}


@pytest.mark.parametrize("address", LISTS)
def test_a_list_shows_only_ones_own_branch(browse, cast, address):
    nora, alma = browse("nora").get(address), browse("alma").get(address)
    assert rows(nora)
    assert not set(rows(nora)) & set(rows(alma)) or address == "/events/"


@pytest.mark.seed("user-accounts.01")
def test_users_are_those_of_the_branch(browse):
    assert rows(browse("carla").get("/users/")) == ["carl", "carla", "shira", "siv"]
    assert rows(browse("sam").get("/users/")) == ["sam"]
    assert rows(browse("nora").get("/users/?authority=developer")) == ["anna", "otto"]
    assert rows(browse("nora").get("/users/?role=dispatcher")) == ["sam"]


@pytest.mark.parametrize("address", LISTS)
def test_every_column_sorts(browse, address):
    nora = browse("nora")
    for column in nora.get(address).context["table"].columns:
        if column.orderable:
            assert nora.get(f"{address}?sort=-{column.name}").status_code == 200


@pytest.mark.parametrize("number", [1, 3])
def test_a_list_takes_as_many_statements_for_1_as_for_3_rows(browse, cast, number):
    for index in range(number):
        create_role(CONSOLE, cast.accounts["acme"], name=f"Role {index}")
    alma = browse("alma")
    alma.get("/roles/")
    with statements() as made:
        response = alma.get("/roles/")
    assert made == of_page(3)
    assert len(rows(response)) == number


@pytest.mark.seed("user-accounts.27")
def test_a_user_is_added_changed_switched_off_and_removed(browse, cast):
    nora = browse("nora")
    sent = {"account": "contoso", "username": "cleo", "authority": "user", "role": "dispatcher", "enabled": "on",
            "email": "cleo@contoso.example"}  # fmt: skip
    assert nora.post("/users/~new/", sent).url == "/users/cleo/"
    cleo = User.objects.get(username="cleo")
    assert (cleo.account, cleo.role, cleo.has_usable_password()) == (cast.accounts["contoso"], cast.dispatcher, False)
    nora.post("/users/cleo/change/", {**sent, "first_name": "Cleo", "role": ""})
    cleo.refresh_from_db()
    assert (cleo.first_name, cleo.role) == ("Cleo", None)
    nora.post("/users/cleo/switch/")
    cleo.refresh_from_db()
    assert not cleo.is_active
    assert nora.post("/users/cleo/delete/", {"typed_name": "cleo"}).url == "/users/"
    assert not User.objects.filter(username="cleo").exists()


def test_one_changes_only_who_one_is_not_what_one_may(browse, cast):
    sam = browse("sam")
    form = sam.get("/users/sam/change/").context["form"]
    assert set(form.fields) == {"first_name", "middle_name", "last_name", "phone", "time_zone", "change_mails"}
    sam.post("/users/sam/change/", {"first_name": "Samuel", "authority": "owner", "time_zone": "Europe/Berlin"})
    cast.people["sam"].refresh_from_db()
    assert (cast.people["sam"].first_name, cast.people["sam"].authority) == ("Samuel", "user")


def test_items_are_assigned_and_taken_away(browse, cast):
    nora = browse("nora")
    nora.post("/users/sam/assign/", {"items": ["truck-8", "night"]})
    assert browse("sam").get("/items/device/truck-8/").status_code == 200
    nora.post("/users/sam/unassign/truck-8/")
    assert browse("sam").get("/items/device/truck-8/").status_code == 404
    assert nora.post("/users/sam/unassign/rover/").status_code == 404


def test_a_role_is_added_with_its_rights_and_refuses_too_much_history(browse, cast):
    nora = browse("nora")
    sent = {"account": "northwind", "name": "Planner", "rights": ["task_update", "reports"], "history_days": "30"}
    assert nora.post("/roles/~new/", sent).status_code == 302
    role = Role.objects.get(name="Planner")
    assert (sorted(role.rights), role.history_days) == (["reports", "task_update"], 30)
    assert "Tracker removal" in nora.get("/roles/~new/").content.decode()
    assert errors(nora.post("/roles/~new/", {**sent, "rights": ["tracker_removal"]})).keys() == {"rights"}
    assert errors(nora.post("/roles/~new/", {**sent, "history_days": "-1"})).keys() == {"history_days"}


def test_the_users_of_a_role_are_those_one_sees(browse, cast):
    assert browse("nora").get("/roles/").context["table"].user_counts == {cast.dispatcher.pk: 1}
    assert browse("carla").get("/roles/").context["table"].user_counts == {}


@pytest.mark.checklist("T04")
def test_the_key_of_a_token_is_shown_once(browse, cast):
    nora = browse("nora")
    end = timezone.now() + timedelta(days=3)
    sent = {"account": "northwind", "name": "Import", "type": "standard", "expires_at": f"{end:%Y-%m-%dT%H:%M}"}
    page = nora.post("/tokens/~new/", sent).content.decode()
    [secret] = set(re.findall(r"pts_[0-9A-Za-z]{46}", page))
    token = Token.objects.get(name="Import")
    assert keys.find_token_by_key(secret) == token
    assert secret not in nora.get(f"/tokens/{token.key}/").content.decode()
    renewed = nora.post(f"/tokens/{token.key}/rotate/", {"hours": "0"}).content.decode()
    [second] = set(re.findall(r"pts_[0-9A-Za-z]{46}", renewed))
    assert keys.find_token_by_key(secret) is None
    assert keys.find_token_by_key(second) == token


def test_a_token_without_an_end_is_refused_at_its_field(browse):
    response = browse("nora").post("/tokens/~new/", {"account": "northwind", "name": "Endless", "type": "standard"})
    assert errors(response).keys() == {"expires_at"}


def test_a_change_of_a_token_keeps_its_unused_time(browse, cast):
    token = cast.tokens["standard"].token
    Token.objects.filter(pk=token.pk).update(idle_ttl=5000)
    end = timezone.now() + timedelta(days=3)
    sent = {
        "name": "renamed",
        "enabled": "on",
        "expires_at": f"{end:%Y-%m-%dT%H:%M}",
        "idle_amount": "5000",
        "idle_unit": "1",
    }
    assert browse("nora").post(f"/tokens/{token.key}/change/", sent).status_code == 302
    token.refresh_from_db()
    assert (token.name, token.idle_ttl) == ("renamed", 5000)


def test_a_token_is_disabled_and_revoked(browse, cast):
    token, nora = cast.tokens["master"].token, browse("nora")
    nora.post(f"/tokens/{token.key}/switch/")
    token.refresh_from_db()
    assert not token.enabled
    nora.post(f"/tokens/{token.key}/delete/", {"typed_name": "master"})
    assert not Token.objects.filter(pk=token.pk).exists()


def test_a_grant_is_given_paused_and_revoked(browse, cast):
    nora = browse("nora")
    sent = {
        "account": "northwind",
        "grantees": ["fabrikam"],
        "covers": "items",
        "items": ["truck-8"],
        "levels": ["edit"],
        "confirmed": "1",
    }
    assert nora.post("/grants/~new/", sent).status_code == 302
    grant = Grant.objects.exclude(pk=cast.hub_grant.pk).get()
    assert (grant.levels, list(grant.items.all())) == (["edit"], [cast.items["truck_8"]])
    assert browse("frank").get("/items/device/truck-8/change/").status_code == 200
    nora.post(f"/grants/{grant.key}/switch/")
    assert browse("frank").get("/items/device/truck-8/").status_code == 404
    nora.post(f"/grants/{grant.key}/switch/")
    assert browse("frank").get("/items/device/truck-8/").status_code == 200
    assert nora.post(f"/grants/{grant.key}/delete/").url == "/grants/"
    assert browse("frank").get("/items/device/truck-8/").status_code == 404


def test_a_grantee_drops_out(browse, cast):
    carla = browse("carla")
    assert "Drop out" in carla.get("/grants/hub-for-contoso/").content.decode()
    assert carla.post("/grants/hub-for-contoso/delete/").status_code == 302
    assert carla.get("/items/channel/hub/").status_code == 404
    assert Grant.objects.filter(pk=cast.hub_grant.pk).exists()


@pytest.mark.checklist("Z04")
def test_a_grantee_sees_itself_only(browse, cast):
    nora = browse("nora")
    to = ["contoso", "fabrikam"]
    sent = {"account": "northwind", "grantees": to, "covers": "kind", "kind": "device", "confirmed": "1"}
    nora.post("/grants/~new/", sent)
    grant = Grant.objects.exclude(pk=cast.hub_grant.pk).get()
    assert "Fabrikam" in nora.get(f"/grants/{grant.key}/").content.decode()
    for address in ("/grants/", f"/grants/{grant.key}/"):
        page = browse("carla").get(address).content.decode()
        assert "Contoso" in page
        assert "Fabrikam" not in page


def test_an_account_of_another_tree_accepts_first(browse, cast):
    sent = {"account": "northwind", "covers": "items", "items": ["truck-8"], "grantee_keys": "acme", "confirmed": "1"}
    browse("nora").post("/grants/~new/", sent)
    grant = Grant.objects.order_by("-pk").first()
    alma = browse("alma")
    assert alma.get("/items/device/truck-8/").status_code == 404
    assert alma.post(f"/grants/{grant.key}/accept/").status_code == 302
    assert alma.get("/items/device/truck-8/").status_code == 200


@pytest.mark.seed("user-accounts.36")
@pytest.mark.seed("user-accounts.37")
def test_a_project_gets_items_and_members_with_allow_and_deny(browse, cast):
    nora = browse("nora")
    nora.post("/projects/~new/", {"account": "northwind", "name": "Winter", "description": "A try-out."})
    project = Project.objects.get(name="Winter")
    base = f"/projects/{project.key}/"
    nora.post(f"{base}items/~new/", {"items": ["truck-8"]})
    sent = {"user": "lee", "allow": "device:view\ndevice.*:view", "deny": "device.logs:view"}
    assert nora.post(f"{base}members/~new/", sent).status_code == 302
    lee = browse("lee")
    assert lee.get("/items/device/truck-8/messages/").status_code == 200
    assert lee.get("/items/device/truck-8/logs/").status_code == 403
    member = project.members.get()
    nora.post(f"{base}members/{member.pk}/change/", {"allow": "device:view", "deny": ""})
    assert lee.get("/items/device/truck-8/messages/").status_code == 403
    nora.post(f"{base}items/truck-8/remove/")
    assert lee.get("/items/device/truck-8/").status_code == 404
    nora.post(f"{base}members/{member.pk}/remove/")
    assert not project.members.exists()


def test_a_rule_with_an_unknown_pattern_is_refused_with_what_would_be_valid(browse, cast):
    response = browse("nora").post("/projects/pilot/members/~new/", {"user": "siv", "allow": "devise:view"})
    assert "unknown kind “devise”" in errors(response)["allow"][0]


def test_rules_on_one_item_stay_when_the_others_are_changed(browse, cast):
    member = cast.pilot.members.get()
    browse("nora").post(f"/projects/pilot/members/{member.pk}/change/", {"allow": "group:view", "deny": ""})
    kept = sorted((rule.effect, rule.item_id) for rule in member.rules.all() if rule.item_id)
    assert kept == [("allow", cast.items["truck_7"].pk), ("deny", cast.items["truck_7"].pk)]


def test_a_member_sees_the_project_but_not_its_other_members(browse, cast):
    page = browse("lee").get("/projects/pilot/")
    assert page.status_code == 200
    assert [part["title"] for part in page.context["sections"]] == ["Items"]


def test_the_log_tells_who_did_what_and_is_filtered(browse, cast):
    nora = browse("nora")
    nora.post("/items/device/truck-8/change/", {"name": "Truck eight"})
    assert rows(nora.get("/events/?q=nora"))
    event = Event.objects.get(action="item.change")
    page = nora.get(f"/events/{event.pk}/").content.decode()
    assert "Truck eight" in page
    assert "nora" in page
    assert browse("carla").get(f"/events/{event.pk}/").status_code == 404
    assert rows(browse("carla").get("/events/?account=northwind")) == []


def test_the_last_owner_cannot_be_removed_and_the_page_says_why(browse, cast):
    response = browse("alma").get("/users/alma/delete/")
    assert response.status_code in (200, 403)
    after = browse("alma").post("/users/alma/delete/", {"typed_name": "alma"}, follow=True)
    assert User.objects.filter(username="alma").exists()
    assert after.status_code in (200, 403)


def test_a_limit_that_is_reached_is_told_in_the_form(browse, cast):
    spec = AccountSpec(name="Small", key="small", parent=cast.accounts["northwind"], limits={"project": 0})
    [small] = create_accounts(CONSOLE, [spec])
    response = browse("nora").post("/projects/~new/", {"account": "small", "name": "One too many"})
    assert "The limit “project” of 0 is reached." in errors(response)["__all__"][0]
    assert not Project.objects.filter(account=small).exists()
