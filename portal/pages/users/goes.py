"""What an act on people takes away, in numbers and names, as far as the caller may view it."""

from __future__ import annotations

from typing import Any, TypedDict

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

#: So many things are named of each kind of loss.
NAMES = 5
#: Words for a number of rows, and the rows.
Part = tuple[Any, QuerySet]
ITEMS = ngettext_lazy("item that is theirs", "items that are theirs", "count")
PROJECTS = ngettext_lazy("project that is theirs", "projects that are theirs", "count")
TOKENS = ngettext_lazy("token", "tokens", "count")
TOKENS_STOP = ngettext_lazy("token that stops working", "tokens that stop working", "count")
REPORTS = ngettext_lazy("report that they made", "reports that they made", "count")
ASSIGNED = ngettext_lazy(
    "item assigned to them, which stays where it is", "items assigned to them, which stay where they are", "count"
)
MEMBER = ngettext_lazy("membership of a project", "memberships of projects", "count")
PEOPLE = ngettext_lazy("person", "people", "count")


class Loss(TypedDict):
    """A line of what goes: how many of what, the first of them by name."""

    count: int
    label: str
    names: list[str]
    more: str


def counted(*parts: Part) -> list[Loss]:
    """Each part of which there is anything."""
    found: list[Loss] = []
    for words, rows in parts:
        count = rows.count()
        if count:
            found.append(loss(words, [str(row) for row in rows[:NAMES]], count))
    return found


def loss(words: Any, names: list[str], count: int) -> Loss:
    """One line. names: the first of them."""
    more = _("and %(count)s more") % {"count": count - len(names)} if count > len(names) else ""
    return {"count": count, "label": words % {"count": count}, "names": names, "more": more}
