"""What a grant may be, and who may give it: input, grantees, and the ceiling."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext_noop as _

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.law.levels import ON_ITSELF, level_permissions
from accesscontrol.access.permissions import ITEMS, PermissionSet
from accesscontrol.accounts.depths import is_deeper
from accesscontrol.accounts.life import is_later, is_sooner
from accesscontrol.accounts.models import Account
from accesscontrol.accounts.names import fold, named_in
from accesscontrol.accounts.tree import ancestor_ids
from accesscontrol.grants.models import Grant
from accesscontrol.sentences import Wording
from accesscontrol.services.accounts.quotas import check_days
from accesscontrol.services.frame.ceilings import Ceiling
from accesscontrol.services.frame.fields import Findings
from accesscontrol.services.frame.freshness import require_fresh
from accesscontrol.services.frame.lines import Lines
from accesscontrol.services.frame.own_ends import Extent
from accesscontrol.services.grants.specs import GrantSpec

GRANTEE_TWICE = Wording("grantee_twice", _("An account is named twice. Name it once."))
HAS_ACCESS_ALREADY = Wording(
    "has_access_already", _("%(key)s has access already, as the account itself or one above it.")
)
ITEMS_NOT_COVERED = Wording("items_not_covered", _("Items belong to a grant of chosen items. Take them out."))
KIND_NOT_COVERED = Wording("kind_not_covered", _("A kind belongs to a grant of all items of a kind. Leave it empty."))
NOT_OF_BRANCH = Wording("not_of_branch", _("%(name)s is not of %(name_2)s or an account below. Take it out."))
NO_GRANTEE = Wording("no_grantee", _("Choose at least one account to grant it to."))
NO_SUBACCOUNTS_OF_ITEMS = Wording(
    "no_subaccounts_of_items", _("Chosen items stand for themselves. Switch off the subaccounts.")
)

#: Levels to name in a spec; read is always there and may be named or not.
LEVELS = (*catalogue.LEVELS_ON_ITEMS, *catalogue.CREATE_LEVELS, "operate-as")

#: What is wrong with single levels: `levels` says which, since pages have fields of their own for some.
WHOLE_ONLY = Wording("whole_only", _("%(named)s: only with the whole account. Choose less, or cover it all."))
OPERATE_BELOW = Wording("operate_below", _("%(account)s is below %(grantor)s: it cannot operate as it."))


def accounts_named(actor: Actor, grantor: Account, keys: Sequence[str]) -> tuple[list[Account], list[str]]:
    """Accounts of these keys, and the keys that name none; one above the grantor that the actor may not view, which
    could not be a grantee anyway, is as unknown as one that does not exist. Raises Invalid for what is no key."""
    asked = list(dict.fromkeys(map(fold, keys)))
    findings = Findings()
    for key in asked:
        findings.key(key, key)
    findings.stop()
    found = named_in(Account.objects.all(), asked)
    above = Account.objects.filter(pk__in=ancestor_ids([grantor.pk]).get(grantor.pk, ()), key__in=asked)
    hidden = above.exclude(pk__in=engine.visible(actor, "account:view").order_by().values("pk"))
    for key in hidden.values_list("key", flat=True):
        del found[key]
    return list(found.values()), [key for key in asked if key not in found]


def accounts_of(spec: GrantSpec) -> Iterator[int]:
    """The ids of all accounts that a spec speaks of."""
    yield spec.account.pk
    yield from (account.pk for account in spec.grantees)
    yield from (item.account_id for item in spec.items)


def ordered(levels: Sequence[str]) -> list[str]:
    """Levels besides read, in one order, once each."""
    return [level for level in LEVELS if level in levels]


def check(
    findings: Findings, spec: GrantSpec, lines: Lines, about: Any, *, named: bool, before: GrantSpec | None = None
) -> None:
    """Every field of a grant. named: whether accounts are invited by key beside the grantees.

    before: what it is now; items and grantees that it has already may have lost their effect by a move, and stay.
    """
    findings.known("covers", [spec.covers], list(Grant.Covers.values), "something that a grant covers", about)
    findings.known("levels", spec.levels, ("read", *LEVELS), "a level", about)
    findings.times(spec.starts_at, spec.expires_at, about, before=before.expires_at if before else None)
    if before is None or spec.history_days != before.history_days:
        check_days(findings, spec.history_days, spec.account.pk, lines, about)
    findings.text("note", spec.note, about)
    if spec.covers == Grant.Covers.KIND:
        findings.known("kind", [spec.kind], catalogue.ITEM_KINDS, "a kind of item", about)
    elif spec.kind:
        findings.add("kind", KIND_NOT_COVERED(), about)
    if spec.include_subaccounts and spec.covers == Grant.Covers.ITEMS:
        findings.add("include_subaccounts", NO_SUBACCOUNTS_OF_ITEMS(), about)
    _check_items(findings, spec, lines, about, before)
    _check_levels(findings, spec, about)
    if not spec.grantees and not named and spec.covers:
        findings.add("grantees", NO_GRANTEE(), about)
    _check_grantees(findings, spec, lines, about, before)


def _check_items(findings: Findings, spec: GrantSpec, lines: Lines, about: Any, before: GrantSpec | None) -> None:
    if spec.covers != Grant.Covers.ITEMS:
        if spec.items:
            findings.add("items", ITEMS_NOT_COVERED(), about)
        return
    there = {item.pk for item in before.items} if before is not None else set()
    for item in spec.items:
        if item.pk not in there and not lines.within(item.account_id, spec.account.pk):
            # Also what the account received: that cannot be granted on.
            findings.add("items", NOT_OF_BRANCH(name=item.name, name_2=spec.account.name), about)


def _check_levels(findings: Findings, spec: GrantSpec, about: Any) -> None:
    whole = [level for level in spec.levels if level in catalogue.CREATE_LEVELS or level == "operate-as"]
    if whole and spec.covers != Grant.Covers.ACCOUNT:
        findings.add("levels", WHOLE_ONLY(named=", ".join(whole), levels=whole), about)


def _check_grantees(findings: Findings, spec: GrantSpec, lines: Lines, about: Any, before: GrantSpec | None) -> None:
    there = {account.pk for account in before.grantees} if before is not None else set()
    operated = there if before is not None and "operate-as" in before.levels else set()
    for account in spec.grantees:
        if account.pk not in there and lines.within(spec.account.pk, account.pk):
            findings.add("grantees", HAS_ACCESS_ALREADY(key=account.key), about)
        below = lines.within(account.pk, spec.account.pk)
        if "operate-as" in spec.levels and account.pk not in operated and below:
            said = OPERATE_BELOW(account=account.key, grantor=spec.account.name, levels=["operate-as"])
            findings.add("levels", said, about)
    if len({account.pk for account in spec.grantees}) != len(spec.grantees):
        findings.add("grantees", GRANTEE_TWICE(), about)


def permissions(spec: GrantSpec) -> PermissionSet:
    """What a grant gives on what it covers; to operate as an account is to have all that it has."""
    given = level_permissions("read")
    for level in ordered(spec.levels):
        given |= level_permissions(level)
    if spec.covers == Grant.Covers.ACCOUNT:
        given |= PermissionSet.of(["account:view"])
    if "operate-as" in spec.levels:
        given |= ON_ITSELF
    return given.only([spec.kind]) if spec.covers == Grant.Covers.KIND else given


def require_giving(ceiling: Ceiling, spec: GrantSpec, lines: Lines, about: Any) -> None:
    """Nobody grants what they do not hold, or for longer or deeper than they do. Of an item that has left the branch
    and may return: as if of any there."""
    extent = Extent(spec.expires_at, spec.history_days, by_own_end="operate-as" in spec.levels)
    if "operate-as" in spec.levels:
        require_fresh(ceiling.actor)
    if isinstance(about, Grant):
        ceiling.require_act("grant:change", about, extent.without_depth(), about)
    else:
        ceiling.require_act("grant:create", spec.account, extent.without_depth(), about)
    if spec.covers == Grant.Covers.ITEMS:
        given = permissions(spec) & ITEMS
        here = [item for item in spec.items if lines.within(item.account_id, spec.account.pk)]
        ceiling.require_items([(item, given) for item in here], "items", extent, about=about)
        gone = {item.kind for item in spec.items if item not in here}
        ceiling.require_account(given.only(gone), spec.account, "items", extent, about)
    else:
        ceiling.require_account(permissions(spec), spec.account, "levels", extent, about)


def acceptance(spec: GrantSpec, accounts: Sequence[Account], lines: Lines) -> list[tuple[str, Model]]:
    """To say that an account of another tree has accepted takes its own right to accept."""
    if not spec.accepted:
        return []
    return [("grant:create", one) for one in accounts if not lines.same_tree(one.pk, spec.account.pk)]


def narrows(before: GrantSpec, after: GrantSpec) -> bool:
    """Whether a change takes away only: then it needs no ceiling."""
    same = (before.covers, before.kind) == (after.covers, after.kind)
    items = {item.pk for item in after.items} <= {item.pk for item in before.items}
    grantees = {one.pk for one in after.grantees} <= {one.pk for one in before.grantees}
    return (
        same
        and items
        and grantees
        and set(after.levels) <= set(before.levels)
        and (before.include_subaccounts or not after.include_subaccounts)
        and (before.enabled or not after.enabled)
        and not is_later(after.expires_at, before.expires_at)
        and not is_sooner(after.starts_at, before.starts_at)
        and not is_deeper(after.history_days, before.history_days)
    )
