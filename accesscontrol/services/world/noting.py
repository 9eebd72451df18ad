"""Notes on links under which grants they were made, once the grants of a file are there."""

from __future__ import annotations

from collections.abc import Sequence

from accesscontrol.access.actor import Actor
from accesscontrol.grants.models import GrantGrantee
from accesscontrol.items.models import ItemLink
from accesscontrol.services.frame.acts import act, record_all, require_platform
from accesscontrol.services.frame.lines import chunks
from accesscontrol.services.items.links import link_facts
from accesscontrol.services.world.planning import Plan
from accesscontrol.services.world.rows import stored_links
from accesscontrol.services.world.shapes import LINK_ENDS

#: (member, container, end → (grant, grantee)), all by their keys.
Wanted = tuple[str, str, dict[str, tuple[str, str]]]


def links_to_note(plan: Plan) -> list[Wanted]:
    """The links whose grants differ from what the database holds."""
    found: list[Wanted] = []
    for key in (*plan.created["item"], *plan.changed["item"]):
        before = plan.stored["item"].get(key, {"links_under": {}})["links_under"]
        under = plan.checked.state["item"][key]["links_under"]
        found += [(key, container, ends) for container, ends in under.items() if before.get(container, {}) != ends]
    return found


def note_links(actor: Actor, wanted: Sequence[Wanted]) -> None:
    """Let these links live no longer than the grants that they were made under; the platform operator only."""
    if not wanted:
        return
    ends_of = {(member, container): ends for member, container, ends in wanted}
    links = stored_links(ends_of)
    with act(end.account_id for link in links for end in (link.member, link.container)):
        require_platform(actor)
        parts = _parts({part for _, _, ends in wanted for part in ends.values()})
        facts = []
        for link in links:
            ends = ends_of[link.member.key, link.container.key]
            for end in LINK_ENDS:
                setattr(link, f"{end}_under", parts[ends[end]] if end in ends else None)
            facts += link_facts("item.link", [link], under=sorted({grant for grant, _ in ends.values()}))
        ItemLink.objects.bulk_update(links, [f"{end}_under" for end in LINK_ENDS], batch_size=500)
        record_all(actor, facts)


def _parts(pairs: set[tuple[str, str]]) -> dict[tuple[str, str], GrantGrantee]:
    found: dict[tuple[str, str], GrantGrantee] = {}
    for piece in chunks({grant for grant, _ in pairs}):
        rows = GrantGrantee.objects.filter(grant__key__in=piece).select_related("grant", "account")
        found |= {(row.grant.key, row.account.key): row for row in rows}
    return found
