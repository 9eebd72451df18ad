"""What all pages of one grant share: head, tabs, sides; and the list of the items that it covers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from accesscontrol.access import engine
from accesscontrol.accounts.models import Account
from accesscontrol.grants.models import Grant, GrantGrantee
from accesscontrol.items.models import Item
from accesscontrol.services.grants.links import covered_items
from accesscontrol.services.grants.sides import Sides, with_grantees
from portal.addresses import address
from portal.frame.lists.listing import Listing
from portal.frame.noun_pages import NounPage
from portal.frame.shown.pages import Head, ListPage
from portal.frame.shown.parts import Action, Empty, Link, Tab
from portal.pages.grants.filters import CoveredFilters
from portal.pages.grants.tables import CoveredTable
from portal.pages.grants.words import grant_badge, title

#: So many grantees are named on the overview.
NAMED = 4


class Answer(TypedDict):
    """Where the account acted for answers."""

    accept_url: str
    decline_url: str


class GrantTab(Head, total=False):
    """grants/tab.html: what every tab of a grant's page reads, and one of them besides. gave: the caller's side."""

    invitation: Answer | None
    gave: bool
    grant: Grant
    part_actions: Sequence[Action]


class GrantPage(NounPage):
    """A page about one grant."""

    kind = "grant"

    def rows(self) -> QuerySet:
        return with_grantees(super().rows())

    @cached_property
    def sides(self) -> Sides:
        return Sides(self.look, [self.thing])

    @property
    def gave(self) -> bool:
        """Whether the caller stands on the grantor's side."""
        return self.sides.gave(self.thing)

    @cached_property
    def known_links(self) -> list[GrantGrantee]:
        """The grantees that the caller may know of, by name."""
        return sorted(self.sides.known(self.thing), key=lambda link: (link.account.name_order, link.pk))

    @cached_property
    def received(self) -> list[GrantGrantee]:
        """The grantees of the caller's branch; empty for who only gave it."""
        return self.sides.received(self.thing) if not self.gave else []

    @cached_property
    def own_link(self) -> GrantGrantee | None:
        """The caller's own part, when the account acted for is a grantee."""
        return self.sides.own_link(self.thing)

    def named(self) -> str:
        """The grantees that the caller may know of in a line."""
        names = [link.account.name for link in self.known_links]
        rest = len(names) - NAMED
        more = [_("%(count)s more") % {"count": rest}] if rest > 0 else []
        return ", ".join([*names[:NAMED], *more]) or _("Nobody yet")

    def account_url(self, account: Account) -> str:
        """The address of an account, for who may open it."""
        return address(account) if account.pk in self.sides.seen else ""

    # --- The frame of the tabs

    def tabs(self) -> list[Tab]:
        names = [
            ("detail", _("Overview"), "info"),
            ("items", _("Items"), "items"),
            ("grantees", _("Grantees"), "account"),
        ]
        if self.has("logs:view"):
            names.append(("logs", _("Logs"), "log"))
        return [
            {"label": label, "url": self.to(name), "icon": icon, "active": name == self.route.name}
            for name, label, icon in names
        ]

    def crumbs(self, *more: tuple[str, str]) -> list[Link]:
        """The list that it stands in, the grant by what it covers, and what follows."""
        name, label = ("grant_list", _(self.noun.plural)) if self.gave else ("grant_received", _("Grants received"))
        found = [(label, reverse(name)), (title(self.thing), address(self.thing)), *more]
        return [{"label": words, "url": url} for words, url in found]

    def tab(self, template: str, *pages: Head) -> HttpResponse:
        """One tab of the grant's page. pages: what its template reads beside the head."""
        grant = self.thing
        shown = self.known_links if self.gave else self.received
        tag: Link = {"label": _("received from %(account)s") % {"account": grant.account.name}, "url": ""}
        head: GrantTab = {
            "subtitle": _("Granted by %(grantor)s to %(grantees)s")
            % {"grantor": grant.account.name, "grantees": self.named()},
            "state": grant_badge(grant, shown),
            "grant_tag": None if self.gave else tag,
            "account_tag": self.account_tag() if self.gave else None,
            "crumbs": self.crumbs(),
            "tabs": self.tabs(),
            "actions": self.acts(),
            "more_actions": self.more_acts(),
            "invitation": self.invitation(),
            "gave": self.gave,
            "grant": grant,
        }
        return self.show(template, head, *pages, title=title(grant))

    def rows_tab(self, listing: Listing, *acts: Action) -> HttpResponse:
        """A list on a tab, with what may be done with it."""
        tab: GrantTab = {"part_actions": acts}
        return self.tab("grants/rows.html", listing.context(), tab)

    def acts(self) -> list[Action]:
        """The buttons of the head."""
        found = []
        if self.has("change"):
            label, icon = (_("Pause"), "pause") if self.thing.enabled else (_("Resume"), "play")
            switch = self.switch_button(label, icon, "enabled", not self.thing.enabled)
            found = [self.action("change", _("Change"), "edit"), switch]
        if self.has("change") and self.thing.expires_at is not None:
            found.insert(1, self.action("extend", _("Extend"), "clock"))
        return found

    def more_acts(self) -> list[Action]:
        """What ends it, for the side that may."""
        if self.gave:
            return self.deletion(_("Revoke the grant"))
        return self.deletion(_("Drop out of the grant")) if self.own_link and self.own_link.accepted_at else []

    def invitation(self) -> Answer | None:
        """The question to the account itself, while it has not answered."""
        if self.own_link is None or self.own_link.accepted_at is not None or not self.has("delete"):
            return None
        return {"accept_url": self.to("accept"), "decline_url": self.to("delete")}

    def may_hand_on(self) -> bool:
        """Whether there is a user whom the caller may assign items to."""
        return self.look.visible("user.assignments:change").filter(authority="user").exists()


class CoveredListing(Listing):
    """The items that a grant covers now, as far as the caller may view them."""

    screen: GrantPage
    table = CoveredTable
    filters = CoveredFilters

    def rows(self) -> QuerySet:
        return seen_items(self.screen)

    def decorate(self, table: CoveredTable, rows: list[Item]) -> None:
        super().decorate(table, rows)
        grant = self.screen.thing
        table.take_out = grant if self.screen.has("change") and grant.covers == Grant.Covers.ITEMS else None

    def empty(self) -> Empty:
        link = self.screen.own_link
        waiting = not self.screen.gave and link is not None and link.accepted_at is None
        text = (
            _("You see its items once your account has accepted.")
            if waiting
            else _("It covers nothing that you may see now.")
        )
        return {"icon": "items", "title": _("No items"), "text": text}

    def creation(self) -> ListPage:
        """Items are made elsewhere."""
        return {}


def seen_items(screen: GrantPage) -> QuerySet:
    """The items that the screen's grant covers now and the caller may view."""
    return screen.look.visible(engine.ANY_ITEM_VIEW, covered_items(screen.thing)).select_related("account")
