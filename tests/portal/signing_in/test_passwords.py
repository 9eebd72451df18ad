"""Passwords: which ones are taken, changing one's own, and how their fields are."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client

from accesscontrol.accounts.models import User
from accesscontrol.audit.models import Event
from accesscontrol.services.people.users import change_user
from accesscontrol.services.signing_in.passwords import HardToGuess
from tests.portal.browser import Browser, forms_of
from tests.portal.signing_in.factors import OVERVIEW, by_password, is_in
from tests.portal.signing_in.sessions import grow_old
from tests.world import PASSWORD

NEW = "garnet otter under the hill"
CHANGE = f"{OVERVIEW}password/"


@pytest.fixture
def anna(browse: Callable[[str], Browser]) -> Browser:
    return browse("anna")


def refused(password: str, user: User | None = None) -> str:
    """The code of why a password is refused; empty where it is taken."""
    try:
        HardToGuess().validate(password, user)
    except ValidationError as error:
        assert error.messages[0]
        return str(error.code)
    return ""


@pytest.mark.checklist("A05")
@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("aaaaaaaaaaaaaaa", "repeats itself"),
        ("passwordpassword", "mostly made of words"),
        ("abcabcabcabcabc", "repeats itself"),
        ("1111111111111111", "repeats itself"),
        ("qwertyuiopasdfgh", "Many people use this"),
        ("123456789012345", "Many people use this"),
        ("letmein12345678901", "Many people use this"),
        ("iloveyouiloveyou", "repeats itself"),
        ("accesscontrolportal", "mostly made of words"),
        ("trackit toolbox 12", "mostly made of words"),
    ],
)
def test_what_is_guessed_at_once_is_refused_with_its_reason(password, says):
    with pytest.raises(ValidationError, match=says):
        HardToGuess().validate(password, None)


@pytest.mark.checklist("A05")
@pytest.mark.parametrize(
    "password",
    [
        "anna-northwind-2026",
        "Northwind Northwind!",
        "anna@northwind.example",
        "annasmith+49301234567",
        "NORTHWIND(anna)2027",
    ],
)
def test_what_is_made_of_ones_own_words_is_refused(cast, password):
    change_user(cast.actor("adam"), cast.people["anna"], last_name="Smith", phone="+49301234567")
    assert refused(password, User.objects.get(username="anna")) != ""


@pytest.mark.checklist("A05")
def test_words_of_accounts_above_count_as_ones_own(cast):
    assert refused("Northwind-contoso-7", User.objects.get(username="shira")) == "password_of_own_words"
    assert refused("Northwind-contoso-7", User.objects.get(username="alma")) == ""


def test_a_word_of_ones_own_in_a_long_sentence_is_no_harm(cast):
    assert refused("anna paints twelve green elephants", User.objects.get(username="anna")) == ""


@pytest.mark.parametrize(
    "password", ["x" * 1000 + "garnet otter hill", "é" * 5 + " garnet otter hill", "🚜🐘🌵🎻 garnet otter"]
)
def test_long_and_rare_ones_take_no_time_and_break_nothing(password):
    refused(password)


# --- Changing


@pytest.mark.checklist("A07")
def test_a_change_needs_the_password_until_now(anna):
    page = anna.post(CHANGE, {"current": "not my password", "password": NEW})
    assert list(page.context["form"].errors) == ["current"]
    page = anna.post(CHANGE, {"password": NEW})
    assert list(page.context["form"].errors) == ["current"]
    assert by_password(Client(), "anna").status_code == 302
    assert anna.post(CHANGE, {"current": PASSWORD, "password": NEW})["Location"] == OVERVIEW
    cache.clear()
    assert by_password(Client(), "anna", NEW).status_code == 302
    assert by_password(Client(), "anna").status_code == 200


@pytest.mark.checklist("A07")
def test_everybody_changes_their_own(browse):
    for name in ("sam", "anna", "adam", "nora"):
        assert browse(name).post(CHANGE, {"current": PASSWORD, "password": NEW})["Location"] == OVERVIEW


def test_the_password_is_the_factor_that_a_change_asks_for(anna):
    anna.get("/")
    grow_old(anna)
    assert anna.post(CHANGE, {"current": PASSWORD, "password": NEW})["Location"] == OVERVIEW


@pytest.mark.checklist("S01")
@pytest.mark.checklist("S05")
@pytest.mark.checklist("A18")
def test_a_change_ends_the_other_sessions_and_is_told(browse, django_capture_on_commit_callbacks):
    here, elsewhere = browse("anna"), browse("anna")
    assert is_in(elsewhere)
    before = here.cookies["session"].value
    with django_capture_on_commit_callbacks(execute=True):
        here.post(CHANGE, {"current": PASSWORD, "password": NEW})
    assert (is_in(here), is_in(elsewhere)) == (True, False)
    assert here.cookies["session"].value != before
    assert [(one.to, NEW in one.body) for one in mail.outbox] == [(["anna@northwind.example"], False)]
    assert Event.objects.filter(action="user.password").count() == 1


@pytest.mark.checklist("A01")
@pytest.mark.checklist("A05")
def test_what_is_wrong_with_a_new_one_is_told_at_its_field(anna):
    for wanted in ("short one", "aaaaaaaaaaaaaaaaaaaa"):
        page = anna.post(CHANGE, {"current": PASSWORD, "password": wanted})
        assert list(page.context["form"].errors) == ["password"]
        assert wanted not in page.content.decode()


@pytest.mark.checklist("A10")
def test_guessing_the_password_until_now_is_slowed_down(anna):
    for _ in range(6):
        page = anna.post(CHANGE, {"current": "a guess", "password": NEW})
    assert "Too many" in str(page.context["form"].errors["current"])


# --- The fields


@pytest.mark.checklist("A08")
@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/sign-in/", {"password": "current-password"}),
        (CHANGE, {"current": "current-password", "password": "new-password"}),
    ],
)
def test_fields_of_passwords_are_hidden_known_to_managers_and_may_be_shown_and_pasted(browse, cast, path, wanted):
    client = browse("anna") if path == CHANGE else Client()
    page = client.get(path)
    html = page.content.decode()
    found = {name: one.type for form in forms_of(page) for name, one in form.fields.items() if name in wanted}
    assert found == dict.fromkeys(wanted, "password")
    for name, autocomplete in wanted.items():
        field = next(part for part in html.split("<input")[1:] if f'name="{name}"' in part).split(">")[0]
        assert f'autocomplete="{autocomplete}"' in field
        assert "onpaste" not in field
        assert "maxlength" not in field
    assert html.count("data-password-toggle") >= len(wanted)
