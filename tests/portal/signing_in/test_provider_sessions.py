"""What a sign-in at a provider is worth: only by it where a policy says so, and fresh as of its word."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.test import Client
from django.utils import timezone

from accesscontrol.accounts.models import User
from accesscontrol.audit.models import Event
from accesscontrol.services.signing_in.policies import change_policy
from accesscontrol.tokens.models import Token
from portal.actors import STARTED
from portal.pages.sign_in.words import PROVIDER_ONLY
from tests.portal.browser import Browser, forms_of
from tests.portal.signing_in.provider import Provider, come_back, led_to, running, set_up, sign_in_at
from tests.world import PASSWORD

pytestmark = pytest.mark.django_db
CONFIRM = "/sign-in/provider/northwind/confirm/"


@pytest.fixture(scope="module")
def server() -> Iterator[Provider]:
    yield from running()


@pytest.fixture
def provider(server, settings) -> Provider:
    settings.PROVIDER_HOSTS_INSIDE = [server.host]
    return server


def linked(cast, provider: Provider, username: str = "adam", *, password: bool = False, **claims: Any) -> Browser:
    """Somebody who is signed in by the provider, and has nothing here to do it by unless they keep their password."""
    user = cast.people[username]
    user.email, user.proven_at = f"{username}@northwind.example", timezone.now()
    if not password:
        user.set_unusable_password()
    user.save(update_fields=["email", "proven_at", "password"])
    provider.knows(username, email=user.email, **claims)
    browser = Browser()
    assert sign_in_at(browser, provider, username).status_code == 302
    return browser


def grow_old(browser: Client) -> None:
    """Let what was shown at the provider be so long ago."""
    session = browser.session
    session[STARTED] = time.time() - 960
    for record in session["account_authentication_methods"]:
        record["shown_at"] = record["at"] = time.time() - 960
    session.save()


def make_master(browser: Browser) -> Any:
    end = timezone.now() + timedelta(days=7)
    return browser.post("/tokens/~new/", {"account": "northwind", "name": "Gateway", "type": "master",
                                          "expires_at": f"{end:%Y-%m-%dT%H:%M}"})  # fmt: skip


@pytest.mark.checklist("S07")
def test_whoever_has_no_factor_here_confirms_at_the_provider_and_what_was_sent_is_done(cast, provider):
    set_up(cast, provider)
    adam = linked(cast, provider)
    grow_old(adam)
    before, page = Token.objects.count(), make_master(adam)
    asked = next(form for form in forms_of(page) if "confirm-provider" in form.fields)
    assert CONFIRM in page.content.decode()
    early = adam.post(asked.action, asked.untouched())
    assert ("has not confirmed it yet" in early.content.decode(), Token.objects.count()) == (True, before)
    to = led_to(Client.post(adam, CONFIRM))
    assert ("prompt=login" in to, "max_age=0" in to) == (True, True)
    assert "Close this tab" in come_back(adam, provider.answers(to, "adam")).content.decode()
    adam.post(asked.action, asked.untouched())
    assert Token.objects.count() == before + 1
    assert list(Event.objects.filter(action="sign_in_confirmed").values_list("detail__changes", flat=True))[0] == {
        "factor": "provider"
    }


@pytest.mark.checklist("S07")
def test_a_sign_in_of_long_ago_at_the_provider_is_not_fresh_here(cast, provider):
    set_up(cast, provider)
    adam = linked(cast, provider, auth_time=int(time.time()) - 3600)
    before = Token.objects.count()
    assert "Confirm that it is you" in make_master(adam).content.decode()
    back = provider.answers(led_to(Client.post(adam, CONFIRM)), "adam")
    assert "does not say that you have just signed in" in come_back(adam, back).content.decode()
    assert "Confirm that it is you" in make_master(adam).content.decode()
    assert Token.objects.count() == before


@pytest.mark.checklist("S07")
def test_somebody_else_of_the_provider_confirms_nothing(cast, provider):
    set_up(cast, provider)
    adam = linked(cast, provider)
    provider.knows("other", email="other@northwind.example")
    grow_old(adam)
    back = provider.answers(led_to(Client.post(adam, CONFIRM)), "other")
    assert "Somebody else is signed in at the provider" in come_back(adam, back).content.decode()
    assert "Confirm that it is you" in make_master(adam).content.decode()


@pytest.mark.checklist("S07")
def test_whoever_has_a_password_here_confirms_by_it(cast, provider):
    """Their sign-in at the provider is fresh there, and not here."""
    set_up(cast, provider)
    adam = linked(cast, provider, password=True)
    page = make_master(adam)
    fields = {name for form in forms_of(page) for name in form.fields}
    assert ("confirm-password" in fields, "confirm-provider" in fields) == (True, False)
    back = provider.answers(led_to(Client.post(adam, CONFIRM)), "adam")
    assert "You have a password or another factor here" in come_back(adam, back).content.decode()


@pytest.mark.checklist("A20")
def test_by_a_provider_a_second_factor_is_asked_for_as_after_a_password(cast, provider):
    set_up(cast, provider)
    linked(cast, provider)
    totp.TOTP.activate(cast.people["adam"], totp.generate_totp_secret())
    browser = Client()
    answer = sign_in_at(browser, provider, "adam")
    assert (answer.status_code, answer.url, "_auth_user_id" in browser.session) == (302, "/sign-in/code/", False)


def by_password(username: str) -> tuple[Client, Any]:
    browser = Client()
    return browser, browser.post("/sign-in/", {"login": username, "password": PASSWORD}, follow=True)


def test_only_by_the_provider_once_there_is_one(cast, provider):
    """The right password learns it, a wrong one reads the one sentence; whoever is in by a password is out."""
    north = cast.accounts["northwind"]
    change_policy(cast.actor("nora"), north, provider_only=True)
    anna, _page = by_password("anna")
    assert anna.get("/").status_code == 200
    set_up(cast, provider)
    assert anna.get("/").status_code == 302
    _browser, page = by_password("anna")
    assert str(PROVIDER_ONLY) in page.content.decode()
    wrong = Client().post("/sign-in/", {"login": "anna", "password": "not it at all"}, follow=True)
    assert str(PROVIDER_ONLY) not in wrong.content.decode()
    browser = linked(cast, provider, "anna", password=True)
    assert browser.get("/").status_code == 200


def test_the_owner_comes_by_password_until_they_have_come_by_the_provider(cast, provider):
    change_policy(cast.actor("nora"), cast.accounts["northwind"], provider_only=True)
    set_up(cast, provider)
    nora, _page = by_password("nora")
    assert nora.get("/").status_code == 200
    assert linked(cast, provider, "nora", password=True).get("/").status_code == 200
    assert User.objects.get(username="nora").identities.count() == 1
    _browser, page = by_password("nora")
    assert str(PROVIDER_ONLY) in page.content.decode()
