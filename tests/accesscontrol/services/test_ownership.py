"""Acts on the ownership: offered and confirmed in person, nobody else's to give."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from accesscontrol.access.engine import AccessDenied
from accesscontrol.accounts.models import OwnershipHandover, User
from accesscontrol.services.accounts.ownership import confirm_ownership, offer_ownership, withdraw_ownership
from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.services.owning.leaving import set_authority
from tests.world import CONSOLE, Cast


def authorities() -> dict[str, str]:
    return dict(User.objects.filter(username__in=["nora", "adam"]).values_list("username", "authority"))


def test_the_owner_offers_and_the_administrator_confirms(cast: Cast) -> None:
    offer = offer_ownership(cast.actor("nora"), cast.people["adam"])
    assert authorities() == {"nora": "owner", "adam": "administrator"}
    confirm_ownership(cast.actor("adam"), offer)
    assert authorities() == {"nora": "administrator", "adam": "owner"}


def test_only_the_owner_in_person_offers(cast: Cast) -> None:
    for actor in (cast.actor("adam"), cast.token("master"), CONSOLE):
        with pytest.raises(Conflict, match="in person"):
            offer_ownership(actor, cast.people["adam"])
    with pytest.raises(Invalid, match="Choose an administrator"):
        offer_ownership(cast.actor("nora"), cast.people["anna"])
    with pytest.raises(AccessDenied):
        offer_ownership(cast.actor("alma"), cast.people["adam"])


@pytest.mark.parametrize("state", [{"is_active": False}, {"verified": False}, {"expires_at": timezone.now()}])
def test_nobody_is_offered_it_who_cannot_sign_in(cast: Cast, state: dict[str, Any]) -> None:
    User.objects.filter(username="adam").update(**state)
    with pytest.raises(Invalid, match="who can sign in"):
        offer_ownership(cast.actor("nora"), cast.people["adam"])


def test_only_the_one_it_was_offered_to_confirms(cast: Cast) -> None:
    offer = offer_ownership(cast.actor("nora"), cast.people["adam"])
    with pytest.raises((AccessDenied, Conflict)):
        confirm_ownership(cast.actor("nora"), offer)
    set_authority(CONSOLE, cast.people["adam"], "developer")
    with pytest.raises(Conflict, match="changed since"):
        confirm_ownership(cast.actor("adam"), offer)


def test_an_offer_is_withdrawn_or_replaced(cast: Cast) -> None:
    first = offer_ownership(cast.actor("nora"), cast.people["adam"])
    second = offer_ownership(cast.actor("nora"), cast.people["adam"])
    assert list(OwnershipHandover.objects.all()) == [second]
    with pytest.raises(Conflict):
        confirm_ownership(cast.actor("adam"), first)
    withdraw_ownership(cast.actor("adam"), second)
    assert not OwnershipHandover.objects.exists()
