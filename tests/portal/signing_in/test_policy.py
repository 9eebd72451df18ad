"""What an account asks of its people: a second factor, networks, ends of sessions; the strictest of a line counts."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accesscontrol.access.engine import AccessDenied
from accesscontrol.accounts.demands import demands_on
from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.signing_in import SecurityPolicy, Session
from accesscontrol.audit.models import Event
from accesscontrol.services.accounts.accounts import change_account
from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.services.frame.freshness import NotFresh, NotInPerson
from accesscontrol.services.frame.revisions import Stale
from accesscontrol.services.signing_in import factors
from accesscontrol.services.signing_in.passwords import shortest
from accesscontrol.services.signing_in.policies import NETWORKS_BY_OWNER, change_policy, preview_policy
from portal.freshness import STARTED
from tests.portal.browser import Browser
from tests.portal.signing_in.factors import OVERVIEW, App, by_password, is_in
from tests.portal.signing_in.sessions import grow_old
from tests.portal.signing_in.test_sessions import signed_in, told
from tests.world import CONSOLE

PAGE = "/accounts/northwind/policy/"
HERE, ELSEWHERE = "198.51.100.7", "203.0.113.9"


@pytest.fixture
def ask(cast: Any) -> Callable[..., SecurityPolicy]:
    """Let an account ask for something."""

    def ask(account: str = "northwind", **fields: Any) -> SecurityPolicy:
        return change_policy(CONSOLE, cast.accounts[account], **fields)

    return ask


def person(username: str) -> User:
    return User.objects.get(username=username)


# --- A second factor


@pytest.mark.checklist("A13")
def test_who_lacks_a_factor_that_is_asked_for_is_led_to_add_one(cast, ask):
    adam = signed_in("adam")
    ask(second_factor="managers")
    assert adam.get("/")["Location"] == OVERVIEW
    assert adam.get("/items/device/")["Location"] == OVERVIEW
    assert adam.get("/users/", headers={"HX-Request": "true"})["HX-Redirect"] == OVERVIEW
    page = adam.get(OVERVIEW)
    assert (page.status_code, page.context["asked_for"]) == (200, True)
    assert adam.get(f"{OVERVIEW}app/").status_code == 200
    App().of(person("adam"))
    assert is_in(adam)


@pytest.mark.checklist("A13")
def test_managers_are_others_than_everybody(cast, ask):
    anna, sam = signed_in("anna"), signed_in("sam")
    ask(second_factor="managers")
    assert (is_in(anna), is_in(sam)) == (True, True)
    ask(second_factor="everybody")
    assert (is_in(anna), is_in(sam)) == (False, False)


@pytest.mark.checklist("A13")
def test_the_installation_asks_it_of_managers_unless_it_says_otherwise(cast, settings):
    settings.SECOND_FACTOR_FOR = "managers"
    found = {name: demands_on(person(name)).second_factor for name in ("nora", "adam", "anna", "sam")}
    assert found == {"nora": True, "adam": True, "anna": False, "sam": False}


def test_the_rest_interface_refuses_a_session_that_lacks_it_and_no_token(cast, ask):
    ask(second_factor="everybody")
    client = APIClient()
    client.force_login(cast.people["adam"])
    answer = client.get("/api/v1/users/")
    assert (answer.status_code, "second factor" in answer.json()["detail"]) == (403, True)
    program = APIClient(headers={"Authorization": f"Bearer {cast.tokens['master'].secret}"})
    assert program.get("/api/v1/users/").status_code == 200


def test_nobody_takes_the_last_factor_away_that_is_asked_for(cast, ask):
    App().of(person("adam"))
    ask(second_factor="managers")
    [app] = factors.factors_of(person("adam"))
    with pytest.raises(Conflict, match="asks for a second factor"):
        factors.remove_factor(cast.actor("adam"), app)
    ask(second_factor="nobody")
    factors.remove_factor(cast.actor("adam"), app)


@pytest.mark.checklist("A01")
def test_eight_characters_are_enough_beside_a_factor_that_is_asked_for(cast, ask):
    assert (shortest(person("adam")), shortest(person("anna"))) == (15, 15)
    ask(second_factor="managers")
    assert (shortest(person("adam")), shortest(person("anna"))) == (8, 15)


# --- Networks


@pytest.mark.checklist("Z13")
def test_networks_count_at_the_sign_in_and_at_each_request(cast, ask):
    here, there = signed_in("anna", address=HERE), signed_in("anna", address=ELSEWHERE)
    ask(networks=["198.51.100.0/24"])
    assert is_in(here)
    assert told(there) == ["Your account lets people in from certain networks only, and you are not in one of them."]
    late = Client(REMOTE_ADDR=ELSEWHERE)
    by_password(late, "anna")
    assert not is_in(late)
    assert Event.objects.filter(action="sign_in_refused").count() == 1
    assert is_in(signed_in("anna", address=HERE))


@pytest.mark.checklist("Z13")
def test_a_session_that_moves_to_another_network_ends(cast, ask):
    ask(networks=["198.51.100.0/24"])
    here = signed_in("anna", address=HERE)
    assert here.get("/", REMOTE_ADDR=ELSEWHERE).status_code == 302
    assert not is_in(here), "and does not come back with the address"


def test_each_list_of_the_line_has_to_hold_the_address(cast, ask):
    ask("northwind", networks=["198.51.100.0/24"], whole_branch=True)
    ask("contoso", networks=["198.51.100.128/25", "203.0.113.0/24"])
    carla = demands_on(person("carla"))
    found = {one: carla.lets_in_from(one) for one in ("198.51.100.200", "198.51.100.7", "203.0.113.9", None)}
    assert found == {"198.51.100.200": True, "198.51.100.7": False, "203.0.113.9": False, None: False}


def test_nobody_shuts_the_door_on_themself(cast):
    with pytest.raises(Invalid, match="not in one of these networks yourself"):
        change_policy(cast.actor("nora", address=HERE), cast.accounts["northwind"], networks=["203.0.113.0/24"])
    assert not SecurityPolicy.objects.exists()


# --- Sessions


@pytest.mark.checklist("S03")
def test_sessions_end_as_the_account_says_and_never_later_than_the_installation_does(cast, ask):
    anna = signed_in("anna")
    ask(absolute_minutes=60)
    session = anna.session
    session[STARTED] = time.time() - 59 * 60
    session.save()
    assert is_in(anna)
    session[STARTED] = time.time() - 61 * 60
    session.save()
    assert told(anna) == ["You were signed in for very long. Sign in again to go on."]
    with pytest.raises(Invalid):
        ask(absolute_minutes=13 * 60)


@pytest.mark.checklist("S03")
def test_sessions_end_without_use_as_the_account_says(cast, ask):
    anna = signed_in("anna")
    ask(idle_minutes=5)
    rows = Session.objects.filter(user=cast.people["anna"])
    rows.update(expire_date=F("expire_date") - timedelta(minutes=4))
    assert is_in(anna)
    rows.update(expire_date=F("expire_date") - timedelta(minutes=7))
    assert told(anna) == ["You were away for longer than your account allows. Sign in again to go on."]


# --- The line


def test_the_strictest_of_a_line_counts_where_it_holds_for_the_branch(cast, ask):
    ask("northwind", second_factor="everybody", idle_minutes=20)
    ask("contoso", idle_minutes=10, absolute_minutes=100)
    siv = demands_on(person("carla"))
    assert (siv.second_factor, siv.idle_seconds, siv.absolute_seconds) == (False, 600, 6000)
    ask("northwind", whole_branch=True)
    siv = demands_on(person("carla"))
    assert (siv.second_factor, siv.idle_seconds, siv.absolute_seconds) == (True, 600, 6000)
    assert not demands_on(person("siv")).provider_only
    ask("northwind", provider_only=True)
    assert demands_on(person("siv")).provider_only
    assert demands_on(person("alma")).second_factor is False


def test_a_policy_costs_no_statement_a_request(cast, ask):
    anna = signed_in("anna")
    anna.get("/profile/")
    counts = []
    for fields in ({}, {"idle_minutes": 20, "networks": ["198.51.100.0/24"], "whole_branch": True}):
        if fields:
            ask(**fields)
        anna.get("/profile/")
        with CaptureQueriesContext(connection) as caught:
            anna.get("/profile/")
        counts.append(len(caught))
    assert counts[0] == counts[1]


# --- Who says it


@pytest.mark.checklist("S07")
def test_its_managers_and_those_above_say_it_in_person_and_freshly(cast):
    northwind, contoso = cast.accounts["northwind"], cast.accounts["contoso"]
    for who, account in (("nora", northwind), ("adam", northwind), ("nora", contoso), ("carl", contoso)):
        change_policy(cast.actor(who), account, second_factor="managers")
    for who, account in (("anna", northwind), ("sam", northwind), ("carla", northwind), ("alma", northwind)):
        with pytest.raises(AccessDenied):
            change_policy(cast.actor(who), account, second_factor="nobody")
    with pytest.raises(NotFresh):
        change_policy(cast.actor("nora", fresh_at=None), northwind, second_factor="everybody")
    with pytest.raises(NotInPerson):
        change_policy(cast.token("master"), northwind, second_factor="everybody")


@pytest.mark.checklist("Z13")
def test_an_administrator_shuts_nobody_out_of_the_account_by_its_networks(cast):
    northwind, contoso, here = cast.accounts["northwind"], cast.accounts["contoso"], ["198.51.100.0/24"]
    for who, account in (("adam", northwind), ("carl", contoso)):
        with pytest.raises(Conflict) as refused:
            change_policy(cast.actor(who, address=HERE), account, idle_minutes=20, networks=here)
        assert str(refused.value) == str(NETWORKS_BY_OWNER(account=account.name))
    with pytest.raises(Conflict, match="Only the owner of Contoso"):
        acting = cast.actor("adam", address=HERE).acting_as(contoso)
        change_policy(acting, contoso, networks=here)
    assert not SecurityPolicy.objects.exists()
    change_policy(cast.actor("nora", address=HERE), northwind, networks=here)
    change_policy(cast.actor("adam", address=HERE), contoso, networks=here)
    change_policy(cast.actor("carla", address=HERE), contoso, networks=["198.51.0.0/16"])
    for lifted in ([], ["0.0.0.0/0"]):
        with pytest.raises(Conflict):
            change_policy(cast.actor("adam", address=HERE), northwind, networks=lifted)
    policy = change_policy(cast.actor("adam", address=HERE), northwind, networks=tuple(here), idle_minutes=20)
    assert (policy.networks, policy.idle_minutes) == (here, 20)


def test_the_page_of_an_administrator_shows_networks_and_why_they_stay(browse, cast, ask):
    ask(networks=["127.0.0.0/8", "10.0.0.0/8"])
    adam: Browser = browse("adam")
    field = adam.get(PAGE).context["form"]["networks"]
    assert (field.field.disabled, field.help_text) == (True, str(NETWORKS_BY_OWNER(account="Northwind")))
    sent = {"second_factor": "nobody", "networks": "203.0.113.0/24", "idle_minutes": "20", "absolute_minutes": ""}
    preview = adam.post(f"{PAGE}preview/", sent, headers={"HX-Request": "true"})
    assert preview.status_code == 200
    assert adam.post(PAGE, sent)["Location"] == PAGE
    policy = SecurityPolicy.objects.get()
    assert (policy.networks, policy.idle_minutes) == (["127.0.0.0/8", "10.0.0.0/8"], 20)
    assert browse("nora").get(PAGE).context["form"]["networks"].field.disabled is False


def test_the_reason_holds_no_markup_of_a_name(browse, cast):
    change_account(CONSOLE, cast.accounts["northwind"], name="<b>North</b>")
    text = browse("adam").get(PAGE).content.decode()
    assert ("Only the owner of &lt;b&gt;North&lt;/b&gt;, or" in text, "<b>North" in text) == (True, False)


def test_over_rest_an_administrator_changes_all_but_the_networks(cast):
    client, path = APIClient(), "/api/v1/accounts/northwind/policy/"
    client.force_login(cast.people["adam"])
    tag = {"If-Match": client.get(path)["ETag"]}
    answer = client.patch(path, {"networks": ["127.0.0.0/8"], "idle_minutes": 20}, format="json", headers=tag)
    assert (answer.status_code, answer.json()["detail"]) == (409, str(NETWORKS_BY_OWNER(account="Northwind")))
    assert not SecurityPolicy.objects.exists()
    assert client.patch(path, {"networks": [], "idle_minutes": 20}, format="json", headers=tag).status_code == 200
    assert SecurityPolicy.objects.get().idle_minutes == 20


def test_it_is_an_event_with_what_changed(cast, ask):
    ask(second_factor="managers", idle_minutes=20)
    ask(second_factor="managers", idle_minutes=20)
    [event] = Event.objects.filter(action="account.policy").select_related("detail")
    assert event.detail.changes == {"second_factor": ["nobody", "managers"], "idle_minutes": [None, 20]}


def test_the_page_saves_it_on_the_state_that_was_seen(browse, cast):
    nora: Browser = browse("nora")
    sent = {"second_factor": "managers", "networks": "", "idle_minutes": "20", "absolute_minutes": ""}
    assert nora.post(PAGE, sent)["Location"] == PAGE
    policy = SecurityPolicy.objects.get()
    assert (policy.second_factor, policy.idle_minutes, policy.whole_branch) == ("managers", 20, False)


def test_an_old_form_undoes_nothing(browse, cast, ask):
    nora: Browser = browse("nora")
    old = nora.looked_at(PAGE)
    ask(second_factor="everybody")
    App().of(person("nora"))
    page = nora.post(PAGE, {**old, "second_factor": "nobody", "networks": ""})
    assert page.status_code == 200
    assert SecurityPolicy.objects.get().second_factor == "everybody"
    assert issubclass(Stale, Conflict)


def test_the_page_says_whom_it_would_concern(browse, cast):
    nora: Browser = browse("nora")
    App().of(person("adam"))
    sent = {"second_factor": "everybody", "networks": "203.0.113.0/24", "idle_minutes": "", "absolute_minutes": ""}
    signed_in("anna", address=HERE)
    page = nora.post(f"{PAGE}preview/", sent, headers={"HX-Request": "true"})
    text = page.content.decode()
    assert "It holds for 6 people." in text
    assert "5 people have no second factor yet: anna, lee, nora, otto, sam." in text
    assert "come from elsewhere" in text
    assert not SecurityPolicy.objects.exists()


def test_the_preview_of_managers_alone(cast):
    found = preview_policy(cast.accounts["northwind"], second_factor="managers", whole_branch=True)
    assert (found.people, found.without_factor) == (11, ("adam", "carl", "carla", "frank", "nora", "shira"))


def test_who_is_not_fresh_is_asked_and_nothing_is_lost(browse, cast):
    nora: Browser = browse("nora")
    nora.get("/")
    grow_old(nora)
    sent = {"second_factor": "managers", "networks": "", "idle_minutes": "", "absolute_minutes": ""}
    page = nora.post(PAGE, sent)
    assert "Confirm that it is you" in page.content.decode()
    assert Account.objects.get(key="northwind").pk
    assert not SecurityPolicy.objects.exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"networks": ["office"]}, "networks"),
        ({"networks": ["10.0.0.1/8"]}, "networks"),
        ({"idle_minutes": 0}, "idle_minutes"),
        ({"idle_minutes": 31}, "idle_minutes"),
        ({"second_factor": "somebody"}, "second_factor"),
    ],
)
def test_what_nobody_can_mean_is_refused(cast, ask, fields, field):
    with pytest.raises(Invalid) as refused:
        ask(**fields)
    assert list(refused.value.errors) == [field]


def test_over_rest_it_is_read_and_changed_by_people_alone(cast):
    client, path = APIClient(), "/api/v1/accounts/northwind/policy/"
    client.force_login(cast.people["nora"])
    read = client.get(path)
    assert read.json()["second_factor"] == "nobody"
    sent = {"second_factor": "managers", "idle_minutes": 20, "networks": ["127.0.0.0/8"]}
    assert client.patch(path, sent, format="json", headers={"If-Match": read["ETag"]}).status_code == 200
    policy = SecurityPolicy.objects.get()
    assert (policy.second_factor, policy.idle_minutes, policy.networks) == ("managers", 20, ["127.0.0.0/8"])
    program = APIClient(headers={"Authorization": f"Bearer {cast.tokens['master'].secret}"})
    assert program.get(path).status_code == 200
    answer = program.patch(path, {"second_factor": "nobody"}, format="json")
    assert (answer.status_code, SecurityPolicy.objects.get().second_factor) == (409, "managers")
