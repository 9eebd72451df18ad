"""Every act has a door: a page, a route or a command that reaches it. An act that nobody can do is no act."""

from __future__ import annotations

import ast

import pytest

from tests.contracts.calls import Module, modules, reached

SERVICES = "accesscontrol.services."
#: Acts whose doors come with what is being built next, and with what. Empty when all of that is there.
TO_COME = {
    "items.assignments.share_item": "Projects and subscription",
    "projects.members.accept_membership": "Projects and subscription",
    "projects.members.add_light_member": "Projects and subscription",
    "projects.members.decline_membership": "Projects and subscription",
    "projects.members.withdraw_member_invitation": "Projects and subscription",
    "projects.projects.change_project_role": "Projects and subscription",
    "projects.projects.create_project_role": "Projects and subscription",
    "projects.projects.delete_project_role": "Projects and subscription",
}


def acts_without_a_door(services: list[Module], faces: list[Module], floors: list[Module]) -> set[str]:
    """The public functions that take an actor and that no face reaches, also not through another function."""
    known = reached(faces, floors)
    acts = {
        name
        for module in services
        for name, function in module.functions()
        if function.args.args and function.args.args[0].arg == "actor"
    }
    assert acts, "there are no acts to look at"
    return acts - known


def test_every_act_has_a_door():
    without = acts_without_a_door(modules("accesscontrol/services"), modules("portal"), modules("accesscontrol"))
    assert {name.removeprefix(SERVICES) for name in without} == set(TO_COME)


@pytest.mark.parametrize(
    ("face", "without"),
    [
        ("from acts import open_box\nopen_box(actor)", set()),
        ("import acts\nfrom boxes import acts\nacts.open_box(actor)", {"acts.open_box"}),
        ("", {"acts.open_box"}),
    ],
)
def test_an_act_without_a_door_is_found(face, without):
    act = Module("acts", ast.parse("def open_box(actor): ...\ndef _lid(actor): ...\ndef size(box): ..."))
    assert acts_without_a_door([act], [Module("page", ast.parse(face))], [act]) == without


def test_an_act_is_reached_through_a_table_of_acts():
    acts = Module("acts", ast.parse("def open_box(actor): ...\nDOORS = {'open': open_box}\ndef run(name): DOORS[name]"))
    page = Module("page", ast.parse("from acts import run\nrun('open')"))
    assert acts_without_a_door([acts], [page], [acts]) == set()
