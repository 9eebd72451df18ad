"""Second factors: an authenticator app, recovery codes; adding them, being asked for them, taking them away."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings as configured
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from django.utils.html import escape
from structlog.testing import capture_logs

from accesscontrol import sealing
from accesscontrol.accounts.models import User
from accesscontrol.audit.models import Event
from portal.pages.profile.factor_forms import NEW_APP
from tests.portal.browser import Browser
from tests.portal.signing_in.factors import CODE, OVERVIEW, App, by_password, fields_of, is_in, recovery_codes, stored
from tests.portal.signing_in.sessions import grow_old
from tests.world import PASSWORD

ADD_APP = f"{OVERVIEW}app/"


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> App:
    """An app, and a server whose clock it shares."""
    made = App()
    monkeypatch.setattr(totp, "yield_hotp_counters_from_time", made.counters)
    return made


@pytest.fixture
def anna(browse: Callable[[str], Browser]) -> Browser:
    return browse("anna")


def events(*actions: str) -> list[tuple[str, dict]]:
    found = Event.objects.filter(action__in=actions).select_related("detail").order_by("id")
    return [(one.action, one.detail.changes) for one in found]


def key_on(page: Any) -> str:
    """The app's key, as the page shows it."""
    return page.context["secret"].replace(" ", "")


def add(client: Browser, app: App) -> object:
    """Add the app as a person does: from the page's key."""
    app.secret = key_on(client.get(ADD_APP))
    return client.post(ADD_APP, {"code": app.code()})


@pytest.mark.checklist("A13")
def test_everybody_may_add_an_app_and_is_then_asked_for_its_code(browse, cast, app):
    for name in ("sam", "anna", "nora"):
        page = add(browse(name), app)
        assert len(page.context["codes"]) == 10
        client = Client()
        app.step += 1
        assert by_password(client, name)["Location"] == CODE
        assert not is_in(client)
        assert client.post(CODE, {"code": app.code()})["Location"] == "/"
        assert is_in(client)


def test_the_way_to_go_on_is_kept_over_the_second_step(cast, app):
    app.of(cast.people["anna"])
    client = Client()
    by_password(client, "anna", next="/items/device/")
    assert client.post(CODE, {"code": app.code()})["Location"] == "/items/device/"


def test_nobody_passes_the_second_step_without_the_first(client, cast, app):
    app.of(cast.people["anna"])
    assert client.get(CODE)["Location"] == "/sign-in/"
    assert client.post(CODE, {"code": app.code()})["Location"] == "/sign-in/"
    assert not is_in(client)


@pytest.mark.checklist("A14")
def test_a_code_lets_in_once(cast, app):
    app.of(cast.people["anna"])
    for expected in (302, 200):
        client = Client()
        by_password(client, "anna")
        assert client.post(CODE, {"code": app.code()}).status_code == expected


@pytest.mark.checklist("A14")
@pytest.mark.parametrize(("away", "expected"), [(-2, 200), (-1, 302), (0, 302), (1, 302), (2, 200)])
def test_a_code_of_the_half_minute_beside_lets_in_and_no_other(cast, app, away, expected):
    app.of(cast.people["anna"])
    code = app.code()
    app.step += away
    client = Client()
    by_password(client, "anna")
    assert (configured.MFA_TOTP_PERIOD, client.post(CODE, {"code": code}).status_code) == (30, expected)


@pytest.mark.checklist("A14")
def test_a_code_lets_in_once_for_as_long_as_it_counts_and_none_from_before_it_after_it(cast, app):
    app.of(cast.people["anna"])
    before = app.code()
    app.step += 1
    code = app.code()
    client = Client()
    by_password(client, "anna")
    assert client.post(CODE, {"code": code}).status_code == 302
    cache.clear()  # what allauth remembers for one step alone
    for again, later in ((before, 0), (code, 0), (code, 1)):
        client = Client()
        by_password(client, "anna")
        app.step += later
        assert client.post(CODE, {"code": again}).status_code == 200
    assert client.post(CODE, {"code": app.code()}).status_code == 302


@pytest.mark.checklist("A14")
@pytest.mark.checklist("S07")
def test_a_code_that_let_in_does_not_confirm_as_well(cast, app):
    app.of(cast.people["anna"])
    client, code = Browser(), app.code()
    by_password(client, "anna")
    assert client.post(CODE, {"code": code}).status_code == 302
    grow_old(client)
    cache.clear()
    assert "confirm-code" in fields_of(client.post(f"{OVERVIEW}recovery-codes/", {"confirm-code": code}))
    app.step += 1
    assert "codes" in client.post(f"{OVERVIEW}recovery-codes/", {"confirm-code": app.code()}).context


