"""Handing the ownership over on pages: offered by the owner, confirmed by an administrator, both in person."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accesscontrol.accounts.models import OwnershipHandover, User

PAGE = "/accounts/northwind/ownership/"


def authorities() -> dict[str, str]:
    return dict(User.objects.filter(username__in=["nora", "adam"]).values_list("username", "authority"))


def test_an_ownership_is_offered_found_on_the_first_page_and_confirmed(browse, cast):
    nora, adam = browse("nora"), browse("adam")
    assert list(nora.get(PAGE).context["form"].heirs) == ["adam"]
    assert nora.post(PAGE, {"do": "offer", "to_user": "adam", "origin": ""})["Location"] == PAGE
    assert authorities() == {"nora": "owner", "adam": "administrator"}
    assert "offers you the ownership of Northwind" in " ".join(adam.get("/").content.decode().split())
    page = adam.get(PAGE)
    assert (page.context["is_heir"], page.context["may_withdraw"]) == (True, True)
    adam.post(PAGE, {"do": "confirm", "origin": ""})
    assert authorities() == {"nora": "administrator", "adam": "owner"}
    assert adam.get("/").context["ownership"] is None


@pytest.mark.parametrize("who", ["nora", "adam"])
def test_an_offer_is_taken_back_or_declined(browse, cast, who):
    browse("nora").post(PAGE, {"do": "offer", "to_user": "adam", "origin": ""})
    browse(who).post(PAGE, {"do": "withdraw", "origin": ""})
    assert OwnershipHandover.objects.count() == 0
    browse("adam").post(PAGE, {"do": "confirm", "origin": ""})
    assert authorities() == {"nora": "owner", "adam": "administrator"}


@pytest.mark.checklist("Z07")
@pytest.mark.parametrize("who", ["adam", "anna", "sam"])
def test_nobody_else_offers_or_takes_an_ownership(browse, cast, who):
    client = browse(who)
    client.post(PAGE, {"do": "offer", "to_user": "adam", "origin": ""})
    assert OwnershipHandover.objects.count() == 0
    assert client.get(PAGE).context["form"] is None
    browse("nora").post(PAGE, {"do": "offer", "to_user": "adam", "origin": ""})
    if who != "adam":
        client.post(PAGE, {"do": "confirm", "origin": ""})
    assert authorities() == {"nora": "owner", "adam": "administrator"}


def test_only_an_administrator_who_can_sign_in_is_offered(browse, cast):
    User.objects.filter(username="adam").update(is_active=False)
    page = browse("nora").get(PAGE)
    assert (page.context["form"], page.context["no_heirs"]) == (None, True)


def test_a_hand_over_asks_both_for_a_factor_where_their_sign_in_is_old(browse, cast):
    nora = browse("nora")
    session = nora.session
    session["started"] = int((timezone.now() - timedelta(hours=1)).timestamp())
    session.save()
    asked = nora.post(PAGE, {"do": "offer", "to_user": "adam", "origin": ""})
    assert "Confirm that it is you" in asked.content.decode()
    assert OwnershipHandover.objects.count() == 0


def test_a_token_hands_nothing_over(browse, holder, cast):
    holder("of_anna").post(PAGE, {"do": "offer", "to_user": "adam", "origin": ""})
    assert OwnershipHandover.objects.count() == 0
