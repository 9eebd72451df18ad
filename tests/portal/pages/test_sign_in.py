"""Signing in and out: one way in, one sentence for everybody who is kept out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from structlog.testing import capture_logs

from accesscontrol.accounts.models import Account, User
from accesscontrol.audit.models import Event
from accesscontrol.audit.verification import verify
from portal.pages.sign_in.forms import SignInForm
from tests.world import PASSWORD

SIGN_IN = "/sign-in/"


def sign_in(client, username: str, password: str = PASSWORD, **more: str):
    return client.post(SIGN_IN, {"login": username, "password": password, **more})


def is_in(client) -> bool:
    return client.get("/").status_code == 200


def test_the_right_password_opens_the_first_page(client, cast):
    answer = sign_in(client, "nora")
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert is_in(client)


def test_signing_in_goes_on_to_where_one_wanted_to_go(client, cast):
    asked = client.get("/accounts/contoso/")
    assert asked["Location"] == f"{SIGN_IN}?next=/accounts/contoso/"
    assert sign_in(client, "nora", next="/accounts/contoso/")["Location"] == "/accounts/contoso/"


def test_signing_in_never_leads_elsewhere(client, cast):
    assert sign_in(client, "nora", next="https://elsewhere.test/")["Location"] == "/"


def test_signing_in_and_out_leave_their_events(client, cast):
    sign_in(client, "nora")
    client.post("/sign-out/")
    nora = cast.people["nora"]
    found = Event.objects.filter(actor_id=nora.pk, thing_type="user").order_by("id").values_list("action", "account_id")
    assert list(found) == [("sign_in", nora.account_id), ("sign_out", nora.account_id)]


def kept_out(cast) -> dict[str, tuple[str, str]]:
    """(username, password) of everybody who may not sign in, by why."""
    User.objects.filter(username="adam").update(is_active=False)
    User.objects.filter(username="otto").update(expires_at=timezone.now() - timedelta(minutes=1))
    Account.objects.filter(key="contoso").update(blocked=True)
    return {
        "wrong password": ("nora", "another password"),
        "unknown": ("nobody", PASSWORD),
        "disabled": ("adam", PASSWORD),
        "ended": ("otto", PASSWORD),
        "of a blocked account": ("carla", PASSWORD),
        "below a blocked account": ("shira", PASSWORD),
    }


def test_everybody_who_is_kept_out_reads_the_same_sentence(client, cast):
    said = {}
    for why, (username, password) in kept_out(cast).items():
        cache.clear()
        answer = sign_in(client, username, password)
        said[why] = (answer.status_code, [str(one) for one in answer.context["form"].non_field_errors()])
        assert not is_in(client)
    assert set(map(str, said.values())) == {str((200, [str(SignInForm.refusal)]))}


@pytest.mark.checklist("Z13")
def test_a_session_ends_with_the_access(client, cast):
    sign_in(client, "adam")
    assert is_in(client)
    User.objects.filter(username="adam").update(is_active=False)
    assert client.get("/")["Location"] == f"{SIGN_IN}?next=/"


def test_guessing_is_slowed_down(client, cast):
    for _ in range(6):
        answer = sign_in(client, "nora", "a guess")
    assert answer.context["form"].non_field_errors() == [
        "Too many failed tries. Try again in five minutes or later, or sign in with a passkey."
    ]
    assert sign_in(client, "nora").status_code == 200
    assert not is_in(client)


def test_signing_out_asks_when_it_is_opened_by_a_link(client, cast):
    sign_in(client, "nora")
    assert client.get("/sign-out/").status_code == 200
    assert is_in(client)
    assert client.post("/sign-out/")["Location"] == SIGN_IN
    assert not is_in(client)


@pytest.mark.parametrize("name", ["account_signup", "account_reset_password", "account_email", "account_inactive"])
def test_no_other_page_of_the_sign_in_package_has_an_address(name):
    with pytest.raises(NoReverseMatch):
        reverse(name)


@pytest.mark.checklist("L03")
def test_a_refused_sign_in_leaves_an_event_in_the_tree_of_the_person_and_a_line_of_the_log(client, cast):
    with capture_logs() as lines:
        sign_in(client, "NORA", "another password")
    nora = cast.people["nora"]
    [event] = Event.objects.filter(action="sign_in_refused").select_related("detail")
    assert (event.account_id, event.chain, event.thing_type, event.thing_id, event.actor_id, event.result) == (
        nora.account_id, nora.account.top_id, "user", nora.pk, None, "refused",
    )  # fmt: skip
    assert (event.detail.address, event.detail.thing_name) == ("127.0.0.1", "nora")
    [line] = [one for one in lines if one["event"] == "sign_in_refused"]
    assert (line["user"], line["factor"], line["address"]) == (nora.pk, "password", "127.0.0.1")
    assert verify() == []


def test_a_refused_sign_in_under_an_unknown_name_is_the_platforms_and_keeps_nothing_that_was_typed(client, cast):
    """People type their password into the wrong field."""
    with capture_logs() as lines:
        sign_in(client, "my-Secret-phrase", "another password")
    [event] = Event.objects.filter(action="sign_in_refused").select_related("detail")
    assert (event.account_id, event.chain, event.thing_id) == (None, 0, None)
    told = f"{event.detail.__dict__} {lines}".lower()
    assert "secret" not in told
    assert "another password" not in told


def test_known_and_unknown_names_take_the_same_statements(client, cast):
    asked = {}
    sign_in(client, "nobody", "the first line of a chain makes its head")
    for name in ("nora", "nobody"):
        cache.clear()
        with CaptureQueriesContext(connection) as caught:
            sign_in(client, name, "another password")
        asked[name] = [query["sql"].split(" ")[0] for query in caught]
    assert asked["nora"] == asked["nobody"]


@pytest.mark.checklist("L05")
def test_guessing_on_leaves_lines_of_the_log_and_no_more_events(client, cast):
    with capture_logs() as lines:
        for _ in range(8):
            sign_in(client, "nora", "a guess")
    told = [one["event"] for one in lines if one["event"].startswith("sign_in")]
    assert told == ["sign_in_refused"] * 5 + ["sign_in_slowed"] * 3
    assert Event.objects.filter(action="sign_in_refused").count() == 5


@pytest.mark.checklist("L03")
def test_a_sign_in_is_a_line_of_the_log_with_its_factor(client, cast):
    with capture_logs() as lines:
        sign_in(client, "nora")
    [line] = [one for one in lines if one["event"] == "sign_in"]
    assert (line["user"], line["factor"]) == (cast.people["nora"].pk, "password")


@pytest.mark.checklist("L03")
def test_refused_keys_are_a_line_when_they_begin_and_not_one_each(client, cast):
    with capture_logs() as lines:
        for _ in range(4):
            client.post("/sign-in/token/", {"key": "pts_nothing"})
    assert [one["event"] for one in lines if one["event"].startswith("token_")] == ["token_refused"]


@pytest.mark.checklist("L04")
def test_operating_as_what_is_not_there_is_a_line_of_the_log(browse, cast):
    with capture_logs() as lines:
        assert browse("nora").post("/act-as/", {"account": "acme"}).status_code == 404
        browse("nora").get("/api/v1/accounts/", headers={"X-Account-Id": "acme"})
    told = [(one["actor"], one["account"]) for one in lines if one["event"] == "operating_refused"]
    assert told == [(f"user:{cast.people['nora'].pk}", "acme")] * 2


@pytest.mark.checklist("L05")
def test_a_form_without_its_key_is_a_line_of_the_log(cast):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.people["nora"])
    with capture_logs() as lines:
        assert strict.post("/act-as/stop/").status_code == 403
        assert strict.post("/api/v1/accounts/", {}, content_type="application/json").status_code == 403
    told = [(one["path"], one["address"]) for one in lines if one["event"] == "csrf_refused"]
    assert told == [("/act-as/stop/", "127.0.0.1"), ("/api/v1/accounts/", "127.0.0.1")]
