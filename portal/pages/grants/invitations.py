"""Grants that wait for an answer: on the first page and on the list of what was received."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from django.utils.translation import gettext as _

from accesscontrol.access.look import Look
from accesscontrol.grants.models import Grant
from accesscontrol.services.grants import sides as grant_sides
from portal.addresses import address
from portal.pages.grants.words import level_tags, title

#: So many are shown on the first page.
SHOWN = 5


class Invitation(TypedDict):
    """grants/invitations.html: a grant that waits, and where to answer for who may."""

    title: str
    what: str
    levels: str
    ends: datetime | None
    url: str
    accept_url: str
    decline_url: str
    may_answer: bool


def unanswered(look: Look, own: int | None) -> list[Invitation]:
    """What others offer to the account acted for, the newest first."""
    rows = grant_sides.waiting(look.visible("grant:view").select_related("account"), own)
    return invitations(look, own, list(rows.order_by("-created_at", "-id")[:SHOWN]))


def invitations(look: Look, own: int | None, grants: list[Grant]) -> list[Invitation]:
    """Grants that wait for an answer, each with what it offers and the buttons to answer."""
    may = own is not None and bool(grants) and look.may("grant:create", ("account", own))
    return [
        {
            "title": _("%(account)s offers you access") % {"account": grant.account.name},
            "what": title(grant),
            "levels": level_tags(grant, 8),
            "ends": grant.expires_at,
            "url": address(grant),
            "accept_url": address(grant, "accept"),
            "decline_url": address(grant, "delete"),
            "may_answer": may,
        }
        for grant in grants
    ]
