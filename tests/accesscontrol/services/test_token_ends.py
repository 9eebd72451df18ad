"""When tokens end: to the second, in the engine and at the door; and that none outlives whoever issued it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from accesscontrol.services.frame.errors import BeyondOwn, Invalid
from accesscontrol.services.tokens import keys
from accesscontrol.services.tokens.doors import open_with_key
from accesscontrol.services.tokens.specs import TokenRuleSpec
from accesscontrol.services.tokens.tokens import Issued, change_token, create_token, enable_token, rotate_token
from accesscontrol.tokens.models import Token
from tests.world import CONSOLE, Cast

START = datetime(2026, 6, 1, 12, 0, tzinfo=timezone.get_default_timezone())
ISSUES = TokenRuleSpec(kind="token", verbs=("view", "create", "change"))
VIEW = TokenRuleSpec(kind="device", verbs=("view",))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The clock stands; call it with seconds after START to set it."""

    def at(seconds: float) -> None:
        monkeypatch.setattr(timezone, "now", lambda: START + timedelta(seconds=seconds))

    at(0)
    return at


def issue(cast: Cast, actor: Actor = CONSOLE, **fields: Any) -> Issued:
    issued = create_token(actor, cast.accounts["northwind"], **{"type": "acl", "rules": (VIEW,), **fields})
    Token.objects.filter(pk=issued.token.pk).update(created_at=timezone.now())  # the default has the real clock
    issued.token.refresh_from_db()
    return issued


def alive(cast: Cast, issued: Issued, secret: str | None = None) -> tuple[bool, bool]:
    """Whether the token has anything now: asked of the engine, and at the door."""
    decision = engine.decide(Actor.of(issued.token), "device:view", cast.items["truck_7"])
    return decision.allowed, open_with_key(secret or issued.secret, None) is not None


@pytest.mark.both
@pytest.mark.checklist("T07")
def test_an_absolute_end_counts_to_the_second(cast: Cast, clock: Any) -> None:
    issued = issue(cast, expires_at=START + timedelta(seconds=100))
    found = []
    for seconds in (0, 99, 100, 101):
        clock(seconds)
        found.append(alive(cast, issued))
    assert found == [(True, True), (True, True), (False, False), (False, False)]


@pytest.mark.both
@pytest.mark.checklist("T07")
def test_the_time_without_use_counts_from_the_last_use_to_the_second(cast: Cast, clock: Any) -> None:
    issued = issue(cast, idle_ttl=300)
    found = []
    for seconds in (299, 300):
        clock(seconds)
        found.append(alive(cast, issued))
    clock(299)
    keys.note_use(issued.token, "10.0.0.1")
    for seconds in (300, 598, 599, 600):
        clock(seconds)
        found.append(alive(cast, issued))
    assert found == [(True, True), (False, False), (True, True), (True, True), (False, False), (False, False)]


@pytest.mark.checklist("T07")
def test_the_first_of_two_ends_counts(cast: Cast, clock: Any) -> None:
    early = issue(cast, idle_ttl=300, expires_at=START + timedelta(seconds=1000))
    late = issue(cast, idle_ttl=1000, expires_at=START + timedelta(seconds=300))
    clock(299)
    assert (alive(cast, early), alive(cast, late)) == ((True, True), (True, True))
    clock(300)
    assert (alive(cast, early), alive(cast, late)) == ((False, False), (False, False))


@pytest.mark.checklist("T10")
def test_the_key_before_counts_to_the_second_the_overlap_ends(cast: Cast, clock: Any) -> None:
    old = issue(cast, expires_at=START + timedelta(days=1))
    new = rotate_token(CONSOLE, old.token, timedelta(seconds=60))
    found = []
    for seconds in (0, 59, 60, 61):
        clock(seconds)
        found.append((open_with_key(old.secret, None) is not None, open_with_key(new.secret, None) is not None))
    assert found == [(True, True), (True, True), (False, True), (False, True)]


@pytest.mark.checklist("T07")
def test_a_token_has_an_end_of_five_minutes_or_more_unless_settings_say_otherwise(cast: Cast, settings: Any) -> None:
    with pytest.raises(Invalid, match="Enter an end"):
        issue(cast)
    for seconds in (0, 299, -1, 2**31, True, 300.5):
        with pytest.raises(Invalid, match="from 300"):
            issue(cast, idle_ttl=seconds)
    assert issue(cast, idle_ttl=300).token.idle_ttl == 300
    settings.TOKENS_MAY_BE_ENDLESS = True
    assert issue(cast).token.expires_at is None


def test_a_shorter_time_of_before_may_stay(cast: Cast) -> None:
    token = issue(cast, idle_ttl=300).token
    Token.objects.filter(pk=token.pk).update(idle_ttl=60)
    assert change_token(CONSOLE, token, name="Renamed").idle_ttl == 60
    with pytest.raises(Invalid, match="from 300"):
        change_token(CONSOLE, token, idle_ttl=61)


