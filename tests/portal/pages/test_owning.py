"""Pages that end with somebody else owning what a developer owned: removal, another authority, giving a project."""

from __future__ import annotations

from accesscontrol.accounts.models import User
from accesscontrol.items.models import Item
from accesscontrol.projects.models import Project
from accesscontrol.services.projects.projects import create_project
from accesscontrol.services.projects.specs import MemberSpec, ProjectRuleSpec
from tests.world import CONSOLE


def errors(response) -> dict[str, list[str]]:
    return {name: list(found) for name, found in response.context["form"].errors.items()}


def test_removing_a_developer_shows_what_goes_and_asks_who_gets_what_they_own(browse, cast):
    create_project(cast.actor("anna"), cast.accounts["northwind"], name="Lab", items=(cast.items["sensor"],))
    nora = browse("nora")
    page = nora.get("/users/anna/delete/")
    assert [(one["label"], one["names"]) for one in page.context["owned"]] == [
        ("item that is theirs", ["Sensor"]), ("project that is theirs", ["Lab"]),
    ]  # fmt: skip
    assert [(one["label"], one["names"]) for one in page.context["consequences"]] == [("token", ["of_anna"])]
    offered = [name for name, _words in page.context["form"].fields["hand_items_to"].choices]
    assert offered == ["", "~account", "otto", "~delete"]
    for sent, wrong in (({"typed_name": "anna"}, {"hand_items_to"}), ({"hand_items_to": "otto"}, {"typed_name"}),
                        ({"hand_items_to": "sam", "typed_name": "ann"}, {"hand_items_to", "typed_name"})):  # fmt: skip
        answer = nora.post("/users/anna/delete/", sent)
        assert set(errors(answer)) == wrong
        assert all(value in answer.content.decode() for value in sent.values() if value != "sam")
    assert User.objects.filter(username="anna").exists()
    assert nora.post("/users/anna/delete/", {"hand_items_to": "otto", "typed_name": "anna"}).url == "/users/"
    cast.items["sensor"].refresh_from_db()
    assert (cast.items["sensor"].owner, Project.objects.get(name="Lab").owner) == (cast.people["otto"],) * 2
    assert nora.post("/users/otto/delete/", {"hand_items_to": "~delete", "typed_name": "otto"}).url == "/users/"
    assert not Item.objects.filter(key__in=("sensor", "pump")).exists()


def test_a_removal_is_previewed_and_nobody_is_removed(browse, cast):
    command = ProjectRuleSpec(effect="allow", permissions=("channel:view",))
    lee = MemberSpec(user=cast.people["lee"], rules=(command,), accepted=True)
    create_project(CONSOLE, cast.accounts["northwind"], name="Lab", owner=cast.people["anna"],
                   items=(cast.items["hub"],), members=(lee,))  # fmt: skip
    nora = browse("nora")
    shown = nora.post("/users/anna/delete/preview/", {"hand_items_to": "~account"}).context["preview"]["sentence"]
    assert shown == "This adds access for 1 user. This takes access from 1 user and 1 token."
    shown = nora.post("/users/anna/change/preview/", changed("anna", authority="user", hand_items_to="~account"))
    assert "This adds access for 1 user" in shown.context["preview"]["sentence"]
    refused = nora.post("/users/anna/change/preview/", changed("anna", authority="user"))
    assert "Say who gets it" in refused.context["preview"]["problems"][0]
    assert User.objects.get(username="anna").authority == "developer"


def changed(username: str, **fields: str) -> dict[str, str]:
    """What the change form of somebody sends."""
    return {"username": username, "authority": "developer", "enabled": "on", "verified": "on", **fields}


def test_who_ceases_to_be_a_developer_hands_over_in_the_same_form(browse, cast):
    nora = browse("nora")
    form = nora.get("/users/anna/change/").context["form"]
    assert [name for name, _words in form.fields["hand_items_to"].choices] == ["", "~account", "otto"]
    assert "hand_items_to" not in nora.get("/users/sam/change/").context["form"].fields
    refused = nora.post("/users/anna/change/", changed("anna", authority="user", phone="5"))
    assert set(errors(refused)) == {"hand_items_to"}
    assert 'value="5"' in refused.content.decode()
    kept = nora.post("/users/anna/change/", changed("anna", phone="5", hand_items_to="otto"))
    assert kept.status_code == 302  # still a developer, so everything stays
    assert Item.objects.get(key="sensor").owner == cast.people["anna"]
    assert nora.post("/users/anna/change/", changed("anna", authority="user", hand_items_to="otto")).status_code == 302
    assert Item.objects.get(key="sensor").owner == cast.people["otto"]
    assert User.objects.get(username="anna").authority == "user"


def test_a_project_is_given_to_a_developer_and_back(browse, cast):
    nora = browse("nora")
    assert "Give to another owner" in [one["label"] for one in nora.get("/projects/pilot/").context["more_actions"]]
    shown = nora.post("/projects/pilot/give/preview/", {"owner": "anna"}).context["preview"]["sentence"]
    assert shown == "This takes access from 1 user."  # anna owns none of its items, so lee has nothing by it
    for owner, stands in (("anna", cast.people["anna"]), ("~account", None)):
        assert nora.post("/projects/pilot/give/", {"owner": owner}).status_code == 302
        assert Project.objects.get(key="pilot").owner == stands
    assert browse("lee").get("/projects/pilot/give/").status_code == 403


def test_the_dialogs_of_a_project_say_what_would_open(browse, cast):
    nora, member = browse("nora"), cast.pilot.members.get()
    said = "What was denied to lee on 1 item is denied no more: device.messages:view."
    for page in (f"members/{member.pk}/remove/", "items/truck-7/remove/", "delete/"):
        assert nora.get(f"/projects/pilot/{page}").context["opens"] == [said], page
