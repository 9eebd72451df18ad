"""What is wrong with accounts that are to be opened or changed: names, limits, and what those above allow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_noop as _

from accesscontrol import catalogue
from accesscontrol.accounts.models import Account
from accesscontrol.sentences import Wording
from accesscontrol.services.accounts.quotas import (
    ABOVE_PARENT,
    check_limits,
    check_within,
)
from accesscontrol.services.accounts.specs import AccountSpec
from accesscontrol.services.frame.fields import Findings
from accesscontrol.services.frame.lines import Lines

BEYOND_PLAN = Wording("beyond_plan", _("The plan reaches %(history_days)s days back. Enter less."))
PARENT_UNKNOWN = Wording("parent_unknown", _("The parent is neither a stored account nor one before it in the list."))
Pair = tuple[Account, AccountSpec]


def check_new(specs: Sequence[AccountSpec], lines: Lines) -> None:
    findings = Findings()
    findings.keys(Account, specs)
    known: set[int] = set()
    for spec in specs:
        _check(findings, spec, lines, spec)
        if isinstance(spec.parent, AccountSpec):
            if id(spec.parent) not in known:
                findings.add("parent", PARENT_UNKNOWN(), spec)
            _check_below(findings, spec, spec.parent, lines)
        known.add(id(spec))
    findings.stop()


def _check(findings: Findings, spec: AccountSpec, lines: Lines, about: Any) -> None:
    findings.name("name", spec.name, about)
    findings.text("notes", spec.notes, about)
    findings.days("history_days", spec.history_days, about)
    check_limits(findings, spec.limits, about)
    if isinstance(spec.parent, Account) and isinstance(spec.limits, dict):
        check_within(findings, spec.limits, spec.history_days, spec.parent, lines, about)


def _check_below(findings: Findings, spec: AccountSpec, parent: AccountSpec, lines: Lines) -> None:
    """Limits of an account whose parent is opened beside it: within those of every account above, opened or stored."""
    most: dict[str, int] = {}
    days = spec.history_days
    above: Account | AccountSpec | None = parent
    while isinstance(above, AccountSpec):
        most = {**above.limits, **most}
        if days is not None and above.history_days is not None and days > above.history_days:
            findings.add("history_days", BEYOND_PLAN(history_days=above.history_days), spec)
            days = None
        above = above.parent
    for name in spec.limits.keys() & most.keys():
        if spec.limits[name] > most[name]:
            findings.add("limits", ABOVE_PARENT(limit=name, named=catalogue.spoken(name), most=most[name]), spec)
    free = {name: value for name, value in spec.limits.items() if name not in most}
    check_within(findings, free, days, above, lines, spec)


def check_changes(current: Sequence[Pair], lines: Lines) -> None:
    findings = Findings()
    for account, spec in current:
        findings.name("name", spec.name, account)
        findings.text("notes", spec.notes, account)
        check_limits(findings, spec.limits, account)
        parent = spec.parent if isinstance(spec.parent, Account) else None
        if isinstance(spec.limits, dict):
            changed = {name: value for name, value in spec.limits.items() if account.limits.get(name) != value}
            days = spec.history_days if spec.history_days != account.history_days else None
            check_within(findings, changed, days, parent, lines, account)
        if parent is None:
            findings.days("history_days", spec.history_days, account)
    findings.stop()
