"""Attacks on signing in: what the slowing tells, what is half done when access ends, factors shown twice."""

from __future__ import annotations

import time

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accesscontrol.accounts.models import User
from accesscontrol.services.joining import resets, secrets
from accesscontrol.services.people.compromised import declare_compromised
from accesscontrol.services.people.users import set_enabled
from portal.pages.joining import slowing
from tests.portal.signing_in.factors import CODE, OVERVIEW, App, by_password, is_in, recovery_codes
from tests.portal.signing_in.sessions import grow_old
from tests.world import CONSOLE, PASSWORD

NEW = "four green otters in a row"


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> App:
    made = App()
    monkeypatch.setattr(totp, "yield_hotp_counters_from_time", made.counters)
    return made


def person(name: str) -> User:
    return User.objects.get(username=name)


# --- What the slowing tells


def test_slowing_tells_nobody_that_a_name_and_an_address_are_one_person(cast):
    User.objects.filter(username="sam").update(proven_at=timezone.now())

    def after_six(guessed: str, asked: str) -> list[str]:
        cache.clear()
        for _ in range(6):
            by_password(Client(), guessed, "a guess")
        return [str(one) for one in by_password(Client(), asked, "a guess").context["form"].non_field_errors()]

    known, other = after_six("sam", "sam@northwind.example"), after_six("sam", "nobody@northwind.example")
    assert known == other
    assert after_six("sam@northwind.example", "sam") == after_six("nobody@northwind.example", "sam")


@pytest.mark.parametrize("backend", ["default", "database"])
def test_slowing_ends_when_it_says_and_not_before(cast, monkeypatch, settings, backend):
    if backend == "database":
        stored = {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "django_cache"}
        settings.CACHES = {**settings.CACHES, "default": stored}
        call_command("createcachetable")
    now = time.time()

    def at(seconds: float) -> None:
        monkeypatch.setattr(time, "time", lambda: now + seconds)

    for minute in range(0, 55, 11):
        at(minute * 60)
        assert slowing.may_be_written_to("forgotten", "sam@northwind.example")
    at(58 * 60)
    assert not slowing.may_be_written_to("forgotten", "sam@northwind.example")
    at(61 * 60)
    assert slowing.may_be_written_to("forgotten", "sam@northwind.example")


# --- Half way in


def half_way(app: App, name: str = "sam") -> Client:
    """The password is shown, the code not yet."""
    app.of(person(name))
    client = Client()
    assert by_password(client, name)["Location"] == CODE
    return client


@pytest.mark.parametrize("how", ["reset", "off and on", "compromised"])
def test_who_is_half_way_in_when_access_ends_begins_anew(cast, app, how):
    client, user = half_way(app), person("sam")
    if how == "reset":
        User.objects.filter(pk=user.pk).update(proven_at=timezone.now())
        resets.reset_password(secrets.of_person(resets.PURPOSE, person("sam")), NEW)
    elif how == "off and on":
        set_enabled(CONSOLE, user, False)
        set_enabled(CONSOLE, person("sam"), True)
    else:
        declare_compromised(CONSOLE, [user])
    client.post(CODE, {"code": app.code()})
    assert "_auth_user_id" not in client.session
    assert client.get(CODE).status_code == 302


def test_who_is_half_way_in_goes_on(cast, app):
    client = half_way(app)
    client.post(CODE, {"code": app.code()})
    assert is_in(client)


@pytest.mark.parametrize("path", ["/", "/users/", "/profile/", reverse("api_whoami"), "/profile/sign-in/app/"])
def test_half_way_in_is_not_in(cast, app, path):
    assert half_way(app).get(path).status_code in (302, 401)


# --- Factors shown twice


def test_a_code_that_signed_in_confirms_nothing(cast, app):
    client = half_way(app, "nora")
    client.post(CODE, {"code": app.code()})
    grow_old(client)
    asked = {"confirm-code": app.code()}
    assert client.post(f"{OVERVIEW}recovery-codes/", asked).context["title"] == "Confirm that it is you"
    app.step += 1
    assert client.post(f"{OVERVIEW}recovery-codes/", {"confirm-code": app.code()}).context["codes"]


def test_a_recovery_code_counts_once_at_the_door_and_when_confirming(cast, app):
    client = half_way(app, "nora")
    code = recovery_codes(person("nora"))[0]
    client.post(CODE, {"code": code})
    assert is_in(client)
    grow_old(client)
    page = client.post(f"{OVERVIEW}recovery-codes/", {"confirm-code": code})
    assert page.context["title"] == "Confirm that it is you"


@pytest.mark.parametrize("factor", ["password", "code"])
def test_guessing_on_the_page_that_confirms_is_slowed_as_signing_in_is(browse, cast, app, factor):
    app.of(person("nora"))
    client = browse("nora")
    client.get("/")
    grow_old(client)
    for _ in range(6):
        client.post(f"{OVERVIEW}recovery-codes/", {f"confirm-{factor}": "000000"})
    right = {"confirm-password": PASSWORD} if factor == "password" else {"confirm-code": app.code()}
    assert "codes" not in client.post(f"{OVERVIEW}recovery-codes/", right).context


def test_the_key_of_an_app_that_is_being_added_stands_nowhere_in_the_database(browse, cast):
    client = browse("sam")
    page = client.get(f"{OVERVIEW}app/")
    secret = page.context["secret"].replace(" ", "")
    assert len(secret) == 32
    assert secret not in str(dict(client.session))


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"])
def test_nobody_is_led_elsewhere_by_signing_in(cast, app, to):
    plain = by_password(Client(), "otto", next=to)["Location"]
    app.of(person("sam"))
    client = Client()
    by_password(client, "sam", next=to)
    after = client.post(CODE, {"code": app.code()})["Location"]
    assert [plain, after] == ["/", "/"]
