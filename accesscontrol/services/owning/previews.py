"""Who gains and who loses by giving, moving, handing over or removing: the act is tried for real and undone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import Account
from accesscontrol.accounts.tree import ancestor_ids
from accesscontrol.grants.models import Grant
from accesscontrol.items.models import Item, ItemLink
from accesscontrol.services.frame.simulating import simulate
from accesscontrol.services.grants.links import links_of_items, seen_links
from accesscontrol.services.grants.previews.previews import LinkCut
from accesscontrol.services.owning.moving import move_items
from accesscontrol.services.previews.callers import Callers
from accesscontrol.services.previews.people import People, PeopleMeasure, own_branch

#: Of so many items it is looked at whose they are; of those beyond, only what rules and shares make of them.
MOST_ITEMS = 2000
#: So many accounts that received something of either end are looked at one by one.
MOST_GRANTEES = 300


def preview_owning(
    actor: Actor, account: Account, attempt: Callable[[], Any], items: Sequence[Item] = ()
) -> People | None:
    """How many users and tokens of the account gain or lose something; None where they are not of the actor's branch.

    items: those that change hands. Raises what the act raises.
    """
    measure = PeopleMeasure(actor, [account], items=[item.pk for item in items[:MOST_ITEMS]])
    _before, found = simulate(attempt, lambda _made: measure.after(), measure.before)
    return found.get(account.pk)


def preview_people(actor: Actor, accounts: Sequence[Account], attempt: Callable[[], Any]) -> People:
    """Who gains and who loses by an act on the people of several accounts, counted together."""
    measure = PeopleMeasure(actor, accounts)
    _before, found = simulate(attempt, lambda _made: measure.after(), measure.before)
    return _together(found.values())


# --- Moving: accounts above both ends, and those that received something of them


@dataclass(frozen=True, slots=True)
class Move:
    """What a move changes, as far as the actor may be told.

    gaining, losing: accounts. people: of the actor's own branch. cut: links that go, of which the actor may view both
    ends; more_cut: how many go of which they view one. hidden: whether there are accounts above that are not named.
    """

    gaining: tuple[Account, ...]
    losing: tuple[Account, ...]
    people: People
    cut: tuple[LinkCut, ...]
    more_cut: int
    hidden: bool


def preview_move(actor: Actor, items: Sequence[Item], account: Account) -> Move:
    """What `move_items` would change for whom; raises what it raises."""
    lines = ancestor_ids([account.pk, *(item.account_id for item in items)])
    above = {pk for line in lines.values() for pk in line}
    near = list(_near(actor, items, above))
    refs = [item.pk for item in items[:MOST_ITEMS]]
    measure = PeopleMeasure(actor, near, items=refs)
    accounts = Callers([Actor.of(one) for one in near], {("item", pk) for pk in refs})
    linked = [link for link, _account in links_of_items(items)]

    def before() -> None:
        measure.before()
        accounts.before()

    def after(_made: Any) -> tuple[Any, ...]:
        left = set(ItemLink.objects.filter(pk__in=[link.pk for link in linked]).values_list("pk", flat=True))
        return measure.after(), accounts.after(), [link for link in linked if link.pk not in left]

    _before, (people, outcomes, gone) = simulate(lambda: move_items(actor, items, account), after, before)
    both, half = seen_links(actor, gone)
    changed = [(one, outcomes[Actor.of(one)]) for one in near]
    return Move(
        tuple(one for one, outcome in changed if outcome.gains),
        tuple(one for one, outcome in changed if outcome.loses),
        _together(people.values()),
        tuple(LinkCut(link.member.name, link.container.name) for link in gone if link.pk in both),
        len(half),
        hidden=bool(above - {one.pk for one in near}),
    )


def _near(actor: Actor, items: Sequence[Item], above: Collection[int]) -> Sequence[Account]:
    """Whom a move may touch: accounts of the actor's own branch above either end, and grantees that the actor sees."""
    covering = Q(account__in=above) & (~Q(covers=Grant.Covers.ITEMS) | Q(items__in=items))
    grants = engine.visible(actor, "grant:view", Grant.objects.filter(covering)).order_by().values("pk")
    received = Account.objects.filter(grant_links__grant__in=grants, grant_links__accepted_at__isnull=False)
    grantees = received.order_by("pk").values_list("pk", flat=True).distinct()[:MOST_GRANTEES]
    own = own_branch(actor).filter(pk__in=above).values_list("pk", flat=True)
    return Account.objects.filter(pk__in={*own, *grantees}).order_by("name_order", "pk")


def _together(parts: Collection[People]) -> People:
    """All of them as one."""
    fields = ("users_gaining", "users_losing", "tokens_gaining", "tokens_losing", "unread")
    return People(**{name: sum(getattr(one, name) for one in parts) for name in fields})
