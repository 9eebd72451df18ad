"""Scopes: a caller's entitlements, denies and limits compiled, with the one evaluator that reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from accesscontrol import catalogue
from accesscontrol.access.fresh.things import Thing
from accesscontrol.access.law.entitlements import Entitlement
from accesscontrol.access.law.history import Figure, furthest, least
from accesscontrol.access.law.item_reaches import Items
from accesscontrol.access.law.limits import Narrowed, Rules, wrong_address
from accesscontrol.access.law.reaches import NO_ROW, Below, Branch, Own, OwnButOwner, OwnersOf, Reach, of_accounts
from accesscontrol.access.law.topics import TopicRules
from accesscontrol.access.permissions import Permission
from accesscontrol.sentences import Sentence

_BY_PATH = (Branch, Below)
_BY_ACCOUNT = (Own, OwnButOwner, OwnersOf)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of one question: the entitlement that allows it, and the deny or limit that stopped it.

    code: `allowed`, or the code of what stopped it: a limit's, `deny`, or `silence`.
    """

    allowed: bool
    code: str
    by: Entitlement | None = None
    stopped: Sentence | None = None
    origin: tuple[str, int] | None = None


@dataclass(slots=True, eq=False)
class Scope:
    """What one caller may do, compiled from facts as of `built_at`, good until `valid_until` and while `roots` stand.

    dead: why the caller has nothing at all (code, sentence), or None.
    networks: addresses a call must come from; empty = any.
    roots: top-level account id → epoch that the facts were read under.
    history: the caller's own history depth, whatever it is that they use.
    topics: which free topics the caller uses, as `law.topics` says it.
    """

    label: str | Sentence
    built_at: datetime
    account: int | None = None
    dead: tuple[str, Sentence] | None = None
    networks: tuple[str, ...] = ()
    limits: tuple[Narrowed, ...] = ()
    history: Figure | None = None
    topics: TopicRules = None
    users: frozenset[int] = frozenset()
    roots: dict[int, int] = field(default_factory=dict)
    valid_until: datetime | None = None
    allows_list: list[Entitlement] = field(default_factory=list)
    denies: list[Entitlement] = field(default_factory=list)
    _by_path: dict[int, list[Entitlement]] = field(default_factory=dict)
    _ways_clip: bool = False
    _by_account: dict[int, list[Entitlement]] = field(default_factory=dict)
    _by_item: dict[int, list[Entitlement]] = field(default_factory=dict)
    _others: list[Entitlement] = field(default_factory=list)

    def add(self, entitlements: Iterable[Entitlement]) -> None:
        """Take allows in, sorted by how a check finds them."""
        for entitlement in entitlements:
            self.allows_list.append(entitlement)
            self._ways_clip = self._ways_clip or entitlement.clips
            reach = entitlement.reach
            if isinstance(reach, _BY_PATH):
                self._by_path.setdefault(reach.account, []).append(entitlement)
            elif isinstance(reach, _BY_ACCOUNT):
                self._by_account.setdefault(reach.account, []).append(entitlement)
            elif isinstance(reach, Items):
                for item in reach.ids:
                    self._by_item.setdefault(item, []).append(entitlement)
            else:
                self._others.append(entitlement)

    def _candidates(self, thing: Thing) -> Iterator[Entitlement]:
        for account in thing.path:
            yield from self._by_path.get(account, ())
        yield from self._by_account.get(thing.account, ())
        if thing.is_item:
            yield from self._by_item.get(thing.id, ())
        yield from self._others

    def grants(self, wanted: Permission, thing: Thing) -> Iterator[Entitlement]:
        """Every entitlement that gives this permission on this thing, denies and limits aside."""
        return (e for e in self._candidates(thing) if e.gives(wanted, thing))

    def allows(self, wanted: Permission, thing: Thing) -> bool:
        """Whether the verdict is yes, for callers without an address: the accounts behind caps."""
        return self.dead is None and self.evaluate(wanted, thing, None).allowed

    @property
    def clips(self) -> bool:
        """Whether any figure of history depth stands on the way, so that it is worth asking for."""
        return self.history is not None or self._ways_clip

    def looks_back(self, wanted: Permission, thing: Thing) -> Figure | None:
        """How far back the caller sees by a permission that they have on this thing, the thing's own figures aside:
        by their own figure, and by the way of having it that reaches furthest."""
        return least((self.history, furthest(one.looks_back(wanted, thing) for one in self.grants(wanted, thing))))

    def evaluate(self, wanted: Permission, thing: Thing, address: str | None) -> Verdict:
        """The one evaluator: limits that stop everything, then sources, denies, and what tokens leave out."""
        if self.dead is not None:
            return Verdict(False, self.dead[0], stopped=self.dead[1])
        if away := wrong_address(self.networks, address):
            return Verdict(False, "alive", stopped=away)
        by = next(self.grants(wanted, thing), None)
        if by is None:
            return Verdict(False, "silence")
        for deny in self.denies:
            if deny.gives(wanted, thing):
                return Verdict(False, "deny", by, deny.sentence, deny.origin)
        for limit in self.limits:
            if stopped := limit.stops(wanted, thing):
                return Verdict(False, limit.code, by, stopped)
        return Verdict(True, "allowed", by)

    def condition(self, wanted: Sequence[Permission], address: str | None = None) -> Q:
        """The rows of one model for which the verdict is yes: one permission, or one verb over kinds of item."""
        if self.dead is not None or wrong_address(self.networks, address):
            return NO_ROW
        model = model_of(wanted[0])
        rows = _any_of(self.allows_list, wanted, model)
        if self.denies:
            rows &= ~_any_of(self.denies, wanted, model)
        for limit in self.limits:
            rows &= limit.condition(wanted, model)
        return rows

    @property
    def has_rules(self) -> bool:
        """Whether rules of an ACL token choose among the things."""
        return any(isinstance(limit, Rules) for limit in self.limits)

    def usable(self, now: datetime) -> bool:
        """Whether time alone has not ended what this scope was compiled from."""
        return self.built_at <= now and (self.valid_until is None or now < self.valid_until)


def model_of(wanted: Permission) -> str:
    """The model whose rows a list for this permission holds: `item`, `account`, `user`, …, `event`, `subscription`."""
    if wanted.is_create:
        return "account"
    return "item" if wanted.kind in catalogue.ITEM_KINDS else wanted.kind


def _any_of(entitlements: list[Entitlement], wanted: Sequence[Permission], model: str) -> Q:
    """The rows that any of these gives. Reaches of a class with the same kinds and cap become one condition."""
    groups: dict[tuple, list[Entitlement]] = {}
    for entitlement in entitlements:
        given = tuple(permission for permission in wanted if entitlement.permissions.has(permission))
        if given:
            reach = _reads_as(type(entitlement.reach), model)
            groups.setdefault((reach, given, id(entitlement.cap)), []).append(entitlement)
    rows = NO_ROW
    for (reach, given, _), group in groups.items():
        found = reach([entitlement.reach for entitlement in group], model)
        if len(given) < len(wanted):
            found &= Q(kind__in=[permission.kind for permission in given])
        cap = group[0].cap
        rows |= (found & cap.condition(given)) if cap is not None else found
    return rows


def _reads_as(reach: type[Reach], model: str) -> Callable[[Sequence, str], Q]:
    """How reaches of a class are read as rows: those that mean whole accounts together, others each class alone."""
    whole = (Branch, Below, Own) if model in ("user", "token") else (Branch, Below, Own, OwnButOwner)
    return of_accounts if reach in whole else reach.condition
