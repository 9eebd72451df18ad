"""The first page: who am I and for which account, what may I see, what ends soon, what happened, what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accesscontrol import catalogue
from accesscontrol.access.doors.event_names import veil_names
from accesscontrol.access.look import Look
from accesscontrol.accounts.models import Account, OwnershipHandover, User
from accesscontrol.services.accounts.ownership import offer_to
from accesscontrol.services.ends.changes import OwnChange, own_changes
from accesscontrol.services.grants import sides as grant_sides
from portal.actors import look_of
from portal.addresses import address
from portal.declared import SIGNED_IN, declares
from portal.frame.counting import NOUNS, item_counts, noun_rows, tile
from portal.frame.menu import address_or_none
from portal.frame.shown.pages import Page
from portal.frame.shown.parts import Empty, Tile
from portal.pages.events.lines import sentence
from portal.pages.grants.invitations import Invitation, unanswered
from portal.pages.home.endings import Access, Ending, endings
from portal.requests import SignedInRequest
from portal.signed_in.token_sessions import TokenHolder
from portal.tool_registry import landing, tool_of

EVENTS, CHANGES = 8, 5
BLOCKED = 5
STEPS = 4
_ARE = {
    "owner": gettext_noop("You are the owner of %(account)s."),
    "administrator": gettext_noop("You are an administrator of %(account)s."),
    "developer": gettext_noop("You are a developer of %(account)s."),
    "user": gettext_noop("You are a user of %(account)s."),
}


class Happened(TypedDict):
    """A line of the audit log in a sentence."""

    time: datetime
    sentence: str
    url: str


class HomePage(Page):
    """home/home.html. steps: what a newcomer does next."""

    item_tiles: Sequence[Tile]
    noun_tiles: Sequence[Tile]
    steps: Sequence[Tile]
    empty: Empty | None
    invitations: Sequence[Invitation]
    ownership: OwnershipHandover | None


class GoingOn(Page):
    """home/going_on.html, and its cards alone as home/going_on_cards.html."""

    endings: Sequence[Ending]
    ended: Sequence[Ending]
    events: Sequence[Happened]
    blocked: Sequence[Account]
    changes: Sequence[OwnChange]


@declares(SIGNED_IN)
def home(request: SignedInRequest) -> HttpResponse:
    """GET: the first page, with what this person may see and nothing else; what is going on follows by itself."""
    look, user = look_of(request), request.user
    if isinstance(user, TokenHolder) and tool_of(request) is not None:
        return redirect(landing(look, user.token))
    access = look.access
    items, nouns, own = item_counts(look), _nouns(look, access), look.actor.acting or user.account_id
    page: HomePage = {
        "title": _hello(request),
        "subtitle": _who(request),
        "icon": "home",
        "item_tiles": [tile(kind, count) for kind, count in items.items()],
        "noun_tiles": _noun_tiles(nouns, own, look),
        "steps": _steps(access, {**items, **nouns}),
        "empty": None if items else _nothing(request, access),
        "invitations": unanswered(look, own) if nouns.get("grant") else [],
        "ownership": _offered(user),
    }
    return render(request, "home/home.html", page)


@declares(SIGNED_IN)
def going_on(request: SignedInRequest) -> HttpResponse:
    """GET: what ends soon, what is blocked and what happened; a fragment for the first page, or a page of its own."""
    look = look_of(request)
    access = look.access
    soon, ended = endings(look, request.user, access)
    page: GoingOn = {
        "endings": soon,
        "ended": ended,
        "events": _events(look, access),
        "blocked": _blocked(look, access),
        "changes": own_changes(request.user, timezone.now())[:CHANGES] if isinstance(request.user, User) else [],
    }
    if request.htmx:
        return render(None, "home/going_on_cards.html", page)
    page["title"], page["icon"] = _("What is going on"), "clock"
    return render(request, "home/going_on.html", page)


def _hello(request: SignedInRequest) -> str:
    if isinstance(request.user, TokenHolder):
        return request.user.token.name
    return _("Hello, %(name)s") % {"name": request.user.first_name or request.user.username}


def _offered(user: User | TokenHolder) -> OwnershipHandover | None:
    """The ownership that waits for this administrator's answer."""
    if not isinstance(user, User) or user.authority != User.Authority.ADMINISTRATOR:
        return None
    return offer_to(user)


