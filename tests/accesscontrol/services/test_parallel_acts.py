"""Acts in parallel: quotas, the one owner, and grants hold with four writers, and nobody waits for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from accesscontrol.accounts.models import User
from accesscontrol.audit.verification import verify
from accesscontrol.grants.models import Grant
from accesscontrol.items.models import Item
from accesscontrol.services.accounts.accounts import change_limits, move_account
from accesscontrol.services.frame.errors import Conflict, Invalid
from accesscontrol.services.grants.grants import create_grant, revoke_grant
from accesscontrol.services.items.items import create_item
from accesscontrol.services.owning.leaving import set_authority
from accesscontrol.services.people.users import create_user
from tests.world import CONSOLE, Cast, build_cast

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.both,
    pytest.mark.concurrency,
    pytest.mark.checklist("Z15"),
]


def in_parallel(*acts: Callable[[], object]) -> list[type]:
    """Run acts at once, each on a connection of its own; what each ended with (NoneType = it was done)."""
    ends: list[type] = []
    start = threading.Barrier(len(acts))

    def run(one: Callable[[], object]) -> None:
        try:
            start.wait()
            one()
            ends.append(type(None))
        except Exception as error:  # noqa: BLE001  (whatever it was, the test compares it)
            ends.append(type(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(one,)) for one in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(ends, key=lambda end: end.__name__)


@pytest.fixture
def stage() -> Cast:
    return build_cast()


def test_a_quota_is_never_passed_together(stage: Cast) -> None:
    change_limits(CONSOLE, stage.accounts["contoso"], {"device": 4})
    places = [stage.accounts["contoso"], stage.accounts["shop"]] * 2
    acts = [lambda place=place, n=n: create_item(CONSOLE, place, kind="device", name=f"D{n}")
            for n, place in enumerate(places)]  # fmt: skip
    assert in_parallel(*acts) == [Invalid, Invalid, type(None), type(None)]
    assert Item.objects.filter(kind="device", account__in=places).count() == 4


def test_two_owners_are_never_made_at_once(stage: Cast) -> None:
    shop = stage.accounts["shop"]
    acts = [lambda n=n: create_user(CONSOLE, shop, username=f"boss.{n}", authority="owner") for n in range(4)]
    assert in_parallel(*acts) == [Invalid, Invalid, Invalid, type(None)]
    assert User.objects.filter(account=shop, authority="owner").count() == 1


def test_the_last_two_administrators_do_not_demote_each_other(stage: Cast) -> None:
    second = create_user(CONSOLE, stage.accounts["shop"], username="second", authority="administrator", verified=True)
    stage.people["second"] = second
    ends = in_parallel(
        lambda: set_authority(stage.actor("second"), stage.people["shira"], "user"),
        lambda: set_authority(stage.actor("shira"), second, "user"),
    )
    assert len([end for end in ends if end is type(None)]) == 1
    assert User.objects.filter(account=stage.accounts["shop"], authority="administrator").count() == 1
    assert Conflict not in ends, "the demoted one may no longer ask"


def test_grants_across_two_trees_both_ways_do_not_deadlock(stage: Cast) -> None:
    north, acme = stage.accounts["northwind"], stage.accounts["acme"]

    def there_and_back(grantor, grantee) -> None:
        for _ in range(5):
            revoke_grant(CONSOLE, create_grant(CONSOLE, grantor, covers="account", grantees=[grantee], accepted=True))

    ends = in_parallel(
        lambda: there_and_back(north, acme),
        lambda: there_and_back(acme, north),
        lambda: [
            move_account(CONSOLE, stage.accounts["shop"], stage.accounts[to]) for to in ("fabrikam", "contoso") * 3
        ],
    )
    assert ends == [type(None)] * 3
    assert list(Grant.objects.all()) == [stage.hub_grant]
    assert verify() == []
