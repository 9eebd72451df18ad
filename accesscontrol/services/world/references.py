"""Checks that everything a file names is there: in the file itself or in the database, and not about to go."""

from __future__ import annotations

from accesscontrol.services.world import sentences as say
from accesscontrol.services.world.checking import Checked
from accesscontrol.services.world.overlay import World

SUGGESTIONS_AT_MOST = 20


def wanted_keys(checked: Checked) -> dict[str, set[str]]:
    """Every key that the file writes or names, by noun: what must be known of the database."""
    wanted: dict[str, set[str]] = {noun: set(records) for noun, records in checked.state.items()}
    for _, noun, key in checked.faults.references:
        wanted[noun].add(key)
    return wanted


def check_references(checked: Checked, world: World) -> None:
    """Note every name of what is not there, with its line."""
    suggested = 0
    for line, noun, key in checked.faults.references:
        if world.knows(noun, key):
            continue
        if key in world.doomed[noun]:
            checked.faults.missing(line, say.GOES_BY_PRUNE(noun=noun, key=key))
            continue
        said = say.ABSENT(noun=noun, key=key)
        if suggested < SUGGESTIONS_AT_MOST:
            suggested += 1
            alike = [name for name in (*world.file[noun], *world.stored[noun]) if name[:1] == key[:1]]
            if alike and len(alike) <= 20_000:
                said = say.ABSENT_BUT(noun=noun, key=key, valid=say.nearest(key, dict.fromkeys(alike)))
        checked.faults.missing(line, said)
