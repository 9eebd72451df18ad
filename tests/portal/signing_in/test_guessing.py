"""Who guesses is slowed down, and nobody is kept out by strangers."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.test import Client

from accesscontrol.accounts.models import User
from accesscontrol.services.signing_in.new_passwords import set_password
from tests.portal.signing_in.factors import by_password, is_in
from tests.world import PASSWORD

TOO_MANY = ["Too many failed tries. Try again in five minutes or later, or sign in with a passkey."]


def guess(client: Client, username: str = "anna", times: int = 1, address: str = "203.0.113.5") -> Any:
    """Wrong passwords from an address; gives the last answer."""
    for _ in range(times):
        answer = client.post("/sign-in/", {"login": username, "password": "a guess"}, REMOTE_ADDR=address)
    return answer


def said(answer: Any) -> list[str]:
    return [str(one) for one in answer.context["form"].non_field_errors()]


@pytest.fixture
def own_browser(cast: Any) -> Client:
    """A browser in which anna has signed in before, and out again."""
    client = Client()
    by_password(client, "anna")
    client.post("/sign-out/")
    assert not is_in(client)
    return client


@pytest.mark.checklist("A10")
def test_who_guesses_one_person_is_slowed_down_in_their_network_alone(cast):
    assert said(guess(Client(), times=6)) == TOO_MANY
    assert said(guess(Client(), address="203.0.113.77")) == TOO_MANY, "the same network"
    assert by_password(Client(), "anna", REMOTE_ADDR="198.51.100.1").status_code == 302
    assert by_password(Client(), "otto", REMOTE_ADDR="203.0.113.5").status_code == 302


@pytest.mark.checklist("A10")
def test_who_guesses_many_people_is_slowed_down(cast):
    for number in range(10):
        guess(Client(), f"somebody-{number}")
    assert said(guess(Client(), "otto")) == TOO_MANY


@pytest.mark.checklist("A10")
def test_no_more_than_a_hundred_guesses_of_a_person_a_day_from_wherever(cast):
    for number in range(100):
        guess(Client(), address=f"198.51.{number}.1")
    assert said(guess(Client(), address="192.0.2.1")) == TOO_MANY
    assert said(guess(Client(), "otto", address="192.0.2.1")) != TOO_MANY


@pytest.mark.checklist("A10")
def test_strangers_never_keep_somebody_out_of_their_own_browser(cast, own_browser):
    for number in range(100):
        guess(Client(), address=f"198.51.{number}.1")
    guess(Client(), times=6, address="127.0.0.1")
    assert by_password(Client(), "anna").status_code == 200
    assert by_password(own_browser, "anna").status_code == 302


@pytest.mark.checklist("A10")
def test_ones_own_browser_keeps_a_count_too(cast, own_browser):
    assert said(guess(own_browser, times=10)) != TOO_MANY
    assert said(guess(own_browser)) == TOO_MANY
    assert by_password(Client(), "anna").status_code == 302, "and it is no count of others"


@pytest.mark.checklist("A10")
def test_a_browser_is_known_to_one_person_and_until_their_next_password(cast, own_browser):
    assert said(guess(own_browser, "otto", times=6)) == TOO_MANY, "to others it is a stranger's"
    set_password(cast.actor("anna"), User.objects.get(username="anna"), "garnet otter under the hill")
    assert said(guess(own_browser, times=6)) == TOO_MANY


@pytest.mark.checklist("A10")
def test_the_cookie_of_a_browser_lets_nobody_in_and_cannot_be_made(cast, own_browser):
    value = own_browser.cookies["device"].value
    forged = Client()
    forged.cookies["device"] = f"{value[:-2]}xx"
    assert said(guess(forged, times=6)) == TOO_MANY
    assert PASSWORD not in value
    assert not is_in(own_browser)


def test_a_right_password_counts_as_no_try(cast):
    for _ in range(12):
        client = Client()
        assert by_password(client, "anna").status_code == 302


@pytest.mark.checklist("A18")
def test_a_sign_in_in_a_browser_that_was_not_known_is_told_and_the_very_first_is_not(
    cast, django_capture_on_commit_callbacks
):
    agent = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}
    first, second = Client(headers=agent), Client(headers=agent)
    for client in (first, first, second):
        with django_capture_on_commit_callbacks(execute=True):
            by_password(client, "anna")
        client.post("/sign-out/")
    [told] = mail.outbox
    assert told.to == ["anna@northwind.example"]
    assert "Firefox on Linux" in told.body
    assert "127.0.0.1" in told.body


@pytest.mark.checklist("A11")
def test_known_and_unknown_names_are_slowed_down_alike(cast):
    told = {}
    for name in ("anna", "nobody"):
        told[name] = [said(guess(Client(), name, address=f"203.0.{len(told)}.5")) for _ in range(7)]
    assert told["anna"] == told["nobody"]
    assert told["anna"][-1] == TOO_MANY
