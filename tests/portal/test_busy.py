"""While somebody else makes a long change: pages are shown, changes wait and are then told, stamps are left out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accesscontrol.accounts.signing_in import Session
from accesscontrol.items.models import Item
from accesscontrol.services.frame.acts import act
from accesscontrol.tokens.models import Token
from tests.world import Cast, build_cast

NEW_TRUCK = {"account": "northwind", "name": "Truck 99", "settings": ""}
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both, pytest.mark.concurrency]


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return build_cast()


@pytest.fixture
def busy(cast: Cast) -> Callable:
    """Within it another connection holds the top-level account of the cast; waiting for it is given up soon."""

    @contextmanager
    def busy() -> Iterator[None]:
        held, done = threading.Event(), threading.Event()

        def hold() -> None:
            with act([cast.accounts["northwind"].pk]):
                held.set()
                done.wait(60)
            connection.close()

        thread = threading.Thread(target=hold)
        thread.start()
        assert held.wait(20)
        wait = "SET lock_timeout = 200" if connection.vendor == "postgresql" else "PRAGMA busy_timeout = 200"
        with connection.cursor() as cursor:
            cursor.execute(wait)
        try:
            yield
        finally:
            done.set()
            thread.join()
            connection.close()

    return busy


def signed_in(cast: Cast) -> Client:
    """A browser whose session is due to be renewed."""
    client = Client(raise_request_exception=False)
    client.force_login(cast.people["nora"])
    assert client.get("/items/device/").status_code == 200
    Session.objects.update(expire_date=F("expire_date") - timedelta(seconds=61))
    return client


def test_a_page_is_shown_and_its_session_renewed_when_that_can_be(cast, busy):
    client = signed_in(cast)
    before = Session.objects.get().expire_date
    with busy():
        assert client.get("/items/device/").status_code == 200
    assert client.get("/items/device/").status_code == 200
    assert Session.objects.get().expire_date > before


def test_calls_by_token_are_answered_and_their_use_is_stamped_when_that_can_be(cast, busy):
    key, row = cast.tokens["master"].secret, Token.objects.filter(pk=cast.tokens["master"].token.pk)
    row.update(last_used_at=timezone.now() - timedelta(minutes=2))
    before, caller = row.get().last_used_at, APIClient(headers={"Authorization": f"Bearer {key}"})
    with busy():
        assert caller.get("/api/v1/items/").status_code == 200
    assert caller.get("/api/v1/items/").status_code == 200
    assert row.get().last_used_at > before


def test_no_token_ends_for_want_of_a_stamp(cast, busy):
    key, row = cast.tokens["master"].secret, Token.objects.filter(pk=cast.tokens["master"].token.pk)
    row.update(last_used_at=timezone.now() - timedelta(minutes=6), idle_ttl=600)
    caller = APIClient(headers={"Authorization": f"Bearer {key}"}, raise_request_exception=False)
    with busy():
        codes = {caller.get("/api/v1/items/").status_code}
    assert codes == {503 if connection.vendor == "sqlite" else 200}
    assert caller.get("/api/v1/items/").status_code == 200
    assert row.get().last_used_at > timezone.now() - timedelta(minutes=1)


def test_a_change_that_waits_in_vain_says_so_and_changes_nothing(cast, busy):
    client, caller = signed_in(cast), APIClient(raise_request_exception=False)
    caller.force_login(cast.people["nora"])
    before = Item.objects.count()
    with busy():
        page = client.post("/items/device/~new/", NEW_TRUCK)
        answer = caller.post("/api/v1/items/", {"account": "northwind", "kind": "device", "name": "T"}, format="json")
    assert (page.status_code, page["Retry-After"], answer.status_code, answer["Retry-After"]) == (503, "60", 503, "60")
    assert "Yours was not made; try again in a minute." in page.text
    assert "Yours was not made" in answer.json()["detail"]
    assert Item.objects.count() == before
    assert client.post("/items/device/~new/", NEW_TRUCK).status_code == 302


def test_signing_out_waits_for_its_turn_and_says_so(cast, busy):
    client = signed_in(cast)
    with busy():
        assert client.post("/sign-out/").status_code == 503
    assert client.get("/items/device/").status_code == 200
    assert client.post("/sign-out/").status_code == 302
    assert client.get("/items/device/").status_code == 302


def test_a_command_that_waits_in_vain_says_so(cast, busy, tmp_path):
    file = tmp_path / "world.yaml"
    file.write_text("world: 1\naccounts:\n  - key: northwind\n    name: Renamed\n")
    with busy(), pytest.raises(CommandError, match="Yours was not made"):
        call_command("world", "apply", str(file))
    cast.accounts["northwind"].refresh_from_db()
    assert cast.accounts["northwind"].name != "Renamed"
