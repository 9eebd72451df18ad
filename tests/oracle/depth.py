"""History depth, §3 (13): how far back a caller sees what a permission is about, written from the design alone.

The smallest figure counts of the user, their role, their account, the token, the grant or membership they use, the
item's account and the item itself. Who has something in several ways uses the one that reaches furthest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import inf

from tests.oracle.facts import Account, Item, Token, User
from tests.oracle.questions import Permission
from tests.oracle.sources import Sources, Thing, home_of

CLIPPED_SECTIONS = ("messages", "media", "intervals", "events")


def history_depth(law: Sources, caller: Thing, p: Permission, thing: Thing, named: str | None) -> int | None:
    """How many days back; None where nothing clips. named: the account acted as, the caller's own or none."""
    if p[1] not in CLIPPED_SECTIONS or not isinstance(thing, Item):
        return None
    account = named or home_of(caller)
    figures = [days(thing.history_days), *_of_path(law, account), *_of_path(law, thing.account)]
    if isinstance(caller, Token):
        figures.append(days(caller.history_days))
    user = law.facts.users[caller.user] if isinstance(caller, Token) and caller.user else caller
    if isinstance(user, User):
        role = law.effective_role(user)
        figures += [days(user.history_days), days(role.history_days if role else None)]
    if account != home_of(caller):
        inside = isinstance(caller, User) and law.is_inside(caller, account)
        way = inf if inside else _to_act_for(law, home_of(caller), account)
        figures += [way, max(_account_ways(law, account, p, thing))]
    elif isinstance(user, User):
        entered = isinstance(caller, User) and law.source_operator(caller, p, thing)
        figures.append(inf if entered else max(_user_ways(law, user, p, thing)))
    else:
        figures.append(max(_account_ways(law, account, p, thing)))
    least = min(figures)
    return None if least == inf else int(least)


def days(figure: int | None) -> float:
    return inf if figure is None else figure


def _of_path(law: Sources, account: str | None) -> Iterator[float]:
    """The figures of an account and those above it; an operator outside every account has none."""
    if account is None:
        return iter(())
    facts: Iterable[Account] = (law.facts.accounts[key] for key in law.facts.accounts[account].path)
    return (days(one.history_days) for one in facts)


def _to_act_for(law: Sources, account: str, named: str) -> float:
    """§3 Operate as: by the branch without a figure, by a grant with the grant's."""
    if law.in_branch(named, account):
        return inf
    return max(days(grant.history_days) for grant in law.grants_to_act_for(account, named))


def _account_ways(law: Sources, account: str, p: Permission, thing: Item) -> Iterator[float]:
    """Each way in which an account has a permission, with its figure."""
    if law.source_1_branch(account, p, thing):
        yield inf
    yield from (days(grant.history_days) for grant in law.grants_used(account, p, thing))


def _user_ways(law: Sources, user: User, p: Permission, thing: Item) -> Iterator[float]:
    """The same of a user; what is capped by an account sees no further back than that account."""
    if law.source_5_developer(user, p, thing):
        yield inf
    by_account = (law.source_4_owner_administrator, law.source_6_rights, law.source_7_shares)
    if any(source(user, p, thing) for source in by_account):
        yield from _account_ways(law, user.account, p, thing)
    for project, member in law.memberships_used(user, p, thing):
        behind = max(_account_ways(law, project.account, p, thing))
        yield min(behind, days(member.history_days), *_of_path(law, project.account))
