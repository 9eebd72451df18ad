"""What a grant offers to whoever accepts it, in numbers."""

from __future__ import annotations

from django.db.models import Count

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.law.levels import level_permissions
from accesscontrol.accounts.models import Account
from accesscontrol.accounts.tree import branch_ids
from accesscontrol.grants.models import Grant
from accesscontrol.services.grants.links import covered_items
from accesscontrol.services.previews.counting import COMMAND, CREATE, DELETE, EDIT, ON_ITEMS, OPERATE, SEE, Counted

_LEVEL = {SEE: "read", EDIT: "edit", DELETE: "delete", COMMAND: "command"}


def offered(actor: Actor, grant: Grant) -> tuple[Counted, ...]:
    """What each grantee has by the grant alone, once it is accepted and lives: of the items that the actor may view.

    Read from the grant and not from any grantee, so that it is the same whether or not there is such an account.
    """
    items = engine.visible(actor, engine.ANY_ITEM_VIEW, covered_items(grant))
    numbers = dict(items.order_by().values_list("kind").annotate(number=Count("pk")))
    given = {word: level_permissions(level) for word, level in _LEVEL.items() if word == SEE or level in grant.levels}
    found = [
        Counted(word, kind, 0, numbers[kind], numbers[kind], 0)
        for word, permissions in given.items()
        for kind in catalogue.ITEM_KINDS
        if kind in numbers and any(wanted.kind == kind and permissions.has(wanted) for wanted in ON_ITEMS[word])
    ]
    return tuple(found) + (_offered_accounts(actor, grant) if grant.covers == Grant.Covers.ACCOUNT else ())


def _offered_accounts(actor: Actor, grant: Grant) -> tuple[Counted, ...]:
    inside = branch_ids(grant.account_id) if grant.include_subaccounts else [grant.account_id]
    number = engine.visible(actor, "account:view", Account.objects.filter(pk__in=inside)).count()
    words = [(SEE, "account"), *([(OPERATE, "account")] if "operate-as" in grant.levels else [])]
    words += [(CREATE, catalogue.CREATE_LEVELS[level]) for level in grant.levels if level in catalogue.CREATE_LEVELS]
    return tuple(Counted(word, kind, 0, number, number, 0) for word, kind in words)
