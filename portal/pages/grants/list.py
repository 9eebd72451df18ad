"""The lists of grants: what the caller's branch gave and what it received, and acts on many at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from django.db.models import Count, Min, QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accesscontrol.access import engine
from accesscontrol.access.fresh.things import Ref
from accesscontrol.access.look import Look
from accesscontrol.accounts.tree import in_branch
from accesscontrol.grants.models import Grant
from accesscontrol.services.frame.shown import CHANGED, state_of
from accesscontrol.services.grants import grants as services
from accesscontrol.services.grants import sides as grant_sides
from accesscontrol.services.grants.sides import Sides
from accesscontrol.services.grants.switching import switch_grants
from portal.addresses import list_address
from portal.frame.lists.listing import Listing
from portal.frame.noun_pages import NounPage
from portal.frame.screens import LIST, WRITE, Route
from portal.frame.shown.pages import Head, ListPage
from portal.frame.shown.parts import BulkAction, Empty, Tab
from portal.pages.grants.filters import GivenFilters, ReceivedFilters
from portal.pages.grants.invitations import Invitation, invitations
from portal.pages.grants.tables import GivenTable, GrantTable, ReceivedTable
from portal.pages.grants.words import title

#: So many are named in a confirmation, and so many can be ticked on a page.
NAMED, TICKED = 8, 100


class GivenListing(Listing):
    """Grants that accounts of the caller's branch gave."""

    table = GivenTable
    filters = GivenFilters
    row_permissions: ClassVar[tuple[str, ...]] = ("change", "delete")
    order = ("-created_at", "-id")

    def rows(self) -> QuerySet:
        return grant_sides.given(super().rows(), self.look)

    def decorate(self, table: GrantTable, rows: list[Grant]) -> None:
        super().decorate(table, rows)
        table.sides = Sides(self.look, rows)
        table.item_names = item_names(self.look, rows)

    def asked_about(self, rows: list[Grant]) -> set[Ref]:
        return super().asked_about(rows) | grant_sides.named(rows)

    def empty(self) -> Empty:
        found: Empty = {
            "icon": "grant",
            "title": _("Nothing is shared yet"),
            "text": _(
                "A grant gives another account access to some of your items, at a level and for a time you choose."
            ),
        }
        if self.screen.may_create():
            found["action"] = {"label": _("Grant access"), "url": reverse("grant_create"), "icon": "plus"}
        return found

    def creation(self) -> ListPage:
        """The green round plus; the forms are another screen's."""
        if not self.screen.may_create():
            return {}
        return {"may_create": reverse("grant_create"), "create_label": _("Grant access")}


class ReceivedListing(GivenListing):
    """Grants that accounts of the caller's branch received."""

    screen: GrantListScreen
    table = ReceivedTable
    filters = ReceivedFilters
    row_permissions = ()

    def rows(self) -> QuerySet:
        return grant_sides.received(self.screen.rows(), self.look)

    def empty(self) -> Empty:
        return {
            "icon": "grant",
            "title": _("Nothing has been shared with you yet"),
            "text": _("When another account grants you access, it appears here. Tell them your account's key: %(key)s.")
            % {"key": self.screen.own_key() or "—"},
        }


class GrantsPage(ListPage, total=False):
    """grants/list.html: also what waits for an answer."""

    invitations: Sequence[Invitation]


class BulkPage(Head, total=False):
    """grants/bulk.html: asks before an act on many grants, or says that none is ticked."""

    grants: Sequence[Grant]
    names: Sequence[str]
    more: int
    action: str
    back: str
    seen: str
    moved: str


