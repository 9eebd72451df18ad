"""What changes for the grantees of a grant and for people, read before and after an act that is tried."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import BooleanField, Count, ExpressionWrapper, Q
from django.utils import timezone

from accesscontrol.access.actor import Actor
from accesscontrol.access.compiled.keeping import scopes
from accesscontrol.access.compiled.scope import Scope
from accesscontrol.access.engine import ANY_ITEM_VIEW, visible
from accesscontrol.access.law.reaches import Reach
from accesscontrol.access.permissions import Permission
from accesscontrol.accounts.models import Account
from accesscontrol.accounts.tree import branch_ids
from accesscontrol.items.models import Item, ItemLink
from accesscontrol.services.grants.previews.people import People, PeopleMeasure
from accesscontrol.services.grants.previews.words import ON_ACCOUNTS, ON_ITEMS, Counted, sentence

#: (seen before, seen after) → how many.
Numbers = dict[tuple[bool, bool], int]


@dataclass(frozen=True, slots=True)
class Effect:
    """What an act changes for one grantee as a whole, in numbers of the grantor's items.

    people: how many users and tokens of its branch gain or lose; None where they are not of the actor's own branch.
    """

    account: Account
    counted: tuple[Counted, ...]
    people: People | None = None

    @property
    def gains(self) -> tuple[Counted, ...]:
        return tuple(each for each in self.counted if each.gained)

    @property
    def losses(self) -> tuple[Counted, ...]:
        return tuple(each for each in self.counted if each.lost)

    @property
    def changes(self) -> bool:
        return bool(self.counted) or (self.people is not None and self.people.changes)

    @property
    def sentences(self) -> tuple[str, ...]:
        """“Contoso will see 412 devices and may edit 12 devices.”"""
        gained = sentence(self.account.name, self.gains)
        lost = sentence(self.account.name, [_as_loss(each) for each in self.losses], losing=True)
        people = self.people.sentences if self.people is not None else ()
        return tuple(text for text in (gained, lost, *people) if text)


def _as_loss(each: Counted) -> Counted:
    return Counted(each.word, each.kind, each.before, each.after, 0, each.lost)


class Measure:
    """Looks at grantees before and after an act, through the actor's eyes: at what of the grantor's branch they see."""

    def __init__(
        self, actor: Actor, grantor: Account, grantees: Sequence[Account], links: Sequence[ItemLink]
    ) -> None:  # fmt: skip
        self.actor = actor
        self.grantees = grantees
        self.branch = branch_ids(grantor.pk)
        self._actors = {account.pk: Actor.of(account) for account in grantees}
        self._people = PeopleMeasure(actor, grantees, links)
        self._before: dict[int, Scope | None] = {}
        #: Account → its people who gain or lose, after the second look; of the actor's own branch only.
        self.people: dict[int, People] = {}

    def before(self) -> None:
        """The first look. What the actor sees of the grantor's branch is settled here, by conditions of this moment."""
        items = visible(self.actor, ANY_ITEM_VIEW, Item.objects.filter(account__in=self.branch))
        accounts = visible(self.actor, "account:view", Account.objects.filter(pk__in=self.branch))
        self.items, self.accounts = items.order_by(), accounts.order_by()
        self._before = self._scopes()
        self._people.before()

    def after(self) -> tuple[Effect, ...]:
        """The second look: one effect for each grantee."""
        scopes_now = self._scopes()
        self.people = people = self._people.after()
        effects = []
        for account in self.grantees:
            was, now = self._before[account.pk], scopes_now[account.pk]
            counted = [*self._on_items(was, now), *self._on_accounts(was, now)]
            effects.append(Effect(account, tuple(counted), people.get(account.pk)))
        return tuple(effects)

    def _scopes(self) -> dict[int, Scope | None]:
        found = scopes(self._actors.values(), timezone.now())
        return {pk: found[actor] for pk, actor in self._actors.items()}

    def _on_items(self, was: Scope | None, now: Scope | None) -> Iterable[Counted]:
        """One statement for all words and kinds that come and go together."""
        together: dict[tuple, list[tuple[str, Permission]]] = {}
        for word, wanted in ON_ITEMS.items():
            for each in wanted:
                if (had := _reaches(was, each)) != (has := _reaches(now, each)):
                    together.setdefault((had, has), []).append((word, each))
        found: dict[str, dict[str, Numbers]] = {}
        for named in together.values():
            numbers = self._count_items(was, now, {each.kind: each for _, each in named})
            for word, each in named:
                found.setdefault(word, {})[each.kind] = numbers.get(each.kind, {})
        for word in ON_ITEMS:
            yield from _changed(word, found.get(word, {}))

    def _count_items(self, was: Scope | None, now: Scope | None, asked: dict[str, Permission]) -> dict[str, Numbers]:
        wanted = tuple(asked.values())
        rows = self.items.filter(kind__in=list(asked)).annotate(was=_truth(was, wanted), now=_truth(now, wanted))
        numbers: dict[str, Numbers] = {}
        for kind, had, has, number in rows.values_list("kind", "was", "now").annotate(number=Count("pk")):
            numbers.setdefault(kind, {})[bool(had), bool(has)] = number
        return numbers

    def _on_accounts(self, was: Scope | None, now: Scope | None) -> Iterable[Counted]:
        for (word, kind), wanted in ON_ACCOUNTS.items():
            if _reaches(was, wanted) == _reaches(now, wanted):
                continue
            rows = self.accounts.annotate(was=_truth(was, (wanted,)), now=_truth(now, (wanted,)))
            numbers = {
                (bool(had), bool(has)): number
                for had, has, number in rows.values_list("was", "now").annotate(number=Count("pk"))
            }
            yield from _changed(word, {kind: numbers})


def _truth(scope: Scope | None, wanted: Sequence[Permission]) -> ExpressionWrapper:
    condition = scope.condition(wanted) if scope is not None else Q(pk__in=[])
    return ExpressionWrapper(condition, output_field=BooleanField())


def _changed(word: str, numbers: dict[str, Numbers]) -> Iterable[Counted]:
    for kind, found in sorted(numbers.items()):
        kept, gained, lost = (found.get(pair, 0) for pair in ((True, True), (False, True), (True, False)))
        if gained or lost:
            yield Counted(word, kind, kept + lost, kept + gained, gained, lost)


def _reaches(scope: Scope | None, wanted: Permission) -> frozenset[Reach]:
    """What of an account's own scope gives a permission: the same before and after needs no count."""
    if scope is None or scope.dead is not None:
        return frozenset()
    return frozenset(each.reach for each in scope.allows_list if each.permissions.has(wanted))
