"""What weighs most is done freshly signed in: who is not confirms it on the way, and nothing that was sent is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accesscontrol.accounts.models import User
from accesscontrol.audit.models import Event
from accesscontrol.grants.models import Grant
from accesscontrol.services.accounts.ownership import confirm_ownership, offer_ownership
from accesscontrol.services.frame.freshness import NotFresh, NotInPerson
from accesscontrol.services.joining.proving import ask_new_address
from accesscontrol.services.people.users import change_user
from accesscontrol.services.signing_in.new_passwords import set_password
from accesscontrol.services.tokens.tokens import create_token, rotate_token
from accesscontrol.tokens.models import Token
from tests.portal.browser import Browser, Form, forms_of
from tests.portal.signing_in.sessions import grow_old
from tests.world import PASSWORD

NAME = 'Gateway <&" é'
NEXT_WEEK = timezone.now() + timedelta(days=7)


def asks(page: Any) -> Form:
    """The form of the page that asks for a password."""
    return next(form for form in forms_of(page) if "confirm-password" in form.fields)


def confirm(client: Client, page: Any, password: str = PASSWORD, **more: Any) -> Any:
    """Answer the page that asks, as a browser does: with all that it holds hidden."""
    form = asks(page)
    return client.post(form.action, {**form.untouched(), "confirm-password": [password]}, **more)


def master(**more: Any) -> dict[str, Any]:
    """What the form of a new master token sends."""
    return {"account": "northwind", "name": NAME, "type": "master", "expires_at": f"{NEXT_WEEK:%Y-%m-%dT%H:%M}", **more}


@pytest.fixture
def nora(browse: Callable[[str], Browser]) -> Browser:
    """The owner, who signed in a while ago."""
    client = browse("nora")
    client.get("/")
    grow_old(client)
    return client


@pytest.mark.checklist("S07")
def test_a_master_token_is_asked_for_freshly_and_then_made_from_what_was_sent(nora, cast):
    before = Token.objects.count()
    page = nora.post("/tokens/~new/", master())
    assert (page.status_code, Token.objects.count()) == (200, before)
    done = confirm(nora, page)
    assert Token.objects.count() == before + 1
    made = Token.objects.latest("pk")
    assert (made.type, made.name) == ("master", NAME)
    assert done.status_code in (200, 302)


@pytest.mark.checklist("S07")
def test_a_wrong_password_asks_again_and_still_keeps_what_was_sent(nora, cast):
    page = confirm(nora, nora.post("/tokens/~new/", master()), "not my password")
    assert [str(one) for one in page.context["asked"]["password"].errors["password"]] != []
    assert asks(page).fields["name"].sent == [NAME]
    confirm(nora, page)
    assert Token.objects.latest("pk").type == "master"


@pytest.mark.checklist("S07")
def test_who_signed_in_lately_is_not_asked(browse, cast):
    client = browse("nora")
    client.post("/tokens/~new/", master())
    assert Token.objects.latest("pk").type == "master"


@pytest.mark.checklist("S07")
@pytest.mark.parametrize(("seconds", "asked"), [(14 * 60, False), (15 * 60 + 1, True)])
def test_fresh_is_a_quarter_of_an_hour(browse, cast, seconds, asked):
    client = browse("nora")
    client.get("/")
    grow_old(client, seconds)
    page = client.post("/tokens/~new/", master())
    assert any("confirm-password" in form.fields for form in forms_of(page)) is asked


@pytest.mark.checklist("S01")
def test_confirming_gives_the_session_a_new_name_and_the_old_one_is_dead(nora, cast):
    stolen = Client()
    stolen.cookies["session"] = nora.cookies["session"].value
    confirm(nora, nora.post("/tokens/~new/", master()))
    assert nora.cookies["session"].value != stolen.cookies["session"].value
    assert stolen.get("/").status_code == 302
    assert nora.get("/").status_code == 200


@pytest.mark.checklist("L03")
def test_each_answer_leaves_an_event_with_its_factor(nora, cast):
    page = confirm(nora, nora.post("/tokens/~new/", master()), "not my password")
    confirm(nora, page)
    told = Event.objects.filter(action__in=["sign_in_refused", "sign_in_confirmed"]).select_related("detail")
    assert [(one.action, one.detail.changes, one.thing_id) for one in told.order_by("id")] == [
        ("sign_in_refused", {"factor": "password"}, cast.people["nora"].pk),
        ("sign_in_confirmed", {"factor": "password"}, cast.people["nora"].pk),
    ]


def test_a_part_of_a_page_gives_way_to_the_whole_question(nora, cast):
    page = nora.post("/tokens/~new/", master(), headers={"HX-Request": "true"})
    assert (page["HX-Retarget"], page["HX-Reswap"]) == ("body", "innerHTML")


def test_the_question_carries_no_script_and_no_password_of_before(nora, cast):
    page = nora.post("/tokens/~new/", master())
    again = confirm(nora, page, "not my password")
    assert "not my password" not in again.content.decode()
    assert again["Cache-Control"] == "no-store"


def raised(client: Browser, username: str, **wanted: str) -> Any:
    form = next(form for form in forms_of(client.get(f"/users/{username}/change/")) if "authority" in form.fields)
    return client.post(
        f"/users/{username}/change/", {**form.untouched(), **{name: [one] for name, one in wanted.items()}}
    )


@pytest.mark.checklist("S07")
def test_a_higher_authority_or_a_wider_role_is_given_freshly(nora, cast):
    page = raised(nora, "lee", authority="administrator")
    assert User.objects.get(username="lee").authority == "user"
    confirm(nora, page)
    assert User.objects.get(username="lee").authority == "administrator"


def test_a_lower_authority_and_other_plain_changes_ask_nothing(nora, cast):
    assert raised(nora, "sam", role="", first_name="Samuel").status_code == 302
    sam = User.objects.get(username="sam")
    assert (sam.role, sam.first_name) == (None, "Samuel")


#: What asks, by name; each takes the cast and who acts.
ACTS: dict[str, Callable[[Any, Any], Any]] = {
    "a master token": lambda cast, by: create_token(
        by, cast.accounts["northwind"], type="master", name="m", expires_at=NEXT_WEEK
    ),
    "a new key of one": lambda cast, by: rotate_token(by, cast.tokens["master"].token),
    "an authority": lambda cast, by: change_user(by, cast.people["lee"], authority="developer"),
    "a role": lambda cast, by: change_user(by, cast.people["lee"], role=cast.dispatcher),
    "their own address": lambda cast, by: ask_new_address(by, cast.people["nora"], "other@northwind.example"),
    "their own password": lambda cast, by: set_password(by, cast.people["nora"], "another long secret sentence"),
    "the ownership": lambda cast, by: offer_ownership(by, cast.people["adam"]),
}


@pytest.mark.checklist("S07")
@pytest.mark.parametrize("act", ACTS)
def test_each_of_what_weighs_most_asks(cast, act):
    with pytest.raises(NotFresh):
        ACTS[act](cast, cast.actor("nora", fresh_at=timezone.now() - timedelta(minutes=15)))
    with pytest.raises(NotFresh):
        ACTS[act](cast, cast.actor("nora", fresh_at=None))
    ACTS[act](cast, cast.actor("nora"))


def test_taking_the_ownership_asks_too(cast):
    offer = offer_ownership(cast.actor("nora"), cast.people["adam"])
    with pytest.raises(NotFresh):
        confirm_ownership(cast.actor("adam", fresh_at=None), offer)
    assert confirm_ownership(cast.actor("adam"), offer).authority == "owner"


def test_tokens_act_by_their_rules_alone_and_never_do_what_is_done_in_person(cast):
    made = create_token(cast.token("master"), cast.accounts["northwind"], type="master", name="m", expires_at=NEXT_WEEK)
    assert made.token.type == "master"
    with pytest.raises((NotInPerson, Exception), match="."):
        set_password(cast.token("master"), cast.people["nora"], "another long secret sentence")


@pytest.mark.checklist("S07")
def test_operate_as_is_granted_freshly(nora, cast):
    sent = {"account": "northwind", "covers": "account", "operate_as": "on", "grantee_keys": "acme", "confirmed": "1"}
    before = Grant.objects.count()
    page = nora.post("/grants/~new/", sent)
    assert Grant.objects.count() == before
    confirm(nora, page)
    assert "operate-as" in Grant.objects.latest("pk").levels


@pytest.mark.checklist("S07")
def test_over_rest_a_session_that_is_not_fresh_is_refused_with_a_code(cast):
    client = APIClient()
    client.force_login(cast.people["nora"])
    client.get("/")
    grow_old(client)
    sent = {"account": "northwind", "type": "master", "name": "m", "expires_at": NEXT_WEEK.isoformat()}
    answer = client.post("/api/v1/tokens/", sent, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_fresh")
    grow_old(client, 0)
    assert client.post("/api/v1/tokens/", sent, format="json").status_code == 201


def test_trying_an_act_asks_nobody(nora, cast):
    """A preview undoes what it does."""
    page = nora.post("/tokens/~new/", master(do="preview"), headers={"HX-Request": "true"})
    assert not any("confirm-password" in form.fields for form in forms_of(page))
