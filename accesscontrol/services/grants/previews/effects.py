"""What changes for the grantees of a grant and for people, read before and after an act that is tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from accesscontrol.access.actor import Actor
from accesscontrol.access.compiled.keeping import scopes
from accesscontrol.access.compiled.scope import Scope
from accesscontrol.access.engine import ANY_ITEM_VIEW, visible
from accesscontrol.accounts.models import Account
from accesscontrol.accounts.tree import branch_ids
from accesscontrol.items.models import Item, ItemLink
from accesscontrol.services.previews.counting import Counted, counted
from accesscontrol.services.previews.people import People, PeopleMeasure


@dataclass(frozen=True, slots=True)
class Effect:
    """What an act changes for one grantee as a whole, in numbers of the grantor's items.

    people: how many users and tokens of its branch gain or lose; None where they are not of the actor's own branch.
    """

    account: Account
    counted: tuple[Counted, ...]
    people: People | None = None

    @property
    def changes(self) -> bool:
        return bool(self.counted) or (self.people is not None and self.people.changes)


class Measure:
    """Looks at grantees before and after an act, through the actor's eyes: at what of the grantor's branch they see."""

    def __init__(
        self, actor: Actor, grantor: Account, grantees: Sequence[Account], links: Sequence[ItemLink]
    ) -> None:  # fmt: skip
        self.actor = actor
        self.grantees = grantees
        self.branch = branch_ids(grantor.pk)
        self._people = PeopleMeasure(actor, grantees, links)
        self._before: list[Scope | None] = []
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
        self.people = self._people.after()
        return tuple(
            Effect(account, tuple(counted(was, now, self.items, self.accounts)), self.people.get(account.pk))
            for account, was, now in zip(self.grantees, self._before, scopes_now, strict=True)
        )

    def _scopes(self) -> list[Scope | None]:
        actors = [Actor.of(account) for account in self.grantees]
        found = scopes(actors, timezone.now())
        return [found[actor] for actor in actors]
