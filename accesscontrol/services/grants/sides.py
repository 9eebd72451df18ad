"""On which side of a grant the caller stands, and which of its grantees the caller may know of (access model §5)."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import BooleanField, ExpressionWrapper, Prefetch, Q, QuerySet

from accesscontrol.access.fresh.things import Ref, Thing
from accesscontrol.access.law.reaches import EVERY_ROW, NO_ROW
from accesscontrol.access.look import Look
from accesscontrol.accounts.names import with_letters_in_name
from accesscontrol.accounts.tree import branch_ids, in_branch
from accesscontrol.grants.models import Grant, GrantGrantee

_HOLDS_ALREADY = ExpressionWrapper(in_branch("grant__account", "account"), BooleanField())


def with_grantees(rows: QuerySet[Grant]) -> QuerySet[Grant]:
    """The grants with their grantee_links and their accounts loaded, and what `holds_already` reads."""
    links = GrantGrantee.objects.annotate(holds_already=_HOLDS_ALREADY)
    return rows.prefetch_related(Prefetch("grantee_links", links), "grantee_links__account")


def holds_already(link: GrantGrantee) -> bool:
    """Whether a grantee loaded `with_grantees` is the grantor or stands above it, since one of them was moved."""
    return link.holds_already  # type: ignore[attr-defined]


class Sides:
    """The sides of some grants, whose grantee_links and their accounts are loaded: one statement, however many grants.

    own: the account that the caller acts for; None for a platform operator, who stands on the side of the trees that
    they have entered, and for the console, which stands on both sides of every grant.
    """

    def __init__(self, look: Look, grants: Collection[Grant]):
        self.own = own_account(look)
        accounts = named(grants)
        look.read(accounts)
        tops = look.entered if self.own is None else look.entered | {self.own}
        self.inside = {ref[1] for ref in accounts if _is_console(look) or _is_within(look.thing(ref), tops)}
        self.seen = {ref[1] for ref in accounts if look.may("account:view", ref)}

    def gave(self, grant: Grant) -> bool:
        """Whether the grantor is of the caller's branch."""
        return grant.account_id in self.inside

    def received(self, grant: Grant) -> list[GrantGrantee]:
        """The grantees of the caller's branch."""
        return [link for link in grant.grantee_links.all() if link.account_id in self.inside]

    def own_link(self, grant: Grant) -> GrantGrantee | None:
        """The part of the account that the caller acts for, when it is a grantee."""
        return next((link for link in grant.grantee_links.all() if link.account_id == self.own), None)

    def known(self, grant: Grant) -> list[GrantGrantee]:
        """The grantees that the caller may know of. The grantor's side: whoever accepted, and accounts it may view; one
        that was invited by key and has not answered looks like one that does not exist. A grantee's side: itself."""
        return [link for link in grant.grantee_links.all() if self._knows(grant, link)]

    def _knows(self, grant: Grant, link: GrantGrantee) -> bool:
        if link.account_id in self.inside:
            return True
        return self.gave(grant) and (link.accepted_at is not None or link.account_id in self.seen)


def named(grants: Collection[Grant]) -> set[Ref]:
    """The grantors and grantees of these grants, of which `Sides` asks."""
    ids = {grant.account_id for grant in grants}
    return {("account", pk) for pk in ids | {link.account_id for each in grants for link in each.grantee_links.all()}}


def _is_within(account: Thing | None, branches: Collection[int]) -> bool:
    return account is not None and not set(branches).isdisjoint(account.path)


def _is_console(look: Look) -> bool:
    return look.actor.type == "system" and look.account is None


def own_account(look: Look) -> int | None:
    """The account that the caller acts for; None for the console and for a platform operator of no account."""
    return look.account


def of_side(look: Look, account: str = "account") -> Q:
    """The condition of rows whose account is of the caller's side: of its branch, or of a tree that it has entered."""
    if _is_console(look):
        return EVERY_ROW
    rows = Q(**{f"{account}__in": branch_ids(look.account)}) if look.account is not None else NO_ROW
    return rows | Q(**{f"{account}__top__in": look.entered}) if look.entered else rows


def given(rows: QuerySet[Grant], look: Look) -> QuerySet[Grant]:
    """Those of these grants that accounts of the caller's side gave."""
    return rows.filter(of_side(look))


def received(rows: QuerySet[Grant], look: Look) -> QuerySet[Grant]:
    """Those of these grants that accounts of the caller's side received."""
    return rows.filter(pk__in=GrantGrantee.objects.filter(of_side(look)).values("grant"))


def with_side_named(look: Look, letters: str) -> Q:
    """The condition of grants with these letters in the name of a side: of the grantor, whom each of them names, or of
    a grantee that the caller may know of, as `Sides.known` says of loaded rows. Keys of accounts find nothing."""
    seen = Q(account__in=look.visible("account:view").order_by().values("pk"))
    gave = of_side(look, "grant__account") & (Q(accepted_at__isnull=False) | seen)
    links = GrantGrantee.objects.filter(with_letters_in_name(letters, "account__")).filter(of_side(look) | gave)
    return with_letters_in_name(letters, "account__") | Q(pk__in=links.values("grant"))


def waiting(rows: QuerySet[Grant], own: int | None) -> QuerySet[Grant]:
    """Those of these grants that the account itself has not answered yet."""
    return rows.none() if own is None else rows.filter(grantee_links__account=own, grantee_links__accepted_at=None)


def accepted(of: int | None = None) -> Q:
    """The condition of grants that a grantee has accepted; of: count only the grantees of this account's branch."""
    links = GrantGrantee.objects.filter(accepted_at__isnull=False)
    return Q(pk__in=(links if of is None else links.filter(account__in=branch_ids(of))).values("grant"))


def _ids(rows: QuerySet) -> set[int]:
    return set(rows.order_by().values_list("pk", flat=True))
