"""One's own address: confirmed by a mail, and another one only once that has answered."""

from __future__ import annotations

import pytest
from django.test import Client

from accesscontrol.accounts.models import User
from tests.portal.joining.conftest import links_in
from tests.portal.signing_in.factors import fields_of
from tests.portal.signing_in.sessions import grow_old

PAGE = "/profile/address/"


def sam() -> User:
    return User.objects.get(username="sam")


def test_ones_own_address_is_confirmed_by_a_mail(browse, sent):
    client = browse("sam")
    assert "not confirmed yet" in client.get(PAGE).content.decode()
    [mail] = sent(lambda: client.post(PAGE, {"again": "1"}))
    assert mail.to == ["sam@northwind.example"]
    assert Client().post(links_in(mail)[0]).status_code == 302
    assert sam().proven_at is not None
    assert sent(lambda: client.post(PAGE, {"again": "1"})) == []


@pytest.mark.checklist("A18")
def test_another_address_takes_its_place_once_it_has_answered_and_the_old_one_is_told(browse, sent):
    client = browse("sam")
    [asked] = sent(lambda: client.post(PAGE, {"email": "new@home.example"}))
    assert (asked.to, sam().email) == (["new@home.example"], "sam@northwind.example")
    [told] = sent(lambda: Client().post(links_in(asked)[0]))
    assert (told.to, told.subject) == (["sam@northwind.example"], "Your e-mail address has been changed")
    assert (sam().email, sam().proven_at is not None) == ("new@home.example", True)
    assert Client().post(links_in(asked)[0]).status_code == 404


def test_the_address_of_somebody_else_is_taken_only_where_its_mail_is_read(browse, sent):
    """Two people may have one address; whoever shares it signs in by name."""
    client = browse("sam")
    [asked] = sent(lambda: client.post(PAGE, {"email": "lee@northwind.example"}))
    assert asked.to == ["lee@northwind.example"]
    assert sam().email == "sam@northwind.example"


@pytest.mark.checklist("S07")
def test_another_address_asks_freshly_for_a_factor(browse, sent):
    client = browse("sam")
    client.get("/")
    grow_old(client)
    pages = []
    assert sent(lambda: pages.append(client.post(PAGE, {"email": "new@home.example"}))) == []
    assert "confirm-password" in fields_of(pages[0])


@pytest.mark.parametrize("door", ["page", "interface"])
def test_there_is_no_other_way_to_change_ones_own(browse, door):
    client = browse("sam")
    if door == "page":
        client.post("/users/sam/change/", {"email": "new@home.example", "first_name": "Sam"})
    else:
        client.patch("/api/v1/users/sam/", {"email": "new@home.example"}, content_type="application/json")
    assert sam().email == "sam@northwind.example"


def test_somebody_who_came_by_a_token_has_no_such_page(holder):
    assert holder("master").get(PAGE).status_code == 404
