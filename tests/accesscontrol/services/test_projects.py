"""Acts on projects: items, roles, members, rules, invitations; who may, and what ends at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.engine import AccessDenied
from accesscontrol.accounts.models import User
from accesscontrol.projects.models import Project, ProjectMember, ProjectRule
from accesscontrol.services.accounts.accounts import change_limits
from accesscontrol.services.frame.errors import BeyondOwn, Conflict, Invalid
from accesscontrol.services.projects.members import (
    accept_membership,
    add_light_member,
    add_member,
    change_member,
    decline_membership,
    invite_member,
    remove_member,
    withdraw_member_invitation,
)
from accesscontrol.services.projects.projects import (
    add_project_items,
    change_project,
    change_project_role,
    create_project,
    create_project_role,
    create_projects,
    delete_project,
    delete_project_role,
    remove_project_items,
)
from accesscontrol.services.projects.rows import project_spec
from accesscontrol.services.projects.specs import MemberSpec, ProjectRoleSpec, ProjectRuleSpec, ProjectSpec
from tests.world import CONSOLE, Cast

SEE = ProjectRuleSpec(effect="allow", permissions=("*:view",))


def test_a_developers_project_is_theirs_and_holds_only_what_they_own(cast: Cast) -> None:
    anna, northwind = cast.actor("anna"), cast.accounts["northwind"]
    project = create_project(anna, northwind, name="Lab", items=(cast.items["sensor"],))
    assert project.owner == cast.people["anna"]
    with pytest.raises(AccessDenied):
        add_project_items(anna, project, [cast.items["pump"]])
    with pytest.raises(Invalid, match="developer of the project"):
        add_project_items(cast.actor("adam"), project, [cast.items["pump"]])
    with pytest.raises(BeyondOwn, match="developer's own"):
        create_project(anna, northwind, name="No", owner=cast.people["otto"])


@pytest.mark.parametrize("username", ["sam", "lee", "carla", "alma"])
def test_others_make_and_change_no_projects(cast: Cast, username: str) -> None:
    actor = cast.actor(username)
    with pytest.raises(AccessDenied):
        create_project(actor, cast.accounts["northwind"], name="No")
    for act in (
        lambda: change_project(actor, cast.pilot, name="No"),
        lambda: add_project_items(actor, cast.pilot, [cast.items["truck_8"]]),
        lambda: remove_project_items(actor, cast.pilot, [cast.items["truck_7"]]),
        lambda: remove_member(actor, cast.pilot.members.get()),
        lambda: change_member(actor, cast.pilot.members.get(), rules=()),
        lambda: delete_project(actor, cast.pilot),
    ):
        with pytest.raises(AccessDenied):
            act()
    assert Project.objects.get() == cast.pilot


def test_what_members_have_through_it_ends_with_the_item_the_rule_and_the_membership(cast: Cast) -> None:
    lee, truck, adam = cast.actor("lee"), cast.items["truck_7"], cast.actor("adam")
    assert engine.decide(lee, "device:view", truck).allowed
    remove_project_items(adam, cast.pilot, [truck])
    assert not engine.decide(lee, "device:view", truck).allowed
    add_project_items(adam, cast.pilot, [truck])
    assert engine.decide(lee, "device:view", truck).allowed
    member = cast.pilot.members.get()
    change_member(CONSOLE, member, expires_at=timezone.now() - timedelta(seconds=1))
    assert not engine.decide(lee, "device:view", truck).allowed
    remove_member(adam, member)
    assert not ProjectRule.objects.exists()


def test_project_roles_are_shared_by_members(cast: Cast) -> None:
    adam, lee, truck = cast.actor("adam"), cast.actor("lee"), cast.items["truck_7"]
    role = create_project_role(adam, cast.pilot, name="Commander", rules=[
        ProjectRuleSpec(effect="allow", permissions=("device.commands:create",))])  # fmt: skip
    member = cast.pilot.members.get()
    assert not engine.decide(lee, "device.commands:create", truck).allowed
    change_member(adam, member, roles=(role.key,))
    assert engine.decide(lee, "device.commands:create", truck).allowed
    change_project_role(adam, role, rules=(SEE,))
    assert not engine.decide(lee, "device.commands:create", truck).allowed
    delete_project_role(adam, role)
    assert project_spec(cast.pilot).members[0].roles == ()
    with pytest.raises(Invalid, match="not a role of this project"):
        change_member(adam, member, roles=("nothing",))


def test_wrong_specs_are_told_together(cast: Cast) -> None:
    northwind, lee = cast.accounts["northwind"], cast.people["lee"]
    wrong = [
        ProjectSpec(account=northwind, name=""),
        ProjectSpec(account=northwind, name="A", owner=cast.people["sam"]),
        ProjectSpec(account=northwind, name="B", roles=(ProjectRoleSpec(key="r", name="R"),) * 2),
        ProjectSpec(account=northwind, name="C", members=(MemberSpec(user=lee),) * 2),
        ProjectSpec(account=northwind, name="D", members=(MemberSpec(user=lee, rules=(
            ProjectRuleSpec(effect="maybe", permissions=("*:view",)),
            ProjectRuleSpec(effect="allow", permissions=("device:fly",)),
            ProjectRuleSpec(effect="allow", permissions=("user:view",)),
            ProjectRuleSpec(effect="allow", permissions=()),
        )),)),
    ]  # fmt: skip
    with pytest.raises(Invalid) as refused:
        create_projects(CONSOLE, wrong)
    told = [(wrong.index(one.about), one.field) for one in refused.value.problems]
    assert told == [
        (0, "name"), (1, "owner"), (2, "roles"), (2, "roles"), (3, "members"),
        (4, "rules"), (4, "rules"), (4, "rules"), (4, "rules"),
    ]  # fmt: skip


def test_a_received_item_is_shared_within_the_grant(cast: Cast) -> None:
    carla, contoso = cast.actor("carla"), cast.accounts["contoso"]
    member = MemberSpec(user=cast.people["carl"], accepted=True)
    project = create_project(carla, contoso, name="Hub", items=(cast.items["hub"],), members=(member,))
    rule = ProjectRuleSpec(effect="allow", permissions=("channel:*",))
    change_member(carla, project.members.get(), rules=(rule,))  # beyond the grant: capped, hence no matter
    assert not engine.decide(cast.actor("carl"), "channel:delete", cast.items["hub"]).allowed
    with pytest.raises(AccessDenied):
        add_project_items(carla, project, [cast.items["truck_8"]])


@pytest.mark.checklist("Z06")
def test_a_developer_passes_on_only_what_they_own(cast: Cast) -> None:
    project = create_project(cast.actor("anna"), cast.accounts["northwind"], name="Lab", items=(cast.items["sensor"],))
    member = add_light_member(cast.actor("anna"), project, username="guest", rules=(SEE,))
    assert (member.user.authority, member.user.role, member.user.account) == ("user", None, cast.accounts["northwind"])
    assert member.accepted_at is not None
    User.objects.filter(pk=member.user.pk).update(verified=True)
    assert engine.decide(cast.actor("adam"), "user:view", member.user).allowed
    assert engine.visible(Actor.of(member.user), "device:view").get() == cast.items["sensor"]


def test_a_light_member_counts_for_the_quota(cast: Cast) -> None:
    change_limits(CONSOLE, cast.accounts["northwind"], {"user": 3})
    with pytest.raises(Invalid, match="“user” of 3"):
        add_light_member(cast.actor("adam"), cast.pilot, username="guest")
    assert not User.objects.filter(username="guest").exists()


def test_a_member_is_added_once_and_only_somebody_one_may_see(cast: Cast) -> None:
    with pytest.raises(Invalid, match="member already"):
        add_member(cast.actor("adam"), cast.pilot, cast.people["lee"])
    with pytest.raises(AccessDenied):
        add_member(cast.actor("adam"), cast.pilot, cast.people["alma"])
    assert add_member(cast.actor("adam"), cast.pilot, cast.people["siv"]).accepted_at is not None


@pytest.mark.checklist("Z04")
def test_somebody_elsewhere_is_invited_and_unknown_looks_the_same(cast: Cast) -> None:
    adam, alma = cast.actor("adam"), cast.actor("alma")
    User.objects.filter(username="alma").update(proven_at=timezone.now())
    invite_member(adam, cast.pilot, "alma@acme.example", rules=(SEE,))
    invite_member(adam, cast.pilot, "Nobody")
    cast.pilot.refresh_from_db()
    assert cast.pilot.invited == ["alma@acme.example", "nobody"]
    member = ProjectMember.objects.get(user=cast.people["alma"])
    assert not engine.decide(alma, "device:view", cast.items["truck_7"]).allowed
    with pytest.raises((AccessDenied, Conflict)):
        accept_membership(adam, member)
    accept_membership(alma, member)
    assert engine.decide(alma, "device:view", cast.items["truck_7"]).allowed
    cast.pilot.refresh_from_db()
    assert cast.pilot.invited == ["nobody"]


def test_a_declined_invitation_looks_like_one_without_an_answer(cast: Cast) -> None:
    adam, alma = cast.actor("adam"), cast.actor("alma")
    invite_member(adam, cast.pilot, "alma")
    decline_membership(alma, ProjectMember.objects.get(user=cast.people["alma"]))
    cast.pilot.refresh_from_db()
    assert cast.pilot.invited == ["alma"]
    withdraw_member_invitation(adam, cast.pilot, "Alma")
    cast.pilot.refresh_from_db()
    assert cast.pilot.invited == []


def test_a_project_stays_in_its_account(cast: Cast) -> None:
    with pytest.raises(Invalid, match="stays in its account"):
        change_project(CONSOLE, cast.pilot, account=cast.accounts["contoso"])


def test_deleting_a_project_ends_what_it_gave(cast: Cast) -> None:
    delete_project(cast.actor("adam"), cast.pilot)
    assert not engine.decide(cast.actor("lee"), "device:view", cast.items["truck_7"]).allowed
    assert not ProjectMember.objects.exists()
