"""Pausing and resuming many grants at once: each as it is now, whatever else was done to it since it was read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from accesscontrol.access.actor import Actor
from accesscontrol.grants.models import Grant
from accesscontrol.services.frame.acts import act, fresh
from accesscontrol.services.frame.shown import require_as_shown
from accesscontrol.services.grants.grantees import sides_of
from accesscontrol.services.grants.grants import change_grants, grant_spec


def switch_grants(actor: Actor, grants: Sequence[Grant], enabled: bool, seen: str = "") -> list[Grant]:
    """Pause or resume them. seen: as they were shown to whoever asked for it (`state_of`). Raises Conflict."""
    with act(lambda: sides_of(grants)):
        rows = list(fresh(Grant, grants, "account").values())
        require_as_shown(rows, seen)
        pairs = [(row, replace(grant_spec(row), accepted=None, enabled=enabled)) for row in rows]
        return change_grants(actor, pairs)
