"""Acts on links: putting an item into a container and taking it out (access model §2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_noop

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.decision import Question
from accesscontrol.items.models import Item, ItemLink
from accesscontrol.sentences import Wording, with_article
from accesscontrol.services.frame.acts import Fact, act, act_on_items, caller, fresh, record_all, require_all
from accesscontrol.services.frame.errors import Conflict
from accesscontrol.services.frame.fields import Findings
from accesscontrol.services.frame.lines import chunks, distinct
from accesscontrol.services.items.group_rules import require_groups_within
from accesscontrol.services.items.link_grants import set_grants
from accesscontrol.services.items.specs import LinkSpec

NOT_LINKED = Wording("not_linked", gettext_noop("%(member)s is not linked to %(container)s. Reload the page."))
LINKED_ALREADY = Wording("linked_already", gettext_noop("%(name)s is linked to %(name_2)s already."))
LINKED_TO_ITSELF = Wording("linked_to_itself", gettext_noop("%(name)s cannot be linked to itself. Choose another."))
LINKED_TWICE = Wording("linked_twice", gettext_noop("%(name)s is linked to %(container_name)s twice. Name it once."))
NOT_LINKABLE = Wording("not_linkable", gettext_noop("%(one)s cannot be linked to %(other)s. Valid: %(valid)s."))


def holds_items(kind: str) -> bool:
    """Whether containers of this kind have an `items` section, which says who may put something in."""
    return "items" in catalogue.KINDS[kind].sections


def link_items(actor: Actor, member: Item, container: Item) -> ItemLink:
    """Link an item into a container."""
    return create_links(actor, [LinkSpec(member=member, container=container)])[0]


def unlink_items(actor: Actor, member: Item, container: Item) -> None:
    """Take an item out of a container."""
    link = ItemLink.objects.filter(member=member, container=container).first()
    if link is None:
        raise Conflict(NOT_LINKED(member=member.name, container=container.name))
    remove_links(actor, [link])


def create_links(actor: Actor, specs: Sequence[LinkSpec]) -> list[ItemLink]:
    """Make many links; in the order of the specs."""
    ends = [end for spec in specs for end in (spec.member, spec.container)]
    with act_on_items(ends):
        asked = [to_link(spec.member, spec.container) for spec in specs]
        require_all(actor, [question for pair in asked for question in pair])
        _check(specs)
        require_groups_within(actor, specs)
        user = caller(actor).user
        links = [ItemLink(member=spec.member, container=spec.container, made_by=user) for spec in specs]
        set_grants(actor, links, asked)
        ItemLink.objects.bulk_create(links, 2000)
        count_devices(spec.container.pk for spec in specs if spec.member.kind == "device")
        record_all(actor, link_facts("item.link", links))
    return links


def remove_links(actor: Actor, links: Sequence[ItemLink]) -> None:
    """Cut many links."""
    with act(lambda: accounts_of(links)):
        rows = list(fresh(ItemLink, links, "member", "container").values())
        for link in rows:
            _require_unlink(actor, link)
        record_all(actor, link_facts("item.unlink", rows))
        cut_links(rows)


def accounts_of(links: Iterable[ItemLink]) -> list[int]:
    """Whose the two ends of these links are now."""
    found: list[int] = []
    for piece in chunks([link.pk for link in links]):
        rows = ItemLink.objects.filter(pk__in=piece).values_list("member__account_id", "container__account_id")
        found += [account_id for row in rows for account_id in row]
    return found


def cut_links(links: Iterable[ItemLink]) -> None:
    """Delete links and count the containers' devices again: for an act that has asked and records by itself."""
    listed = list(links)
    for piece in chunks([link.pk for link in listed]):
        ItemLink.objects.filter(pk__in=piece).delete()
    count_devices(link.container_id for link in listed)


def count_devices(container_ids: Iterable[int]) -> None:
    """Set `device_count` of these containers from their links, in the transaction of the change."""
    devices = ItemLink.objects.filter(container=OuterRef("pk"), member__kind="device").order_by().values("container")
    counted = Coalesce(Subquery(devices.annotate(number=Count("pk")).values("number")), 0)
    for piece in chunks(distinct(container_ids)):
        Item.objects.filter(pk__in=piece).update(device_count=counted)


def to_link(member: Item, container: Item) -> tuple[tuple[str, Item], tuple[str, Item]]:
    """`items:create` on the container and `change` on the member; without such a section `change` and `view`."""
    if holds_items(container.kind):
        return (f"{container.kind}.items:create", container), (f"{member.kind}:change", member)
    return (f"{container.kind}:change", container), (f"{member.kind}:view", member)


def _require_unlink(actor: Actor, link: ItemLink) -> None:
    """`items:delete` on the container or `change` on the member; without such a section `change` on the container."""
    member, container = link.member, link.container
    if not holds_items(container.kind):
        require_all(actor, [(f"{container.kind}:change", container)])
        return
    if not engine.decide(actor, f"{member.kind}:change", member).allowed:
        engine.require(actor, f"{container.kind}.items:delete", container)


def _check(specs: Sequence[LinkSpec]) -> None:
    findings = Findings()
    pairs: set[tuple[int, int]] = set()
    for spec in specs:
        member, container = spec.member, spec.container
        allowed = catalogue.LINKS.get(member.kind, ())
        if container.kind not in allowed:
            valid = ", ".join(map(catalogue.spoken, allowed)) or "nothing"
            one, other = (with_article(catalogue.spoken(kind)) for kind in (member.kind, container.kind))
            findings.add("links", NOT_LINKABLE(one=f"A{one[1:]}", other=other, valid=valid), spec)
        if member.pk == container.pk:
            findings.add("links", LINKED_TO_ITSELF(name=member.name), spec)
        if (member.pk, container.pk) in pairs:
            findings.add("links", LINKED_TWICE(name=member.name, container_name=container.name), spec)
        pairs.add((member.pk, container.pk))
    for piece in chunks({member for member, _ in pairs}):
        for pair in ItemLink.objects.filter(member__in=piece).values_list("member", "container"):
            if pair in pairs:
                spec = next(one for one in specs if (one.member.pk, one.container.pk) == pair)
                findings.add("links", LINKED_ALREADY(name=spec.member.name, name_2=spec.container.name), spec)
    findings.stop()


def link_facts(action: str, links: Sequence[ItemLink], **told: Any) -> list[Fact]:
    """The lines of links made or cut. A line belongs to the container's account and names both ends; a member that this
    account may not view is named in the member's account instead."""
    foreign = [link for link in links if link.member.account_id != link.container.account_id]
    asked = [
        Question(Actor("account", link.container.account_id), f"{link.member.kind}:view", link.member)
        for link in foreign
    ]
    decisions = engine.decide_many(asked) if asked else []
    unseen = {link.pk for link, decision in zip(foreign, decisions, strict=True) if not decision.allowed}
    facts = []
    for link in links:
        member, container = link.member, link.container
        both = {"member": member.pk, "container": container.pk, "member_name": member.name, **told}
        ends = (container, member)
        if link.pk not in unseen:
            facts.append(Fact(action, container, container.account_id, both, ends))
            continue
        facts.append(Fact(action, container, container.account_id, {"container": container.pk, **told}, ends))
        facts.append(Fact(action, container, member.account_id, both, ()))
    return facts
