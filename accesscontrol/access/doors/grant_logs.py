"""The log of a grant: both sides read it, each its own part (access model §5)."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from accesscontrol.access.law.reaches import NO_ROW, Branch
from accesscontrol.access.look import Look
from accesscontrol.audit.models import Event
from accesscontrol.grants.models import Grant


def visible_log(look: Look, grant: Grant) -> QuerySet[Event]:
    """The lines about a grant that belong to accounts of the caller's branch, newest first; `event:view` is not asked.

    Every act on a grant writes a line for the grantor and one for each grantee, so no side reads of the others. Raises
    AccessDenied without `grant.logs:view`.
    """
    look.require("grant.logs:view", grant)
    return of_own_side(look, Event.objects.filter(thing_type="grant", thing_id=grant.pk).order_by("-at", "-id"))


def of_own_side(look: Look, lines: QuerySet[Event]) -> QuerySet[Event]:
    """Those of the lines about a grant that the caller's side wrote."""
    own = Branch.condition([Branch(look.account)], "event") if look.account is not None else NO_ROW
    if look.is_operator:  # stands on both sides, of the trees that they have entered
        own |= Q(pk__in=look.visible("event:view").order_by().values("pk"))
    return lines.filter(own)