@pytest.mark.checklist("A14")
@pytest.mark.checklist("A15")
def test_a_recovery_code_lets_in_once(cast, app):
    anna = cast.people["anna"]
    app.of(anna)
    first, second, *_rest = recovery_codes(anna)
    assert len(first) == 8
    for code, expected in ((first, 302), (first, 200), (second, 302)):
        client = Client()
        by_password(client, "anna")
        assert client.post(CODE, {"code": code}).status_code == expected


@pytest.mark.checklist("A15")
def test_codes_are_slowed_down_for_who_guesses(cast, app):
    app.of(cast.people["anna"])
    client = Client()
    by_password(client, "anna")
    said = [client.post(CODE, {"code": "000000"}).context["form"].errors["code"] for _ in range(6)]
    assert said[-1] == ["Too many failed tries. Try again in five minutes or later, or sign in with a passkey."]
    assert client.post(CODE, {"code": app.code()}).status_code == 200


@pytest.mark.checklist("A15")
def test_a_code_counts_only_in_the_session_that_gave_the_password(cast, app):
    app.of(cast.people["anna"])
    here, there = Client(), Client()
    by_password(here, "anna")
    assert there.post(CODE, {"code": app.code()})["Location"] == "/sign-in/"
    assert here.post(CODE, {"code": app.code()})["Location"] == "/"


@pytest.mark.checklist("L03")
def test_each_step_leaves_its_line_with_the_factor(cast, app):
    app.of(cast.people["anna"])
    client = Client()
    with capture_logs() as lines:
        by_password(client, "anna")
        client.post(CODE, {"code": "000000"})
        client.post(CODE, {"code": app.code()})
    assert events("sign_in", "sign_in_refused") == [
        ("sign_in_refused", {"factor": "code"}), ("sign_in", {"factor": "password, code"}),
    ]  # fmt: skip
    assert [(one["event"], one["factor"]) for one in lines if "factor" in one] == [
        ("sign_in_refused", "code"), ("sign_in", "password, code"),
    ]  # fmt: skip


@pytest.mark.checklist("S05")
@pytest.mark.checklist("A18")
def test_a_new_factor_ends_the_other_sessions_and_is_told(browse, cast, app, django_capture_on_commit_callbacks):
    here, elsewhere = browse("anna"), browse("anna")
    assert is_in(elsewhere)
    with django_capture_on_commit_callbacks(execute=True):
        add(here, app)
    assert (is_in(here), is_in(elsewhere)) == (True, False)
    assert [one.to for one in mail.outbox] == [["anna@northwind.example"]]
    assert "authenticator app was added" in mail.outbox[0].body
    assert app.secret not in mail.outbox[0].body
    assert events("user.factor.add") == [("user.factor.add", {"factor": "totp"})]


@pytest.mark.checklist("S01")
def test_a_new_factor_gives_the_session_a_new_name(anna, app):
    anna.get("/")
    before = anna.cookies["session"].value
    add(anna, app)
    assert anna.cookies["session"].value != before


def test_the_codes_are_shown_once(anna, app):
    shown = add(anna, app).context["codes"]
    again = anna.get(OVERVIEW)
    assert again.context["codes_left"] == 10
    assert not [code for code in shown if code in again.content.decode()]


def test_new_recovery_codes_void_the_old_ones(anna, cast, app):
    old = add(anna, app).context["codes"]
    page = anna.post(f"{OVERVIEW}recovery-codes/")
    new = page.context["codes"]
    assert (len(new), set(new) & set(old), page["Cache-Control"]) == (10, set(), "no-store")
    client = Client()
    by_password(client, "anna")
    assert client.post(CODE, {"code": old[0]}).status_code == 200
    assert client.post(CODE, {"code": new[0]}).status_code == 302


def test_there_are_no_recovery_codes_for_nothing(anna):
    assert anna.post(f"{OVERVIEW}recovery-codes/")["Location"] == OVERVIEW
    assert not Authenticator.objects.exists()


def test_a_wrong_first_code_adds_nothing(anna, app):
    anna.get(ADD_APP)
    page = anna.post(ADD_APP, {"code": "000000"})
    assert list(page.context["form"].errors) == ["code"]
    assert not Authenticator.objects.exists()


def test_the_key_on_the_page_stays_the_same_after_a_wrong_code(anna, app):
    before = key_on(anna.get(ADD_APP))
    assert key_on(anna.post(ADD_APP, {"code": "000000"})) == before
    assert key_on(anna.get(ADD_APP)) == before


