"""Assigning from what somebody saw: what others took from the person meanwhile does not come back unseen (§11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import User
from accesscontrol.items.models import Item, ItemUserObjectPermission
from accesscontrol.services.frame.acts import act_on_items, fresh, require_all
from accesscontrol.services.frame.errors import Conflict
from accesscontrol.services.frame.locks import GONE
from accesscontrol.services.frame.revisions import Stale, join, lines_since, names
from accesscontrol.services.items.assignments import assign_items
from accesscontrol.services.people.users import user_spec


def assign_items_to(
    actor: Actor, user: User, items: Sequence[Item], expires_at: datetime | None = None
) -> list[ItemUserObjectPermission]:
    """Assign items to a `user` who is as the actor saw them. A new phone number meanwhile is no matter; another role,
    end or switch is, and so is what others did to the assignment of one of these items. Raises Stale."""
    with act_on_items(items, user.account_id):
        current = fresh(User, [user], "account", "role").get(user.pk)
        if current is None:
            raise Conflict(GONE(thing=user.username))
        require_all(actor, [("user.assignments:change", current)])
        join(actor, current, user_spec(current), {}, gives=True)
        _require_same_assignments(actor, current, items)
        return assign_items(actor, current, items, expires_at)


def _require_same_assignments(actor: Actor, user: User, items: Sequence[Item]) -> None:
    origin = actor.origin
    if origin is None or origin.fields is None or not names(origin, user):
        return
    wanted = {item.pk for item in items}
    lines = [line for line in lines_since(actor, user, origin.revision) if line.detail.changes.get("item") in wanted]
    if lines:
        raise Stale(user, lines, ["items"])
