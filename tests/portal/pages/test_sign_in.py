"""Signing in and out: one way in, one sentence for everybody who is kept out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from accesscontrol.accounts.models import Account, User
from accesscontrol.audit.models import Event
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
    User.objects.filter(username="anna").update(verified=False)
    User.objects.filter(username="otto").update(expires_at=timezone.now() - timedelta(minutes=1))
    Account.objects.filter(key="contoso").update(blocked=True)
    return {
        "wrong password": ("nora", "another password"),
        "unknown": ("nobody", PASSWORD),
        "disabled": ("adam", PASSWORD),
        "unverified": ("anna", PASSWORD),
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
    assert answer.context["form"].non_field_errors() == ["Too many failed login attempts. Try again later."]
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