class GrantListScreen(NounPage):
    """The two lists of grants, each a tab with its own filters."""

    kind = "grant"
    routes = (
        LIST,
        Route("received", "~received/", "view"),
        Route("bulk", "~bulk/", "view", WRITE),
    )

    def rows(self) -> QuerySet:
        return grant_sides.with_grantees(super().rows())

    def waiting(self) -> QuerySet:
        """The grants that wait for the answer of the account itself."""
        return grant_sides.waiting(self.rows(), self.own_account()).order_by("-created_at", "-id")[:TICKED]

    def own_key(self) -> str:
        """The key by which others name this account in a grant."""
        rows = self.look.visible("account:view").filter(pk=self.own_account())
        return rows.values_list("key", flat=True).first() or ""

    def tabs(self, waiting: int) -> list[Tab]:
        """Given and received; how many wait for an answer stands on the tab."""
        note = _("%(count)s to answer") % {"count": waiting} if waiting else ""
        names = (("list", _("Given"), "send", ""), ("received", _("Received"), "download", note))
        return [
            {
                "label": label,
                "url": reverse(f"grant_{name}"),
                "icon": icon,
                "active": name == self.route.name,
                "count": n,
            }
            for name, label, icon, n in names
        ]

    def list_page(self) -> HttpResponse:
        bulk: list[BulkAction] = [
            {"label": _("Pause"), "value": "pause", "icon": "pause"},
            {"label": _("Resume"), "value": "resume", "icon": "play"},
            {"label": _("Revoke"), "value": "revoke", "icon": "trash", "style": "danger"},
        ]
        intro = _("What accounts of your branch share with others, and until when.")
        page: GrantsPage = {"bulk_actions": bulk, "bulk_url": reverse("grant_bulk"), "intro": intro}
        return self.listed(GivenListing(self), page, self.waiting().count())

    def received_page(self) -> HttpResponse:
        intro = _("What other accounts share with yours. What is received cannot be granted on.")
        waiting = list(self.waiting())
        invited = invitations(self.look, self.own_account(), waiting)
        return self.listed(ReceivedListing(self), {"invitations": invited, "intro": intro}, len(waiting))

    def listed(self, listing: Listing, page: GrantsPage, waiting: int) -> HttpResponse:
        tabs = self.tabs(waiting)
        return self.show("grants/list.html", listing.context(), page, title=_(self.noun.plural), tabs=tabs)

    # --- Many at once

    def bulk_page(self) -> HttpResponse:
        """Ask, with names, before many grants are paused, resumed or revoked; then do it."""
        sent = self.request.POST
        act = {"pause": self.pause, "resume": self.resume, "revoke": self.revoke}.get(sent.get("action", ""))
        grants = list(self.rows().filter(key__in=sent.getlist("selection")[:TICKED]).order_by("-created_at", "-id"))
        if act is None or not grants:
            nothing: BulkPage = {"back": list_address("grant")}
            return self.show("grants/bulk.html", nothing, title=_("Tick some grants first"), crumbs=self.crumbs())
        if sent.get("confirmed") and (act != self.resume or sent.get("seen") == state_of(grants)):
            return self.attempt(lambda: act(grants), list_address("grant"), done(sent["action"], len(grants)))
        page: BulkPage = {
            "grants": grants, "names": [f"{title(one)} ({one.key})" for one in grants[:NAMED]],
            "more": len(grants) - NAMED, "action": sent["action"], "back": list_address("grant"),
            "seen": state_of(grants), "moved": str(CHANGED()) if sent.get("confirmed") else "",
        }  # fmt: skip
        return self.show("grants/bulk.html", page, title=question(sent["action"], len(grants)), crumbs=self.crumbs())

    def pause(self, grants: list[Grant]) -> None:
        switch_grants(self.actor, grants, False)

    def resume(self, grants: list[Grant]) -> None:
        switch_grants(self.actor, grants, True, self.request.POST.get("seen", ""))

    def revoke(self, grants: list[Grant]) -> None:
        services.remove_grants(self.actor, grants)


def item_names(look: Look, grants: list[Grant]) -> dict[int, str]:
    """Grant id → the first of its chosen items and how many more, of those it covers now and the caller may view."""
    chosen = [grant.pk for grant in grants if grant.covers == Grant.Covers.ITEMS]
    if not chosen:
        return {}
    items = look.visible(engine.ANY_ITEM_VIEW)
    items = items.filter(in_branch("account", "grants__account"), grants__in=chosen)
    counted = items.order_by().values_list("grants").annotate(Min("name"), Count("pk"))
    return {
        grant: name if count == 1 else _("%(name)s and %(count)s more") % {"name": name, "count": count - 1}
        for grant, name, count in counted
    }


def question(action: str, count: int) -> str:
    """What is asked before many are changed."""
    asked: dict[str, Callable[[], str]] = {
        "pause": lambda: ngettext("Pause %(count)s grant?", "Pause %(count)s grants?", count),
        "resume": lambda: ngettext("Resume %(count)s grant?", "Resume %(count)s grants?", count),
        "revoke": lambda: ngettext("Revoke %(count)s grant?", "Revoke %(count)s grants?", count),
    }
    return asked[action]() % {"count": count}


def done(action: str, count: int) -> str:
    """What is said when it has been done."""
    said: dict[str, Callable[[], str]] = {
        "pause": lambda: ngettext("%(count)s grant is paused.", "%(count)s grants are paused.", count),
        "resume": lambda: ngettext("%(count)s grant counts again.", "%(count)s grants count again.", count),
        "revoke": lambda: ngettext("%(count)s grant has been revoked.", "%(count)s grants have been revoked.", count),
    }
    return said[action]() % {"count": count}
