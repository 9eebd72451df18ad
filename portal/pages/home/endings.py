"""What ends within a week or ended in the last one, as far as the caller may see it: grants, tokens, people,
memberships, assignments. What somebody gave who ends waits here for somebody who may prolong it (access model §11).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accesscontrol.access import engine
from accesscontrol.access.fresh.things import Ref
from accesscontrol.access.look import Look
from accesscontrol.accounts.life import ended_rows, ending_rows, is_ending, is_over
from accesscontrol.accounts.models import User
from portal.addresses import address
from portal.pages.grants.words import title
from portal.signed_in.token_sessions import TokenHolder

SOON = timedelta(days=7)
SHOWN = 8
#: Rows that are read before what the caller may not see is left out.
LOOKED_AT = 40
#: kind → permission → `all`, `some` or `none`.
Access = dict[str, dict[str, str]]
#: The rows that end in a window of time: from a moment, so far ahead or back, by the relation that leads to them.
Window = Callable[[datetime, timedelta, str], Q]


class Ending(TypedDict):
    """What ends, and when. prolong_url: where it is given another end, for who may."""

    label: str
    time: datetime
    icon: str
    url: str
    note: str
    prolong_url: str


@dataclass(frozen=True, slots=True)
class Found:
    """Something that ends. asks: what prolonging it takes, and on what. at: where that is done."""

    label: str
    time: datetime
    icon: str
    url: str = ""
    note: str = ""
    asks: tuple[str, Ref] | None = None
    at: str = ""


def endings(look: Look, user: User | TokenHolder, access: Access) -> tuple[list[Ending], list[Ending]]:
    """What ends soon, the nearest first, one's own access among it; and what has ended and may be prolonged."""
    now = look.moment
    soon = [*_own(look, user, now), *_rows(look, user, access, ending_rows), *_links(look, user, access, ending_rows)]
    over = [*_rows(look, user, access, ended_rows), *_links(look, user, access, ended_rows)]
    soon = sorted(soon, key=lambda one: one.time)[:SHOWN]
    over = sorted(over, key=lambda one: one.time, reverse=True)[:SHOWN]
    may = _may_prolong(look, user, [*soon, *over])
    return [_shown(one, may) for one in soon], [_shown(one, may) for one in over if one in may]


def _may_prolong(look: Look, user: User | TokenHolder, found: list[Found]) -> set[Found]:
    """Those that the caller may give another end: whose own access does not end before."""
    asked = [one for one in found if one.asks is not None and not is_over(user.expires_at, one.time)]
    decisions = look.decide_many([one.asks for one in asked if one.asks is not None])
    return {one for one, decision in zip(asked, decisions, strict=True) if decision.allowed}


def _shown(one: Found, may: set[Found]) -> Ending:
    prolong = one.at if one in may else ""
    return {"label": one.label, "time": one.time, "icon": one.icon, "url": one.url, "note": one.note,
            "prolong_url": prolong}  # fmt: skip


def _own(look: Look, user: User | TokenHolder, now: datetime) -> Iterator[Found]:
    """What the person, or whoever holds the token, has for some time only."""
    if user.expires_at is not None and is_ending(user.expires_at, now, SOON):
        yield Found(_("Your own access"), user.expires_at, "user")
    if isinstance(user, TokenHolder):
        return
    items = look.visible(engine.ANY_ITEM_VIEW).filter(ending_rows(now, SOON, "shares__"), shares__user=user)
    for name, kind, ends in items.order_by("shares__expires_at").values_list("name", "kind", "shares__expires_at")[
        :SHOWN
    ]:
        yield Found(name, ends, kind, note=_("assigned to you or shared with you"))
    projects = look.visible("project:view").filter(ending_rows(now, SOON, "members__"), members__user=user)
    for name, ends in projects.order_by("members__expires_at").values_list("name", "members__expires_at")[:SHOWN]:
        yield Found(name, ends, "project", note=_("your membership"))


def _rows(look: Look, user: User | TokenHolder, access: Access, ending: Window) -> Iterator[Found]:
    """Grants, tokens and people that end themselves, in this window of time."""
    for noun, note in (("grant", _("grant")), ("token", _("token")), ("user", _("user"))):
        if access[noun][f"{noun}:view"] == "none":
            continue
        rows = look.visible(f"{noun}:view").filter(ending(look.moment, SOON, "")).select_related("account")
        for row in rows.order_by("-expires_at" if ending is ended_rows else "expires_at")[:SHOWN]:
            if row != user:
                words = f"{note} · {row.account}" if row.account_id else note
                label, at = (title(row), "extend") if noun == "grant" else (str(row), "change")
                asks = (f"{noun}:change", (noun, row.pk))
                yield Found(label, row.expires_at, noun, address(row), words, asks, address(row, at))


def _links(look: Look, user: User | TokenHolder, access: Access, ending: Window) -> Iterator[Found]:
    """Memberships and assignments of others, where both ends may be seen."""
    if access["project"]["project.members:view"] != "none":
        yield from _memberships(look, user, ending)
    if access["user"]["user.assignments:view"] != "none":
        yield from _assignments(look, user, ending)


def _memberships(look: Look, user: User | TokenHolder, ending: Window) -> Iterator[Found]:
    projects = look.visible("project.members:view").filter(ending(look.moment, SOON, "members__"))
    columns = ("pk", "key", "name", "members", "members__user", "members__expires_at")
    found = list(projects.order_by("members__expires_at").values_list(*columns)[:LOOKED_AT])
    people = _named(look.visible("user:view").exclude(pk=user.pk), {row[4] for row in found}, "username")
    for pk, key, project, member, person, ends in found:
        if person in people:
            note = _("member of %(project)s") % {"project": project}
            at = reverse("project_members_change", kwargs={"key": key, "member": member})
            yield Found(people[person], ends, "user", "", note, ("project.members:change", ("project", pk)), at)


def _assignments(look: Look, user: User | TokenHolder, ending: Window) -> Iterator[Found]:
    share = "itemuserobjectpermission"
    people = look.visible("user.assignments:view").exclude(pk=user.pk)
    columns = (
        "pk", "username", f"{share}__content_object", f"{share}__content_object__key",
        f"{share}__content_object__kind", f"{share}__permission__codename", f"{share}__expires_at",
    )  # fmt: skip
    people = people.filter(ending(look.moment, SOON, f"{share}__")).order_by(f"{share}__expires_at")
    found = list(people.values_list(*columns)[:LOOKED_AT])
    items = _named(look.visible(engine.ANY_ITEM_VIEW), {row[2] for row in found}, "name")
    for pk, person, item, key, kind, codename, ends in found:
        if item in items:
            asks = ("user.assignments:change", ("user", pk)) if codename == "view_item" else None
            at = f"{reverse('user_assign', kwargs={'key': person})}?items={key}"
            yield Found(items[item], ends, kind, "", _("assigned to %(person)s") % {"person": person}, asks, at)


def _named(rows: QuerySet, ids: set[int], column: str) -> dict[int, str]:
    """The names of those of these rows that the caller may view."""
    return dict(rows.filter(pk__in=ids).order_by().values_list("pk", column)) if ids else {}
