"""What ends within a week, as far as the caller may see it: grants, tokens, people, memberships, assignments."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TypedDict

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accesscontrol.access import engine
from accesscontrol.access.look import Look
from accesscontrol.accounts.life import ending_rows, is_ending
from accesscontrol.accounts.models import User
from portal.addresses import address
from portal.pages.grants.words import title
from portal.token_sessions import TokenHolder

SOON = timedelta(days=7)
SHOWN = 8
#: Rows that are read before what the caller may not see is left out.
LOOKED_AT = 40
#: kind → permission → `all`, `some` or `none`.
Access = dict[str, dict[str, str]]


class Ending(TypedDict):
    """What ends, and when."""

    label: str
    time: datetime
    icon: str
    url: str
    note: str


def ending_soon(look: Look, user: User | TokenHolder, access: Access) -> list[Ending]:
    """The next endings, the nearest first; one's own access among them."""
    now = look.moment
    found = [*_own(look, user, now), *_rows(look, user, access, now), *_links(look, user, access, now)]
    return sorted(found, key=lambda one: one["time"])[:SHOWN]


def _own(look: Look, user: User | TokenHolder, now: datetime) -> Iterator[Ending]:
    """What the person, or whoever holds the token, has for some time only."""
    if user.expires_at is not None and is_ending(user.expires_at, now, SOON):
        yield _ending(_("Your own access"), user.expires_at, "user")
    if isinstance(user, TokenHolder):
        return
    items = look.visible(engine.ANY_ITEM_VIEW).filter(ending_rows(now, SOON, "shares__"), shares__user=user)
    for name, kind, ends in items.order_by("shares__expires_at").values_list("name", "kind", "shares__expires_at")[
        :SHOWN
    ]:
        yield _ending(name, ends, kind, note=_("assigned to you or shared with you"))
    projects = look.visible("project:view").filter(ending_rows(now, SOON, "members__"), members__user=user)
    for name, ends in projects.order_by("members__expires_at").values_list("name", "members__expires_at")[:SHOWN]:
        yield _ending(name, ends, "project", note=_("your membership"))


def _rows(look: Look, user: User | TokenHolder, access: Access, now: datetime) -> Iterator[Ending]:
    """Grants, tokens and people that end themselves."""
    for noun, note in (("grant", _("grant")), ("token", _("token")), ("user", _("user"))):
        if access[noun][f"{noun}:view"] == "none":
            continue
        rows = look.visible(f"{noun}:view").filter(ending_rows(now, SOON)).select_related("account")
        for row in rows.order_by("expires_at")[:SHOWN]:
            if row != user:
                words = f"{note} · {row.account}" if row.account_id else note
                label = title(row) if noun == "grant" else str(row)
                yield _ending(label, row.expires_at, noun, url=address(row), note=words)


def _links(look: Look, user: User | TokenHolder, access: Access, now: datetime) -> Iterator[Ending]:
    """Memberships and assignments of others, where both ends may be seen."""
    if access["project"]["project.members:view"] != "none":
        yield from _memberships(look, user, now)
    if access["user"]["user.assignments:view"] != "none":
        yield from _assignments(look, user, now)


def _memberships(look: Look, user: User | TokenHolder, now: datetime) -> Iterator[Ending]:
    projects = look.visible("project.members:view").filter(ending_rows(now, SOON, "members__"))
    columns = ("name", "members__user", "members__expires_at")
    found = list(projects.order_by("members__expires_at").values_list(*columns)[:LOOKED_AT])
    people = _named(look.visible("user:view").exclude(pk=user.pk), {row[1] for row in found}, "username")
    for project, person, ends in found:
        if person in people:
            yield _ending(people[person], ends, "user", note=_("member of %(project)s") % {"project": project})


def _assignments(look: Look, user: User | TokenHolder, now: datetime) -> Iterator[Ending]:
    share = "itemuserobjectpermission"
    people = look.visible("user.assignments:view").exclude(pk=user.pk)
    columns = ("username", f"{share}__content_object", f"{share}__content_object__kind", f"{share}__expires_at")
    people = people.filter(ending_rows(now, SOON, f"{share}__")).order_by(f"{share}__expires_at")
    found = list(people.values_list(*columns)[:LOOKED_AT])
    items = _named(look.visible(engine.ANY_ITEM_VIEW), {row[1] for row in found}, "name")
    for person, item, kind, ends in found:
        if item in items:
            yield _ending(items[item], ends, kind, note=_("assigned to %(person)s") % {"person": person})


def _named(rows: QuerySet, ids: set[int], column: str) -> dict[int, str]:
    """The names of those of these rows that the caller may view."""
    return dict(rows.filter(pk__in=ids).order_by().values_list("pk", column)) if ids else {}


def _ending(label: str, ends: datetime, icon: str, url: str = "", note: str = "") -> Ending:
    return {"label": label, "time": ends, "icon": icon, "url": url, "note": note}
