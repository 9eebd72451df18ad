"""Notes on links under which grants they were made, once the grants of a file are there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.models import Account
from accesscontrol.grants.models import Grant, GrantGrantee
from accesscontrol.items.models import Item, ItemLink
from accesscontrol.services.frame.acts import act, record_all, require_console
from accesscontrol.services.frame.fields import Findings
from accesscontrol.services.frame.lines import chunks
from accesscontrol.services.grants.links import covered_items
from accesscontrol.services.items.links import accounts_of, link_facts
from accesscontrol.services.world import sentences as say
from accesscontrol.services.world.rows import stored_links
from accesscontrol.services.world.shapes import LINK_ENDS


@dataclass(slots=True, kw_only=True)
class NoteSpec:
    """By which grants the maker of a link had its ends: end → the grant and the grantee.

    said: the ends of which that is new, and so must be true; what is stored may have lost its effect by a move.
    """

    member: Item
    container: Item
    ends: dict[str, tuple[Grant, Account]]
    said: set[str]

    def item(self, end: str) -> Item:
        return self.member if end == "member" else self.container


def note_links(actor: Actor, specs: Sequence[NoteSpec]) -> None:
    """Let these links live no longer than the grants that they were made under; the console only."""
    by_ends = {(spec.member.key, spec.container.key): spec for spec in specs}
    links = stored_links(by_ends)
    with act(lambda: accounts_of(links)):
        require_console(actor)
        parts = _parts({grant.pk for spec in specs for grant, _ in spec.ends.values()})
        _check(specs, parts)
        facts = []
        for link in links:
            ends = by_ends[link.member.key, link.container.key].ends
            for end in LINK_ENDS:
                under = parts[ends[end][0].pk, ends[end][1].pk] if end in ends else None
                setattr(link, f"{end}_under", under)
            facts += link_facts("item.link", [link], under=sorted({grant.key for grant, _ in ends.values()}))
        ItemLink.objects.bulk_update(links, [f"{end}_under" for end in LINK_ENDS], batch_size=500)
        record_all(actor, facts)


def _check(specs: Sequence[NoteSpec], parts: dict[tuple[int, int], GrantGrantee]) -> None:
    """Each end of which it is new was had by that grant: it goes to that grantee and covers the item."""
    said = [(spec, *spec.ends[end], spec.item(end)) for spec in specs for end in LINK_ENDS if end in spec.said]
    covered = _covered((grant, item) for _, grant, _, item in said)
    findings = Findings()
    for spec, grant, grantee, item in said:
        if (grant.pk, grantee.pk) not in parts:
            wording = say.LINK_NOT_GRANTED
        elif item.pk not in covered[grant]:
            wording = say.LINK_NOT_COVERED
        else:
            continue
        told = wording(member=spec.member.key, container=spec.container.key, grantee=grantee.key, grant=grant.key,
                       item=item.key)  # fmt: skip
        findings.add("links", told, spec)
    findings.stop()


def _covered(asked: Iterable[tuple[Grant, Item]]) -> dict[Grant, set[int]]:
    """Of these items, those which each grant covers."""
    items: dict[Grant, set[int]] = defaultdict(set)
    for grant, item in asked:
        items[grant].add(item.pk)
    return {
        grant: {
            pk for piece in chunks(ids) for pk in covered_items(grant).filter(pk__in=piece).values_list("pk", flat=True)
        }
        for grant, ids in items.items()
    }


def _parts(grants: set[int]) -> dict[tuple[int, int], GrantGrantee]:
    found: dict[tuple[int, int], GrantGrantee] = {}
    for piece in chunks(grants):
        rows = GrantGrantee.objects.filter(grant__in=piece)
        found |= {(row.grant_id, row.account_id): row for row in rows}
    return found
