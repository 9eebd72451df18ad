"""Brings items and projects to whole specs, each difference by the act that it is: for world files, which say what
shall be and not how it comes about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from accesscontrol.access.actor import Actor
from accesscontrol.items.models import Item
from accesscontrol.projects.models import Project
from accesscontrol.services.frame.acts import act, fresh
from accesscontrol.services.frame.locks import places_of
from accesscontrol.services.items.idents import free_idents
from accesscontrol.services.items.items import change_items, present
from accesscontrol.services.items.specs import ItemSpec
from accesscontrol.services.owning.giving import give_items, give_projects
from accesscontrol.services.owning.moving import move_items
from accesscontrol.services.projects.projects import change_projects
from accesscontrol.services.projects.specs import ProjectSpec


def bring_items(actor: Actor, pairs: Sequence[tuple[Item, ItemSpec]]) -> list[Item]:
    """Move, give and change items; in the order of the pairs."""
    with act(places_of((item for item, _spec in pairs), *(spec.account.pk for _item, spec in pairs))):
        rows = fresh(Item, [item for item, _spec in pairs], "account", "owner")
        current = [(present(rows, item), spec) for item, spec in pairs]
        moving = [(item, spec.account) for item, spec in current if item.account_id != spec.account.pk]
        free_idents(current)
        idents = {item.pk: spec.ident for item, spec in current}
        for account, items in _together(moving).items():
            move_items(actor, items, account, idents=idents)
        rows = fresh(Item, [item for item, _spec in pairs], "account", "owner", "made_by")
        giving = [(rows[item.pk], spec.owner or spec.account) for item, spec in current if _given(rows[item.pk], spec)]
        for heir, items in _together(giving).items():
            give_items(actor, items, heir)
        rows = fresh(Item, [item for item, _spec in pairs], "account", "owner", "made_by")
        return change_items(actor, [(rows[item.pk], spec) for item, spec in current])


def bring_projects(actor: Actor, pairs: Sequence[tuple[Project, ProjectSpec]]) -> list[Project]:
    """Give and change projects; in the order of the pairs."""
    with act(project.account_id for project, _spec in pairs):
        giving = [(project, spec.owner or spec.account) for project, spec in pairs if _given(project, spec)]
        for heir, projects in _together(giving).items():
            give_projects(actor, projects, heir)
        return change_projects(actor, pairs)


def _given(thing: Item | Project, spec: ItemSpec | ProjectSpec) -> bool:
    return thing.owner_id != (spec.owner.pk if spec.owner is not None else None)


def _together(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    """The things that go to the same place, by that place."""
    found: dict[Any, list[Any]] = {}
    for thing, place in pairs:
        found.setdefault(place, []).append(thing)
    return found
