"""Revoke under load: no process says yes to a question that began after a revoke was committed.

Two warm processes check without a pause while this one grants, pauses and revokes. Answers that began while the grant
stood may be either; those that began while it was away must all be no.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from bisect import bisect_right

import pytest
from django.conf import settings
from django.db import connection

from accesscontrol.access import engine
from accesscontrol.services.grants import create_grant, pause_grant, revoke_grant
from tests.world import CONSOLE, build_cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both, pytest.mark.concurrency]

CHECKERS = 2
#: Seconds of the quick run; the long one goes on until all have checked this often.
QUICK, DEEP_CHECKS = 3.0, 1_000_000


def start(user: int, item: int, seconds: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.accesscontrol.grant_checkers", str(connection.settings_dict["NAME"])]
    return subprocess.Popen(
        [*command, str(user), str(item), str(seconds)],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def write(cast, until: float) -> list[tuple[float, float]]:
    """Grant and take away until the time is over; gives the spans in which nothing was granted."""
    contoso, fabrikam, away = cast.accounts["contoso"], cast.accounts["fabrikam"], []
    gone_at = time.monotonic()
    number = 0
    while time.monotonic() < until:
        number += 1
        away.append((gone_at, time.monotonic()))  # from the commit of the revoke until the next grant begins
        grant = create_grant(CONSOLE, contoso, covers="kind", kind="device", grantees=[fabrikam])
        time.sleep(0.02)
        if number % 3 == 0:
            pause_grant(CONSOLE, grant)
        else:
            revoke_grant(CONSOLE, grant)
        gone_at = time.monotonic()
        time.sleep(0.02)
        if number % 3 == 0:
            revoke_grant(CONSOLE, grant)
    away.append((gone_at, time.monotonic()))
    return away


def read(output: str) -> tuple[list[float], int]:
    """When the questions began that were answered with yes, and how many were asked."""
    *yes, number = output.split()
    return [float(began) for began in yes], int(number)


def late(yes: list[float], away: list[tuple[float, float]]) -> list[float]:
    """The yeses to questions that began while nothing was granted."""
    starts = [gone for gone, _ in away]
    return [began for began in yes if (place := bisect_right(starts, began)) and began < away[place - 1][1]]


def test_no_yes_begins_after_a_revoke_is_committed(deep: bool) -> None:
    cast = build_cast()
    user, item = cast.people["frank"].pk, cast.items["van_1"].pk
    asked, rounds = 0, 0
    while rounds == 0 or (deep and asked < DEEP_CHECKS):
        rounds += 1
        seconds = 60.0 if deep else QUICK
        checkers = [start(user, item, seconds) for _ in range(CHECKERS)]
        assert [process.stdout.readline() for process in checkers] == ["ready\n"] * CHECKERS
        away = write(cast, time.monotonic() + seconds)
        ends = [(*process.communicate(timeout=120), process.returncode) for process in checkers]
        assert [(errors, code) for _, errors, code in ends if code != 0] == []
        for output, _, _ in ends:
            yes, number = read(output)
            asked += number
            assert late(yes, away) == []
            assert 0 < len(yes) < number, "both answers were seen"
        assert len(away) > 2
    assert asked > (DEEP_CHECKS if deep else 200)
    assert not engine.decide(cast.actor("frank"), "device:view", cast.items["van_1"]).allowed
