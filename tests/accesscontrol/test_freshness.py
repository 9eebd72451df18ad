"""No stale allow: a change committed elsewhere is obeyed by the next decision of a warm process, raw SQL included."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
import yaml
from django.db import connection, transaction
from django.utils import timezone

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.compiled import keeping as freshness
from accesscontrol.access.fresh import facts
from tests import world_rows

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both, pytest.mark.concurrency]


@pytest.fixture
def rows() -> world_rows.Rows:
    freshness.forget()
    with open("tests/seeds/seeds.yaml") as file:
        world = yaml.safe_load(file)
    return world_rows.load(world, timezone.now())


def elsewhere(act: Callable[[], Any]) -> None:
    """Do something on another connection, as another process would: this process's kept scopes are not told."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            act()
        except BaseException as error:  # noqa: BLE001  (carried over to the test's thread)
            failures.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    assert failures == []


def raw(statement: str, *params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        assert cursor.rowcount >= 1, statement


def allowed(rows: world_rows.Rows, caller: tuple[str, str], wanted: str, thing: tuple[str, str]) -> bool:
    actor = Actor.of(rows[caller[0]][caller[1]])
    return engine.decide(actor, wanted, rows.find(*thing)).allowed


USER, TOKEN, DEVICE = "user", "token", "device"
#: (what is done, caller, permission, thing that the caller has until then, SQL, keys → ids of the parameters)
TAKEN_AWAY = [
    ("a grant is revoked", (USER, "b.owner"), "device:view", (DEVICE, "a-truck"),
     "DELETE FROM grants_grantitem WHERE grant_id = %s", [("grant", "g-van")]),
    ("a grant is switched off", (USER, "b.owner"), "device:view", (DEVICE, "a-truck"),
     "UPDATE grants_grant SET enabled = false WHERE id = %s", [("grant", "g-van")]),
    ("a grantee drops out", (USER, "b.owner"), "device:view", (DEVICE, "a-truck"),
     "DELETE FROM grants_grantgrantee WHERE grant_id = %s", [("grant", "g-van")]),
    ("the caller's account is blocked", (USER, "a.owner"), "device:view", (DEVICE, "a-truck"),
     "UPDATE accounts_account SET blocked = true WHERE id = %s", [("account", "client-a")]),
    ("an account above is blocked", (USER, "a.owner"), "device:view", (DEVICE, "a-truck"),
     "UPDATE accounts_account SET blocked = true WHERE id = %s", [("account", "acme")]),
    ("a branch moves away", (USER, "acme.owner"), "device:view", (DEVICE, "a-truck"),
     "UPDATE accounts_account SET parent_id = %s WHERE id = %s", [("account", "plant"), ("account", "client-a")]),
    ("a user is disabled", (USER, "sub1"), "device:view", (DEVICE, "d1"),
     "UPDATE accounts_user SET is_active = false WHERE id = %s", [("user", "sub1")]),
    ("an authority is lowered", (USER, "ada"), "device:delete", (DEVICE, "sensor-1"),
     "UPDATE accounts_user SET authority = 'user' WHERE id = %s", [("user", "ada")]),
    ("a role is taken", (USER, "sub3"), "device.settings:change", (DEVICE, "d3"),
     "UPDATE accounts_user SET role_id = NULL WHERE id = %s", [("user", "sub3")]),
    ("a role loses its rights", (USER, "sub3"), "device.settings:change", (DEVICE, "d3"),
     "UPDATE roles_role SET rights = '[]' WHERE id = %s", [("role", "installer")]),
    ("an assignment is taken", (USER, "sub1"), "device:view", (DEVICE, "d1"),
     "DELETE FROM items_itemuserobjectpermission WHERE user_id = %s", [("user", "sub1")]),
    ("a token is disabled", (TOKEN, "toolbox-two"), "device:view", (DEVICE, "tr-1"),
     "UPDATE tokens_token SET enabled = false WHERE id = %s", [("token", "toolbox-two")]),
    ("a token's rule goes", (TOKEN, "toolbox-two"), "device:view", (DEVICE, "tr-1"),
     "UPDATE tokens_tokenrule SET verbs = '[]' WHERE token_id = %s", [("token", "toolbox-two")]),
    ("a token's user is disabled", (TOKEN, "dev-token"), "device:delete", (DEVICE, "sensor-1"),
     "UPDATE accounts_user SET is_active = false WHERE id = %s", [("user", "dev")]),
    ("a project's rule becomes a deny", (USER, "guest"), "device:view", (DEVICE, "sensor-1"),
     "UPDATE projects_projectrule SET effect = 'deny' WHERE project_id = %s", [("project", "greenhouse")]),
    ("an item leaves its project", (USER, "guest"), "device:view", (DEVICE, "sensor-1"),
     "DELETE FROM projects_projectitem WHERE project_id = %s", [("project", "greenhouse")]),
    ("a membership ends", (USER, "guest"), "device:view", (DEVICE, "sensor-1"),
     "UPDATE projects_projectmember SET expires_at = '2020-01-01 00:00:00' WHERE project_id = %s",
     [("project", "greenhouse")]),
    ("an item moves to another account", (USER, "b.owner"), "device:view", (DEVICE, "b-truck"),
     "UPDATE items_item SET account_id = %s WHERE id = %s", [("account", "plant"), ("item", "b-truck")]),
    ("a developer loses an item", (USER, "dev"), "device:view", (DEVICE, "sensor-1"),
     "UPDATE items_item SET owner_id = NULL WHERE id = %s", [("item", "sensor-1")]),
]  # fmt: skip


@pytest.mark.parametrize(("what", "caller", "wanted", "thing", "statement", "keys"), TAKEN_AWAY, ids=lambda v: str(v))
def test_what_is_taken_away_elsewhere_is_gone_at_the_next_decision(
    rows: world_rows.Rows, what: str, caller: tuple, wanted: str, thing: tuple, statement: str, keys: list
) -> None:
    params = [rows[kind][key].pk for kind, key in keys]
    assert [allowed(rows, caller, wanted, thing) for _ in range(2)] == [True, True], "cold, then warm"

    def undone() -> None:
        try:
            with transaction.atomic():
                raw(statement, *params)
                raise KeyboardInterrupt
        except KeyboardInterrupt:
            pass

    elsewhere(undone)
    assert allowed(rows, caller, wanted, thing) is True, "a change rolled back changes nothing"
    elsewhere(lambda: raw(statement, *params))
    assert allowed(rows, caller, wanted, thing) is False


def test_a_grant_outlives_a_move_and_a_block_of_its_grantor(rows: world_rows.Rows) -> None:
    caller, thing = (USER, "b.owner"), (DEVICE, "a-truck")
    client, other = rows["account"]["client-a"].pk, rows["account"]["client-b"].pk
    assert [allowed(rows, caller, "device:view", thing) for _ in range(2)] == [True, True]
    elsewhere(lambda: raw("UPDATE accounts_account SET parent_id = NULL WHERE id = %s", other))
    assert allowed(rows, caller, "device:view", thing) is True, "from another tree the grant still holds"
    elsewhere(lambda: raw("UPDATE accounts_account SET blocked = true WHERE id = %s", client))
    assert allowed(rows, caller, "device:view", thing) is True, "items of a blocked account stay with grantees"


def test_a_decision_inside_an_open_transaction_is_not_kept(rows: world_rows.Rows) -> None:
    caller, thing = (USER, "a.owner"), (DEVICE, "b-truck")
    try:
        with transaction.atomic():
            support = rows["account"]["support"].pk
            raw("UPDATE accounts_user SET authority = 'user' WHERE username = 'sue'")  # one owner an account
            raw("UPDATE accounts_user SET account_id = %s WHERE username = 'a.owner'", support)
            assert allowed(rows, caller, "device:view", thing) is True, "support may see all of client B"
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    assert allowed(rows, caller, "device:view", thing) is False


@pytest.mark.parametrize("ends", [None, KeyboardInterrupt])
def test_an_open_transaction_keeps_scopes_of_its_own_until_it_ends(
    rows: world_rows.Rows, monkeypatch: pytest.MonkeyPatch, ends: type[BaseException] | None
) -> None:
    caller, thing = (USER, "b.owner"), (DEVICE, "a-truck")
    load, loaded = facts.load, []
    monkeypatch.setattr(facts, "load", lambda actors: loaded.append(len(actors)) or load(actors))
    revoke = "DELETE FROM grants_grantitem WHERE grant_id = %s", rows["grant"]["g-van"].pk
    with suppress(KeyboardInterrupt), transaction.atomic():
        assert [allowed(rows, caller, "device:view", thing) for _ in range(3)] == [True] * 3
        assert len(loaded) == 1
        with suppress(InterruptedError), transaction.atomic():
            raw(*revoke)
            assert [allowed(rows, caller, "device:view", thing) for _ in range(2)] == [False, False]
            raise InterruptedError
        assert allowed(rows, caller, "device:view", thing) is True, "what was undone within it changes nothing"
        raw(*revoke)
        assert allowed(rows, caller, "device:view", thing) is False
        if ends:
            raise ends
    before = len(loaded)
    assert [allowed(rows, caller, "device:view", thing) for _ in range(2)] == [ends is not None] * 2
    assert len(loaded) == before + 1, "nothing of the transaction is left, and the process keeps its own"


def test_time_alone_ends_access_in_its_second(rows: world_rows.Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    caller, thing = (USER, "b.owner"), (DEVICE, "a-truck")
    end = timezone.now() + timedelta(hours=1)
    raw("UPDATE grants_grant SET expires_at = %s WHERE id = %s", end, rows["grant"]["g-van"].pk)
    assert [allowed(rows, caller, "device:view", thing) for _ in range(2)] == [True, True]
    second = timedelta(seconds=1)
    for moment, expected in ((end - second, True), (end, False), (end + second, False), (end - second, True)):
        monkeypatch.setattr(timezone, "now", lambda moment=moment: moment)
        assert allowed(rows, caller, "device:view", thing) is expected