def test_the_key_goes_to_an_app_on_the_same_phone_by_a_link(anna, app):
    page = anna.get(ADD_APP)
    [link] = [one for one in re.findall(r'href="([^"]+)"', page.content.decode()) if one.startswith("otpauth:")]
    assert (link, page.context["app_url"].count(f"secret={key_on(page)}")) == (escape(page.context["app_url"]), 1)


def test_there_is_one_app(anna, cast, app):
    add(anna, app)
    assert anna.get(ADD_APP)["Location"] == OVERVIEW
    assert Authenticator.objects.filter(user=cast.people["anna"], type="totp").count() == 1


def test_taking_the_app_away_takes_the_codes_and_asks_no_more(anna, cast, app):
    add(anna, app)
    assert "last second factor" in anna.get(f"{OVERVIEW}app/remove/").content.decode()
    assert anna.post(f"{OVERVIEW}app/remove/")["Location"] == OVERVIEW
    assert not Authenticator.objects.filter(user=cast.people["anna"]).exists()
    client = Client()
    assert by_password(client, "anna")["Location"] == "/"
    assert events("user.factor.remove") == [("user.factor.remove", {"factor": "totp"})]


@pytest.mark.checklist("S07")
@pytest.mark.parametrize("path", ["app/", "passkeys/add/"])
def test_adding_asks_freshly_already_before_it_shows_a_key(anna, path):
    anna.get("/")
    grow_old(anna)
    page = anna.get(f"{OVERVIEW}{path}")
    assert "confirm-password" in fields_of(page)
    assert NEW_APP not in anna.session
    answer = anna.post(f"{OVERVIEW}{path}", {"confirm-password": PASSWORD, "confirm-looked-at": "1"})
    assert answer["Location"] == f"{OVERVIEW}{path}"
    assert "confirm-password" not in fields_of(anna.get(f"{OVERVIEW}{path}"))


@pytest.mark.checklist("S07")
@pytest.mark.parametrize("path", ["app/remove/", "recovery-codes/"])
def test_taking_away_asks_freshly(anna, cast, app, path):
    add(anna, app)
    app.step += 1
    grow_old(anna)
    before = list(Authenticator.objects.values_list("pk", "data"))
    page = anna.post(f"{OVERVIEW}{path}")
    assert {"confirm-password", "confirm-code"} <= fields_of(page)
    assert list(Authenticator.objects.values_list("pk", "data")) == before
    anna.post(f"{OVERVIEW}{path}", {"confirm-code": app.code()})
    assert list(Authenticator.objects.values_list("pk", "data")) != before


def test_the_key_is_sealed_where_it_is_kept(anna, cast, app, settings):
    add(anna, app)
    kept = stored(cast.people["anna"], "totp").data["secret"]
    assert app.secret not in kept
    assert sealing.unseal(kept) == app.secret


@pytest.mark.checklist("C02")
def test_a_sealed_secret_outlives_a_change_of_the_key_and_no_loss_of_it(settings):
    kept = sealing.seal("secret")
    before = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another-secret-key-0123456789abcdef0123456789abcdef", [before]
    assert sealing.unseal(kept) == "secret"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(sealing.Unreadable):
        sealing.unseal(kept)


def test_without_its_key_a_secret_fits_no_code_and_breaks_nothing(cast, app, settings):
    app.of(cast.people["anna"])
    settings.SECRET_KEY = "another-secret-key-0123456789abcdef0123456789abcdef"
    client = Client()
    by_password(client, "anna")
    assert client.post(CODE, {"code": app.code()}).status_code == 200


def test_who_ended_meanwhile_does_not_pass_the_second_step(cast, app):
    app.of(cast.people["anna"])
    client = Client()
    by_password(client, "anna")
    User.objects.filter(username="anna").update(expires_at=timezone.now() - timedelta(seconds=1))
    client.post(CODE, {"code": app.code()})
    assert not is_in(client)


def test_nobody_changes_the_factors_of_somebody_else(browse, cast, app):
    app.of(cast.people["anna"])
    assert browse("nora").post(f"{OVERVIEW}app/remove/").status_code == 404
    assert Authenticator.objects.filter(user=cast.people["anna"]).count() == 1


def test_whoever_came_by_a_token_has_no_factors(cast):
    client = Browser()
    client.post("/sign-in/token/", {"key": cast.tokens["of_anna"].secret})
    for path in ("", "app/", "passkeys/add/", "password/", "recovery-codes/"):
        assert client.get(f"{OVERVIEW}{path}").status_code == 404