def _who(request: SignedInRequest) -> str:
    """Who one is and for which account one acts, in a sentence."""
    user = request.user
    if isinstance(user, TokenHolder):
        return _("You are signed in by this token, which %(acts_for)s.") % {"acts_for": user.acts_for}
    if user.account_id is None:
        return _("You are the platform operator.")
    words = {"account": user.account or "", "role": user.role or ""}
    if user.authority == "user" and user.role_id:
        return _("You are a user of %(account)s, with the role %(role)s.") % words
    return _(_ARE[user.authority]) % words


def _nouns(look: Look, access: Access) -> dict[str, int]:
    """How many of each noun the caller may view; those it sees nothing of are left out."""
    seen = [noun for noun in ("account", *NOUNS) if access[noun][f"{noun}:view"] != "none"]
    return {noun: noun_rows(look, noun).count() for noun in seen}


def _noun_tiles(nouns: dict[str, int], own: int | None, look: Look) -> list[Tile]:
    """A tile a noun; grants have one for each side that has a list of its own."""
    found: list[Tile] = []
    for noun, count in nouns.items():
        if noun == "grant" and own is not None and count:
            found += _grant_tiles(look)
        elif count > (noun in ("account", "user")):
            found.append(tile(noun, count))
    return found


def _grant_tiles(look: Look) -> list[Tile]:
    """What the branch gave, and what it received."""
    rows = noun_rows(look, "grant")
    given, received = grant_sides.given(rows, look).count(), grant_sides.received(rows, look).count()
    gave: Tile = {**tile("grant", given), "heading": _("Grants given")}
    got: Tile = {**tile("grant", received), "heading": _("Grants received"), "url": reverse("grant_received")}
    return [one for one, count in ((gave, given), (got, received)) if count]


def _events(look: Look, access: Access) -> list[Happened]:
    """The latest lines of the audit log that the caller may see."""
    if access["event"]["event:view"] == "none":
        return []
    rows = list(look.visible("event:view").select_related("detail").order_by("-at", "-id")[:EVENTS])
    veil_names(look, rows)
    return [{"time": row.at, "sentence": sentence(row), "url": address(row)} for row in rows]


def _blocked(look: Look, access: Access) -> list[Account]:
    """Blocked accounts that the caller sees."""
    if access["account"]["account.limits:view"] == "none":
        return []
    return list(look.visible("account:view").filter(blocked=True).order_by("name_order", "pk")[:BLOCKED])


def _steps(access: Access, counts: dict[str, int]) -> list[Tile]:
    """What a newcomer does next: what they may make and have none of yet, and where to ask."""
    wanted = (
        ("device", 0, _("Register a device"), _("A tracker, sensor or gateway that sends data.")),
        ("account", 1, _("Open an account for a client"), _("It owns its own items and people; you see all of it.")),
        ("user", 1, _("Add a colleague"), _("Give them an authority, or a role and the items they need.")),
        ("token", 0, _("Make a token"), _("A key for a tool or a script, cut down to what it needs.")),
        ("grant", 0, _("Share with another account"), _("A grant gives others access to some of your items.")),
    )
    found: list[Tile] = []
    for kind, most, heading, text in wanted:
        url = address_or_none(f"{kind}_create")
        if url and access[kind][f"{kind}:create"] != "none" and counts.get(kind, 0) <= most:
            found.append({"heading": heading, "text": text, "icon": kind, "url": url})
    return found[:STEPS]


def _nothing(request: SignedInRequest, access: Access) -> Empty:
    """What it says to somebody who sees no item at all."""
    if any(access[kind][f"{kind}:create"] != "none" for kind in catalogue.ITEM_KINDS):
        return {
            "icon": "items",
            "title": _("No items yet"),
            "text": _("Devices, channels, dashboards and all else that access is given to appear here."),
        }
    account, trees = request.user.account, address_or_none("account_trees")
    if look_of(request).is_operator and trees:
        return {
            "icon": "shield",
            "title": _("You are in no account now"),
            "text": _("What is inside an account opens once you have entered it, for an hour and with a reason."),
            "action": {"label": _("Top-level accounts"), "url": trees, "icon": "shield"},
        }
    text = _("Items appear here once somebody assigns or shares them. Ask an administrator of %(account)s.")
    return {
        "icon": "items",
        "title": _("Nothing is assigned to you yet"),
        "text": text % {"account": account or _("your account")},
    }


urlpatterns = [path("", home, name="home"), path("going-on/", going_on, name="going_on")]
