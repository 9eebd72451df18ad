"""The page of a grant: what it is, what it covers now, who has it, its log; and the acts of the grantor's side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NotRequired, TypedDict

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from accesscontrol.access import engine
from accesscontrol.accounts.names import fold, named
from accesscontrol.grants.models import Grant, GrantGrantee
from accesscontrol.services.grants import grants as services
from accesscontrol.services.grants import invitations as grant_invitations
from accesscontrol.services.grants.links import covered_items
from accesscontrol.services.grants.previews import previews
from accesscontrol.services.grants.sides import holds_already
from portal.addresses import address
from portal.frame.depths import days_back
from portal.frame.screens import DETAIL, WRITE, Route
from portal.frame.shown.parts import AccessPreview, Fact, State
from portal.pages.grants.act_forms import GranteesForm, ItemsForm
from portal.pages.grants.form import EXTENSIONS
from portal.pages.grants.list import item_names
from portal.pages.grants.log import GrantLogListing
from portal.pages.grants.parts import CoveredListing, GrantPage, GrantTab
from portal.pages.grants.previews import attempted
from portal.pages.grants.words import LevelLine, level_lines, title, what, without_effect


class OverviewTab(GrantTab):
    """grants/overview.html. reasons: why it gives nothing now. extensions: days that buttons add to its end."""

    rows: Sequence[Fact]
    levels: Sequence[LevelLine]
    reasons: Sequence[str]
    extensions: Sequence[int]
    extend_url: str


class GranteeLine(TypedDict):
    """A grantee, or a key that was invited, and what may be done."""

    label: str
    note: str
    state: State
    since: NotRequired[datetime | None]
    url: NotRequired[str]
    remove_url: NotRequired[str]
    withdraw_url: NotRequired[str]


class GranteesTab(GrantTab):
    """grants/grantees.html."""

    rows: Sequence[GranteeLine]


class GrantScreen(GrantPage):
    """One grant, in tabs."""

    routes = (
        DETAIL,
        Route("items", "<str:key>/items/", "view"),
        Route("grantees", "<str:key>/grantees/", "view"),
        Route("logs", "<str:key>/logs/", "logs:view"),
        Route("switch", "<str:key>/switch/", "change", ("POST",)),
        Route("item_add", "<str:key>/items/~add/", "change", WRITE),
        Route("item_remove", "<str:key>/items/<str:item>/remove/", "change", WRITE),
        Route("grantee_add", "<str:key>/grantees/~add/", "change", WRITE),
        Route("grantee_remove", "<str:key>/grantees/<str:grantee>/remove/", "change", WRITE),
        Route("withdraw", "<str:key>/invitations/<str:invited>/withdraw/", "change", WRITE),
    )

    # --- Tabs

    def detail_page(self) -> HttpResponse:
        grant = self.thing
        names = item_names(self.look, [grant])
        url = self.account_url(grant.account)
        rows: list[Fact] = [
            {"label": _("From"), "value": grant.account.name, "url": url},
            {"label": _("To"), "value": self.named(), "url": self.to("grantees")},
            {"label": _("What"), "value": names.get(grant.pk) or what(grant), "url": self.to("items")},
            {"label": _("Starts"), "time": grant.starts_at, "value": _("at once")},
            {"label": _("Ends"), "time": grant.expires_at, "ends": True, "value": _("no end")},
            {"label": _("Available object history"), "value": days_back(grant.history_days, _("as the items allow"))},
            *([Fact(label=_("Note"), value=grant.note)] if self.gave else []),
            {"label": _("Key"), "value": grant.key, "copyable": True},
            {"label": _("Created"), "time": grant.created_at},
        ]
        extensions = EXTENSIONS if self.has("change") and grant.expires_at is not None else ()
        tab: OverviewTab = {"rows": rows, "levels": level_lines(grant), "reasons": self.reasons(),
                            "extensions": extensions, "extend_url": self.to("extend")}  # fmt: skip
        return self.tab("grants/overview.html", tab)

    def reasons(self) -> list[str]:
        """Why it gives nothing now, as far as the caller may know."""
        found = without_effect(self.thing, self.known_links)
        if self.thing.covers == Grant.Covers.ITEMS and self.gave and not covered_items(self.thing).exists():
            found.append(_("None of its items is in the branch of %(account)s any more. Put items in.")
                         % {"account": self.thing.account})  # fmt: skip
        return found

    def items_page(self) -> HttpResponse:
        acts = []
        if self.thing.covers == Grant.Covers.ITEMS and self.has("change"):
            acts.append(self.action("item_add", _("Put items in"), "plus"))
        if self.received and self.may_hand_on():
            acts.append(self.action("hand_on", _("Assign to one of your users"), "user"))
        return self.rows_tab(CoveredListing(self), *acts)

    def grantees_page(self) -> HttpResponse:
        rows = [self.grantee(link) for link in self.known_links]
        shown = {link.account.key for link in self.known_links}
        if self.has("change"):
            rows += [self.invited(key) for key in self.thing.invited if key not in shown]
        acts = [self.action("grantee_add", _("Add grantees"), "plus")] if self.has("change") else []
        tab: GranteesTab = {"rows": rows, "part_actions": acts}
        return self.tab("grants/grantees.html", tab)

    def grantee(self, link: GrantGrantee) -> GranteeLine:
        """One grantee: by name, since when, and what may be done."""
        removable = self.has("change") and len(self.known_links) + len(self.thing.invited) > 1
        state: State = {"label": _("Accepted"), "tone": "success"}
        if link.accepted_at is None:
            state = {"label": _("Waits for an answer"), "tone": "info"}
        elif holds_already(link):
            state = {"label": _("Without effect"), "tone": "warning"}
        return {
            "label": link.account.name, "note": link.account.key, "state": state, "since": link.accepted_at,
            "url": self.account_url(link.account),
            "remove_url": self.to("grantee_remove", grantee=link.account.key) if removable else "",
        }  # fmt: skip

    def invited(self, key: str) -> GranteeLine:
        """An invitation by key that is not answered, whether or not there is such an account."""
        state: State = {"label": _("Invited, not answered"), "tone": "info"}
        return {"label": key, "note": _("by key"), "state": state, "withdraw_url": self.to("withdraw", invited=key)}

    def logs_page(self) -> HttpResponse:
        return self.rows_tab(GrantLogListing(self))

    # --- Acts

    def switch_page(self) -> HttpResponse:
        grant, enabled = self.thing, self.wished("enabled")
        act = services.resume_grant if enabled else services.pause_grant
        done = _("The grant counts again.") if enabled else _("The grant is paused.")
        return self.attempt(lambda: act(self.actor, grant), address(grant), done)

    def item_add_page(self) -> HttpResponse:
        grant = self.chosen()
        rows = self.related(engine.ANY_ITEM_VIEW).exclude(grants=grant)
        form = ItemsForm(self.request.POST or None, rows=rows)
        return self.form_page(
            form, lambda values: services.change_grant(self.actor, grant, items=(*self.staying(), *values["items"])),
            title=_("Put items into the grant"), done=_("The items are part of the grant."), subtitle=title(grant),
            to=lambda _made: self.to("items"), cancel_url=self.to("items"), submit_label=_("Put in"),
        )  # fmt: skip

    def item_remove_page(self, item: str) -> HttpResponse:
        grant = self.chosen()
        gone = named(self.staying(), item).first()
        if gone is None:
            raise Http404
        changes = {"items": tuple(self.staying().exclude(pk=gone.pk))}
        return self.confirm_page(
            lambda: services.change_grant(self.actor, grant, **changes),
            title=_("Take %(item)s out of the grant?") % {"item": gone}, confirm_label=_("Take it out"),
            preview=self.previewed(lambda: previews.preview_change(self.actor, grant, **changes)),
            to=self.to("items"), done=_("%(item)s is no longer part of the grant.") % {"item": gone},
        )  # fmt: skip

    def chosen(self) -> Grant:
        """The grant, when it is one of chosen items; else there is nothing to put in or take out."""
        if self.thing.covers != Grant.Covers.ITEMS:
            raise Http404
        return self.thing

    def staying(self) -> QuerySet:
        """The items that the grant covers now; those that left the branch are no part of it."""
        return covered_items(self.thing).select_related("account")

    def grantee_add_page(self) -> HttpResponse:
        form = GranteesForm(self.request.POST or None, look=self.look, grant=self.thing)
        return self.form_page(
            form, lambda values: grant_invitations.add_grantees(
                self.actor, self.thing, values["grantees"], values["grantee_keys"]),
            title=_("Add grantees"), done=_("The grantees have been added."), subtitle=title(self.thing),
            to=lambda _made: self.to("grantees"), cancel_url=self.to("grantees"), submit_label=_("Add"),
        )  # fmt: skip

    def grantee_remove_page(self, grantee: str) -> HttpResponse:
        link = next((one for one in self.known_links if one.account.key == fold(grantee)), None)
        if link is None:
            raise Http404
        kept = tuple(one.account for one in self.thing.grantee_links.all() if one.pk != link.pk)
        return self.confirm_page(
            lambda: grant_invitations.remove_grantee(self.actor, self.thing, link.account),
            title=_("Take %(account)s out of the grant?") % {"account": link.account}, confirm_label=_("Take it out"),
            preview=self.previewed(lambda: previews.preview_change(self.actor, self.thing, grantees=kept)),
            to=self.to("grantees"), done=_("%(account)s has the grant no longer.") % {"account": link.account},
        )  # fmt: skip

    def withdraw_page(self, invited: str) -> HttpResponse:
        invited = fold(invited)
        if invited not in self.thing.invited:
            raise Http404
        return self.confirm_page(
            lambda: grant_invitations.withdraw_invitation(self.actor, self.thing, invited),
            title=_("Take the invitation of %(key)s back?") % {"key": invited}, confirm_label=_("Take it back"),
            warning=_("Whoever it was can no longer accept it."), to=self.to("grantees"),
            done=_("The invitation of %(key)s has been taken back.") % {"key": invited},
        )  # fmt: skip

    def previewed(self, act: Callable[[], previews.Preview]) -> AccessPreview | None:
        """The preview of a confirmation; nothing is tried when it is confirmed already."""
        return None if self.request.method == "POST" else attempted(act)
