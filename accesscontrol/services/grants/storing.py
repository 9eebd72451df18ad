"""How grants are kept: their columns, items and grantees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from accesscontrol.accounts.models import Account
from accesscontrol.grants.models import Grant, GrantGrantee, GrantItem
from accesscontrol.services.frame.fields import make_key
from accesscontrol.services.frame.lines import Lines
from accesscontrol.services.grants import checks as grant_checks
from accesscontrol.services.grants.grantees import invite
from accesscontrol.services.grants.specs import GrantSpec

Pair = tuple[Grant, GrantSpec]
COLUMNS = (
    *("covers", "kind", "include_subaccounts", "levels", "starts_at", "expires_at", "history_days", "enabled", "note"),
    "invited",
)


def new_grant(spec: GrantSpec, unknown: Sequence[str], lines: Lines) -> Grant:
    waiting = [one.key for one in spec.grantees if not accepts_at_once(spec, one, lines)]
    columns = values_of(spec) | {"invited": sorted({*waiting, *unknown})}
    return Grant(key=spec.key or make_key("grant"), account=spec.account, **columns)


def values_of(spec: GrantSpec) -> dict[str, Any]:
    values = {name: getattr(spec, name) for name in COLUMNS if name != "invited"}
    return values | {"levels": grant_checks.ordered(spec.levels)}


def store_items(pairs: Sequence[Pair]) -> None:
    rows = [GrantItem(grant=grant, item=item) for grant, spec in pairs for item in dict.fromkeys(spec.items)]
    GrantItem.objects.bulk_create(rows, 2000)


def store_grantees(wanted: Sequence[tuple[Grant, GrantSpec, Sequence[Account]]], lines: Lines) -> None:
    now = timezone.now()
    rows = []
    for grant, spec, accounts in wanted:
        at_once = [account for account in dict.fromkeys(accounts) if accepts_at_once(spec, account, lines)]
        rows += [GrantGrantee(grant=grant, account=account, accepted_at=now) for account in at_once]
        if grant.invited:
            invite(grant, {account.pk for account in accounts if account not in at_once})
    GrantGrantee.objects.bulk_create(rows, 2000)


def accepts_at_once(spec: GrantSpec, account: Account, lines: Lines) -> bool:
    """As the spec says; where it says nothing, an account of the same tree does, one of another tree is asked."""
    return lines.same_tree(account.pk, spec.account.pk) if spec.accepted is None else spec.accepted
