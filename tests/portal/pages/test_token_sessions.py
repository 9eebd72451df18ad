"""A session by token: a panel cut down to what the token may, which ends when the token does and says why."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.signing_in import Session
from accesscontrol.audit.models import Event
from accesscontrol.services.tokens import tokens
from accesscontrol.tokens.models import Token
from tests.world import CONSOLE, Cast

SIGN_IN = "/sign-in/"
MANAGEMENT = ("/users/", "/tokens/", "/grants/", "/roles/", "/projects/", "/accounts/", "/events/")


def token_of(cast: Cast, name: str) -> Token:
    return Token.objects.get(pk=cast.tokens[name].token.pk)


def told(client: Client, path: str = "/") -> str:
    """Where the next click leads, and what stands there."""
    answer = client.get(path)
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, SIGN_IN)
    return [str(one) for one in client.get(answer["Location"]).context["messages"]][0]


# --- What one sees


def test_a_standard_token_meets_no_access_management(holder, cast):
    """Issue 3, check 4: pages, search, counts and REST."""
    standard = holder("standard")
    home = standard.get("/")
    assert home.context["noun_tiles"] == []
    assert {tile["heading"] for tile in home.context["item_tiles"]} >= {"Devices", "Channels"}
    urls = {entry.get("url") for group in home.context["menu"] for entry in group["entries"]}
    assert urls.isdisjoint({"/access/", *MANAGEMENT})
    assert "switcher" not in home.context
    found = standard.get("/search/?q=a").context["groups"]
    assert {group["label"] for group in found} == {"Items"}
    for path in MANAGEMENT:
        page = standard.get(path)
        assert (path, page.status_code, page.context["table"].paginator.count if "table" in page.context else 0) == (
            path, 200, 0,
        )  # fmt: skip
    for path in ("/users/nora/", "/tokens/t-master/", "/grants/hub-for-contoso/", "/roles/dispatcher/",
                 "/projects/pilot/", "/accounts/contoso/"):  # fmt: skip
        assert (path, standard.get(path).status_code) == (path, 404)
    for noun in ("users", "tokens", "grants", "roles", "projects", "accounts", "events"):
        rows = standard.get(f"/api/v1/{noun}/?format=json").json()["results"]
        assert (noun, rows) == (noun, [])
    assert "Access" not in [tab["label"] for tab in standard.get("/items/device/truck-7/").context["tabs"]]
    assert standard.get("/act-as/choices/").json() == {"results": []}


@pytest.mark.checklist("T08")
def test_an_acl_token_opens_what_its_rules_list(holder):
    viewer = holder("viewer")
    tabs = [tab["label"] for tab in viewer.get("/items/device/truck-7/").context["tabs"]]
    assert tabs == ["Overview", "Track", "Messages", "Links"]
    assert viewer.get("/items/device/truck-7/settings/").status_code == 403
    assert viewer.get("/items/channel/hub/").status_code == 404
    assert viewer.get("/items/device/rover/").status_code == 404


def test_menu_and_profile_say_whom_one_holds_a_token_of(holder):
    anna = holder("of_anna")
    page = anna.get("/profile/")
    text = page.content.decode()
    assert (page.context["title"], "Token, acts for anna" in text) == ("of_anna", True)
    assert {row["label"] for row in page.context["rows"]} >= {"Token", "Type", "Account", "Acts for", "Ends"}
    assert "password" not in text.lower()
    assert anna.post("/profile/", {"first_name": "Mallory"}).status_code == 200
    assert User.objects.get(username="anna").first_name == ""


def test_the_explorer_asks_about_the_token_itself(holder):
    master = holder("master")
    verdict = master.get("/access/?permission=device:view&thing=device:truck-7").context["why"]
    assert verdict["allowed"] is True
    assert master.get("/access/matrix/").context["subject"].name == "token:t-master"
    assert holder("viewer").get("/access/matrix/").context["subject"].name == "token:t-viewer"


def test_a_master_token_acts_as_an_account_of_its_branch(holder, cast):
    master = holder("master")
    assert master.post("/act-as/", {"account": "contoso"})["Location"] == "/"
    page = master.get("/items/device/")
    assert page.context["operating_as"]["account"]["label"] == "Contoso"
    assert [row.record.key for row in page.context["table"].page.object_list] == ["scooter", "van-1"]
    assert holder("standard").post("/act-as/", {"account": "contoso"}).status_code == 404


def test_the_rest_interface_takes_the_session_as_the_token(holder):
    """A session by token is the token there, too, and never a person."""
    found = holder("viewer").get("/api/v1/whoami").json()
    assert (found["type"], found["key"], found["token_type"]) == ("token", "t-viewer", "acl")
    page = holder("viewer").get("/api/v1/items/", headers={"Accept": "text/html"})
    assert (page.status_code, "viewer" in page.content.decode()) == (200, True)
    keys = {row["key"] for row in holder("viewer").get("/api/v1/items/?format=json").json()["results"]}
    assert keys == {"truck-7", "truck-8", "sensor", "pump", "van-1", "scooter", "lorry"}


# --- Out


ENDS = {
    "revoked": "The token that you were signed in with was revoked.",
    "disabled": "The token that you were signed in with was switched off.",
    "ended": "The token that you were signed in with has ended.",
    "unused": "The token that you were signed in with was not used for too long and has ended.",
    "rotated": "The token that you were signed in with has a new key.",
    "elsewhere": "The token that you were signed in with does not count from this address.",
    "blocked": "The token that you were signed in with opens nothing any more.",
}


def end(cast: Cast, why: str) -> None:
    token = token_of(cast, "viewer")
    rows = Token.objects.filter(pk=token.pk)
    past = timezone.now() - timedelta(seconds=1)
    if why == "revoked":
        tokens.revoke_token(CONSOLE, token)
    elif why == "disabled":
        tokens.disable_token(CONSOLE, token)
    elif why == "rotated":
        tokens.rotate_token(CONSOLE, token)
    elif why == "ended":
        rows.update(expires_at=past)
    elif why == "unused":
        rows.update(idle_ttl=300, last_used_at=past - timedelta(seconds=300))
    elif why == "elsewhere":
        rows.update(allowed_addresses=["192.0.2.0/24"])
    else:
        Account.objects.filter(key="northwind").update(blocked=True)


@pytest.mark.checklist("Z13")
@pytest.mark.checklist("S04")
@pytest.mark.checklist("T09")
@pytest.mark.parametrize("why", list(ENDS))
def test_the_session_ends_with_the_token_and_says_why(holder, cast, why):
    viewer = holder("viewer")
    old = viewer.session.session_key
    assert viewer.get("/items/device/").status_code == 200
    end(cast, why)
    assert told(viewer, "/items/device/truck-7/") == f"{ENDS[why]} Ask whoever gave it to you for a new one."
    assert not Session.objects.filter(session_key=old).exists()
    assert viewer.get("/").status_code == 302


@pytest.mark.checklist("S04")
def test_a_token_of_a_user_ends_its_sessions_with_the_user(holder):
    anna = holder("of_anna")
    User.objects.filter(username="anna").update(is_active=False)
    assert told(anna).startswith(ENDS["blocked"])


@pytest.mark.checklist("T10")
def test_a_session_of_the_old_key_goes_on_as_long_as_the_overlap(holder, cast):
    viewer = holder("viewer")
    tokens.rotate_token(CONSOLE, token_of(cast, "viewer"), timedelta(hours=1))
    assert viewer.get("/items/device/").status_code == 200
    Token.objects.filter(key="t-viewer").update(previous_until=timezone.now() - timedelta(seconds=1))
    assert told(viewer).startswith(ENDS["rotated"])


def test_a_fragment_takes_the_whole_window_to_the_sign_in(holder, cast):
    viewer = holder("viewer")
    tokens.revoke_token(CONSOLE, token_of(cast, "viewer"))
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/items/device/?q=t"}
    answer = viewer.get("/items/device/", headers=headers)
    assert answer["HX-Redirect"] == f"{SIGN_IN}?next=/items/device/%3Fq%3Dt"


def test_the_rest_interface_refuses_a_session_that_is_over(holder, cast):
    viewer = holder("viewer")
    tokens.revoke_token(CONSOLE, token_of(cast, "viewer"))
    assert viewer.get("/api/v1/items/?format=json").status_code == 401


@pytest.mark.checklist("S03")
def test_a_session_by_token_lives_no_longer_than_one_by_password(holder, settings):
    viewer = holder("viewer")
    viewer.get("/items/device/")
    assert viewer.session.get_expiry_age() == settings.SESSION_COOKIE_AGE == 1800
    session = viewer.session
    session["started"] -= settings.SESSION_ABSOLUTE_SECONDS + 1
    session.save()
    assert told(viewer) == "You were signed in for very long. Sign in again to go on."


@pytest.mark.checklist("S02")
@pytest.mark.checklist("S09")
def test_signing_out_kills_the_session(holder, cast):
    viewer = holder("viewer")
    assert 'action="/sign-out/"' in viewer.get("/items/device/").content.decode()
    assert "You will need the token again" in viewer.get("/sign-out/").content.decode()
    cookie = viewer.cookies["session"].value
    answer = viewer.post("/sign-out/")
    assert (answer["Location"], answer["Clear-Site-Data"]) == (SIGN_IN, '"cache", "storage"')
    replayed = Client()
    replayed.cookies["session"] = cookie
    assert replayed.get("/").status_code == 302


@pytest.mark.checklist("L03")
def test_signing_in_and_out_leave_their_events(holder, cast):
    viewer = holder("viewer")
    viewer.post("/sign-out/")
    token = token_of(cast, "viewer")
    events = Event.objects.filter(actor_type="token", actor_id=token.pk).order_by("id")
    columns = ("action", "account_id", "thing_type", "thing_id", "token_id")
    about = (token.account_id, "token", token.pk, token.pk)
    assert list(events.values_list(*columns)) == [("sign_in", *about), ("sign_out", *about)]


@pytest.mark.checklist("T13")
def test_each_click_counts_as_use_at_most_once_a_minute(holder, cast):
    viewer = holder("viewer")
    first = token_of(cast, "viewer").last_used_at
    viewer.get("/items/device/")
    assert token_of(cast, "viewer").last_used_at == first
    Token.objects.filter(key="t-viewer").update(last_used_at=first - timedelta(seconds=61))
    viewer.get("/items/device/")
    token = token_of(cast, "viewer")
    assert (token.last_used_at >= first, token.last_used_address) == (True, "127.0.0.1")


@pytest.mark.checklist("W12")
def test_pages_of_a_token_are_not_kept(holder):
    assert holder("viewer").get("/items/device/")["Cache-Control"] == "no-store"
