"""A look: one moment, one read of the epochs, each thing read once, and over as soon as an act is done."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.permissions import PermissionSet
from accesscontrol.services.frame.simulating import simulate
from accesscontrol.services.items.assignments import unassign_items
from accesscontrol.services.people.users import set_enabled
from portal.actors import look_of
from tests.statements import of_law, statements
from tests.world import Cast, build_cast

CONSOLE = Actor.system()


@pytest.fixture
def cast(db: None) -> Cast:
    return build_cast()


def test_a_look_reads_a_thing_once_whatever_is_asked_of_it(cast: Cast) -> None:
    truck, northwind = cast.items["truck_7"], cast.accounts["northwind"]
    with statements() as made:
        look = engine.look(cast.actor("nora"))
        look.read([truck, northwind])
        assert look.may("device:view", truck)
        assert look.mark([truck], ["change"]) == {truck.pk: {"change"}}
        assert look.lacking(PermissionSet.of(["device:view"]), northwind) == PermissionSet()
        assert look.access["device"]["device:view"] == "all"
    assert made == of_law(cold=True)


def test_a_look_goes_on_as_it_was_made_and_stands_no_more_after_an_act(cast: Cast) -> None:
    look = engine.look(cast.actor("sam"))
    assert (look.alive, look.stands) == (True, True)
    set_enabled(CONSOLE, cast.people["sam"], False)
    assert (look.alive, look.stands) == (True, False)
    assert not engine.look(cast.actor("sam")).alive


def test_an_act_that_is_only_tried_ends_a_look_too(cast: Cast) -> None:
    first = engine.look(cast.actor("sam"))
    simulate(lambda: set_enabled(CONSOLE, cast.people["sam"], False), lambda _: None)
    assert (first.stands, engine.look(cast.actor("sam")).alive) == (False, True)


def test_a_request_holds_a_look_a_caller_until_an_act(cast: Cast) -> None:
    request = RequestFactory().get("/")
    request.actor = cast.actor("sam")
    look, truck = look_of(request), cast.items["truck_7"]
    assert look_of(request) is look
    assert look_of(request, cast.actor("nora")) is not look
    assert look_of(request).may("device:view", truck)
    unassign_items(CONSOLE, cast.people["sam"], [truck])
    assert look_of(request) is not look
    assert not look_of(request).may("device:view", truck)


def test_nobody_has_no_look() -> None:
    request = RequestFactory().get("/")
    request.actor = None
    with pytest.raises(ValueError, match="Nobody asks here"):
        look_of(request)
