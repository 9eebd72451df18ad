"""Who gains and who loses by giving, handing over or removing: the act is tried for real and undone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import Account
from accesscontrol.items.models import Item
from accesscontrol.services.frame.simulating import simulate
from accesscontrol.services.previews.people import People, PeopleMeasure

#: Of so many items it is looked at whose they are; of those beyond, only what rules and shares make of them.
MOST_ITEMS = 2000


def preview_owning(
    actor: Actor, account: Account, attempt: Callable[[], Any], items: Sequence[Item] = ()
) -> People | None:
    """How many users and tokens of the account gain or lose something; None where they are not of the actor's branch.

    items: those that change hands. Raises what the act raises.
    """
    measure = PeopleMeasure(actor, [account], items=[item.pk for item in items[:MOST_ITEMS]])
    _before, found = simulate(attempt, lambda _made: measure.after(), measure.before)
    return found.get(account.pk)
