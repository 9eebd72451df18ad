"""Signing in at an identity provider, against a real one: who comes in, who is linked, and that nobody is raised."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accesscontrol.accounts.models import Account, User
from accesscontrol.audit.models import Event
from accesscontrol.checks import check_provider
from accesscontrol.joining.models import ExternalIdentity, Invitation
from accesscontrol.services.accounts.accounts import change_account
from accesscontrol.services.joining.invitations import invite_user
from accesscontrol.services.people.roles import create_role
from accesscontrol.services.people.users import change_user, set_enabled
from accesscontrol.services.providers.providers import remove_provider
from tests.portal.signing_in.provider import Provider, come_back, led_to, running, set_up, sign_in_at
from tests.world import CONSOLE

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def server() -> Iterator[Provider]:
    yield from running()


@pytest.fixture
def provider(server, settings) -> Provider:
    settings.PROVIDER_HOSTS_INSIDE = [server.host]
    return server


def who(browser: Client) -> str | None:
    """The username of who is signed in."""
    found = browser.session.get("_auth_user_id")
    return User.objects.get(pk=found).username if found else None


def words(page) -> str:
    return " ".join(page.content.decode().split())


# --- Who comes in


@pytest.mark.checklist("A19")
def test_somebody_new_becomes_a_user_with_the_role_of_their_group(cast, provider):
    set_up(cast, provider, roles=(("drivers", cast.dispatcher),))
    provider.knows("new-1", email="Mia@northwind.example", preferred_username="mia", given_name="Mia",
                   groups=["staff", "drivers"])  # fmt: skip
    browser = Client()
    answer = sign_in_at(browser, provider, "new-1", next="/items/")
    assert (answer.status_code, answer.url, who(browser)) == (302, "/items/", "mia")
    mia = User.objects.get(username="mia")
    assert (mia.account, mia.authority, mia.role, mia.first_name) == (
        cast.accounts["northwind"], "user", cast.dispatcher, "Mia",
    )  # fmt: skip
    assert (mia.verified, mia.proven_at, mia.has_usable_password()) == (True, None, False)
    told = list(
        Event.objects.filter(action__startswith="user.", detail__actor_name="mia").values_list("action", flat=True)
    )
    assert sorted(told) == ["user.come", "user.link"]
    again = Client()
    assert sign_in_at(again, provider, "new-1").status_code == 302
    assert (who(again), User.objects.filter(username__startswith="mia").count()) == ("mia", 1)


@pytest.mark.checklist("A19")
@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"email": "zoe@northwind.example", "email_verified": False}, "has not verified your e-mail address"),
        ({"email": "zoe@northwind.example", "email_verified": "true"}, "has not verified your e-mail address"),
        ({}, "has not verified your e-mail address"),
        ({"email": "zoe@elsewhere.example"}, "speaks for no address of elsewhere.example"),
        ({"email": "zoe@mail.northwind.example"}, "speaks for no address of mail.northwind.example"),
    ],
)
def test_an_address_that_is_not_verified_or_not_of_the_domains_brings_nobody(cast, provider, claims, said):
    set_up(cast, provider)
    provider.knows("zoe", **claims)
    before, browser = User.objects.count(), Client()
    page = sign_in_at(browser, provider, "zoe")
    assert said in words(page)
    assert (who(browser), User.objects.count(), ExternalIdentity.objects.count()) == (None, before, 0)


def known(cast, username: str, *, proven: bool = True) -> User:
    user = cast.people[username]
    user.email, user.proven_at = f"{username}@northwind.example", timezone.now() if proven else None
    user.save(update_fields=["email", "proven_at"])
    return user


@pytest.mark.checklist("A19")
def test_somebody_who_is_known_is_linked_where_the_address_is_proven_here(cast, provider):
    set_up(cast, provider)
    anna = known(cast, "anna")
    provider.knows("a", email="ANNA@northwind.example", groups=["owners"])
    browser = Client()
    assert sign_in_at(browser, provider, "a").status_code == 302
    anna.refresh_from_db()
    assert (who(browser), anna.authority, anna.role) == ("anna", "developer", None)
    assert list(ExternalIdentity.objects.values_list("subject", "user", "brought")) == [("a", anna.pk, False)]


@pytest.mark.checklist("A19")
@pytest.mark.parametrize("username", ["anna", "nora"])
def test_nobody_is_linked_by_an_address_that_is_not_proven_here(cast, provider, username):
    set_up(cast, provider)
    known(cast, username, proven=False)
    provider.knows("x", email=f"{username}@northwind.example")
    before, browser = User.objects.count(), Client()
    assert "has not confirmed it" in words(sign_in_at(browser, provider, "x"))
    assert (who(browser), ExternalIdentity.objects.count(), User.objects.count()) == (None, 0, before)


@pytest.mark.checklist("A19")
def test_a_provider_speaks_for_its_own_account_alone(cast, provider):
    """Somebody of another account with the same address stays who they are there."""
    set_up(cast, provider, "contoso", "carla", domains=("northwind.example",))
    anna = known(cast, "anna")
    provider.knows("a2", email="anna@northwind.example")
    browser = Client()
    assert sign_in_at(browser, provider, "a2", "contoso").status_code == 302
    made = User.objects.get(username=who(browser))
    assert (made.pk == anna.pk, made.account.key, made.authority, made.proven_at) == (False, "contoso", "user", None)


@pytest.mark.checklist("A19")
def test_the_invited_answer_by_the_provider_while_their_maker_may_still_give_it(cast, provider):
    set_up(cast, provider)
    for name in ("ivy", "ian"):
        invite_user(cast.actor("adam"), cast.accounts["northwind"], username=name, authority="developer",
                    email=f"{name}@northwind.example")  # fmt: skip
        provider.knows(name, email=f"{name}@northwind.example")
    browser = Client()
    assert sign_in_at(browser, provider, "ivy").status_code == 302
    ivy = User.objects.get(username="ivy")
    assert (who(browser), ivy.authority, ivy.verified) == ("ivy", "developer", True)
    assert not Invitation.objects.filter(user=ivy).exists()
    set_enabled(cast.actor("nora"), cast.people["adam"], False)
    other = Client()
    assert "has not confirmed it" in words(sign_in_at(other, provider, "ian"))
    assert who(other) is None


# --- Nobody is raised, and what was decided here stays


@pytest.mark.checklist("A19")
def test_a_role_follows_the_groups_and_what_was_lowered_here_stays(cast, provider):
    north = cast.accounts["northwind"]
    viewer = create_role(CONSOLE, north, name="Viewer", rights=())
    set_up(cast, provider, roles=(("drivers", cast.dispatcher), ("viewers", viewer)))
    provider.knows("r", email="rob@northwind.example", preferred_username="rob", groups=["viewers"])
    sign_in_at(Client(), provider, "r")
    rob = User.objects.get(username="rob")
    assert rob.role == viewer
    provider.knows("r", email="rob@northwind.example", preferred_username="nora", groups=["drivers", "owner"],
                   authority="owner")  # fmt: skip
    sign_in_at(Client(), provider, "r")
    rob.refresh_from_db()
    assert (rob.username, rob.role, rob.authority) == ("rob", cast.dispatcher, "user")
    change_user(cast.actor("adam"), rob, role=viewer)
    sign_in_at(Client(), provider, "r")
    rob.refresh_from_db()
    assert rob.role == viewer


def test_a_role_that_whoever_set_it_up_may_give_no_longer_is_not_given(cast, provider):
    """Nor does anybody new come in by a provider whose maker is gone; who is known still does."""
    set_up(cast, provider, roles=(("drivers", cast.dispatcher),))
    provider.knows("s", email="sue@northwind.example", preferred_username="sue", groups=[])
    sign_in_at(Client(), provider, "s")
    User.objects.filter(username="nora").update(is_active=False)
    provider.knows("s", email="sue@northwind.example", groups=["drivers"])
    browser = Client()
    assert sign_in_at(browser, provider, "s").status_code == 302
    assert (who(browser), User.objects.get(username="sue").role) == ("sue", None)
    provider.knows("t", email="tom@northwind.example")
    assert "Nobody new comes in this way" in words(sign_in_at(Client(), provider, "t"))


def test_whom_somebody_here_shut_out_is_not_let_in(cast, provider):
    set_up(cast, provider)
    provider.knows("d", email="dan@northwind.example", preferred_username="dan")
    sign_in_at(Client(), provider, "d")
    dan = User.objects.get(username="dan")
    for change in ({"enabled": False}, {"enabled": True, "expires_at": timezone.now() + timedelta(seconds=30)}):
        change_user(CONSOLE, dan, **change)
        if "expires_at" in change:
            User.objects.filter(pk=dan.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
        browser = Client()
        answer = sign_in_at(browser, provider, "d")
        assert (answer.status_code, answer.url, who(browser)) == (302, "/sign-in/", None)
    gone = known(cast, "otto")
    set_enabled(CONSOLE, gone, False)
    provider.knows("o", email="otto@northwind.example")
    assert "has not confirmed it" in words(sign_in_at(Client(), provider, "o"))


def test_somebody_else_of_the_provider_with_the_same_address_is_not_them(cast, provider):
    set_up(cast, provider)
    known(cast, "anna")
    provider.knows("first", email="anna@northwind.example")
    provider.knows("second", email="anna@northwind.example")
    sign_in_at(Client(), provider, "first")
    browser = Client()
    assert "Somebody else of your provider" in words(sign_in_at(browser, provider, "second"))
    assert who(browser) is None


def test_one_name_at_two_providers_is_two_people(cast, provider):
    set_up(cast, provider)
    set_up(cast, provider, "contoso", "carla", domains=("contoso.example",))
    provider.knows("same", email="ann@northwind.example", preferred_username="ann")
    first = Client()
    sign_in_at(first, provider, "same")
    provider.knows("same", email="ann@contoso.example", preferred_username="ann")
    second = Client()
    sign_in_at(second, provider, "same", "contoso")
    assert (who(first), who(second)) == ("ann", "ann2")


def test_the_last_seat_is_not_passed(cast, provider):
    north = cast.accounts["northwind"]
    set_up(cast, provider)
    seats = User.objects.filter(account__top=north.pk, authority="user").count()
    change_account(CONSOLE, north, limits={"user": seats})
    provider.knows("q", email="quin@northwind.example")
    before = User.objects.count()
    assert "Not signed in" in words(sign_in_at(Client(), provider, "q"))
    assert User.objects.count() == before


# --- What comes back


@pytest.mark.checklist("A19")
def test_an_answer_counts_once_in_the_browser_that_asked_and_for_the_provider_asked(cast, provider):
    set_up(cast, provider)
    set_up(cast, provider, "contoso", "carla")
    provider.knows("n", email="nick@northwind.example", preferred_username="nick")
    browser = Client()
    back = provider.answers(led_to(browser.post("/sign-in/provider/northwind/")), "n")
    assert come_back(Client(), back).status_code == 400
    assert come_back(browser, back.replace("northwind", "contoso")).status_code == 400
    back = provider.answers(led_to(browser.post("/sign-in/provider/northwind/")), "n")
    assert come_back(browser, back).status_code == 302
    assert come_back(browser, back).status_code == 400
    assert User.objects.filter(username="nick").count() == 1


def test_another_provider_or_none_knows_nobody_of_before(cast, provider):
    row = set_up(cast, provider)
    known(cast, "anna")
    provider.knows("p", email="anna@northwind.example")
    browser = Client()
    sign_in_at(browser, provider, "p")
    set_up(cast, provider, client_id="another")
    assert (row.identities.count(), browser.get("/").status_code) == (0, 302)
    remove_provider(cast.actor("nora"), cast.accounts["northwind"])
    assert Client().get("/sign-in/provider/northwind/").status_code == 404


def test_the_address_at_work_leads_to_the_provider_whoever_has_it(cast, provider):
    set_up(cast, provider)
    known(cast, "anna")
    pages = [Client().post("/sign-in/provider/", {"email": f"{name}@northwind.example"}) for name in ("anna", "nobody")]
    assert [led_to(page).partition("?")[0] for page in pages] == [f"{provider.issuer}/oauth2/authorize"] * 2
    assert "No provider signs in people of else.example" in words(
        Client().post("/sign-in/provider/", {"email": "anna@else.example"})
    )


def test_an_account_without_a_provider_and_no_account_answer_alike(cast, provider):
    pages = [Client().get(f"/sign-in/provider/{key}/") for key in ("northwind", "nowhere")]
    assert [page.status_code for page in pages] == [404, 404]


# --- The installation's own


def test_the_provider_of_the_installation_signs_in_people_who_exist_and_makes_nobody(cast, provider, settings):
    settings.PROVIDER_ISSUER, settings.PROVIDER_CLIENT_ID = provider.issuer, "portal"
    settings.PROVIDER_CLIENT_SECRET, settings.PROVIDER_DOMAINS = "hush", ["northwind.example"]
    known(cast, "anna")
    provider.knows("ia", email="anna@northwind.example")
    provider.knows("ib", email="brand-new@northwind.example")
    before = User.objects.count()
    for subject, expected in (("ia", "anna"), ("ib", None)):
        browser = Client()
        page = browser.post("/sign-in/installation/")
        come_back(browser, provider.answers(led_to(page), subject))
        assert who(browser) == expected
    assert (User.objects.count(), Account.objects.count()) == (before, len(cast.accounts))


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, []),
        ({"PROVIDER_ISSUER": "https://login.example.org"}, ["accesscontrol.E080"]),
        ({"PROVIDER_ISSUER": "http://login.example.org", "PROVIDER_CLIENT_ID": "p", "PROVIDER_DOMAINS": ["x.example"]},
         ["accesscontrol.E081"]),
        ({"PROVIDER_ISSUER": "https://login.example.org", "PROVIDER_CLIENT_ID": "p", "PROVIDER_DOMAINS": ["x.example"]},
         []),
    ],
)  # fmt: skip
def test_settings_of_a_provider_that_signs_nobody_in_are_refused(settings, changed, found):
    settings.SECURE = True
    for name, value in changed.items():
        setattr(settings, name, value)
    assert [message.id for message in check_provider()] == found
