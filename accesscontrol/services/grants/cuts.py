"""Links that an act on grants may cut: watched ahead of it, settled after it, and named to each side in the log."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.engine import Question
from accesscontrol.accounts.models import Account
from accesscontrol.accounts.names import order_of
from accesscontrol.grants.models import Grant
from accesscontrol.items.models import ItemLink
from accesscontrol.services.grants.links import end_links, linked_under, part_links

#: So many links are named in one line of the log; each that is cut has a line of its own besides.
MOST_NAMED = 50


class Cuts:
    """The links made under some grants, with what each side of a grant saw of them before the act."""

    def __init__(self) -> None:
        #: (grant, link, the grantee that made it).
        self._watched: list[tuple[int, ItemLink, Account]] = []
        self._seen: set[tuple[int, int]] = set()
        self._lost: set[int] = set()
        self._parted: tuple[list[ItemLink], list[tuple[ItemLink, Account]]] = ([], [])

    def watch(self, grant: Grant, grantees: Collection[Account]) -> None:
        """Before the act, while both sides still see what they see: the grantor any link, a grantee its own."""
        pairs = linked_under(grant, grantees)
        self._watched += [(grant.pk, link, account) for link, account in pairs]
        asked = [(side, link) for link, account in pairs for side in dict.fromkeys((grant.account_id, account.pk))]
        questions = [
            Question(Actor("account", side), f"{end.kind}:view", end)
            for side, link in asked
            for end in (link.member, link.container)
        ]
        yes = [decision.allowed for decision in engine.decide_many(questions)] if questions else []
        self._seen |= {
            (side, link.pk) for place, (side, link) in enumerate(asked) if yes[2 * place] and yes[2 * place + 1]
        }

    @property
    def linked(self) -> list[tuple[ItemLink, Account]]:
        return [(link, account) for _, link, account in self._watched]

    def settle(self) -> None:
        """After the act: which of them the grantees can no longer hold."""
        self._parted = part_links(self.linked)
        self._lost = {link.pk for link in self._parted[0]}

    def told(self, grant: Grant, account_id: int) -> dict[str, Any]:
        """The links cut, as a line of this account tells them: those of which it saw both ends."""
        names = {
            link.pk: f"{link.member.name} in {link.container.name}"
            for pk, link, account in self._watched
            if pk == grant.pk and account_id in (grant.account_id, account.pk)
            if link.pk in self._lost and (account_id, link.pk) in self._seen
        }
        return {"links": [sorted(names.values(), key=order_of)[:MOST_NAMED], []]} if names else {}

    def cut(self, actor: Actor) -> None:
        end_links(actor, *self._parted)
