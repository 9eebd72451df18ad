"""By which grants the maker of a link has its ends, so that the link lives no longer than they do (access model §5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.decision import Decision, Question
from accesscontrol.access.fresh.things import Thing
from accesscontrol.access.law.entitlements import Cap, Entitlement
from accesscontrol.access.permissions import Permission
from accesscontrol.grants.models import GrantGrantee
from accesscontrol.items.models import Item, ItemLink
from accesscontrol.services.frame.lines import chunks

#: (grant, grantee account).
Part = tuple[int, int]


def set_grants(actor: Actor, links: Sequence[ItemLink], questions: Sequence[tuple[tuple[str, Item], ...]]) -> None:
    """Note on links under which grants their maker has their ends; questions: what is asked of each link's two ends.

    Only links between accounts: what a grantee rearranges among the grantor's own things is a change like any other.
    """
    for link in links:
        link.member_under = link.container_under = None
    between = [
        (link, [Question(actor, *asked) for asked in pair])
        for link, pair in zip(links, questions, strict=True)
        if link.member.account_id != link.container.account_id
    ]
    if not between:
        return
    asked = [question for _, pair in between for question in pair]
    parts = {
        question: part_of(decision)
        for question, decision in zip(asked, engine.decide_many(asked), strict=True)
        if decision.allowed
    }
    rows = _rows(part for part in parts.values() if part is not None)
    for link, pair in between:
        ends = {question.thing: rows.get(part) for question in pair if (part := parts.get(question)) is not None}
        link.member_under, link.container_under = ends.get(link.member), ends.get(link.container)
        if link.member_under == link.container_under:
            link.member_under = link.container_under = None


def part_of(decision: Decision) -> Part | None:
    """The grant that a yes rests on, and the grantee: the one that lasts longest; None where anything else gives it."""
    if decision.scope is None or decision.thing is None:
        return None
    parts = list(_roots(decision.scope, decision.permission, decision.thing))
    if not parts or None in parts:
        return None
    ends = {
        row.grant_id: row.grant.expires_at
        for row in GrantGrantee.objects.filter(grant__in={part[0] for part in parts if part}).select_related("grant")
    }
    lasting = [part for part in parts if part is not None and part[0] in ends]
    return max(lasting, key=lambda part: (ends[part[0]] is None, ends[part[0]] or 0, -part[0]), default=None)


def _roots(scope: Cap, wanted: Permission, thing: Thing) -> Iterable[Part | None]:
    """What each way to a yes goes back to in the account behind it: a grant received, or (None) anything else."""
    for entitlement in scope.grants(wanted, thing):
        if entitlement.cap is None:
            yield _root(entitlement, scope)
        else:
            yield from _roots(entitlement.cap, wanted, thing)


def _root(entitlement: Entitlement, scope: Cap) -> Part | None:
    origin = entitlement.origin
    by_grant = origin is not None and origin[0] == "grant" and scope.account is not None
    return (origin[1], scope.account) if by_grant and origin and scope.account else None


def _rows(parts: Iterable[Part]) -> dict[Part, GrantGrantee]:
    wanted = set(parts)
    found: dict[Part, GrantGrantee] = {}
    for piece in chunks({grant for grant, _ in wanted}):
        for row in GrantGrantee.objects.filter(grant__in=piece):
            found[row.grant_id, row.account_id] = row
    return {part: row for part, row in found.items() if part in wanted}


def release(links: Sequence[ItemLink], grantee_rows: Sequence[GrantGrantee]) -> None:
    """Let links forget grantees that are about to go, so that what becomes of them is decided and recorded."""
    for piece in chunks([link.pk for link in links]):
        rows = ItemLink.objects.filter(pk__in=piece)
        rows.filter(member_under__in=grantee_rows).update(member_under=None)
        rows.filter(container_under__in=grantee_rows).update(container_under=None)
