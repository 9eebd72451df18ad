"""Who may ask the engine about others, and how far (access model §9)."""

from __future__ import annotations

from accesscontrol.access.look import Look
from accesscontrol.access.permissions import PermissionSet

_VIEWS = PermissionSet.of(("*:view",))
#: So many callers are compiled for one question or call; what would take more is refused or cut, and says so.
MOST_CALLERS = 1000


def may_vary(look: Look) -> bool:
    """Whether the caller may ask about another address or time: who views the whole of an account, or the operator."""
    if not look.alive:
        return False
    if not look.account:  # the platform operator stands outside every account
        return look.access["account"]["account:view"] != "none"
    return not look.lacking(_VIEWS, look.account)
