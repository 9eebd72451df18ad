"""What a choice of a time zone offers."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

#: Parts of the zone database that no place is called after.
_NO_PLACES = ("Etc/", "posix/", "right/", "SystemV/")


def zone_choices(empty: Any, kept: str) -> list[tuple[str, Any]]:
    """Zones by their places, and UTC. empty: what no choice means. kept: the zone that there is, by whatever name, so
    that no form loses it."""
    places = {name for name in available_timezones() if "/" in name and not name.startswith(_NO_PLACES)}
    names = sorted(places | {"UTC"} | ({kept} if kept else set()))
    return [("", empty), *((name, name.replace("_", " ")) for name in names)]
