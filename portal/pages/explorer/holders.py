"""Callers that have a permission, as lines: who, whose, through what, and the way to the whole explanation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NotRequired, TypedDict

from django.db.models import Model
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accesscontrol.access.doors.asking import MOST_CALLERS
from accesscontrol.access.doors.reverse import Holder, Holders
from accesscontrol.access.look import Look
from accesscontrol.accounts.names import order_of
from portal.pages.search.screens import full_name

#: In this order, each by name; those whom the asker may not view come last.
_TYPES = ("account", "user", "token")


class HolderLine(TypedDict):
    """explorer/holders.html: somebody who has a permission, and through what."""

    label: str
    note: str
    icon: str
    sentence: str
    url: NotRequired[str]


class AskedName(TypedDict):
    """explorer/permission_choice.html: a permission to ask about."""

    name: str
    active: bool


class OwnAccess(TypedDict):
    """explorer/own_access.html: a permission that the reader has here or has not, and where that is explained."""

    name: str
    allowed: bool
    url: str


class AccessShown(TypedDict):
    """The tab *Access* of a thing: who has one permission on it, and what the reader has."""

    asked: str
    permissions: Sequence[AskedName]
    holders: Sequence[HolderLine]
    more: str
    own: Sequence[OwnAccess]


def left_out(found: Holders, shown: int | None = None) -> str:
    """What is said of those who are not shown: beyond the first `shown`, or never asked about; empty for nobody."""
    if found.is_cut:
        told = {"most": MOST_CALLERS}
        return (
            _("Only the first %(most)s who come into question were asked about. Ask “May they?” of a single one.")
            % told
        )
    rest = len(found.listed) - shown if shown is not None else 0
    return _("%(count)s more are not shown.") % {"count": rest} if rest > 0 else ""


def holder_lines(asker: Look, holders: Iterable[Holder], permission: str, thing: Model) -> list[HolderLine]:
    """The lines of these holders; those whom the asker may view lead to their why. Two statements a type."""
    listed = list(holders)
    names: dict[tuple[str, int], str] = {}
    for kind in sorted({one.type for one in listed if not one.hidden}):
        ids = [one.id for one in listed if one.type == kind and not one.hidden]
        for row in asker.visible(f"{kind}:view").filter(pk__in=ids):
            names[kind, row.pk] = full_name(row)
    asked = {"permission": permission, "thing": full_name(thing)}
    listed.sort(key=lambda one: (one.hidden, _TYPES.index(one.type), order_of(one.name), one.id))
    return [_line(one, names.get((one.type, one.id), ""), asked) for one in listed]


def _line(one: Holder, name: str, asked: dict[str, str]) -> HolderLine:
    note = one.account_name if one.type != "account" else ""
    return {
        "label": one.name,
        "note": _("somebody of it whom you cannot see") if one.hidden else note,
        "icon": one.type,
        "sentence": str(one.sentence),
        "url": f"{reverse('explorer')}?{urlencode({'caller': name, **asked})}" if name and not one.hidden else "",
    }
