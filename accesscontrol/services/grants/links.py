"""Links made under a grant: which there are, who sees them, and which end with it (access model §5)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, F, Q, QuerySet

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.engine import Question
from accesscontrol.access.law.reaches import Branch, of_accounts
from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.tree import ancestor_ids, branch_ids
from accesscontrol.grants.models import Grant, GrantGrantee
from accesscontrol.items.models import Item, ItemLink
from accesscontrol.services.frame.acts import fresh, record_all
from accesscontrol.services.frame.lines import chunks
from accesscontrol.services.items.link_grants import set_grants
from accesscontrol.services.items.links import cut_links, link_facts, to_link


def linked_under(
    grant: Grant, grantees: Collection[Account], among: Collection[int] | None = None
) -> list[tuple[ItemLink, Account]]:
    """Links that these grantees made by the grant, each with its grantee. Where a link does not say by what it was made
    (by a file, by a token before that was noted), those between an item that the grant covers and one of the
    grantee's branch. among: only these links."""
    by_id = {account.pk: account for account in grantees}
    rows = GrantGrantee.objects.filter(grant=grant, account__in=by_id)
    links = ItemLink.objects.select_related("member", "container", "made_by")
    links = links if among is None else links.filter(pk__in=among)
    found = []
    parts = dict(rows.values_list("pk", "account"))
    for link in links.filter(Q(member_under__in=parts) | Q(container_under__in=parts)) if parts else ():
        ends = {parts[end] for end in (link.member_under_id, link.container_under_id) if end in parts}
        found += [(link, by_id[account]) for account in ends]
    branches = [Branch(account) for account in by_id]
    covered = covered_items(grant).values("pk")
    own = Item.objects.filter(of_accounts(branches, "item")).values("pk")
    makers = User.objects.filter(of_accounts(branches, "user")).values("pk")
    between = Q(container__in=covered, member__in=own) | Q(member__in=covered, container__in=own)
    made = Q(made_by=None) | Q(made_by__in=makers)
    if not by_id:
        return found
    unnoted = links.filter(between, made, member_under=None, container_under=None)
    return found + _by_branch(unnoted.annotate(takes=_is(container__in=covered), given=_is(member__in=covered)), by_id)


def links_of_items(items: Sequence[Item]) -> list[tuple[ItemLink, Account]]:
    """Links with an end among these items that were made under a grant, each with the grantee that made it; of links
    that do not say so, those between an item that a grant covers and one of its grantee's branch."""
    found: list[tuple[ItemLink, Account]] = []
    unnoted: list[ItemLink] = []
    for piece in chunks([item.pk for item in items]):
        rows = ItemLink.objects.filter(Q(member__in=piece) | Q(container__in=piece))
        ends = ("member", "container", "made_by", "member_under__account", "container_under__account")
        for link in rows.exclude(member__account=F("container__account")).select_related(*ends).order_by("pk"):
            under = [row.account for row in (link.member_under, link.container_under) if row is not None]
            found += [(link, account) for account in dict.fromkeys(under)]
            unnoted += [] if under else [link]
    return found + _carried(unnoted)


def _carried(links: Sequence[ItemLink]) -> list[tuple[ItemLink, Account]]:
    """Of links that do not say by what they were made: those that a grant carries, each with its grantee."""
    paths = ancestor_ids({end.account_id for link in links for end in (link.member, link.container)})
    above = {account for path in paths.values() for account in path}
    grants = Grant.objects.filter(account__in=above, grantees__in=above).distinct() if links else ()
    ids = [link.pk for link in links]
    carried = (linked_under(grant, list(grant.grantees.filter(pk__in=above)), ids) for grant in grants)
    return [pair for pairs in carried for pair in pairs]


def with_ends(linked: Iterable[tuple[ItemLink, Account]]) -> list[tuple[ItemLink, Account]]:
    """The same links with their ends as they are now, for an act that changes the ends themselves."""
    pairs = list(linked)
    rows = fresh(ItemLink, [link for link, _account in pairs], "member", "container")
    return [(rows[link.pk], account) for link, account in pairs if link.pk in rows]


