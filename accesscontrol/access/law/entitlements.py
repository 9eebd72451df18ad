"""Entitlements: what a source gives or a deny takes, as data that decisions, lists and explanations all read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from accesscontrol.access.fresh.things import Thing
from accesscontrol.access.law.reaches import Reach
from accesscontrol.access.permissions import Permission, PermissionSet

if TYPE_CHECKING:
    from accesscontrol.access.compiled.scope import Scope


@dataclass(frozen=True, slots=True, eq=False)
class Entitlement:
    """A set of permissions on a reach, from a source.

    source: the code of the source (`sources.SOURCES`).
    sentence: why, to be read after “because”: “it belongs to the branch of Northwind”.
    origin: the row that it comes from, (type, id), for the explanation's links.
    cap: the account behind; the entitlement never gives more than that account has at that moment.
    """

    source: str
    permissions: PermissionSet
    reach: Reach
    sentence: str
    origin: tuple[str, int] | None = None
    cap: Scope | None = None

    def gives(self, wanted: Permission, thing: Thing) -> bool:
        """Whether it gives this permission on this thing, its cap included."""
        return (
            self.permissions.has(wanted)
            and self.reach.covers(thing)
            and (self.cap is None or self.cap.allows(wanted, thing))
        )
