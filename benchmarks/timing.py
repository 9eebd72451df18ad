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


def beside(act: Callable[[], Any], other: Callable[[], Any], rounds: int = 60) -> tuple[float, float]:
    """The best times of both in microseconds: taken in turns, so that a slow moment of the machine meets both."""
    pairs = [(_seconds(act), _seconds(other)) for _ in range(rounds)]
    return min(one for one, _ in pairs) * 1_000_000, min(one for _, one in pairs) * 1_000_000


def _seconds(act: Callable[[], Any]) -> float:
    start = perf_counter()
    act()
    return perf_counter() - start
