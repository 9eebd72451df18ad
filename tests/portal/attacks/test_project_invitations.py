"""Attacks on invitations to a project: an address is whose who has proven it, and not whose who was entered with it."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accesscontrol.accounts.models import User
from accesscontrol.projects.models import ProjectMember
from accesscontrol.services.projects.members import invite_member

ADDRESS = "partner@fabrikam.example"


def members(cast, name: str = ADDRESS) -> list[str]:
    """Who is a member, or invited, besides those who were members before."""
    there = set(ProjectMember.objects.values_list("user__username", flat=True))
    invite_member(cast.actor("nora"), cast.pilot, name)
    return sorted(set(ProjectMember.objects.values_list("user__username", flat=True)) - there)


@pytest.mark.parametrize("home", ["acme", "contoso"])  # of another tree, and a client of the project's account
@pytest.mark.parametrize(
    "claims",
    [{"email": ADDRESS}, {"username": ADDRESS}, {"email": ADDRESS.upper(), "verified": True}],
    ids=["address", "username", "verified"],
)
def test_nobody_takes_an_invitation_by_an_address_that_they_have_not_proven(cast, home, claims):
    fields = {"username": "robber", "account": cast.accounts[home], **claims}
    User.objects.create(**fields)
    assert members(cast) == []


def test_whoever_has_proven_the_address_is_invited_though_others_claim_it(cast):
    User.objects.create(username="robber", email=ADDRESS, account=cast.accounts["contoso"])
    User.objects.create(username=ADDRESS, account=cast.accounts["acme"])
    User.objects.create(username="partner", email=ADDRESS, account=cast.accounts["acme"], proven_at=timezone.now())
    assert members(cast) == ["partner"]


def test_an_account_invites_its_own_people_by_the_address_it_has_entered(cast):
    User.objects.create(username="mia", email="mia@northwind.example", account=cast.accounts["northwind"])
    assert members(cast, "mia@northwind.example") == ["mia"]


def test_another_mailbox_that_folds_alike_is_not_invited(cast):
    now, account = timezone.now(), cast.accounts["acme"]
    User.objects.create(username="robber", email="strauß@home.example", account=account, proven_at=now)
    assert members(cast, "strauss@home.example") == []
