"""The platform operator: stands above all trees by name, and inside a tree by an entry (access model §3, §11)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db.models import Q

from accesscontrol.access.fresh.facts import EntryFacts, UserFacts
from accesscontrol.access.fresh.things import Thing
from accesscontrol.access.law import sentences
from accesscontrol.access.law.entitlements import Compiler, Entitlement
from accesscontrol.access.law.reaches import Branch, Everything, Received, ReceivedBelow, Tops
from accesscontrol.access.permissions import EVERYTHING, PermissionSet
from accesscontrol.accounts.life import EntryState, entry_state

OPERATOR = "operator"
#: Sources of a person signed in: no token has them, whomever it acts for.
IN_PERSON = frozenset({OPERATOR})
CONSOLE = Entitlement(OPERATOR, EVERYTHING, Everything(), sentences.CONSOLE)

_OF_TOPS = PermissionSet.of(["account:view", "subscription:view"])
_RECEIVED = PermissionSet.of(["grant:view", "grant.logs:view"])


def operator(user: UserFacts, compiler: Compiler) -> Iterator[Entitlement]:
    """Opens and names top-level accounts and sees name, state and licence of each; of a tree that they have entered
    they have everything, and see the grants that it received as accounts above do."""
    if not user.is_superuser:
        return
    tops = sentences.OPERATOR(user=user.name)
    yield Entitlement(OPERATOR, _OF_TOPS, Tops(), tops, ("user", user.id))
    for entry in compiler.facts.entries.get(user.id, ()):
        account = compiler.account(entry.account)
        if _is_inside(entry, compiler) and not account.above:
            origin = ("account", account.id)
            inside = sentences.ENTERED(user=user.name, account=account.name, end=f"{entry.expires_at:%Y-%m-%d %H:%M}")
            yield Entitlement(OPERATOR, EVERYTHING, Branch(account.id), inside, origin)
            yield Entitlement(OPERATOR, _RECEIVED, Received(account.id), inside, origin)
            yield Entitlement(OPERATOR, _RECEIVED, ReceivedBelow(account.id), inside, origin)


def _is_inside(entry: EntryFacts, compiler: Compiler) -> bool:
    compiler.wait_for(entry.starts_at, entry.expires_at)
    return all(entry_state(entry, moment) is EntryState.INSIDE for moment in compiler.moments)


def entered(allows: Iterable[Entitlement]) -> frozenset[int]:
    """The top-level accounts of the trees that the caller with these entitlements is inside of by an entry."""
    return frozenset(one.reach.account for one in allows if one.source == OPERATOR and isinstance(one.reach, Branch))


def operators_near(thing: Thing) -> Q:
    """The users who may have something on a thing by this source: whoever entered its tree, or a tree that received
    it; on a top-level account every operator."""
    tops = {path[0] for path in (thing.path, *thing.grantees.values()) if path}
    near = Q(is_superuser=True, entries__account__in=tops, entries__left_at=None)
    return near | Q(is_superuser=True) if Tops().covers(thing) else near
