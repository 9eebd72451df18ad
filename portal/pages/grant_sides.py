"""The two sides of a grant as the pages show them: what the caller's branch gave, and what it received."""

from __future__ import annotations

from django.db.models import QuerySet

from accesscontrol.grants.models import Grant, GrantGrantee
from accesscontrol.services import grant_sides
from accesscontrol.services.lines import branch_ids


class Sides(grant_sides.Sides):
    """The sides of some grants, with the caller's own part of each."""

    def received(self, grant: Grant) -> list[GrantGrantee]:
        """The grantees of the caller's branch."""
        return [link for link in grant.grantee_links.all() if link.account_id in self.inside]

    def own_link(self, grant: Grant) -> GrantGrantee | None:
        """The part of the account that the caller acts for, when it is a grantee."""
        return next((link for link in grant.grantee_links.all() if link.account_id == self.own), None)


def given(rows: QuerySet, own: int | None) -> QuerySet:
    """Those of these grants that accounts of the caller's branch gave."""
    return rows if own is None else rows.filter(account__in=branch_ids(own))


def received(rows: QuerySet, own: int | None) -> QuerySet:
    """Those of these grants that accounts of the caller's branch received."""
    if own is None:
        return rows
    return rows.filter(pk__in=rows.order_by().filter(grantees__in=branch_ids(own)).values("pk"))


def waiting(rows: QuerySet, own: int | None) -> QuerySet:
    """Those of these grants that the account itself has not answered yet."""
    return rows.none() if own is None else rows.filter(grantee_links__account=own, grantee_links__accepted_at=None)
