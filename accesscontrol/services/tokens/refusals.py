"""Floods of bad keys: counted for each address in this process's memory, so that refusing more of them costs nothing.

A random key is found by nobody; what this protects is the database and the log. Over the limit a key from there is not
even looked up, except one that has opened lately: who shares an address with a flood goes on working.
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from threading import Lock

from django.conf import settings

from accesscontrol.services.tokens import keys

WINDOW_SECONDS = 60
#: How long a key that has opened is looked up whatever comes from its address.
KNOWN_SECONDS = 3600
MOST_KEPT = 10_000
#: Of an IPv6 address, so many bits are one caller: a customer is given them all.
IPV6_BITS = 64


class Refusals:
    """Refused keys by address, and keys that opened; forgotten from the oldest on."""

    def __init__(self) -> None:
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._known: OrderedDict[str, float] = OrderedDict()
        self._lock = Lock()

    def wait(self, address: str | None, key: str) -> int | None:
        """The seconds after which this key may be tried again from there; None = now."""
        now, place = time.monotonic(), _place(address)
        with self._lock:
            since, count = self._windows.get(place, (now, 0))
            if count < settings.TOKEN_REFUSALS_A_MINUTE or now - since >= WINDOW_SECONDS:
                return None
            if keys.well_formed(key) and now - self._known.get(keys.digest(key), -math.inf) < KNOWN_SECONDS:
                return None
            return max(1, math.ceil(since + WINDOW_SECONDS - now))

    def refused(self, address: str | None) -> bool:
        """Count a refused key; whether it is the one that fills the minute, so that a flood is one line of the log."""
        now, place = time.monotonic(), _place(address)
        with self._lock:
            since, count = self._windows.get(place, (now, 0))
            if now - since >= WINDOW_SECONDS:
                since, count = now, 0
            self._windows[place] = (since, count + 1)
            _keep_newest(self._windows, place)
            return count + 1 == settings.TOKEN_REFUSALS_A_MINUTE

    def opened(self, key: str) -> None:
        """Remember a key that opened."""
        digest = keys.digest(key)
        with self._lock:
            self._known[digest] = time.monotonic()
            _keep_newest(self._known, digest)

    def forget(self) -> None:
        """Forget everything, as after a restart."""
        with self._lock:
            self._windows.clear()
            self._known.clear()


def _keep_newest(kept: OrderedDict, name: str) -> None:
    kept.move_to_end(name)
    while len(kept) > MOST_KEPT:
        kept.popitem(last=False)


def _place(address: str | None) -> str:
    """What counts as one caller: the address, of IPv6 its network."""
    if address is None:
        return ""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network((found, IPV6_BITS), strict=False)) if found.version == 6 else address


#: Of this process, for every door that keys come through.
refusals = Refusals()
