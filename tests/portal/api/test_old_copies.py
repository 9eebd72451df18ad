"""Every endpoint that changes something, found and not listed: two programs change one thing, and the later, who has
seen an old state of it, gives nothing back that was taken away meanwhile (access model §11, Revisions)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.db.models import F
from rest_framework.test import APIClient

from accesscontrol.items.models import Item, Record
from accesscontrol.services.frame.revisions import several
from accesscontrol.services.origins.states import SPECS, STATES
from portal.api.frame.conditional import Conditional
from tests.portal.api.unsafe import (
    ABOUT_ONE,
    BODIES,
    EVERY,
    IN_PERSON,
    MADE_UP,
    NO_THING,
    OF_NOUNS,
    PREVIEWS,
    Unsafe,
    thing_of,
)
from tests.portal.taking import TAKEN, access_of
from tests.world import Cast

CHANGING = [one for one in ABOUT_ONE if one.method in ("put", "patch")]


def named(one: Unsafe) -> str:
    return one.name


def plain(client: APIClient) -> APIClient:
    """The same caller, who says only what the test says."""
    client.__class__ = APIClient
    return client


def test_every_unsafe_endpoint_is_looked_at() -> None:
    """What changes no thing is named with its reason; what does says here what it is told."""
    assert {one.name for one in EVERY} - {one.name for one in OF_NOUNS} == set(NO_THING)
    assert {one.name for one in OF_NOUNS} == set(BODIES)
    assert len(ABOUT_ONE) > 35
    assert SPECS.keys() == STATES.keys() == TAKEN.keys()


@pytest.mark.parametrize("one", OF_NOUNS, ids=named)
def test_a_tag_of_nothing_lets_nothing_be_done(person: Any, cast: Cast, one: Unsafe) -> None:
    """RFC 9110 §13.1.1: where no tag matches, the method is not performed, also where nothing has a tag."""
    client, path = plain(person(one.caller())), one.path(cast)
    for tags in (MADE_UP, f"W/{MADE_UP}", "7", '""', f'{MADE_UP}, "1"'):
        answer = one.call(client, path, HTTP_IF_MATCH=tags)
        assert (answer.status_code, answer["Content-Type"]) == (412, "application/problem+json"), (path, tags)
        assert answer.json()["code"] == ("unknown_tag" if one.is_about_one else "no_state"), (path, tags)


@pytest.mark.parametrize("one", [one for one in ABOUT_ONE if one.name not in IN_PERSON], ids=named)
def test_an_old_tag_gives_nothing_back(person: Any, cast: Cast, one: Unsafe) -> None:
    """After others have taken access away, whoever names the state of before changes nothing and is told who did it."""
    client, path = plain(person(one.caller())), one.path(cast)
    old = client.get(one.seen_at(path))["ETag"]
    thing = thing_of(one, path)
    TAKEN[type(thing)](thing)
    taken, grantee = access_of(thing), one.noun == "received"
    answer = one.call(client, path, HTTP_IF_MATCH=old)
    assert (answer.status_code, access_of(thing)) == (412, taken), path
    told = answer.json()
    assert told["code"] == ("unknown_tag" if grantee else "stale"), told
    if not grantee:
        assert {line["who"] for line in told["meanwhile"]} == {"console"}, told
        assert answer["ETag"] == told["etag"]
        assert one.call(client, path, HTTP_IF_MATCH=told["etag"]).status_code != 412, path


@pytest.mark.parametrize("one", [one for one in ABOUT_ONE if one.name not in PREVIEWS], ids=named)
def test_the_state_is_asked_under_the_lock(person: Any, cast: Cast, one: Unsafe, monkeypatch: Any) -> None:
    """Others are done between the first look of a call and its act: the act finds it out by itself."""
    client, path = plain(person(one.caller())), one.path(cast)
    tag, look = client.get(one.seen_at(path))["ETag"], Conditional.meet

    def meet_and_wait(view: Any, thing: Any) -> None:
        look(view, thing)
        assert view.origin is not None
        type(thing)._default_manager.filter(pk=thing.pk).update(revision=F("revision") + 1)

    with transaction.atomic():
        assert one.call(client, path, HTTP_IF_MATCH=tag).status_code in (200, 201, 204), path
        transaction.set_rollback(True)
    monkeypatch.setattr(Conditional, "meet", meet_and_wait)
    answer = one.call(client, path, HTTP_IF_MATCH=tag)
    assert (answer.status_code, answer.json()["code"]) == (412, "stale"), path


@pytest.mark.parametrize("one", CHANGING, ids=named)
def test_an_old_copy_gives_nothing_back(person: Any, cast: Cast, one: Unsafe) -> None:
    """Each field of what was read is sent as it was, after access was taken away: as a whole nothing is written; singly
    without a tag only what is named, and of lists and mappings that give access not even that."""
    client, path = plain(person(one.caller())), one.path(cast)
    read = client.get(one.seen_at(path) if one.name != "SettingsViewSet.partial_update" else path)
    thing, fields = thing_of(one, path), writable(one)
    old = {name: value for name, value in read.json().items() if fields is None or name in fields}
    assert old or isinstance(thing, Record), path
    if isinstance(thing, Record | Item):
        return
    TAKEN[type(thing)](thing_of(one, path))
    taken, whole = access_of(thing), several(SPECS[type(thing)])
    stale = client.generic(one.method.upper(), path, *sent(old), HTTP_IF_MATCH=read["ETag"])
    assert (stale.status_code, access_of(thing)) == (412, taken), path
    for name, value in old.items():
        with transaction.atomic():
            answer = client.generic(one.method.upper(), path, *sent({name: value} if one.method == "patch" else old))
            now = access_of(thing)
            transaction.set_rollback(True)
        if name in whole or one.method == "put":
            assert (answer.status_code, now) == (428, taken), (path, name)
        else:
            assert {part: said for part, said in now.items() if part != name} == without(taken, name), (path, name)


def writable(one: Unsafe) -> set[str] | None:
    """The fields of a body; None where any may stand in it."""
    payload = one.address.view.cls.payloads.get(one.action)  # type: ignore[attr-defined]
    return set(payload().writable()) if payload is not None else None


def sent(body: dict[str, Any]) -> tuple[Any, str]:
    return APIClient()._encode_data(body, format="json")[0], "application/json"


def without(access: dict[str, Any], name: str) -> dict[str, Any]:
    return {part: said for part, said in access.items() if part != name}
