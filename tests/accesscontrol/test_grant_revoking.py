"""Revoke under load: no process says yes to a question asked after a revoke was committed.

Two warm processes check without a pause while this one grants, pauses and revokes. Answers that began while the grant
stood may be either; those that began and ended while it was away must all be no.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from bisect import bisect_right
from random import Random

import pytest
from django.conf import settings
from django.db import connection

from accesscontrol.access import engine
from accesscontrol.services.grants.grants import create_grant, pause_grant, revoke_grant
from tests.world import CONSOLE, build_cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both, pytest.mark.concurrency]

CHECKERS = 2
#: From when to when, by the clock that all processes share.
Span = tuple[float, float]
#: Seconds of the quick run; the long one goes on until all have checked this often.
QUICK, DEEP_CHECKS = 2.5, 1_000_000
#: However busy the machine is, there are so many grants, and the first stands so long that everybody sees it.
FEWEST, FIRST = 6, 0.3
#: The shortest and the longest pause between two acts, in seconds: the long run also waits until all is warm again.
QUICK_PAUSES, DEEP_PAUSES = (0.02, 0.02), (0.002, 0.3)


def start(user: int, item: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.accesscontrol.grant_checkers", str(connection.settings_dict["NAME"])]
    return subprocess.Popen(
        [*command, str(user), str(item)],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def write(cast, until: float, pauses: tuple[float, float]) -> list[Span]:
    """Grant and take away until the time is over; gives the spans in which nothing was granted."""
    chance = Random(4)
    contoso, fabrikam, away = cast.accounts["contoso"], cast.accounts["fabrikam"], []
    gone_at = time.monotonic()
    number = 0
    while number < FEWEST or time.monotonic() < until:
        number += 1
        away.append((gone_at, time.monotonic()))  # from the commit of the revoke until the next grant begins
        grant = create_grant(CONSOLE, contoso, covers="kind", kind="device", grantees=[fabrikam])
        time.sleep(FIRST if number == 1 else chance.uniform(*pauses))
        if number % 3 == 0:
            pause_grant(CONSOLE, grant)
        else:
            revoke_grant(CONSOLE, grant)
        gone_at = time.monotonic()
        time.sleep(chance.uniform(*pauses))
        if number % 3 == 0:
            revoke_grant(CONSOLE, grant)
    away.append((gone_at, time.monotonic()))
    return away


def read(output: str) -> tuple[list[Span], int]:
    """When the questions began and ended that were answered with yes, and how many were asked."""
    *yes, number = output.splitlines()
    return [(float(began), float(ended)) for began, ended in (line.split() for line in yes)], int(number)


def late(yes: list[Span], away: list[Span]) -> list[Span]:
    """The yeses to questions that began and ended while nothing was granted.

    One that began then and ended after the next grant had begun may rest on that grant: whoever asks can be kept
    waiting between the question and its reading of the database.
    """
    starts = [gone for gone, _ in away]
    found = []
    for began, ended in yes:
        place = bisect_right(starts, began)
        if place and ended < away[place - 1][1]:
            found.append((began, ended))
    return found


def under_load(cast, seconds: float, pauses: tuple[float, float]) -> tuple[list[Span], list[tuple[list[Span], int]]]:
    """The spans in which nothing was granted, and for each checker its yeses and how many it asked.

    Nobody starts before all are ready, and nobody stops before the writer has: a busy machine only slows this down.
    """
    checkers = [start(cast.people["frank"].pk, cast.items["van_1"].pk) for _ in range(CHECKERS)]
    assert [process.stdout.readline() for process in checkers] == ["ready\n"] * CHECKERS
    for process in checkers:
        process.stdin.write("go\n")
        process.stdin.flush()
    away = write(cast, time.monotonic() + seconds, pauses)
    for process in checkers:
        process.stdin.close()
        process.stdin = None  # communicate() would flush it
    ends = [(*process.communicate(timeout=120), process.returncode) for process in checkers]
    assert [(errors, code) for _, errors, code in ends if code != 0] == []
    return away, [read(output) for output, _, _ in ends]


def test_what_counts_as_late() -> None:
    away = [(0.0, 1.0), (3.0, 4.0)]
    assert late([(1.1, 1.2), (2.9, 3.5), (0.9, 1.5), (3.9, 4.1), (2.0, 5.0)], away) == []
    assert late([(0.0, 0.5), (3.2, 3.3)], away) == [(0.0, 0.5), (3.2, 3.3)]


def test_no_yes_begins_after_a_revoke_is_committed(deep: bool) -> None:
    cast = build_cast()
    asked, spans = 0, 0
    while asked == 0 or (deep and asked < DEEP_CHECKS):
        away, answers = under_load(cast, *((60.0, DEEP_PAUSES) if deep else (QUICK, QUICK_PAUSES)))
        spans += len(away)
        for yes, number in answers:
            asked += number
            assert late(yes, away) == []
            assert 0 < len(yes) < number, "both answers were seen"
        print(f"{asked:,} checks beside {spans:,} revokes, no yes after one and before the next grant", flush=True)
    assert asked > (DEEP_CHECKS if deep else 100)
    assert not engine.decide(cast.actor("frank"), "device:view", cast.items["van_1"]).allowed
