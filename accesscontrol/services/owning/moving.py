"""The act of moving items to another account: all of an item is given, so whoever moves it has all of it (§10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Model
from django.utils import timezone

from accesscontrol import catalogue
from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import Account
from accesscontrol.accounts.names import following
from accesscontrol.grants.models import Grant, GrantItem
from accesscontrol.items.models import Item
from accesscontrol.services.accounts.quotas import Growth, require_room
from accesscontrol.services.frame.acts import Fact, act, fresh, record_all, require_all
from accesscontrol.services.frame.ceilings import Ceiling
from accesscontrol.services.frame.fields import Findings
from accesscontrol.services.frame.lines import Lines, chunks
from accesscontrol.services.frame.own_ends import for_good
from accesscontrol.services.frame.revisions import require_unmoved
from accesscontrol.services.grants.links import end_links, links_of_items, part_links, with_ends
from accesscontrol.services.items.idents import check_idents
from accesscontrol.services.items.items import item_spec, present


def everything_on(thing: Model, kind: str) -> list[tuple[str, Model]]:
    """Every permission of its kind on a thing, as questions; `create` is asked of the account where it goes."""
    return [(name, thing) for name in catalogue.KINDS[kind].permissions if name != f"{kind}:create"]


def move_item(actor: Actor, item: Item, account: Account) -> Item:
    """Move an item to another account; a developer who owned it stays behind."""
    return move_items(actor, [item], account)[0]


def move_items(
    actor: Actor, items: Sequence[Item], account: Account, *, idents: Mapping[int, str] | None = None
) -> list[Item]:
    """Move many items to an account. What leaves a branch leaves its grants, and links made under these are cut.

    idents: item id → the ident that it shall have there, where that changes on the way.
    """
    with act(lambda: [account.pk, *_homes(items), *_grantees(items)]):
        rows = fresh(Item, items, "account")
        current = [present(rows, item) for item in items]
        moving = [item for item in current if item.account_id != account.pk]
        asked = [pair for item in moving for pair in everything_on(item, item.kind)]
        require_all(actor, [*asked, *((f"{item.kind}:create", account) for item in moving)])
        if moving:
            Ceiling(actor).require_acts(asked, for_good("account"), moving[0])
        for item in moving:
            require_unmoved(actor, item, item_spec, account=account)
        there = {item.pk: (idents or {}).get(item.pk, item.ident) for item in moving}
        _check_idents(moving, account, there)
        linked = links_of_items(moving)
        facts = _leave_grants(moving, account)
        growth = [Growth(account.pk, item.kind, item.account_id) for item in moving]
        facts += [fact for item in moving for fact in _move(item, account, there[item.pk])]
        require_room(actor, growth)
        record_all(actor, facts)
        end_links(actor, *part_links(with_ends(linked)))
    return current


def _homes(items: Sequence[Item]) -> list[int]:
    """The accounts that have these items now."""
    found: list[int] = []
    for piece in chunks([item.pk for item in items]):
        found += Item.objects.filter(pk__in=piece).order_by().values_list("account_id", flat=True).distinct()
    return found


def _grantees(items: Sequence[Item]) -> list[int]:
    """The accounts of the grants that items may leave, and of links that may be cut."""
    found: set[int] = {account.pk for _link, account in links_of_items(items)}
    for piece in chunks([item.pk for item in items]):
        found |= set(Account.objects.filter(received_grants__items__in=piece).values_list("pk", flat=True))
    return sorted(found)


def _check_idents(items: Sequence[Item], account: Account, idents: Mapping[int, str]) -> None:
    findings = Findings()
    check_idents(findings, [(one, replace(item_spec(one), account=account, ident=idents[one.pk])) for one in items])
    findings.stop()


def _move(item: Item, account: Account, ident: str) -> list[Fact]:
    """Write the move; the facts stand in the chain of both accounts."""
    changes: dict[str, list[Any]] = {"account_id": [item.account_id, account.pk]}
    if item.owner_id is not None:
        changes["owner_id"] = [item.owner_id, None]
    if item.ident != ident:
        changes["ident"] = [item.ident, ident]
    item.account, item.owner, item.ident, item.changed_at = account, None, ident, timezone.now()
    # What follows from the ident is written also where it stays: it may have been given up for another item.
    Item.objects.filter(pk=item.pk).update(
        account=account, owner=None, changed_at=item.changed_at, ident=ident, **following(item, {"ident": ident})
    )
    return [Fact("item.move", item, one, changes) for one in changes["account_id"]]


# --- Grants of chosen items: an item that leaves the branch leaves the grant


def _leave_grants(items: Sequence[Item], account: Account) -> list[Fact]:
    """Take items out of the grants whose branch they leave; each side of a grant is told."""
    above = set(Lines([account.pk]).paths[account.pk])
    rows: list[GrantItem] = []
    for piece in chunks([item.pk for item in items]):
        left = GrantItem.objects.filter(item__in=piece).exclude(grant__account__in=above)
        rows += left.select_related("grant").order_by("pk")
    facts = [fact for grant, gone in _by_grant(rows).items() for fact in _told(grant, gone)]
    for piece in chunks([row.pk for row in rows]):
        GrantItem.objects.filter(pk__in=piece).delete()
    return facts


def _by_grant(rows: Iterable[GrantItem]) -> dict[Grant, set[int]]:
    found: dict[Grant, set[int]] = {}
    for row in rows:
        found.setdefault(row.grant, set()).add(row.item_id)
    return found


def _told(grant: Grant, gone: set[int]) -> list[Fact]:
    before = list(GrantItem.objects.filter(grant=grant).order_by("pk").values_list("item", flat=True))
    changes = {"items": [before, [item for item in before if item not in gone]]}
    sides = [grant.account_id, *grant.grantee_links.order_by("pk").values_list("account", flat=True)]
    return [Fact("grant.change", grant, side, changes) for side in sides]
