"""What an act on people takes away, in numbers and names, as far as the caller may view it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from portal.frame.counting import goes
from portal.frame.shown.parts import Consequence

#: Words for a number of rows, and the rows.
Part = tuple[Any, QuerySet]
ITEMS = ngettext_lazy("item that is theirs", "items that are theirs", "count")
PROJECTS = ngettext_lazy("project that is theirs", "projects that are theirs", "count")
TOKENS = ngettext_lazy("token", "tokens", "count")
TOKENS_STOP = ngettext_lazy("token that stops working", "tokens that stop working", "count")
TOKENS_END = ngettext_lazy("token whose key opens nothing any more", "tokens whose keys open nothing any more", "count")
REPORTS = ngettext_lazy("report that they made", "reports that they made", "count")
ASSIGNED = ngettext_lazy(
    "item assigned to them, which stays where it is", "items assigned to them, which stay where they are", "count"
)
MEMBER = ngettext_lazy("membership of a project", "memberships of projects", "count")
PEOPLE = ngettext_lazy("person", "people", "count")


def counted(*parts: Part) -> list[Consequence]:
    """Each part of which there is anything."""
    return [line for words, rows in parts for line in goes(called(words), rows)]


def called(words: Any) -> Callable[[int], str]:
    """Words that follow a number."""
    return lambda count: words % {"count": count}


def loss(words: Any, names: list[str], count: int) -> Consequence:
    """One line. names: the first of them."""
    more = _("and %(count)s more") % {"count": count - len(names)} if count > len(names) else ""
    return {"count": count, "label": words % {"count": count}, "names": names, "more": more}
