"""Repeat something and say how long it took."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any


def milliseconds(act: Callable[[], Any], times: int = 7) -> tuple[float, float]:
    """(median, worst) in milliseconds after one round that is not counted."""
    act()
    taken = []
    for _ in range(times):
        start = perf_counter()
        act()
        taken.append((perf_counter() - start) * 1000)
    return median(taken), max(taken)


def microseconds_each(act: Callable[[], Any], number: int, times: int = 5) -> float:
    """The best round's time for one of the `number` things that `act` does, in microseconds."""
    best = min(_seconds(act) for _ in range(times))
    return best / number * 1_000_000


def _seconds(act: Callable[[], Any]) -> float:
    start = perf_counter()
    act()
    return perf_counter() - start
