"""Quotas and history depth: what an account may hold over its branch, and how far back its plan reaches.

A quota holds for the account and everything below it, so the sum over a branch never exceeds the parent's. It is
counted after the change and inside its transaction, with the tree locked: parallel writers cannot pass it together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from django.db.models import Count, Model, QuerySet
from django.utils.translation import gettext_noop as _

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.look import Look
from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.tree import branch_ids
from accesscontrol.grants.models import Grant
from accesscontrol.items.models import Item
from accesscontrol.projects.models import Project
from accesscontrol.sentences import Sentence, Wording
from accesscontrol.services.frame.errors import WHOLE, Invalid, Problem
from accesscontrol.services.frame.fields import Findings
from accesscontrol.services.frame.lines import Lines, chunks
from accesscontrol.tokens.models import Token

BEYOND_PLAN_OF = Wording(
    "beyond_plan_of", _("The plan reaches %(plan)s days back. Enter %(plan)s days or less, or extend the plan first.")
)
LIMITS_BY_NAME = Wording("limits_by_name", _("Enter limits by name, such as {“device”: 100}."))
LIMIT_REACHED = Wording("limit_reached", _("The limit “%(spoken)s” of %(value)s is reached. %(where)s"))
OWN_LIMIT_REACHED = Wording(
    "own_limit_reached",
    _(
        "%(username)s may have %(value)s of “%(spoken)s” at most. An administrator of the account can raise it on the "
        "page of %(username)s, under Limits."
    ),
)
NO_SUBACCOUNTS = Wording("no_subaccounts", _("The plan has no subaccounts (limit “account”: 0). %(where)s"))
#: Where a limit is raised by whoever may; else whom to ask. `raise_at` of what is refused is the account's key.
RAISE_HERE = Wording("limit_raised_here", _("It can be raised on the page of %(account)s, under Limits."))
ASK_ABOVE = Wording("limit_ask_above", _("Ask whoever manages %(account)s from above to raise it."))
ASK_OPERATOR = Wording("limit_ask_operator", _("Ask the platform operator to raise it."))
ASK_SOMEBODY = Wording(
    "limit_ask_somebody", _("It is that of an account above yours. Ask whoever manages your account from above.")
)

#: What can be limited: users by authority, items by kind, and these.
NAMES = (*catalogue.AUTHORITIES, *catalogue.ITEM_KINDS, "token", "grant", "account", "project")
#: What a developer creates and owns, so what can be limited for one.
CREATED = (*catalogue.ITEM_KINDS, "token", "project")
LARGEST = 1_000_000_000
#: Up to so many limited accounts are counted one by one; more, in one go over their trees.
ONE_BY_ONE = 40

#: What is wrong with one limit of an account: pages show it at that limit's own field.
NO_NUMBER = Wording("limit_no_number", _("The limit “%(named)s” is a whole number from 0, not “%(value)s”."))
ABOVE_ACCOUNT = Wording(
    "limit_above_account",
    _("The limit “%(named)s” can be %(most)s at most, as the account above has. Enter less."),
)
ABOVE_PARENT = Wording("limit_above_parent", _("The limit “%(named)s” can be %(most)s at most, as the parent's."))


@dataclass(frozen=True, slots=True)
class Growth:
    """An account now holds more of something. since: the account it came from, when it was moved.

    owner_id: the developer whose it is; None where it is nobody's.
    """

    account_id: int
    name: str
    since: int | None = None
    owner_id: int | None = None


def check_limits(findings: Findings, limits: Any, about: Any = None, names: Collection[str] = NAMES) -> None:
    """Names and figures of the limits of an account, or of a developer."""
    if not isinstance(limits, dict):
        findings.add("limits", LIMITS_BY_NAME(), about)
        return
    findings.known("limits", limits, names, "a limit", about)
    for name, value in limits.items():
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST:
            findings.add("limits", NO_NUMBER(limit=name, named=catalogue.spoken(name), value=value), about)


def check_within(
    findings: Findings,
    limits: Mapping[str, int],
    days: int | None,
    parent: Account | None,
    lines: Lines,
    about: Any = None,
) -> None:
    """Nobody hands down more than there is: limits and history depth stay within those of the parent."""  # Z06
    if parent is None or parent.pk not in lines.paths:
        return
    for name, value in limits.items():
        above = lines.limit(parent.pk, name)
        if above is not None and isinstance(value, int) and value > above[0]:
            findings.add("limits", ABOVE_ACCOUNT(limit=name, named=catalogue.spoken(name), most=above[0]), about)
    check_days(findings, days, parent.pk, lines, about)


def check_days(findings: Findings, days: int | None, account_id: int, lines: Lines, about: Any = None) -> None:
    """A history depth above the plan's is refused with the plan's figure."""
    findings.days("history_days", days, about)
    plan = lines.plan(account_id)
    if isinstance(days, int) and plan is not None and days > plan[0]:
        sentence = BEYOND_PLAN_OF(plan=plan[0])
        findings.add("history_days", sentence, about)


def require_room(actor: Actor, growth: Iterable[Growth]) -> None:
    """Raises Invalid when what has been added passes a quota; names the limit, its value and where to raise it."""
    grown = set(growth)
    lines = Lines({one.account_id for one in grown} | {one.since for one in grown if one.since is not None})
    counted: dict[int, set[str]] = {}
    for one in grown:
        spared = set(lines.paths.get(one.since, ())) if one.since is not None else set()
        for row in lines.line(one.account_id):
            if one.name in row.limits and row.pk not in spared:
                counted.setdefault(row.pk, set()).add(one.name)
    problems = []
    for account_id, used in _usage(counted).items():
        account = lines.rows[account_id]
        over = [name for name in counted[account_id] if used[name] > account.limits[name]]
        problems += [_problem(actor, account, name) for name in over]
    if problems:
        raise Invalid(problems)
    require_own_room((one.owner_id, one.name) for one in grown)


def require_own_room(owned: Iterable[tuple[int | None, str]]) -> None:
    """Raises Invalid when what developers own passes their own limits. owned: (whose, of what there is more now)."""
    more: dict[int, set[str]] = {}
    for owner_id, name in owned:
        if owner_id is not None:
            more.setdefault(owner_id, set()).add(name)
    problems = []
    for piece in chunks(more):
        for user in User.objects.filter(pk__in=piece).exclude(limits={}):
            limited = [name for name in sorted(more[user.pk]) if name in user.limits]
            over = [name for name in limited if _owned(user, name) > user.limits[name]]
            problems += [Problem(WHOLE, _own_limit(user, name), user) for name in over]
    if problems:
        raise Invalid(problems)


def _own_limit(user: User, name: str) -> Sentence:
    return OWN_LIMIT_REACHED(spoken=catalogue.spoken(name), value=user.limits[name], username=user.username)


def _owned(user: User, name: str) -> int:
    """How much of this a developer has."""
    if name in catalogue.ITEM_KINDS:
        return Item.objects.filter(owner=user, kind=name).count()
    whose = {"token": Token.objects.filter(user=user), "project": Project.objects.filter(owner=user)}
    return whose[name].count()


def _problem(actor: Actor, account: Account, name: str) -> Problem:
    value, look = account.limits[name], engine.look(actor)
    if look.may("account.limits:change", account):
        told = {"where": RAISE_HERE(account=account.name), "raise_at": account.key}
    elif not look.may("account:view", account):
        told = {"where": ASK_SOMEBODY()}
    else:
        told = {"where": ASK_ABOVE(account=account.name) if account.parent_id is not None else ASK_OPERATOR()}
    if name == "account" and value == 0:
        return Problem(WHOLE, NO_SUBACCOUNTS(**told), account)
    return Problem(WHOLE, LIMIT_REACHED(spoken=catalogue.spoken(name), value=value, **told), account)


class Standing(TypedDict):
    """How much there is of something over a branch, how much there may be, and the key of the account that says so."""

    used: int
    allowed: int | None
    limit_of: str | None


def standing_of(look: Look, account: Account) -> dict[str, Standing]:
    """By the name of the limit, for who may see the limits of the account."""
    lines, counted = Lines([account.pk]), _count(account.pk, NAMES)
    found: dict[str, Standing] = {}
    for name in NAMES:
        limit = lines.limit(account.pk, name)
        setter = limit[1] if limit is not None and look.may("account:view", limit[1]) else None
        found[name] = {
            "used": counted[name],
            "allowed": limit[0] if limit is not None else None,
            "limit_of": setter.key if setter is not None else None,
        }
    return found


def _usage(counted: Mapping[int, Collection[str]]) -> dict[int, Counter[str]]:
    """How much of what is limited there is now, in each account's branch."""
    if len(counted) <= ONE_BY_ONE:
        return {account_id: _count(account_id, names) for account_id, names in counted.items()}
    return _count_trees(counted)


