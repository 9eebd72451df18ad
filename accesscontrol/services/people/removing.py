"""The act of removing users who own nothing; who gets what they owned is said in `services.owning.leaving`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accesscontrol import catalogue
from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from accesscontrol.items.models import Item
from accesscontrol.services.frame.acts import Fact, act, caller, fresh, record_all, require_all
from accesscontrol.services.frame.lines import chunks
from accesscontrol.services.items.items import erase_items
from accesscontrol.services.people import checks as user_checks
from accesscontrol.services.people.owned import require_nothing_owned


def remove_users(actor: Actor, users: Sequence[User]) -> None:
    """Remove many users who own nothing; their tokens, assignments and reports go too, what else they made stays."""
    with act(user.account_id for user in users):
        require_all(actor, [("user:delete", user) for user in users])
        rows, who = list(fresh(User, users, "account").values()), caller(actor)
        require_nothing_owned(actor, rows)
        before = user_checks.managed({row.account_id for row in rows if row.account_id is not None})
        facts = [Fact("user.remove", row, row.account_id, {"username": [row.username, None]}) for row in rows]
        record_all(actor, facts)
        ids = [row.pk for row in rows]
        _erase(actor, Item.objects.filter(kind__in=catalogue.REACHED[catalogue.MADE], made_by__in=ids))
        for piece in chunks(ids):
            User.objects.filter(pk__in=piece).delete()
        user_checks.require_managers(who, before)


def _erase(actor: Actor, items: Any) -> None:
    rows = list(items)
    record_all(actor, [Fact("item.delete", row, row.account_id, {"name": [row.name, None]}) for row in rows])
    erase_items([row.pk for row in rows])
