"""What one side writes for itself reaches the other at no door; names stand in events for who may view the thing."""

from __future__ import annotations

import pytest

from accesscontrol.accounts.models import Account
from accesscontrol.grants.models import Grant
from accesscontrol.services.accounts import accounts
from accesscontrol.services.grants import grants
from accesscontrol.services.items import assignments, items
from accesscontrol.services.tokens import tokens
from accesscontrol.services.tokens.specs import TokenRuleSpec
from tests.portal.attacks.staging import grant_to_contoso
from tests.portal.walking import addresses
from tests.world import CONSOLE

pytestmark = pytest.mark.django_db
CANARY = "canary-of-the-other-side"


def told(client, noun, key):
    """Which pages and endpoints show the canary: those about the noun with this key, and those about no thing."""
    found = set()
    for address in addresses():
        about = noun in address.pattern or "received" in address.pattern
        if not address.parts or (about and address.parts == {"key"}):
            answer = client.get(address.at(key=key))
            if answer.status_code == 200 and not answer.streaming and CANARY in answer.content.decode():
                found.add(address.pattern)
    return found


@pytest.fixture
def offered(cast):
    """One grant that Contoso has, one that waits, both with a note of Northwind's."""
    had = grant_to_contoso(cast, "truck_7")
    grants.change_grant(CONSOLE, had, note=CANARY)
    grants.create_grant(
        CONSOLE, cast.accounts["northwind"], covers="items", items=(cast.items["truck_8"],), note=CANARY,
        grantees=[cast.accounts["contoso"]], accepted=False,
    )  # fmt: skip
    return Grant.objects.get(pk=had.pk)


def test_the_note_of_a_grant_is_the_grantors(cast, offered, browse, call):
    assert told(browse("carl"), "grant", offered.key) == set()
    assert told(call("carl"), "grant", offered.key) == set()
    seen = told(browse("nora"), "grant", offered.key)
    assert {"grants/", "grants/<str:key>/"} <= seen
    assert told(call("nora"), "grant", offered.key) >= {"api/v1/grants/", "api/v1/grants/<str:key>/"}


def test_a_grant_received_is_not_found_by_its_note(offered, browse):
    given = browse("nora").get("/grants/", {"q": CANARY}).context["table"].data
    assert {row.key for row in given} >= {offered.key}
    received = browse("carl").get("/grants/~received/").context["table"].data
    assert offered.key in {row.key for row in received}
    assert list(browse("carl").get("/grants/~received/", {"q": CANARY}).context["table"].data) == []


def test_notes_of_an_account_are_for_who_may_change_it(cast, browse, call):
    northwind = cast.accounts["northwind"]
    accounts.change_account(CONSOLE, northwind, notes=CANARY)
    assert told(browse("sam"), "account", northwind.key) == told(call("sam"), "account", northwind.key) == set()
    grants.create_grant(CONSOLE, northwind, covers="account", grantees=[cast.accounts["contoso"]], accepted=True)
    assert call("carl").get(f"/api/v1/accounts/{northwind.key}/").json()["notes"] is None
    assert told(browse("carl"), "account", northwind.key) == set()
    assert call("nora").get(f"/api/v1/accounts/{northwind.key}/").json()["notes"] == CANARY
    assert Account.objects.get(pk=northwind.pk).notes == CANARY


def reader(cast):
    """A token that reads events and sees one device only."""
    rules = (TokenRuleSpec(kind="event", verbs=("view",)),
             TokenRuleSpec(kind="user", verbs=("view",)),
             TokenRuleSpec(kind="device", reach="list", verbs=("view",), items=(cast.items["truck_7"],)))  # fmt: skip
    return tokens.create_token(CONSOLE, cast.accounts["northwind"], type="acl", rules=rules, idle_ttl=3600).secret


def lines(client, secret):
    return client.get("/api/v1/events/", headers={"Authorization": f"Bearer {secret}"}).json()["results"]


@pytest.mark.checklist("E11")
def test_an_event_names_other_things_only_to_who_may_view_them(cast, client):
    hidden, sam = cast.items["truck_8"], cast.people["sam"]
    assignments.assign_items(CONSOLE, sam, [hidden])
    secret = reader(cast)
    found = lines(client, secret)
    assigned = [one for one in found if one["action"] == "user.assign"]
    assert assigned
    assert all(hidden.name not in str(one) for one in found)
    assert {one["thing_name"] for one in assigned} == {sam.username}


def test_a_thing_that_is_gone_is_not_named_to_a_token_with_rules(cast, client, call):
    place = items.create_item(CONSOLE, cast.accounts["northwind"], kind="place", name=CANARY)
    items.delete_item(CONSOLE, place)
    assert CANARY not in str(lines(client, reader(cast)))
    assert CANARY in str(call("nora").get("/api/v1/events/").json())


def test_events_are_found_by_the_names_that_they_tell_only(cast, browse):
    place = items.create_item(CONSOLE, cast.accounts["northwind"], kind="place", name=CANARY)
    seen = browse("nora").get("/events/", {"q": CANARY}).context["table"].data
    assert len(list(seen)) == 1
    items.delete_item(CONSOLE, place)
    assert len(list(browse("nora").get("/events/", {"q": CANARY}).context["table"].data)) == 2
