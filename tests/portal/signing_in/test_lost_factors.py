"""A lost second factor: asked for by an administrator, told, objected to, done after a day; at the console at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accesscontrol.access.engine import AccessDenied
from accesscontrol.accounts.models import User
from accesscontrol.accounts.signing_in import FactorReset
from accesscontrol.audit.models import Event
from accesscontrol.services.ends.sweep import sweep
from accesscontrol.services.frame.errors import Conflict
from accesscontrol.services.frame.freshness import NotFresh, NotInPerson
from accesscontrol.services.signing_in.lost_factors import ask_reset, object_to_reset
from tests.portal.signing_in.factors import CODE, OVERVIEW, App, by_password, is_in, recovery_codes

ASK = "/users/anna/reset-factors/"


@pytest.fixture
def anna(cast: Any) -> User:
    """A person with an app and recovery codes."""
    person = User.objects.get(username="anna")
    App().of(person)
    recovery_codes(person)
    return person


def due() -> None:
    """A day later."""
    FactorReset.objects.update(at=timezone.now() - timedelta(seconds=1))


def actions() -> list[str]:
    return list(Event.objects.filter(action__contains="factor.reset").order_by("id").values_list("action", flat=True))


@pytest.mark.checklist("A16")
def test_it_happens_after_a_day_and_not_before(browse, anna):
    assert browse("adam").post(ASK)["Location"] == "/users/anna/"
    assert by_password(Client(), "anna")["Location"] == CODE
    assert Authenticator.objects.filter(user=anna).count() == 2
    due()
    client = Client()
    assert by_password(client, "anna")["Location"] == "/"
    assert is_in(client)
    assert not Authenticator.objects.filter(user=anna).exists()
    assert actions() == ["user.factor.reset_asked", "user.factor.reset"]


def test_the_sweep_does_it_too(browse, anna):
    browse("adam").post(ASK)
    assert sweep().resets == 0
    due()
    assert sweep().resets == 1
    assert not Authenticator.objects.filter(user=anna).exists()


@pytest.mark.checklist("A18")
def test_the_person_is_told_and_may_object(browse, anna, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        browse("adam").post(ASK)
    [letter] = mail.outbox
    assert (letter.to, "adam wants to remove your second factors" in letter.body) == ([anna.email], True)
    client = browse("anna")
    assert client.get(OVERVIEW).context["reset"].asked_by == "adam"
    assert client.post(f"{OVERVIEW}keep/")["Location"] == OVERVIEW
    due()
    assert by_password(Client(), "anna")["Location"] == CODE
    assert actions() == ["user.factor.reset_asked", "user.factor.reset_refused"]
    with pytest.raises(Conflict):
        object_to_reset(browse("anna").get(OVERVIEW).wsgi_request.actor, anna)


def test_it_ends_the_sessions_there_are(browse, anna):
    client = browse("anna")
    assert is_in(client)
    call_command("reset_factors", "anna")
    assert not is_in(client)


@pytest.mark.checklist("S07")
def test_who_may_ask_for_it(cast, anna):
    for who in ("otto", "sam", "carla", "alma"):
        with pytest.raises(AccessDenied):
            ask_reset(cast.actor(who), anna)
    with pytest.raises(Conflict, match="your own"):
        ask_reset(cast.actor("anna"), anna)
    with pytest.raises(NotFresh):
        ask_reset(cast.actor("adam", fresh_at=None), anna)
    with pytest.raises(NotInPerson):
        ask_reset(cast.token("master"), anna)
    with pytest.raises(NotInPerson):
        object_to_reset(cast.actor("nora"), anna)
    assert ask_reset(cast.actor("nora"), anna) is not None
    with pytest.raises(Conflict, match="already"):
        ask_reset(cast.actor("adam"), anna)
    with pytest.raises(Conflict, match="no second factor"):
        ask_reset(cast.actor("nora"), cast.people["otto"])


def test_at_the_console_it_happens_at_once(anna, capsys):
    call_command("reset_factors", "ANNA")
    assert "anna signs in by the password alone" in capsys.readouterr().out
    assert by_password(Client(), "anna")["Location"] == "/"
    for username in ("anna", "nobody"):
        with pytest.raises(CommandError):
            call_command("reset_factors", username)
