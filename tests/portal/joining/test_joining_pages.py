"""Joining by pages and mail alone: invited, entered, registering; what is over opens nothing."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accesscontrol.accounts.models import Account, User
from accesscontrol.audit.models import Event
from accesscontrol.joining.models import Invitation, RegistrationRules
from accesscontrol.services.accounts.accounts import change_limits
from accesscontrol.services.joining.registration import change_registration
from tests.portal.joining.conftest import PASSWORD, links_in
from tests.world import CONSOLE

NEW = {"account": "northwind", "username": "guest", "email": "guest@home.example", "authority": "user", "enabled": "on",
       "way": "invite"}  # fmt: skip
TWICE = {"password": PASSWORD, "again": PASSWORD}


def page_of(answer) -> str:
    """A page without the key that its forms hold, which differs each time."""
    return re.sub(r"[A-Za-z0-9]{64}", "", answer.content.decode())


def is_in(username: str, password: str = PASSWORD) -> bool:
    return Client().post("/sign-in/", {"login": username, "password": password}).status_code == 302


@pytest.mark.seed("user-accounts.23")
@pytest.mark.seed("user-accounts.27")
def test_somebody_is_invited_joins_and_signs_in_by_name_or_address(browse, sent):
    [mail] = sent(lambda: browse("nora").post("/users/~new/", NEW))
    [path] = links_in(mail)
    page = Client().get(path)
    assert (page.status_code, page["Referrer-Policy"], page["Cache-Control"]) == (200, "strict-origin", "no-store")
    assert "nora invites you to Northwind" in page.content.decode()
    answer = Client().post(path, TWICE)
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/")
    assert is_in("guest") and is_in("Guest@HOME.example")
    assert Client().get(path).status_code == 404


def test_whoever_invites_reads_that_a_mail_is_on_its_way_and_who_is_invited(browse, sent):
    client = browse("nora")
    sent(lambda: client.post("/users/~new/", NEW))
    page = client.get("/users/guest/")
    assert "An invitation is on its way by mail" in page.content.decode()
    assert page.context["state"] == {"label": "Invited", "tone": "info"}
    assert client.get("/users/sam/").context["state"]["label"] == "Enabled"


def test_opening_a_link_changes_nothing(browse, sent):
    """Mail programs open links by themselves."""
    [mail] = sent(lambda: browse("nora").post("/users/~new/", NEW))
    before = Event.objects.count()
    for _ in range(3):
        assert Client().get(links_in(mail)[0]).status_code == 200
    assert (Event.objects.count(), Invitation.objects.count()) == (before, 1)


@pytest.mark.parametrize(
    ("typed", "field"),
    [({"password": "short", "again": "short"}, "password"), ({"password": PASSWORD, "again": "else"}, "again"),
     ({}, "password")],
)  # fmt: skip
def test_a_wrong_answer_is_told_at_its_field_and_the_link_stays(browse, sent, typed, field):
    [mail] = sent(lambda: browse("nora").post("/users/~new/", NEW))
    page = Client().post(links_in(mail)[0], typed)
    assert page.status_code == 200
    assert field in page.context["form"].errors
    assert Client().get(links_in(mail)[0]).status_code == 200


@pytest.mark.parametrize("path", ["/join/x/", "/register/x/", "/confirm/x/", "/forgotten/x/"])
def test_every_link_that_opens_nothing_is_one_page(cast, path):
    secrets = ("a", "b" * 43, "c.d:e", "f" * 900)
    answers = {page_of(Client().get(path.replace("x", secret))) for secret in secrets}
    assert len(answers) == 1
    assert Client().post(path, TWICE).status_code == 404


@pytest.mark.seed("user-accounts.24")
@pytest.mark.seed("user-accounts.26")
def test_a_password_may_be_set_in_person_and_the_address_is_asked_for(browse, sent):
    fields = {**NEW, "way": "password", **TWICE}
    [mail] = sent(lambda: browse("nora").post("/users/~new/", fields))
    assert mail.subject == "Confirm your e-mail address"
    assert not is_in("guest")
    Client().post(links_in(mail)[0])
    assert is_in("guest")


def test_a_link_is_shown_once_where_there_is_no_address(browse, sent):
    nora = browse("nora")
    page = nora.post("/users/~new/", {**NEW, "email": "", "way": "link"})
    [path] = links_in(type("Page", (), {"body": page.context["link"]}))
    assert path in page.content.decode()
    assert "/join/" not in nora.get("/users/guest/").content.decode()
    assert Client().post(path, TWICE).status_code == 302
    user = User.objects.get(username="guest")
    assert (user.proven_at, user.verified) == (None, False)


def test_what_does_not_fit_together_is_told(browse):
    nora = browse("nora")
    cases = {
        "email": {**NEW, "email": ""},
        "password": {**NEW, "way": "password"},
        "again": {**NEW, "way": "password", "password": PASSWORD, "again": "else"},
        "way": {**NEW, **TWICE},
    }
    for field, fields in cases.items():
        page = nora.post("/users/~new/", fields)
        assert field in page.context["form"].errors, field
    assert not User.objects.filter(username="guest").exists()


@pytest.mark.seed("user-accounts.05")
@pytest.mark.seed("user-accounts.19")
@pytest.mark.seed("user-accounts.21")
def test_the_form_says_what_each_authority_may_and_what_the_new_user_will_have(browse):
    nora = browse("nora")
    page = nora.get("/users/~new/").content.decode()
    assert "creates things, tokens and projects of their own" in page
    told = {}
    for authority in ("administrator", "developer", "user"):
        fields = {**NEW, "authority": authority}
        told[authority] = nora.post("/users/~new/preview/", fields, headers={"HX-Request": "true"}).content.decode()
    assert "everything that Northwind has" in told["administrator"]
    assert "things of their own" in told["developer"]
    assert "Everything else has to be assigned" in told["user"]
    assert not User.objects.filter(username="guest").exists()


def test_the_limits_of_a_developer_stand_in_the_form_and_hold(browse, cast):
    change_limits(CONSOLE, cast.accounts["northwind"], {"device": 50})
    nora = browse("nora")
    page = nora.post("/users/~new/", {**NEW, "authority": "developer", "limit_device": "51"})
    assert "limit_device" in page.context["form"].errors
    assert nora.post("/users/~new/", {**NEW, "authority": "developer", "limit_device": "1"}).status_code == 302
    assert User.objects.get(username="guest").limits == {"device": 1}


# --- Again, withdrawn


def test_an_invitation_is_sent_again_and_withdrawn(browse, sent):
    nora = browse("nora")
    [first] = sent(lambda: nora.post("/users/~new/", NEW))
    [second] = sent(lambda: nora.post("/users/guest/invite/"))
    assert [Client().get(links_in(mail)[0]).status_code for mail in (first, second)] == [404, 200]
    assert nora.post("/users/guest/uninvite/").status_code == 302
    assert Client().get(links_in(second)[0]).status_code == 404
    page = nora.post("/users/guest/invite-link/")
    assert Client().get(page.context["link"].removeprefix("http://127.0.0.1:8000")).status_code == 200


def test_the_acts_on_an_invitation_are_not_there_for_others(browse, sent):
    sent(lambda: browse("nora").post("/users/~new/", NEW))
    for act in ("invite", "invite-link", "uninvite"):
        assert browse("carla").post(f"/users/guest/{act}/").status_code == 404
        assert browse("sam").post(f"/users/lee/{act}/").status_code == 404


# --- Signing up


def entered(cast, **fields) -> User:
    made = User(account=cast.accounts["northwind"], username="entered", email="Entered@home.example", **fields)
    made.set_unusable_password()
    made.save()
    return made


@pytest.mark.seed("user-accounts.23")
def test_somebody_who_was_entered_signs_up(cast, sent):
    entered(cast)
    [mail] = sent(lambda: Client().post("/sign-up/", {"email": "entered@HOME.example"}))
    assert mail.to == ["Entered@home.example"]
    assert Client().post(links_in(mail)[0], TWICE).status_code == 302
    assert is_in("entered")


@pytest.mark.seed("user-accounts.23")
@pytest.mark.parametrize(
    "state", [{"is_active": False}, {"expires_at": timezone.now() - timedelta(days=1)}], ids=["disabled", "ended"]
)
def test_who_may_not_come_in_is_not_written_to(cast, sent, state):
    entered(cast, **state)
    assert sent(lambda: Client().post("/sign-up/", {"email": "entered@home.example"})) == []


def test_who_was_withdrawn_or_whose_account_is_blocked_does_not_sign_up(browse, cast, sent):
    sent(lambda: browse("nora").post("/users/~new/", NEW))
    browse("nora").post("/users/guest/uninvite/")
    assert sent(lambda: Client().post("/sign-up/", {"email": "guest@home.example"})) == []
    entered(cast)
    Account.objects.filter(key="northwind").update(blocked=True)
    assert sent(lambda: Client().post("/sign-up/", {"email": "entered@home.example"})) == []


def test_who_has_joined_is_told_so_by_mail_alone(cast, sent):
    User.objects.filter(username="sam").update(proven_at=timezone.now())
    [mail] = sent(lambda: Client().post("/sign-up/", {"email": "sam@northwind.example"}))
    assert mail.subject == "You have joined already"
    assert "sam of Northwind" in mail.body


def open_sign_up(cast, **rules):
    change_registration(cast.actor("nora"), cast.accounts["northwind"], public=True, **rules)


def test_anybody_registers_where_the_rules_let_them(cast, sent):
    open_sign_up(cast, role=cast.dispatcher, allowed_domains=("home.example",))
    [mail] = sent(lambda: Client().post("/sign-up/northwind/", {"email": "new@home.example"}))
    [path] = links_in(mail)
    assert Client().get(path).status_code == 200
    assert Client().post(path, {**TWICE, "username": "newcomer", "first_name": "Nell"}).status_code == 302
    made = User.objects.get(username="newcomer")
    assert (made.account.key, made.authority, made.role, made.verified, made.proven_at is not None) == (
        "northwind", "user", cast.dispatcher, True, True,
    )  # fmt: skip
    assert is_in("newcomer")
    assert Client().get(path).status_code == 404
    event = Event.objects.get(action="user.sign_up")
    assert (event.actor_id, event.thing_id) == (made.pk, made.pk)


def test_only_the_address_of_a_willing_account_is_there(cast):
    open_sign_up(cast)
    change_registration(cast.actor("alma"), cast.accounts["acme"], public=True)
    Account.objects.filter(key="acme").update(blocked=True)
    found = {
        key: Client().get(f"/sign-up/{key}/").status_code for key in ("northwind", "contoso", "acme", "there-is-none")
    }
    assert found == {"northwind": 200, "contoso": 404, "acme": 404, "there-is-none": 404}


@pytest.mark.parametrize("email", ["new@elsewhere.example", "new@bad.home.example"])
def test_a_domain_that_is_not_allowed_is_told(cast, sent, email):
    open_sign_up(cast, allowed_domains=("home.example",), barred_domains=("bad.home.example",))
    mails = sent(lambda: Client().post("/sign-up/northwind/", {"email": email}))
    assert mails == []
    page = Client().post("/sign-up/northwind/", {"email": email})
    assert list(page.context["form"].errors) == ["email"]


def registering(sent) -> str:
    [mail] = sent(lambda: Client().post("/sign-up/northwind/", {"email": "new@home.example"}))
    return links_in(mail)[0]


def test_names_that_are_kept_back_or_taken_are_told_where_one_is_chosen(cast, sent):
    open_sign_up(cast, barred_usernames=("Root",))
    path = registering(sent)
    for username in ("rOOt", "nora", "НОРА" + "a", "~new"):
        page = Client().post(path, {**TWICE, "username": username})
        assert list(page.context["form"].errors) == ["username"], username
    assert not User.objects.filter(email="new@home.example").exists()


def test_a_password_is_as_long_as_the_rules_of_the_account_ask(cast, sent):
    open_sign_up(cast, password_length=30)
    page = Client().post(registering(sent), {**TWICE, "username": "newcomer"})
    assert page.context["form"].errors["password"] == ["This has 26 characters; at least 30 characters are needed."]


@pytest.mark.checklist("E04")
@pytest.mark.parametrize("how", ["closed", "other domains", "blocked", "joined meanwhile"])
def test_what_ends_the_link_of_somebody_who_registers(cast, sent, how):
    open_sign_up(cast)
    path = registering(sent)
    home, nora = cast.accounts["northwind"], cast.actor("nora")
    {
        "closed": lambda: change_registration(nora, home, public=False),
        "other domains": lambda: change_registration(nora, home, barred_domains=("home.example",)),
        "blocked": lambda: Account.objects.filter(pk=home.pk).update(blocked=True),
        "joined meanwhile": lambda: User.objects.create(account=home, username="other", email="NEW@home.example"),
    }[how]()
    assert Client().post(path, {**TWICE, "username": "newcomer"}).status_code == 404
    assert not User.objects.filter(username="newcomer").exists()


def test_the_rules_stand_on_a_page_of_the_account(browse, cast):
    nora = browse("nora")
    fields = {"public": "on", "allowed_domains": "Home.example\n@other.example", "role": "dispatcher"}
    preview = nora.post("/accounts/northwind/registration/preview/", fields, headers={"HX-Request": "true"})
    told = preview.content.decode()
    assert "Anybody with an address of Home.example, @other.example can join Northwind" in told
    assert "Dispatcher" in told
    assert nora.post("/accounts/northwind/registration/", fields).status_code == 302
    rules = RegistrationRules.objects.get(account=cast.accounts["northwind"])
    assert (rules.public, rules.allowed_domains, rules.role) == (
        True,
        ["home.example", "other.example"],
        cast.dispatcher,
    )
    assert "/sign-up/northwind/" in nora.get("/accounts/northwind/registration/").content.decode()
    event = Event.objects.get(action="account.registration")
    assert event.account_id == cast.accounts["northwind"].pk
    wrong = nora.post("/accounts/northwind/registration/", {"allowed_domains": "no domain", "password_length": "9"})
    assert set(wrong.context["form"].errors) == {"allowed_domains", "password_length"}
    assert browse("carla").get("/accounts/northwind/registration/").status_code == 404
    assert browse("siv").get("/accounts/shop/registration/").status_code == 403


# --- Opening an account


def test_opening_an_account_invites_its_first_owner(browse, cast, sent):
    fields = {"parent": "northwind", "name": "Depot", "owner_username": "dora", "owner_email": "dora@depot.example"}
    [mail] = sent(lambda: browse("nora").post("/accounts/~new/", fields))
    assert mail.to == ["dora@depot.example"]
    assert Client().post(links_in(mail)[0], TWICE).status_code == 302
    dora = User.objects.get(username="dora")
    assert (dora.authority, dora.account.name) == ("owner", "Depot")
    assert is_in("dora")


def test_both_or_neither(browse, cast):
    nora = browse("nora")
    page = nora.post("/accounts/~new/", {"parent": "northwind", "name": "Depot", "owner_username": "sam"})
    assert list(page.context["form"].errors) == ["owner_username"]
    assert not Account.objects.filter(name="Depot").exists()
    shown = nora.post("/accounts/~new/", {"parent": "northwind", "name": "Depot", "owner_username": "dora"})
    assert "/join/" in shown.context["link"]
    assert nora.post("/accounts/~new/", {"parent": "northwind", "name": "Yard"}).status_code == 302
    assert not User.objects.filter(account__name="Yard").exists()


@pytest.fixture(autouse=True)
def _uncounted() -> None:
    cache.clear()
