"""The acts of giving: items and projects to a developer of their account, or back to the account (access model §11).

An owner is no field: whoever gives has every permission of its kind on the thing, as whoever moves it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from accesscontrol.access.actor import Actor
from accesscontrol.accounts.depths import deepest
from accesscontrol.accounts.life import latest
from accesscontrol.accounts.models import Account, User
from accesscontrol.items.models import Item
from accesscontrol.projects.models import Project
from accesscontrol.sentences import Wording
from accesscontrol.services.accounts.quotas import require_own_room
from accesscontrol.services.frame.acts import Fact, act, caller, fresh, record_all, require_all
from accesscontrol.services.frame.ceilings import Ceiling
from accesscontrol.services.frame.errors import Invalid, Problem
from accesscontrol.services.frame.lines import chunks
from accesscontrol.services.frame.locks import places_of
from accesscontrol.services.frame.own_ends import TO_NOBODY, for_good
from accesscontrol.services.frame.revisions import require_unmoved
from accesscontrol.services.items.items import item_spec, present
from accesscontrol.services.owning.moving import everything_on
from accesscontrol.services.projects.checks import depth_of_member, uncapped
from accesscontrol.services.projects.projects import present as present_project
from accesscontrol.services.projects.rows import project_spec, told_spec

#: Who may own: a developer of the account, or the account itself.
Heir = User | Account
NOT_A_DEVELOPER = Wording("not_a_developer", _("Choose a developer of %(account)s, or the account itself."))


def give_item(actor: Actor, item: Item, to: Heir) -> Item:
    """Give an item to a developer of its account, or back to the account."""
    return give_items(actor, [item], to)[0]


def give_items(actor: Actor, items: Sequence[Item], to: Heir) -> list[Item]:
    """Give many items; what has this owner already stays without a line."""
    with act(places_of(items)):
        rows = fresh(Item, items, "account")
        current = [present(rows, item) for item in items]
        giving = [item for item in current if item.owner_id != owner_id(to)]
        asked = [pair for item in giving for pair in everything_on(item, item.kind)]
        require_all(actor, asked)
        _require_heir(actor, giving, to, asked)
        for item in giving:
            require_unmoved(actor, item, item_spec, owner=owner_of(to))
        facts = [Fact("item.give", item, item.account_id, _given(item, to)) for item in giving]
        _write(Item, giving, to)
        require_own_room((owner_id(to), item.kind) for item in giving)
        record_all(actor, facts)
    return current


def give_project(actor: Actor, project: Project, to: Heir) -> Project:
    """Give a project to a developer of its account, or back to the account."""
    return give_projects(actor, [project], to)[0]


def give_projects(actor: Actor, projects: Sequence[Project], to: Heir) -> list[Project]:
    """Give many projects. A developer's holds only what that developer owns; what counts from now on is passed on."""
    with act(project.account_id for project in projects):
        rows = fresh(Project, projects, "account", "owner")
        current = [present_project(rows, project) for project in projects]
        giving = [project for project in current if project.owner_id != owner_id(to)]
        asked = [pair for project in giving for pair in everything_on(project, "project")]
        require_all(actor, asked)
        _require_heir(actor, giving, to, asked)
        ceiling = Ceiling(actor)
        for project in giving:
            require_unmoved(actor, project, told_spec, owner=owner_of(to))
            spec = project_spec(project)
            wanted = uncapped(spec, owner_of(to))
            extent = TO_NOBODY
            if spec.members:
                ends = [member.expires_at for member in spec.members]
                extent = for_good("owner", latest(ends), deepest(map(depth_of_member, spec.members)))
            ceiling.require_items(wanted, "owner", extent, behind=Actor.of(project.account), about=project)
        facts = [Fact("project.give", project, project.account_id, _given(project, to)) for project in giving]
        _write(Project, giving, to)
        require_own_room((owner_id(to), "project") for _ in giving)
        record_all(actor, facts)
    return current


def owner_of(heir: Heir) -> User | None:
    """Whom the thing shows as its owner; nobody for the account itself."""
    return heir if isinstance(heir, User) else None


def owner_id(heir: Heir) -> int | None:
    """What stands in the column of the owner; nothing for the account itself."""
    owner = owner_of(heir)
    return owner.pk if owner is not None else None


def _require_heir(actor: Actor, things: Sequence[Any], to: Heir, asked: Sequence[tuple[str, Model]]) -> None:
    """A developer of the account, who ends no later than whoever gives may give this; or the account itself."""
    home = to.account_id if isinstance(to, User) else to.pk
    heir = User.objects.filter(pk=to.pk).first() if isinstance(to, User) else None
    fits = not isinstance(to, User) or (heir is not None and heir.authority == User.Authority.DEVELOPER)
    wrong = [thing for thing in things if thing.account_id != home or not fits]
    if wrong:
        raise Invalid([Problem("owner", NOT_A_DEVELOPER(account=one.account.name), one) for one in wrong])
    if things and heir is not None and caller(actor).user != heir:
        extent = for_good("owner", heir.expires_at, heir.history_days)
        Ceiling(actor).require_acts(asked, extent, things[0])


def _given(thing: Any, to: Heir) -> dict[str, Any]:
    return {"owner_id": [thing.owner_id, owner_id(to)]}


def _write(model: type[Model], things: Sequence[Any], to: Heir) -> None:
    now, owner = timezone.now(), owner_of(to)
    for thing in things:
        thing.owner, thing.changed_at = owner, now
    for piece in chunks([thing.pk for thing in things]):
        model._default_manager.filter(pk__in=piece).update(owner=owner, changed_at=now)
