"""The things that an act on grants can have changed for people who have only a few of those that a grant covers."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import Q

from accesscontrol.access.fresh import things
from accesscontrol.access.fresh.things import Ref, Thing
from accesscontrol.access.law.item_reaches import HoldsAssigned, Items
from accesscontrol.access.law.reaches import in_ids
from accesscontrol.items.models import Item, ItemLink
from accesscontrol.projects.models import ProjectItem
from accesscontrol.services.grants.previews.differences import Change
from accesscontrol.services.grants.previews.rows import rows_of

#: More than so many are not read one by one.
MOST_CANDIDATES = 5000


def candidates(changes: Iterable[Change], apart: Collection[int]) -> dict[Ref, Thing] | None:
    """What is assigned to, shared with or in a project of somebody, or was granted one by one, of all that comes and
    goes; with what it is linked to. None when that is too much. apart: items that are asked about anyway."""
    changed = [change for change in changes if change.difference]
    own = {item for change in changed for reach in change.own if isinstance(reach, Items) for item in reach.ids}
    own |= {item for change in changed if change.own for item in change.near.listed or ()}
    if len(own) > MOST_CANDIDATES:
        return None
    behind = [change for change in changed if change.behind]
    items = own | _covered_by_caps(behind)
    items |= _holding(behind, items)
    if len(items) > MOST_CANDIDATES:
        return None
    wide = [change for change in behind if any(not isinstance(reach, Items) for reach in change.behind)]
    refs: set[Ref] = {("account", change.now.account) for change in wide if change.now and change.now.account}
    refs |= {("item", item) for item in items - set(apart)}
    users = {user for change in behind if change.now for user in change.now.users}
    return things.load(refs, users)


def _covered_by_caps(changes: Collection[Change]) -> set[int]:
    ids = {item for change in changes for item in change.near.items}
    projects = {project for change in changes for project in change.near.projects}
    if not ids and not projects:
        return set()
    theirs = Q(pk__in=in_ids(ids)) | Q(pk__in=ProjectItem.objects.filter(project__in=projects).values("item"))
    covered = rows_of({reach for change in changes for reach in change.behind}, "item")
    rows = Item.objects.filter(theirs).filter(covered).order_by()
    return set(rows.values_list("pk", flat=True)[: MOST_CANDIDATES + 1])


def _holding(changes: Collection[Change], items: Collection[int]) -> set[int]:
    """What these items are linked to, in accounts whose users see things by what is linked to them."""
    entitlements = (each for change in changes if change.now for each in change.now.allows_list)
    accounts = {each.reach.account for each in entitlements if isinstance(each.reach, HoldsAssigned)}
    if not accounts or not items:
        return set()
    links = ItemLink.objects.filter(member__in=in_ids(set(items)), container__account__in=accounts)
    return set(links.order_by().values_list("container", flat=True)[: MOST_CANDIDATES + 1])