def _sources(names: Collection[str]) -> Iterable[tuple[QuerySet[Any], str]]:
    """Rows to count, and the column that names the limit ('' = the name given beside)."""
    kinds = [name for name in names if name in catalogue.ITEM_KINDS]
    people = [name for name in names if name in catalogue.AUTHORITIES]
    if kinds:
        yield Item.objects.filter(kind__in=kinds), "kind"
    if people:
        yield User.objects.filter(authority__in=people), "authority"


_PLAIN: dict[str, type[Model]] = {"token": Token, "grant": Grant, "project": Project}


def _count(account_id: int, names: Collection[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for rows, column in _sources(names):
        inside = rows.filter(account__in=branch_ids(account_id)).order_by()
        found.update(dict(inside.values_list(column).annotate(Count("pk"))))
    for name, model in _PLAIN.items():
        if name in names:
            found[name] = model._default_manager.filter(account__in=branch_ids(account_id)).count()
    if "account" in names:
        found["account"] = branch_ids(account_id).count() - 1
    return found


def _count_trees(counted: Mapping[int, Collection[str]]) -> dict[int, Counter[str]]:
    """The same for many accounts: counted by account over the trees concerned, then added up along the lines."""
    names = {name for wanted in counted.values() for name in wanted}
    own: dict[int, Counter[str]] = {}
    tops = {path[0] for path in Lines(counted).paths.values()}
    for piece in chunks(tops):
        for rows, column in _sources(names):
            grouped = rows.filter(account__top__in=piece).order_by().values_list("account", column)
            for account_id, name, number in grouped.annotate(Count("pk")):
                own.setdefault(account_id, Counter())[name] += number
        for name, model in _PLAIN.items():
            plain = model._default_manager.filter(account__top__in=piece) if name in names else None
            for account_id, number in () if plain is None else plain.values_list("account").annotate(Count("pk")):
                own.setdefault(account_id, Counter())[name] += number
        for account_id in Account.objects.filter(top__in=piece).values_list("pk", flat=True):
            own.setdefault(account_id, Counter())["account"] += 1
    total: dict[int, Counter[str]] = {account_id: Counter() for account_id in counted}
    for account_id, path in Lines(own).paths.items():
        for above in path:
            if above in total:
                total[above].update(own[account_id])
                total[above]["account"] -= above == account_id
    return total
