"""Ended is ended: what was taken away and given back opens no session of before; the token itself works again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from accesscontrol.accounts.models import Account, User
from accesscontrol.services.accounts.accounts import block_account, move_account, unblock_account
from accesscontrol.services.owning.leaving import set_authority
from accesscontrol.services.people.roles import change_role
from accesscontrol.services.people.users import change_user, set_enabled
from accesscontrol.services.signing_in.new_passwords import set_password
from accesscontrol.services.tokens.tokens import change_token, create_token, disable_token, disable_tokens, enable_token
from accesscontrol.tokens.models import Token
from portal.signed_in.token_sessions import SIGNED_OUT
from tests.world import CONSOLE, Cast, build_cast

pytestmark = pytest.mark.checklist("E04")
NEW_PASSWORD = "another long secret sentence"
Act = Callable[[Cast], object]


@pytest.fixture
def cast(db: None) -> Cast:
    return build_cast()


def signed_in(cast: Cast, username: str) -> Client:
    client = Client()
    client.force_login(person(cast, username))
    assert client.get("/profile/").status_code == 200
    return client


def opened_by(secret: str) -> Client:
    client = Client()
    assert client.post("/sign-in/token/", {"key": secret}).status_code == 302
    assert client.get("/profile/").status_code == 200
    return client


def is_in(client: Client) -> bool:
    return client.get("/profile/").status_code == 200


def person(cast: Cast, username: str) -> User:
    return User.objects.get(username=username)


def off_and_on(cast: Cast) -> None:
    set_enabled(cast.actor("adam"), person(cast, "anna"), False)
    set_enabled(cast.actor("adam"), person(cast, "anna"), True)


def unverified_and_verified(cast: Cast) -> None:
    change_user(cast.actor("adam"), person(cast, "anna"), verified=False)
    change_user(cast.actor("adam"), person(cast, "anna"), verified=True)


def over_and_prolonged(cast: Cast) -> None:
    """By the clock, and nobody met the session meanwhile."""
    User.objects.filter(username="anna").update(expires_at=timezone.now() - timedelta(seconds=1))
    change_user(cast.actor("adam"), person(cast, "anna"), expires_at=None)


def blocked_and_unblocked(cast: Cast) -> None:
    block_account(CONSOLE, cast.accounts["northwind"])
    unblock_account(CONSOLE, cast.accounts["northwind"])


def moved_below_a_blocked_one(cast: Cast) -> None:
    block_account(CONSOLE, cast.accounts["acme"])
    move_account(CONSOLE, Account.objects.get(key="northwind"), cast.accounts["acme"])
    unblock_account(CONSOLE, Account.objects.get(key="acme"))


ANNA: tuple[Act, ...] = (
    off_and_on,
    unverified_and_verified,
    over_and_prolonged,
    blocked_and_unblocked,
    moved_below_a_blocked_one,
    lambda cast: change_user(CONSOLE, person(cast, "anna"), password=NEW_PASSWORD),
    lambda cast: set_password(cast.actor("anna"), person(cast, "anna"), NEW_PASSWORD),
)


@pytest.mark.checklist("S04")
@pytest.mark.parametrize("act", ANNA)
def test_a_persons_old_session_opens_nothing_again(cast: Cast, act: Act) -> None:
    anna, by_token, nora = signed_in(cast, "anna"), opened_by(cast.tokens["of_anna"].secret), signed_in(cast, "alma")
    act(cast)
    assert (is_in(anna), is_in(by_token)) == (False, False)
    assert is_in(signed_in(cast, "anna")), "who signs in anew is in"
    assert is_in(opened_by(cast.tokens["of_anna"].secret)), "the token itself works again"
    assert is_in(nora) is (act is not moved_below_a_blocked_one), "another's session goes on"


def test_blocking_ends_the_sessions_of_the_whole_branch_and_no_other(cast: Cast) -> None:
    everybody = {name: signed_in(cast, name) for name in ("nora", "carla", "shira", "frank", "alma")}
    secret = create_token(
        CONSOLE, cast.accounts["shop"], type="master", name="m", expires_at=timezone.now() + timedelta(days=1)
    ).secret
    holder, other = opened_by(secret), opened_by(cast.tokens["master"].secret)
    block_account(cast.actor("nora"), cast.accounts["contoso"])
    unblock_account(cast.actor("nora"), cast.accounts["contoso"])
    left = {name for name, client in everybody.items() if is_in(client)}
    assert left == {"nora", "frank", "alma"}
    assert (is_in(holder), is_in(other), is_in(opened_by(secret))) == (False, True, True)


def of(cast: Cast, name: str) -> Token:
    return Token.objects.get(pk=cast.tokens[name].token.pk)


def token_off_and_on(cast: Cast, name: str) -> None:
    disable_token(cast.actor("nora"), of(cast, name))
    enable_token(cast.actor("nora"), of(cast, name))


def tokens_off_and_on(cast: Cast, name: str) -> None:
    disable_tokens(cast.actor("nora"), [of(cast, name)])
    enable_token(cast.actor("nora"), of(cast, name))


def token_over_and_prolonged(cast: Cast, name: str) -> None:
    Token.objects.filter(pk=of(cast, name).pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    change_token(cast.actor("nora"), of(cast, name), expires_at=timezone.now() + timedelta(days=1))


def authority_down_and_up(cast: Cast, name: str) -> None:
    set_authority(CONSOLE, person(cast, "anna"), "user", hand_items_to=cast.accounts["northwind"])
    set_authority(CONSOLE, person(cast, "anna"), "developer")


@pytest.mark.checklist("S04")
@pytest.mark.parametrize("act", [token_off_and_on, tokens_off_and_on, token_over_and_prolonged, authority_down_and_up])
def test_a_session_by_token_opens_nothing_again(cast: Cast, act: Callable[[Cast, str], None]) -> None:
    holder, other = opened_by(cast.tokens["of_anna"].secret), opened_by(cast.tokens["master"].secret)
    act(cast, "of_anna")
    answer = holder.get("/profile/")
    assert answer.status_code == 302
    assert [str(one) for one in holder.get(answer["Location"]).context["messages"]] == [str(SIGNED_OUT)]
    assert (is_in(other), is_in(opened_by(cast.tokens["of_anna"].secret))) == (True, True)


def test_what_takes_no_life_ends_no_session(cast: Cast) -> None:
    sam, holder = signed_in(cast, "sam"), opened_by(cast.tokens["viewer"].secret)
    change_user(cast.actor("adam"), person(cast, "sam"), phone="112", expires_at=timezone.now() + timedelta(days=9))
    change_role(cast.actor("adam"), cast.dispatcher, rights=["reports"])
    change_token(cast.actor("nora"), of(cast, "viewer"), name="Renamed")
    move_account(CONSOLE, cast.accounts["northwind"], cast.accounts["acme"])
    assert (is_in(sam), is_in(holder)) == (True, True)


@pytest.mark.checklist("S05")
def test_the_session_that_sets_a_password_goes_on(cast: Cast) -> None:
    here, elsewhere = signed_in(cast, "anna"), signed_in(cast, "anna")
    request = HttpRequest()
    request.session = here.session
    user = set_password(cast.actor("anna"), person(cast, "anna"), NEW_PASSWORD)
    request.user = user
    update_session_auth_hash(request, user)
    request.session.save()
    here.cookies["session"] = request.session.session_key
    assert (is_in(here), is_in(elsewhere)) == (True, False)


@pytest.mark.checklist("S01")
def test_acting_as_an_account_has_a_session_of_a_new_name(cast: Cast) -> None:
    """Starting and stopping: whoever knew the cookie of before holds nothing."""
    nora = signed_in(cast, "nora")
    names = [nora.cookies["session"].value]
    for address, sent in (("/act-as/", {"account": "contoso"}), ("/act-as/stop/", {})):
        stolen = Client()
        stolen.cookies["session"] = names[-1]
        assert nora.post(address, sent).status_code == 302
        assert not is_in(stolen)
        names.append(nora.cookies["session"].value)
    assert len(set(names)) == 3
    assert is_in(nora)
    assert nora.post("/act-as/stop/").status_code == 302
    assert nora.cookies["session"].value == names[-1], "where nobody acts nothing changes"
