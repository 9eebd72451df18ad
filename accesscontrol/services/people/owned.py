"""What developers own: who ceases to be one leaves nothing owned behind, so the act that ends it says who gets it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Model, QuerySet
from django.utils.translation import gettext_noop as _

from accesscontrol.access import engine
from accesscontrol.access.actor import Actor
from accesscontrol.access.look import ANY_ITEM_VIEW, Look
from accesscontrol.accounts.models import User
from accesscontrol.items.models import Item
from accesscontrol.projects.models import Project
from accesscontrol.sentences import Sentence, Wording
from accesscontrol.services.frame.errors import Invalid, Problem
from accesscontrol.services.frame.lines import chunks

#: So many things are named; how many more there are is told.
NAMED = 20
#: The field at which an act asks who gets what somebody owns.
HEIR = "hand_items_to"
_ASK = _("Say who gets it: another developer, or the account. Removing the person, you can also have it deleted.")
STAYS = Wording("stays_developer", _("%(username)s stays what they are and keeps what they own. Leave this out."))
OWNS = Wording("owns_things", _("%(username)s owns %(named)s. ") + _ASK)
OWNS_MORE = Wording("owns_things", _("%(username)s owns %(named)s, and things that you cannot see. ") + _ASK)
OWNS_UNSEEN = Wording("owns_things", _("%(username)s owns things that you cannot see. ") + _ASK)


@dataclass(frozen=True, slots=True)
class Owned:
    """The items and projects of one developer."""

    items: tuple[Item, ...]
    projects: tuple[Project, ...]

    @property
    def things(self) -> tuple[Model, ...]:
        return (*self.items, *self.projects)


def owned_by(user: User) -> Owned:
    """All that a user owns."""
    items = Item.objects.filter(owner=user).select_related("account").order_by("pk")
    return Owned(tuple(items), tuple(Project.objects.filter(owner=user).select_related("account").order_by("pk")))


def seen_of(look: Look, user: User) -> tuple[QuerySet[Item], QuerySet[Project]]:
    """What of all that a caller may view, for a face to list."""
    items = look.visible(ANY_ITEM_VIEW, Item.objects.filter(owner=user))
    return items, look.visible("project:view", Project.objects.filter(owner=user))


def owns_anything(user: User) -> bool:
    return bool(owners_among([user]))


def owners_among(users: Iterable[User]) -> list[User]:
    """Those of these users who own anything: two statements, however many they are."""
    listed = list(users)
    owning: set[int] = set()
    for piece in chunks([user.pk for user in listed]):
        for model in (Item, Project):
            owning |= set(model._default_manager.filter(owner__in=piece).order_by().values_list("owner", flat=True))
    return [user for user in listed if user.pk in owning]


def ceases(user: User, authority: str) -> bool:
    """Whether a user is a developer and no longer will be."""
    return user.authority == User.Authority.DEVELOPER and authority != User.Authority.DEVELOPER


def require_nothing_owned(actor: Actor, users: Sequence[User]) -> None:
    """Raises Invalid with what these users own, as far as the actor may see it."""
    owners = owners_among(users)
    if owners:
        look = engine.look(actor)
        raise Invalid([Problem(HEIR, _said(look, user), user) for user in owners])


def _said(look: Look, user: User) -> Sentence:
    items, projects = seen_of(look, user)
    count = items.count() + projects.count()
    names = [*_names(items), *_names(projects)][:NAMED]
    unseen = Item.objects.filter(owner=user).count() + Project.objects.filter(owner=user).count() - count
    wording = OWNS if not unseen else OWNS_MORE if count else OWNS_UNSEEN
    named = ", ".join(names) + (" …" if count > len(names) else "")
    return wording(username=user.username, named=named, names=names)


def _names(rows: Iterable[Item | Project] | QuerySet) -> list[str]:
    ordered = rows.order_by("name_order", "pk")[:NAMED] if isinstance(rows, QuerySet) else rows
    return [row.name for row in ordered]