@pytest.mark.checklist("T07")
def test_no_token_is_made_for_longer_than_the_policy(cast: Cast, clock: Any, settings: Any) -> None:
    before = issue(cast, expires_at=START + timedelta(days=400)).token
    settings.TOKEN_LONGEST_DAYS = 90
    longest = START + timedelta(days=90)
    assert issue(cast, expires_at=longest).token.expires_at == longest
    for fields in ({"expires_at": longest + timedelta(seconds=1)}, {"idle_ttl": 600}):
        with pytest.raises(Invalid, match="within 90 days"):
            issue(cast, **fields)
    assert change_token(CONSOLE, before, name="Kept").name == "Kept", "what was made before stays"
    with pytest.raises(Invalid, match="within 90 days"):
        change_token(CONSOLE, before, expires_at=START + timedelta(days=399))


# --- Nothing outlives whoever issued it


@pytest.mark.checklist("T12")
def test_no_token_outlives_its_maker(cast: Cast) -> None:
    """Issuing, prolonging and rotating; a token that names fewer ends is the longer one, and use puts an end off."""
    end = timezone.now() + timedelta(hours=1)
    soon = timezone.now() + timedelta(minutes=9)
    dated = issue(cast, type="acl", rules=(VIEW, ISSUES), expires_at=end).token
    idle = issue(cast, type="acl", rules=(VIEW, ISSUES), expires_at=end, idle_ttl=600).token
    for maker, latest in ((dated, end), (idle, soon)):
        by = Actor.of(maker)
        made = issue(cast, by, expires_at=latest).token
        for fields in (
            {"expires_at": latest + timedelta(minutes=2)},
            {"expires_at": None, "idle_ttl": 600},
            {"expires_at": None, "idle_ttl": 300},
        ):
            with pytest.raises(BeyondOwn):
                issue(cast, by, **fields)
            with pytest.raises(BeyondOwn):
                change_token(by, made, **fields)
            with pytest.raises(BeyondOwn):
                change_token(by, maker, **{"idle_ttl": None, **fields})
        longer = issue(cast, expires_at=end + timedelta(days=1), idle_ttl=600).token
        with pytest.raises(BeyondOwn, match="Your own access to this ends on"):
            rotate_token(by, longer)
        assert rotate_token(by, made).token.expires_at == latest


@pytest.mark.checklist("T12")
def test_no_token_outlives_the_person_behind_its_maker(cast: Cast) -> None:
    """A person whose access ends issues nothing that goes on: in person, by a token of theirs, or for somebody else."""
    end = timezone.now() + timedelta(hours=1)
    adam = cast.people["adam"]
    own = issue(cast, type="master", rules=(), user=adam, expires_at=end + timedelta(days=30)).token
    User.objects.filter(pk=adam.pk).update(expires_at=end)
    for by in (cast.actor("adam"), Actor.of(own)):
        for fields in ({}, {"user": cast.people["otto"]}):
            with pytest.raises(BeyondOwn, match="Your own access to this ends on"):
                issue(cast, by, type="master", rules=(), expires_at=end + timedelta(seconds=1), **fields)
            assert issue(cast, by, type="master", rules=(), expires_at=end, **fields).token.expires_at == end
        with pytest.raises(BeyondOwn, match="Your own access to this ends on"):
            rotate_token(by, cast.tokens["master"].token)
        dies_with_adam = issue(cast, by, type="master", rules=(), user=adam, expires_at=end + timedelta(days=1))
        assert dies_with_adam.token.user == adam


@pytest.mark.checklist("T12")
def test_a_token_does_not_change_its_own_limits(cast: Cast) -> None:
    end = timezone.now() + timedelta(hours=1)
    fields = {"rules": (VIEW, ISSUES), "expires_at": end, "idle_ttl": 600, "allowed_addresses": ("10.0.0.0/8",)}
    token = issue(cast, **fields).token
    by = Actor.of(token, address="10.0.0.1")
    for wider in (
        {"allowed_addresses": ()},
        {"allowed_addresses": ("0.0.0.0/0",)},
        {"rules": (TokenRuleSpec(kind="device", verbs=("view", "change")), ISSUES)},
        {"rules": (VIEW, ISSUES, TokenRuleSpec(kind="user", verbs=("view",)))},
        {"rules": (TokenRuleSpec(kind="device", verbs=("view",), sections="all"), ISSUES)},
    ):
        with pytest.raises(BeyondOwn):
            change_token(by, token, **wider)
    assert change_token(by, token, rules=(ISSUES,)).rules.count() == 1, "it may narrow itself"
    change_token(CONSOLE, token, enabled=False)
    with pytest.raises(engine.AccessDenied):
        enable_token(by, token)
