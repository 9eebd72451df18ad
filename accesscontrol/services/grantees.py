"""Acts on grants, from the grantee's side: accept, decline, drop out; and the links that end with a grant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.engine import Question
from accesscontrol.accounts.models import Account
from accesscontrol.grants.models import Grant, GrantGrantee
from accesscontrol.items.models import Item, ItemLink
from accesscontrol.services.acts import Fact, act, caller, record_all, require_all
from accesscontrol.services.errors import Conflict, Invalid
from accesscontrol.services.lines import branch_ids
from accesscontrol.services.links import cut_links, holds_items, link_facts


def accept_grant(actor: Actor, grant: Grant, account: Account) -> GrantGrantee:
    """Accept a grant that was offered to an account of another tree; it lives from now on."""
    with act([grant.account_id, account.pk]):
        require_all(actor, [("grant:create", account)])
        link = _own_link(grant, account)
        if link.accepted_at is not None:
            raise Conflict("The grant has been accepted already. Reload the page.")
        link.accepted_at = timezone.now()
        link.save(update_fields=["accepted_at"])
        row = link.grant
        row.invited = [key for key in row.invited if key != account.key]
        row.save(update_fields=["invited"])
        told = {"grantee": account.pk}
        record_all(actor, [Fact("grant.accept", row, row.account_id, told), Fact("grant.accept", row, account.pk)])
    return link


def drop_grant(actor: Actor, grant: Grant, account: Account | None = None) -> None:
    """Drop out of a grant received, or decline one. account: the grantee; left out, the account that acts.

    One that has not been accepted goes silently: to the grantor, declined and never seen look the same.
    """
    with act([grant.account_id, *grant.grantee_links.values_list("account", flat=True)]):
        require_all(actor, [("grant:delete", grant)])
        who = caller(actor)
        account_id = account.pk if account is not None else who.account_id
        if account_id is None:
            raise Invalid({"account": ["Say which account drops out."]})
        if account_id != who.account_id and not who.platform:
            raise Conflict("An account drops out for itself only. Operate as it first.")
        grantee = Account.objects.get(pk=account_id)
        link = _own_link(grant, grantee)
        linked = [(one, grantee) for one in linked_under(link.grant, grantee)]
        facts = [Fact("grant.drop", link.grant, account_id)]
        if link.accepted_at is not None:
            facts.append(Fact("grant.drop", link.grant, link.grant.account_id, {"grantee": account_id}))
        record_all(actor, facts)
        link.delete()
        cut_lost_links(actor, linked)


def _own_link(grant: Grant, account: Account) -> GrantGrantee:
    link = GrantGrantee.objects.select_related("grant").filter(grant=grant, account=account).first()
    if link is None:
        raise Conflict(f"{account.name} is no grantee of this grant. Reload the page.")
    return link


# --- Links made under a grant


def linked_under(grant: Grant, grantee: Account) -> list[ItemLink]:
    """Links between an item that the grant covers and one of the grantee's branch, made by the grantee's people.

    Links without a maker (made by a token of an account, or loaded from a file) count too.
    """
    covered, own = _covered(grant), Item.objects.filter(account__in=branch_ids(grantee.pk)).values("pk")
    between = Q(container__in=covered, member__in=own) | Q(member__in=covered, container__in=own)
    made = Q(made_by=None) | Q(made_by__account__in=branch_ids(grantee.pk))
    return list(ItemLink.objects.filter(between, made).select_related("member", "container"))


def _covered(grant: Grant) -> QuerySet[Item, Any]:
    branch = branch_ids(grant.account_id)
    if grant.covers == Grant.Covers.ITEMS:
        return Item.objects.filter(grant_links__grant=grant, account__in=branch).values("pk")
    inside = branch if grant.include_subaccounts else [grant.account_id]
    items = Item.objects.filter(account__in=inside)
    return (items.filter(kind=grant.kind) if grant.covers == Grant.Covers.KIND else items).values("pk")


def cut_lost_links(actor: Actor, linked: Iterable[tuple[ItemLink, Account]]) -> None:
    """Cut those links whose foreign end the grantee may no longer use, after a grant has ended or shrunk."""
    pairs = list({link.pk: (link, account) for link, account in linked}.values())
    if not pairs:
        return
    own = {account: set(branch_ids(account.pk).values_list("pk", flat=True)) for _, account in pairs}
    asked = [_use(link, account, own[account]) for link, account in pairs]
    decisions = engine.decide_many(asked)
    lost = [link for (link, _), decision in zip(pairs, decisions, strict=True) if not decision.allowed]
    record_all(actor, link_facts("item.unlink", lost, because="grant ended"))
    cut_links(lost)


def _use(link: ItemLink, account: Account, own: set[int]) -> Question:
    """What the grantee must still have on the foreign end for the link to stand."""
    if link.container.account_id in own:
        verb = "change" if holds_items(link.container.kind) else "view"
        return Question(Actor.of(account), f"{link.member.kind}:{verb}", link.member)
    verb = "items:create" if holds_items(link.container.kind) else "change"
    permission = f"{link.container.kind}.{verb}" if ":" in verb else f"{link.container.kind}:{verb}"
    return Question(Actor.of(account), permission, link.container)