def _is(**condition: Any) -> ExpressionWrapper:
    return ExpressionWrapper(Q(**condition), output_field=BooleanField())


def _by_branch(rows: Iterable[Any], grantees: dict[int, Account]) -> list[tuple[ItemLink, Account]]:
    """These links with the grantees whose branch holds the end opposite a covered one, and the maker where known.

    rows: links; `takes`: whether their container is covered by the grant, `given`: whether their member is.
    """
    links = list(rows)
    homes = {account for link in links for account in (link.member.account_id, link.container.account_id)}
    makers = {link.made_by.account_id for link in links if link.made_by is not None}
    paths = ancestor_ids({home for home in homes | makers if home is not None}) if links else {}
    found = []
    for link in links:
        near = set(paths[link.member.account_id] if link.takes else ())
        near |= set(paths[link.container.account_id] if link.given else ())
        if link.made_by is not None:
            near &= set(paths.get(link.made_by.account_id or 0, ()))
        found += [(link, account) for pk, account in grantees.items() if pk in near]
    return found


def links_of(grant: Grant) -> list[ItemLink]:
    """The links that any grantee made by the grant."""
    return list({link.pk: link for link, _ in linked_under(grant, list(grant.grantees.all()))}.values())


def seen_links(actor: Actor, links: Sequence[ItemLink]) -> tuple[set[int], set[int]]:
    """Of these links the ids of those with both ends that the actor may view, and of those with one such end."""
    ends = [Question(actor, f"{end.kind}:view", end) for link in links for end in (link.member, link.container)]
    yes = [decision.allowed for decision in engine.decide_many(ends)] if ends else []
    both = {link.pk for place, link in enumerate(links) if yes[2 * place] and yes[2 * place + 1]}
    return both, {link.pk for place, link in enumerate(links) if yes[2 * place] != yes[2 * place + 1]}


def covered_items(grant: Grant) -> QuerySet[Item, Any]:
    """The items that a grant covers now: of the grantor's branch, whatever the grant's state."""
    branch = branch_ids(grant.account_id)
    if grant.covers == Grant.Covers.ITEMS:
        return Item.objects.filter(grant_links__grant=grant, account__in=branch)
    inside = branch if grant.include_subaccounts else [grant.account_id]
    items = Item.objects.filter(account__in=inside)
    return items.filter(kind=grant.kind) if grant.covers == Grant.Covers.KIND else items


def part_links(linked: Iterable[tuple[ItemLink, Account]]) -> tuple[list[ItemLink], list[tuple[ItemLink, Account]]]:
    """After a grant has gone or shrunk: the links of which the grantee may no longer use a foreign end, and those that
    another grant still carries, each with its grantee."""
    pairs = list({link.pk: (link, account) for link, account in linked}.values())
    grantees = {account for _, account in pairs}
    own = {account: set(branch_ids(account.pk).values_list("pk", flat=True)) for account in grantees}
    asked = [[Question(Actor.of(account), *ask) for ask in _foreign(link, own[account])] for link, account in pairs]
    questions = [question for each in asked for question in each]
    decisions = iter(engine.decide_many(questions) if questions else ())
    lost: list[ItemLink] = []
    kept: list[tuple[ItemLink, Account]] = []
    for (link, account), each in zip(pairs, asked, strict=True):
        allowed = [next(decisions).allowed for _ in each]
        if all(allowed):
            kept.append((link, account))
        else:
            lost.append(link)
    return lost, kept


def end_links(actor: Actor, lost: Sequence[ItemLink], kept: Iterable[tuple[ItemLink, Account]]) -> None:
    """Cut what was lost; what is kept stands under the grant that carries it from now on."""
    if lost:
        record_all(actor, link_facts("item.unlink", lost, because="grant ended"))
        cut_links(lost)
    for link, account in kept:
        set_grants(Actor.of(account), [link], [to_link(link.member, link.container)])
        link.save(update_fields=["member_under", "container_under"])


def _foreign(link: ItemLink, own: set[int]) -> list[tuple[str, Item]]:
    """What the grantee must still have on the foreign ends for the link to stand."""
    return [asked for asked in to_link(link.member, link.container) if asked[1].account_id not in own]
