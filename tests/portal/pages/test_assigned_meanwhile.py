"""Assigning from an old form: what others took from the person meanwhile does not come back unseen."""

from __future__ import annotations

from typing import Any

import pytest

from accesscontrol.items.models import ItemUserObjectPermission
from accesscontrol.services.items.assignments import assign_items, unassign_items
from accesscontrol.services.people.users import change_user
from tests.portal.pages.test_saved_meanwhile import card, opened, said
from tests.world import CONSOLE, Cast

ASSIGN = "/users/lee/assign/"


def assigned() -> set[str]:
    return set(
        ItemUserObjectPermission.objects.filter(user__username="lee").values_list("content_object__key", flat=True)
    )


def test_assigning_joins_with_a_new_phone_number(browse: Any, cast: Cast) -> None:
    nora = browse("nora")
    form = opened(nora, ASSIGN)
    change_user(cast.actor("adam"), cast.people["lee"], phone="112")
    assign_items(cast.actor("adam"), cast.people["lee"], [cast.items["pump"]])
    assert nora.post(ASSIGN, form | {"items": ["truck-8"]}).status_code == 302
    assert assigned() == {"truck-8", "pump"}


@pytest.mark.checklist("E01")
def test_assigning_does_not_join_with_what_others_did_to_the_access_of_the_person(browse: Any, cast: Cast) -> None:
    nora = browse("nora")
    form = opened(nora, ASSIGN)
    change_user(cast.actor("adam"), cast.people["lee"], role=cast.dispatcher)
    again = nora.post(ASSIGN, form | {"items": ["truck-8"]})
    assert "adam changed this meanwhile: Role." in said(again)
    assert assigned() == set()
    assert nora.post(ASSIGN, card(again).untouched()).status_code == 302
    assert assigned() == {"truck-8"}


@pytest.mark.checklist("E01")
def test_what_was_taken_away_meanwhile_is_not_assigned_again_unseen(browse: Any, cast: Cast) -> None:
    """Nora meant to prolong it; adam has taken it away since she opened the form."""
    assign_items(CONSOLE, cast.people["lee"], [cast.items["truck_8"]])
    nora = browse("nora")
    form = opened(nora, ASSIGN)
    unassign_items(cast.actor("adam"), cast.people["lee"], [cast.items["truck_8"]])
    again = nora.post(ASSIGN, form | {"items": ["truck-8"]})
    assert "adam changed this meanwhile: Items." in said(again)
    assert assigned() == set()
