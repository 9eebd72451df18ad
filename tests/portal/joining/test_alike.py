"""Asking for a mail answers alike for an address that is known, waits, or is nobody's: words, length and statements."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from structlog.testing import capture_logs

from accesscontrol.accounts.models import User
from accesscontrol.services.joining.registration import change_registration
from tests.portal.joining.conftest import PASSWORD, links_in
from tests.portal.signing_in.factors import CODE, App, by_password
from tests.world import PASSWORD as OWN

DOORS = ("/sign-up/", "/sign-up/northwind/", "/forgotten/")
KNOWN, WAITING, SEVERAL = "sam@northwind.example", "entered@home.example", "shared@home.example"
UNPROVEN, NOBODY = "lee@northwind.example", "none@home.example"


@pytest.fixture
def people(cast):
    change_registration(cast.actor("nora"), cast.accounts["northwind"], public=True)
    now = timezone.now()
    User.objects.filter(username="sam").update(proven_at=now)
    User.objects.create(account=cast.accounts["northwind"], username="entered", email=WAITING, password="!x")
    for key in ("northwind", "contoso", "fabrikam"):
        User.objects.create(
            account=cast.accounts[key], username=f"at-{key}", email=SEVERAL, proven_at=now, verified=True
        )
    return cast


def asked(door: str, email: str) -> tuple[int, str, Counter]:
    """Status, page and statements; what was typed left out."""
    cache.clear()
    with CaptureQueriesContext(connection) as caught:
        answer = Client().post(door, {"email": email})
    page = re.sub(r"[A-Za-z0-9]{64}", "", answer.content.decode()).replace(email, "")
    return answer.status_code, page, Counter(query["sql"].split(" ")[0] for query in caught)


@pytest.mark.checklist("A11")
@pytest.mark.parametrize("door", DOORS)
def test_every_address_gets_one_answer(people, mailoutbox, django_capture_on_commit_callbacks, door):
    with django_capture_on_commit_callbacks(execute=True):
        found = {email: asked(door, email) for email in (KNOWN, WAITING, SEVERAL, UNPROVEN, NOBODY)}
    assert all(answer == found[NOBODY] for answer in found.values())
    assert found[NOBODY][0] == 200
    assert mailoutbox  # it was not silence all along


@pytest.mark.checklist("A11")
def test_signing_in_answers_alike_by_name_and_by_address(people):
    found = set()
    Client().post("/sign-in/", {"login": "nobody", "password": "the first line of a chain makes its head"})
    for login in ("sam", KNOWN, WAITING, SEVERAL, UNPROVEN, NOBODY, "nobody"):
        cache.clear()
        with CaptureQueriesContext(connection) as caught:
            answer = Client().post("/sign-in/", {"login": login, "password": "a wrong password here"})
        page = re.sub(r"[A-Za-z0-9]{64}", "", answer.content.decode()).replace(login, "")
        found.add((answer.status_code, page, len(caught)))
    assert len(found) == 1


def test_nothing_is_told_of_who_was_asked_for_in_the_log(people):
    with capture_logs() as lines:
        asked("/forgotten/", KNOWN)
    [line] = [one for one in lines if one["event"] == "mail_asked"]
    assert KNOWN not in str(line)


def test_asking_is_slowed_down_by_where_it_comes_from(people):
    statuses = [Client().post("/forgotten/", {"email": f"{number}@x.example"}).status_code for number in range(22)]
    assert statuses == [200] * 20 + [429] * 2
    assert Client().post("/forgotten/", {"email": KNOWN})["Retry-After"] == "600"


def test_nobodys_mailbox_is_flooded_and_the_page_says_what_it_always_says(people, sent):
    mails = sent(lambda: [Client().post("/forgotten/", {"email": KNOWN}) for _ in range(8)])
    assert len(mails) == 5


# --- A forgotten password


def reset_link(sent, email: str = KNOWN) -> str:
    cache.clear()
    [mail] = sent(lambda: Client().post("/forgotten/", {"email": email}))
    return links_in(mail)[0]


def sign_in(username: str, password: str = PASSWORD):
    cache.clear()
    client = Client()
    client.post("/sign-in/", {"login": username, "password": password})
    return client


def inside(client) -> bool:
    return client.get("/").status_code == 200


@pytest.mark.checklist("A16")
def test_a_new_password_by_a_link_signs_nobody_in_and_ends_all_sessions(people, sent):
    there = sign_in("sam", OWN)
    assert inside(there)
    path, client = reset_link(sent), Client()
    assert client.get(path).status_code == 200
    [told] = sent(lambda: client.post(path, {"password": PASSWORD, "again": PASSWORD}))
    assert told.subject == "Your password has been changed"
    assert not inside(client)
    assert not inside(there)
    assert inside(sign_in("sam"))
    assert not inside(sign_in("sam", OWN))


@pytest.mark.checklist("A16")
@pytest.mark.checklist("E04")
@pytest.mark.parametrize("how", ["used", "another used", "disabled", "off and on", "other address", "too old"])
def test_what_ends_a_reset(people, sent, monkeypatch, how):
    path, twice = reset_link(sent), {"password": PASSWORD, "again": PASSWORD}
    sam = User.objects.get(username="sam")
    if how == "used":
        Client().post(path, twice)
    elif how == "another used":
        Client().post(reset_link(sent), twice)
    elif how == "disabled":
        User.objects.filter(pk=sam.pk).update(is_active=False)
    elif how == "off and on":
        User.objects.filter(pk=sam.pk).update(sessions_ended=sam.sessions_ended + 1)
    elif how == "other address":
        sam.email = "other@home.example"
        sam.save()
    else:
        monkeypatch.setattr("django.core.signing.time.time", lambda: timezone.now().timestamp() + 3601)
    assert Client().get(path).status_code == 404
    assert (
        Client().post(path, {"password": "another long password", "again": "another long password"}).status_code == 404
    )


def test_a_reset_is_no_invitation_and_no_proof(people, sent):
    secret = reset_link(sent).removeprefix("/forgotten/")
    assert [Client().get(f"/{door}/{secret}").status_code for door in ("join", "register", "confirm")] == [404] * 3


def test_a_reset_names_everybody_under_one_address(people, sent):
    [mail] = sent(lambda: Client().post("/forgotten/", {"email": SEVERAL.upper()}))
    assert [f"at-{key}" in mail.body for key in ("northwind", "contoso", "fabrikam")] == [True] * 3
    paths = links_in(mail)
    assert len(set(paths)) == 3
    Client().post(paths[0], {"password": PASSWORD, "again": PASSWORD})
    assert [Client().get(path).status_code for path in paths] == [404, 200, 200]
    assert not inside(sign_in(SEVERAL))  # an address that several have signs nobody in


@pytest.mark.parametrize("email", [UNPROVEN, WAITING, NOBODY])
def test_only_proven_addresses_receive_a_reset(people, sent, email):
    assert sent(lambda: Client().post("/forgotten/", {"email": email})) == []


# --- Not verified yet


def unverified(sent) -> tuple:
    User.objects.filter(username="anna").update(verified=False)
    cache.clear()
    page = Client().post("/sign-in/", {"login": "anna", "password": OWN})
    return page, page.context["waiting"]


def test_who_is_not_verified_is_told_so_and_has_the_mail_again(people, sent):
    page, waiting = unverified(sent)
    assert "not confirmed yet" in page.content.decode()
    [mail] = sent(lambda: Client().post("/sign-in/confirm/", {"waiting": waiting}))
    assert mail.to == ["anna@northwind.example"]
    [path] = links_in(mail)
    assert Client().get(path).status_code == 200
    assert not inside(sign_in("anna", OWN))  # opening it is not answering it
    assert Client().post(path)["Location"] == "/sign-in/"
    assert inside(sign_in("anna", OWN))
    anna = User.objects.get(username="anna")
    assert (anna.verified, anna.proven_at is not None) == (True, True)
    assert Client().get(path).status_code == 404


def test_only_the_right_password_tells_it(people, sent):
    unverified(sent)
    page = Client().post("/sign-in/", {"login": "anna", "password": "a wrong password here"})
    assert "not confirmed" not in page.content.decode()
    assert sent(lambda: Client().post("/sign-in/confirm/", {"waiting": "forged"})) == []


def test_another_address_is_not_proven(people, sent):
    """What is proven is the address, so a new one has to answer for itself."""
    _page, waiting = unverified(sent)
    [mail] = sent(lambda: Client().post("/sign-in/confirm/", {"waiting": waiting}))
    anna = User.objects.get(username="anna")
    anna.email = "else@home.example"
    anna.save()
    assert Client().post(links_in(mail)[0]).status_code == 404


@pytest.mark.checklist("A16")
def test_a_new_password_by_a_link_does_not_pass_the_second_factor(people, sent):
    App().of(people.people["sam"])
    Client().post(reset_link(sent), {"password": PASSWORD, "again": PASSWORD})
    client = Client()
    assert by_password(client, "sam", PASSWORD)["Location"] == CODE
    assert not inside(client)
