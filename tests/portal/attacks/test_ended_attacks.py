"""Attacks on what has ended: a session that a request in the middle would wake, an offer that outlives who made it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.exceptions import SessionInterrupted
from django.utils import timezone

from accesscontrol.accounts.models import User
from accesscontrol.accounts.signing_in import FactorReset
from accesscontrol.services.accounts.ownership import confirm_ownership, offer_ownership
from accesscontrol.services.frame.errors import Conflict
from accesscontrol.services.owning.leaving import remove_user, set_authority
from accesscontrol.services.people.compromised import declare_compromised
from accesscontrol.services.people.users import set_enabled
from accesscontrol.services.signing_in import lost_factors
from accesscontrol.services.signing_in.factors import kinds_of
from accesscontrol.services.signing_in.live_sessions import end_session, live_sessions
from portal.signed_in.session_store import SessionStore
from tests.portal.signing_in.factors import App
from tests.world import CONSOLE


def test_no_request_in_the_middle_wakes_a_session_under_a_new_name(browse, cast):
    client, adam = browse("adam"), cast.people["adam"]
    client.get("/")
    [there] = live_sessions(adam)
    asking = SessionStore(there.session_key)
    assert asking.get("started")  # a request of the session has begun
    end_session(CONSOLE, adam, there.public)
    with pytest.raises(SessionInterrupted):
        asking.cycle_key()
    assert live_sessions(adam) == []
    assert client.get("/").status_code == 302


def test_a_session_goes_on_under_a_new_name(browse, cast):
    client, adam = browse("adam"), cast.people["adam"]
    client.get("/")
    [before] = live_sessions(adam)
    asking = SessionStore(before.session_key)
    assert asking.get("started")
    asking.cycle_key()
    [after] = live_sessions(adam)
    assert (after.public, after.session_key == before.session_key) == (before.public, False)


@pytest.mark.parametrize("how", ["off and on", "off", "compromised", "over"])
def test_an_offer_of_the_ownership_ends_with_whoever_made_it(cast, how):
    offer, nora = offer_ownership(cast.actor("nora"), cast.people["adam"]), cast.people["nora"]
    if how == "compromised":
        declare_compromised(CONSOLE, [nora])
    elif how == "over":
        past = timezone.now() - timedelta(seconds=1)
        User.objects.filter(username__in=["nora", "adam"]).update(expires_at=past)
        User.objects.filter(username="adam").update(expires_at=None)
    else:
        set_enabled(CONSOLE, nora, False)
        if how == "off and on":
            set_enabled(CONSOLE, User.objects.get(username="nora"), True)
    with pytest.raises(Conflict):
        confirm_ownership(cast.actor("adam"), offer)
    authorities = dict(User.objects.filter(username__in=["nora", "adam"]).values_list("username", "authority"))
    assert authorities == {"nora": "owner", "adam": "administrator"}


@pytest.mark.parametrize("how", ["off", "compromised", "demoted", "removed", ""])
def test_a_reset_of_factors_happens_only_while_who_asked_could_still_ask(cast, how):
    anna, adam = cast.people["anna"], cast.people["adam"]
    App().of(anna)
    lost_factors.ask_reset(cast.actor("adam"), anna)
    if how == "off":
        set_enabled(CONSOLE, adam, False)
    elif how == "compromised":
        declare_compromised(CONSOLE, [adam])
    elif how == "demoted":
        set_authority(CONSOLE, adam, "user")
    elif how == "removed":
        remove_user(CONSOLE, adam)
    FactorReset.objects.update(at=timezone.now() - timedelta(seconds=1))
    assert lost_factors.reset_if_due(anna) is (how == "")
    assert FactorReset.objects.count() == 0
    assert bool(kinds_of(anna)) is (how != "")
