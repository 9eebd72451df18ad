"""Floods of bad keys: counted for each address in this process's memory, so that refusing more of them costs nothing.

A random key is found by nobody; what this protects is the database and the log. Over the limit a key from there is not
even looked up, except one that has opened lately: who shares an address with a flood goes on working.
"""

from __future__ import annotations

import ipaddress
import math
import time
from dataclasses import dataclass
from threading import Lock

from cachetools import TTLCache
from django.conf import settings

from accesscontrol.accounts.addresses import read_address
from accesscontrol.services.tokens import keys

WINDOW_SECONDS = 60
#: How long a key that has opened is looked up whatever comes from its address.
KNOWN_SECONDS = 3600
MOST_KEPT = 10_000
#: Of an IPv6 address, so many bits are one caller: a customer is given them all.
IPV6_BITS = 64


def _now() -> float:
    return time.monotonic()


@dataclass(slots=True)
class _Minute:
    """How many refused keys there were since a moment."""

    since: float
    count: int = 0


class Refusals:
    """Refused keys by address, and keys that opened; forgotten in time, or from the oldest on."""

    def __init__(self) -> None:
        self._minutes: TTLCache[str, _Minute] = TTLCache(MOST_KEPT, WINDOW_SECONDS, _now)
        self._known: TTLCache[str, bool] = TTLCache(MOST_KEPT, KNOWN_SECONDS, _now)
        self._lock = Lock()

    def wait(self, address: str | None, key: str) -> int | None:
        """The seconds after which this key may be tried again from there; None = now."""
        with self._lock:
            minute = self._minutes.get(_place(address))
            if minute is None or minute.count < settings.TOKEN_REFUSALS_A_MINUTE:
                return None
            if keys.well_formed(key) and keys.digest(key) in self._known:
                return None
            return max(1, math.ceil(minute.since + WINDOW_SECONDS - _now()))

    def refused(self, address: str | None) -> bool:
        """Count a refused key; whether it is the one that fills the minute, so that a flood is one line of the log."""
        with self._lock:
            minute = self._minutes.setdefault(_place(address), _Minute(_now()))
            minute.count += 1
            return minute.count == settings.TOKEN_REFUSALS_A_MINUTE

    def count(self, address: str | None) -> int:
        """How many keys from there were refused in this minute."""
        with self._lock:
            minute = self._minutes.get(_place(address))
            return minute.count if minute is not None else 0

    def opened(self, key: str) -> None:
        """Remember a key that opened."""
        digest = keys.digest(key)
        with self._lock:
            self._known[digest] = True

    def forget(self) -> None:
        """Forget everything, as after a restart."""
        with self._lock:
            self._minutes.clear()
            self._known.clear()


def _place(address: str | None) -> str:
    """What counts as one caller: the address, of IPv6 its network."""
    if address is None:
        return ""
    try:
        found = read_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network((found, IPV6_BITS), strict=False)) if found.version == 6 else str(found)


#: Of this process, for every door that keys come through.
refusals = Refusals()
