"""Signing in by token: pasted at the sign-in or by an access link; one sentence for every key that opens nothing."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
import structlog
from django.core import serializers
from django.test import Client
from django.utils import timezone

from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.signing_in import Session
from accesscontrol.audit.models import Event, EventDetail
from accesscontrol.services.tokens import tokens
from accesscontrol.tokens.models import Token
from portal.pages.sign_in.forms import TokenSignInForm
from tests.world import CONSOLE, Cast

SIGN_IN, BY_TOKEN, OPEN = "/sign-in/", "/sign-in/token/", "/tools/open/"
CHANGING = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"|"X-CSRFToken": "[^"]*"')
MANAGEMENT = ("/users/", "/tokens/", "/grants/", "/roles/", "/projects/", "/accounts/", "/events/")


def sign_in(client: Client, key: str, **more: str):
    return client.post(BY_TOKEN, {"key": key, **more})


# --- In


@pytest.mark.seed("share-access.05")
@pytest.mark.seed("share-access.14")
def test_a_token_that_is_pasted_at_the_sign_in_opens_the_panel(client, cast):
    assert 'name="key"' in client.get(SIGN_IN).content.decode()
    answer = sign_in(client, f"  {cast.tokens['master'].secret}\n")
    assert (answer.status_code, answer["Location"]) == (302, "/")
    home = client.get("/")
    assert home.context["title"] == "master"
    assert home.context["subtitle"] == "You are signed in by this token, which acts for Northwind."


@pytest.mark.seed("share-access.03")
@pytest.mark.seed("share-access.05")
def test_a_master_token_opens_the_whole_panel(holder):
    master = holder("master")
    urls = {entry["url"] for group in master.get("/").context["menu"] for entry in group["entries"] if "url" in entry}
    assert {"/access/", *MANAGEMENT} <= urls
    assert [master.get(path).status_code for path in MANAGEMENT] == [200] * len(MANAGEMENT)
    assert master.get("/users/").context["table"].paginator.count == 11


def test_the_field_hides_what_is_pasted_and_lets_one_paste(client, cast):
    page = client.get(BY_TOKEN).content.decode()
    field = re.search(r'<input type="password"[^>]*name="key"[^>]*>|<input[^>]*name="key"[^>]*>', page).group()
    assert 'type="password"' in field
    assert 'autocomplete="off"' in field
    assert "data-password-toggle" in page
    assert "value=" not in field


def test_one_goes_on_to_where_one_wanted_and_never_elsewhere(cast):
    for asked, to in (("/items/device/truck-7/", "/items/device/truck-7/"), ("https://elsewhere.test/", "/")):
        assert sign_in(Client(), cast.tokens["standard"].secret, next=asked)["Location"] == to


@pytest.mark.checklist("S01")
def test_signing_in_makes_a_new_session_and_ends_the_one_before(cast, browse):
    client = browse("nora")
    before = client.session.session_key
    sign_in(client, cast.tokens["viewer"].secret)
    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()
    assert client.get("/profile/").context["title"] == "viewer"
    assert client.get("/users/nora/").status_code == 404


@pytest.mark.checklist("T03")
@pytest.mark.checklist("L07")
def test_the_key_is_kept_nowhere_and_no_log_line_holds_it(client, cast, caplog):
    key = cast.tokens["viewer"].secret
    with structlog.testing.capture_logs() as lines:
        sign_in(client, key)
        client.get("/items/device/")
        sign_in(Client(), key[:-1] + ("a" if key[-1] != "a" else "b"))
    kept = [json.dumps([row.get_decoded() for row in Session.objects.all()]), caplog.text, str(lines)]
    kept += [serializers.serialize("json", model.objects.all()) for model in (Token, Event, EventDetail)]
    assert [key in text for text in kept] == [False] * 6
    assert client.session["token"]["digest"] == Token.objects.get(key="t-viewer").digest


# --- Kept out


def refused_keys(cast: Cast) -> dict[str, str]:
    """A key of each sort that opens nothing, by why."""
    now = timezone.now()
    acts = {
        "ended": {"expires_at": now - timedelta(seconds=1)},
        "disabled": {"enabled": False},
        "elsewhere": {"allowed_addresses": ["192.0.2.0/24"]},
        "unused": {"idle_ttl": 300, "created_at": now - timedelta(seconds=301)},
    }
    keys = {}
    for why, columns in acts.items():
        issued = tokens.create_token(CONSOLE, cast.accounts["northwind"], type="master", name=why,
                                     expires_at=now + timedelta(days=1))  # fmt: skip
        Token.objects.filter(pk=issued.token.pk).update(**columns)
        keys[why] = issued.secret
    gone = tokens.create_token(CONSOLE, cast.accounts["northwind"], type="acl", name="gone",
                               expires_at=now + timedelta(days=1))  # fmt: skip
    tokens.revoke_token(CONSOLE, gone.token)
    user_token = cast.tokens["of_anna"]
    User.objects.filter(username="anna").update(is_active=False)
    return {**keys, "revoked": gone.secret, "of a disabled user": user_token.secret}


@pytest.mark.checklist("T06")
def test_every_key_that_opens_nothing_gets_the_same_page_after_the_same_statement(cast, django_assert_num_queries):
    pages = set()
    for why, key in refused_keys(cast).items():
        client = Client()
        with django_assert_num_queries(1):
            answer = sign_in(client, key)
        assert (why, answer.status_code) == (why, 200)
        pages.add(CHANGING.sub("", answer.content.decode()))
        assert client.get("/").status_code == 302
    with django_assert_num_queries(0):
        malformed = sign_in(Client(), "pta_" + "x" * 46)
    assert pages == {CHANGING.sub("", malformed.content.decode())}
    assert malformed.context["token_form"].non_field_errors() == [TokenSignInForm.refusal]


def test_a_blocked_accounts_token_opens_nothing(cast):
    Account.objects.filter(key="northwind").update(blocked=True)
    assert sign_in(Client(), cast.tokens["master"].secret).status_code == 200


@pytest.mark.checklist("A10")
def test_guessing_is_slowed_down_and_who_has_a_good_key_still_gets_in(cast, settings):
    settings.TOKEN_REFUSALS_A_MINUTE = 3
    assert sign_in(Client(), cast.tokens["master"].secret).status_code == 302
    statuses = [sign_in(Client(), f"pta_{number:046d}").status_code for number in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    last = sign_in(Client(), "pta_" + "0" * 46)
    assert (last["Retry-After"], last.context["token_form"].non_field_errors()) == ("60", [TokenSignInForm.too_many])
    assert sign_in(Client(), cast.tokens["master"].secret).status_code == 302


@pytest.mark.checklist("T05")
@pytest.mark.parametrize("page", [BY_TOKEN, OPEN])
def test_a_key_in_an_address_is_refused_and_its_account_learns_of_it(client, cast, page):
    issued = cast.tokens["master"]
    answer = client.get(f"{page}?key={issued.secret}")
    assert answer.status_code == 400
    assert issued.secret not in answer.content.decode()
    assert client.get("/").status_code == 302
    assert Event.objects.filter(action="token.exposed", thing_id=issued.token.pk).count() == 1


def test_get_signs_nobody_in_and_post_needs_the_csrf_key(cast):
    strict = Client(enforce_csrf_checks=True)
    assert sign_in(strict, cast.tokens["master"].secret).status_code == 403
    assert strict.get(BY_TOKEN).status_code == 200
    assert strict.get("/").status_code == 302


# --- The access link


@pytest.mark.seed("share-access.13")
def test_the_page_of_an_access_link_sends_no_referrer_and_is_not_kept(client, cast):
    page = client.get(OPEN)
    assert (page["Referrer-Policy"], page["Cache-Control"]) == ("no-referrer", "no-store")
    text = page.content.decode()
    assert "Access links need JavaScript" in text
    assert text.index("js/open_tool.js") < text.index("<body")
    assert re.search(r'<script src="[^"]*open_tool.js">', text) is not None


def test_the_access_links_script_is_told_where_to_go_or_what_is_wrong(client, cast):
    asked = {"headers": {"Accept": "application/json"}}
    wrong = client.post(BY_TOKEN, {"key": "nonsense"}, **asked)
    assert (wrong.status_code, wrong.json()) == (403, {"error": str(TokenSignInForm.refusal)})
    empty = client.post(BY_TOKEN, {"key": ""}, **asked)
    assert (empty.status_code, empty.json()) == (400, {"error": "Paste the token that you were given."})
    right = client.post(BY_TOKEN, {"key": cast.tokens["master"].secret}, **asked)
    assert (right.status_code, right.json()) == (200, {"next": "/"})


def test_somebody_who_is_signed_in_is_asked_before_a_link_signs_them_out(browse):
    assert 'data-ask="nora"' in browse("nora").get(OPEN).content.decode()
    assert "data-ask" not in Client().get(OPEN).content.decode()
