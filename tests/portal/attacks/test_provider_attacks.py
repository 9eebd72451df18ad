"""Attacks by way of an identity provider: somebody else's mailbox, somebody else's address as a name, slow answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accesscontrol.accounts.models import User
from accesscontrol.services.joining.invitations import invite_user
from accesscontrol.services.providers import fetching, speaking
from tests.portal.signing_in.provider import Provider, come_back, led_to, running, set_up, sign_in_at


@pytest.fixture(scope="module")
def server() -> Iterator[Provider]:
    yield from running()


@pytest.fixture
def provider(server, settings) -> Provider:
    settings.PROVIDER_HOSTS_INSIDE = [server.host]
    return server


def who(browser: Client) -> str | None:
    found = browser.session.get("_auth_user_id")
    return User.objects.get(pk=found).username if found else None


def come(provider: Provider, subject: str, **claims: str) -> str | None:
    browser = Client()
    provider.knows(subject, **claims)
    sign_in_at(browser, provider, subject)
    return who(browser)


def strauss(cast, **fields) -> None:
    User.objects.create(
        account=cast.accounts["northwind"],
        username="strauss",
        email="strauss@northwind.example",
        verified=True,
        **fields,
    )


def test_who_has_another_mailbox_that_folds_alike_is_nobody_here(cast, provider):
    set_up(cast, provider)
    strauss(cast, proven_at=timezone.now(), authority="administrator")
    assert come(provider, "robber", email="strauß@northwind.example") is None
    assert come(provider, "strauss", email="Strauss@northwind.example") == "strauss"


def test_who_has_another_mailbox_answers_no_invitation(cast, provider):
    set_up(cast, provider)
    invite_user(cast.actor("nora"), cast.accounts["northwind"], username="strauss", email="strauss@northwind.example")
    assert come(provider, "robber", email="strauß@northwind.example") is None
    assert User.objects.get(username="strauss").verified is False


def test_the_installations_provider_links_no_mailbox_that_folds_alike(cast, provider, settings):
    settings.PROVIDER_ISSUER, settings.PROVIDER_CLIENT_ID = provider.issuer, "portal"
    settings.PROVIDER_CLIENT_SECRET, settings.PROVIDER_DOMAINS = "hush", ["northwind.example"]
    strauss(cast, proven_at=timezone.now())
    for subject, email, expected in (
        ("robber", "strauß@northwind.example", None), ("strauss", "strauss@northwind.example", "strauss"),
    ):  # fmt: skip
        provider.knows(subject, email=email)
        browser = Client()
        page = browser.post("/sign-in/installation/")
        come_back(browser, provider.answers(led_to(page), subject))
        assert who(browser) == expected


def test_nobody_is_brought_under_the_address_of_somebody_else(cast, provider):
    set_up(cast, provider)
    User.objects.filter(username="sam").update(proven_at=timezone.now())
    claims = {"email": "mia@northwind.example", "preferred_username": "otto@contoso.example"}
    assert come(provider, "mia", **claims) == "mia"
    own = {"email": "kim@northwind.example", "preferred_username": "Kim@northwind.example"}
    assert come(provider, "kim", **own) == "Kim@northwind.example"


def test_a_provider_that_does_not_answer_is_not_waited_for_by_everybody(cast, provider, monkeypatch):
    set_up(cast, provider)
    cache.clear()
    asked = []

    def fails(address, **_rest):
        asked.append(address)
        raise fetching.NotFetched("too_slow")

    monkeypatch.setattr(speaking, "fetch_json", fails)
    for _ in range(5):
        assert Client().post("/sign-in/provider/northwind/").status_code == 400
    assert len(asked) == 1
