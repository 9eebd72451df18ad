"""An act that is tried and undone leaves nothing: no row, no scope, no mail, no epoch; and refuses as the act does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.core.mail import send_mail
from django.db import connection, transaction

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.compiled import keeping as freshness
from accesscontrol.access.engine import AccessDenied
from accesscontrol.access.fresh import epochs
from accesscontrol.accounts.models import Account
from accesscontrol.audit.models import ChainHead, Event
from accesscontrol.audit.verification import verify
from accesscontrol.grants.models import Grant
from accesscontrol.services.frame.simulating import simulate
from accesscontrol.services.grants.grants import create_grant, revoke_grant
from accesscontrol.services.grants.previews.previews import preview_create, preview_revoke
from tests.statements import of_law, statements
from tests.world import Cast, build_cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast() -> Cast:
    return build_cast()


def may_frank(cast: Cast) -> bool:
    return engine.decide(cast.actor("frank"), "device:view", cast.items["van_1"]).allowed


def give(cast: Cast) -> Grant:
    return create_grant(
        cast.actor("carla"), cast.accounts["contoso"], covers="account", grantees=[cast.accounts["fabrikam"]]
    )


def elsewhere(ask: Callable[[], Any]) -> Any:
    """The answer of another connection, in a thread of its own."""
    answers: list[Any] = []

    def run() -> None:
        try:
            answers.append(ask())
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return answers[0]


def state() -> dict[str, Any]:
    roots = set(Account.objects.filter(parent=None).values_list("pk", flat=True)) | {epochs.PLATFORM}
    return {
        "epochs": epochs.read(roots),
        "events": Event.objects.count(),
        "heads": sorted(ChainHead.objects.values_list("chain", "digest")),
        "grants": sorted(Grant.objects.values_list("key", flat=True)),
    }


@pytest.mark.both
def test_nothing_is_left_of_an_act_that_was_tried(cast: Cast) -> None:
    before = state()
    _, inside = simulate(lambda: give(cast), lambda made: (made.key, may_frank(cast)))
    assert inside[1] is True
    assert state() == before
    assert not may_frank(cast)
    assert verify() == []


@pytest.mark.both
def test_a_decision_elsewhere_in_between_sees_nothing(cast: Cast) -> None:
    def look(_: Grant) -> tuple[bool, bool]:
        return may_frank(cast), elsewhere(lambda: may_frank(cast))

    assert not may_frank(cast)
    _, looks = simulate(lambda: give(cast), look)
    assert looks == (True, False)
    assert not elsewhere(lambda: may_frank(cast))


def test_no_scope_of_the_try_is_kept(cast: Cast) -> None:
    freshness.forget()
    simulate(lambda: give(cast), lambda _: may_frank(cast))
    assert freshness._scopes == {}
    assert not may_frank(cast)
    kept = dict(freshness._scopes)
    assert kept
    simulate(lambda: give(cast), lambda _: may_frank(cast))
    assert dict(freshness._scopes) == kept


def test_a_scope_kept_before_is_good_after_the_try(cast: Cast) -> None:
    """The epoch is what it was, so a warm process stays warm: one statement for epochs and one for the thing."""
    assert not may_frank(cast)
    simulate(lambda: give(cast), lambda _: may_frank(cast))
    with statements() as made:
        assert not may_frank(cast)
    assert made == of_law()


def test_mail_that_waits_for_the_commit_is_never_sent(cast: Cast) -> None:
    def attempt() -> None:
        give(cast)
        transaction.on_commit(lambda: send_mail("Subject", "Body", None, ["somebody@example.com"]))

    simulate(attempt, lambda _: None)
    assert mail.outbox == []


def test_the_refusal_is_that_of_the_act(cast: Cast) -> None:
    def attempt() -> Grant:
        return create_grant(
            cast.actor("frank"), cast.accounts["contoso"], covers="account", grantees=[cast.accounts["fabrikam"]]
        )

    with pytest.raises(AccessDenied) as tried:
        simulate(attempt, lambda _: None)
    with pytest.raises(AccessDenied) as real:
        attempt()
    assert str(tried.value) == str(real.value)


def test_an_outer_transaction_goes_on_after_the_try(cast: Cast) -> None:
    with transaction.atomic():
        made = give(cast)
        simulate(lambda: revoke_grant(Actor.system(), made), lambda _: None)
    assert Grant.objects.filter(pk=made.pk).exists()


def test_previews_keep_no_scope(cast: Cast) -> None:
    made = give(cast)
    freshness.forget()
    preview_revoke(cast.actor("carla"), made)
    preview_create(
        cast.actor("carla"), cast.accounts["contoso"], covers="kind", kind="device",
        grantees=[cast.accounts["fabrikam"]],
    )  # fmt: skip
    assert may_frank(cast)
    revoke_grant(cast.actor("carla"), made)
    assert not may_frank(cast)
