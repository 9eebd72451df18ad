"""The screens of grants, from the grantor's and the grantee's side."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from accesscontrol.access import engine
from accesscontrol.accounts.models import Account
from accesscontrol.grants.models import Grant, GrantGrantee
from accesscontrol.services import grantees as grantee_services
from accesscontrol.services import grants as services
from portal.addresses import address, list_address
from portal.filters.grants import GrantFilters
from portal.forms.grants import GrantChangeForm, GrantForm
from portal.pages.base import CHANGE, CREATE, DELETE, DETAIL, LIST, Route, Screen
from portal.pages.listing import Listing
from portal.pages.noun_page import NounPage
from portal.tables.grants import GrantTable, grant_state, levels, what


def links_seen(screen: Screen, grants: list[Grant], changeable: set[int]) -> dict[int, list[GrantGrantee]]:
    """The grantees that the caller may know of: accounts they may view, and on the grantor's side whoever accepted.

    One that was invited by key and has not answered looks like one that does not exist.
    """
    ids = {link.account_id for grant in grants for link in grant.grantee_links.all()}
    seen = (
        set(engine.visible(screen.actor, "account:view").filter(pk__in=ids).values_list("pk", flat=True))
        if ids
        else set()
    )
    return {
        grant.pk: [
            link
            for link in grant.grantee_links.all()
            if link.account_id in seen or (grant.pk in changeable and link.accepted_at is not None)
        ]
        for grant in grants
    }


class GrantListing(Listing):
    """The list of grants, given and received."""

    table = GrantTable
    filters = GrantFilters
    row_permissions = ("change",)
    order = ("-created_at", "-id")

    def decorate(self, table: GrantTable, rows: list[Grant]) -> None:
        super().decorate(table, rows)
        changeable = {row.pk for row in rows if "change" in table.marks[row.pk]}
        table.links_of = links_seen(self.screen, rows, changeable)


class GrantScreen(NounPage):
    """Grants."""

    kind = "grant"
    listing = GrantListing
    routes = (
        LIST, CREATE, DETAIL, CHANGE, DELETE,
        Route("switch", "<str:key>/switch/", "change", ("POST",)),
        Route("accept", "<str:key>/accept/", "view", ("POST",)),
    )  # fmt: skip

    def rows(self) -> QuerySet:
        return super().rows().prefetch_related("grantee_links__account")

    def create_page(self) -> HttpResponse:
        accounts = self.creation_accounts()
        start = accounts.filter(pk=self.own_account()).first() or accounts.order_by("name").first()
        form = GrantForm(self.request.POST or None, initial={"account": start}, actor=self.actor, accounts=accounts)
        return self.form_page(form, lambda values: services.create_grant(self.actor, values.pop("account"), **values),
                              title=_("Grant access"), done=_("The access has been granted."), to=self.after,
                              submit_label=_("Grant access"))  # fmt: skip

    def after(self, grant: Grant) -> str:
        return address(grant) if engine.decide(self.actor, "grant:view", grant).allowed else list_address("grant")

    @cached_property
    def links(self) -> list[GrantGrantee]:
        """The grantees that the caller may know of."""
        changeable = {self.thing.pk} if self.has("change") else set()
        return links_seen(self, [self.thing], changeable)[self.thing.pk]

    def own_link(self) -> GrantGrantee | None:
        """The caller's own part of the grant, when it is a grantee."""
        return next((link for link in self.links if link.account_id == self.own_account()), None)

    def detail_page(self) -> HttpResponse:
        grant = self.thing
        rows = [
            {"label": _("From"), "value": grant.account.name},
            {"label": _("What"), "value": what(grant)},
            {"label": _("Levels"), "value": levels(grant)},
            {"label": _("Starts"), "time": grant.starts_at, "value": _("at once")},
            {"label": _("Ends"), "time": grant.expires_at, "ends": True, "value": _("no end")},
            {"label": _("Note"), "value": grant.note},
            {"label": _("Created"), "time": grant.created_at},
        ]
        invited = ", ".join(grant.invited) if self.has("change") else ""
        if invited:
            rows.append({"label": _("Invited, not answered"), "value": invited})
        return self.thing_page(
            rows, self.to_whom(), self.covered(), self.log(), state=grant_state(grant, self.links), actions=self.acts(),
            more_actions=self.deletion(_("Revoke the grant") if self.has("change") else _("Drop out of the grant")),
        )  # fmt: skip

    def to_whom(self) -> dict[str, Any]:
        """The grantees, each with whether it has accepted."""
        rows = [
            {
                "label": link.account.name,
                "icon": "account",
                "note": _("accepted") if link.accepted_at else _("has not answered"),
            }
            for link in self.links
        ]
        return {
            "title": _("To"),
            "template": "portal/things.html",
            "rows": rows,
            "empty": _("Nobody that you may see."),
        }

    def covered(self) -> dict[str, Any] | None:
        if self.thing.covers != Grant.Covers.ITEMS:
            return None
        items = self.related(engine.ANY_ITEM_VIEW, grants=self.thing).select_related("account").order_by("name", "id")
        return self.things(_("Items"), items, _("No item that you may see."))

    def log(self) -> dict[str, Any] | None:
        """What happened with the grant, as far as the caller may read the log."""
        events = self.related("event:view", thing_type="grant", thing_id=self.thing.pk).order_by("-at", "-id")
        if not events.exists():
            return None
        return self.things(_("Log"), events, "", note=lambda event: event.actor_type)

    def acts(self) -> list[dict[str, Any]]:
        found = self.buttons(("change", "change", _("Change"), "edit"))
        if self.has("change"):
            label, icon = (_("Pause"), "pause") if self.thing.enabled else (_("Resume"), "play")
            found.append(self.action("switch", label, icon, method="post"))
        link = self.own_link()
        if link is not None and link.accepted_at is None:
            found.append(self.action("accept", _("Accept"), "check", method="post", style="primary"))
        return found

    def change_page(self) -> HttpResponse:
        form = GrantChangeForm(self.request.POST or None, grant=self.thing)
        return self.form_page(form, lambda values: services.change_grant(self.actor, self.thing, **values),
                              title=_("Change the grant"), done=_("Saved."))  # fmt: skip

    def switch_page(self) -> HttpResponse:
        grant = self.thing
        act = services.pause_grant if grant.enabled else services.resume_grant
        done = _("The grant is paused.") if grant.enabled else _("The grant is live again.")
        return self.attempt(lambda: act(self.actor, grant), address(grant), done)

    def accept_page(self) -> HttpResponse:
        link, grant = self.own_link(), self.thing
        to = address(grant)
        if link is None:
            return self.go(to)
        return self.attempt(lambda: grantee_services.accept_grant(self.actor, grant, link.account), to, _("Accepted."))

    def delete_page(self) -> HttpResponse:
        grant, accounts = self.thing, [link.account for link in self.links]
        if not self.has("change"):
            return self.drop_page()
        goes = {
            "count": len(accounts),
            "label": _("accounts lose this access"),
            "names": [str(one) for one in accounts[:5]],
        }
        return self.confirm_page(
            lambda: services.revoke_grant(self.actor, grant),
            title=_("Revoke this grant?"), warning=_("It ends at once. Links made under it are cut."),
            consequences=[goes] if accounts else [], confirm_label=_("Revoke"),
            to=list_address("grant"), done=_("The grant has been revoked."),
        )  # fmt: skip

    def drop_page(self) -> HttpResponse:
        link = self.own_link()
        account: Account | None = link.account if link else None
        return self.confirm_page(
            lambda: grantee_services.drop_grant(self.actor, self.thing, account),
            title=_("Drop out of this grant?"), warning=_("Your account loses this access at once."),
            confirm_label=_("Drop out"), to=list_address("grant"), done=_("Your account has dropped out."),
        )  # fmt: skip


urlpatterns = GrantScreen.urls("grants/")
