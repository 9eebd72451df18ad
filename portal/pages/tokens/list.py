"""The list of tokens, and what is done with the ticked ones after they have been listed once more."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.paginator import Page
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_tables2.paginators import LazyPaginator

from accesscontrol.access.doors.token_contents import contents_of
from accesscontrol.access.fresh.things import Ref
from accesscontrol.services.tokens import tokens as services
from accesscontrol.tokens.models import Token
from portal.addresses import list_address
from portal.frame.counting import thin
from portal.frame.lists.listing import Listing
from portal.frame.lists.ticking import TickedForm
from portal.frame.noun_pages import NounPage
from portal.frame.screens import LIST, WRITE, Route
from portal.frame.shown.pages import ConfirmPage, ListPage
from portal.frame.shown.parts import Action, Consequence
from portal.pages.tokens.filters import TokenFilters
from portal.pages.tokens.tables import TokenTable

#: So many ticked tokens at once; a page shows fewer.
MOST_TICKED = 200
NAMED = 20
#: Action → the permission that it needs on each token.
NEEDED = {"disable": "change", "revoke": "delete"}


class TokenPaginator(LazyPaginator):
    """Reads one row more than a page shows and counts no others; the number is known where one page holds all."""

    count: int | None = None

    def page(self, number: int) -> Page:
        found = super().page(number)
        if found.number == 1 and self.is_last_page(1):
            self.count = len(found.object_list)
        return found


class TokenListing(Listing):
    """The list of tokens."""

    table = TokenTable
    filters = TokenFilters
    paginator = TokenPaginator
    row_permissions = ("change", "delete")

    def decorate(self, table: TokenTable, rows: list[Token]) -> None:
        super().decorate(table, rows)
        table.seen_users = self.seen(row.user for row in rows)
        table.contents = contents_of(self.look, rows)
        self.possible = set().union(*table.marks.values()) if table.marks else set()

    def asked_about(self, rows: list[Token]) -> set[Ref]:
        return super().asked_about(rows) | {("user", row.user_id) for row in rows if row.user_id}

    def context(self) -> ListPage:
        found = super().context()
        offered = (("disable", _("Disable"), "power", ""), ("revoke", _("Revoke"), "trash", "danger"))
        found["bulk_actions"] = [
            {"value": value, "label": label, "icon": icon, "style": style}
            for value, label, icon, style in offered
            if NEEDED[value] in self.possible
        ]
        found["bulk_url"] = reverse("token_ticked")
        return found

    def note(self, count: int | None) -> str:
        """The number where it is known."""
        return "" if count is None else super().note(count)

    def creation(self) -> ListPage:
        """The green round plus; the form stands on a screen of its own."""
        may = self.screen.may_create()
        return {"may_create": reverse("token_create"), "create_label": _("Create a token")} if may else {}


class TokenListScreen(NounPage):
    """Tokens, many at once."""

    kind = "token"
    joined = ("account", "user")
    listing = TokenListing
    routes = (LIST, Route("ticked", "~ticked/", "view", WRITE))

    def ticked_page(self) -> HttpResponse:
        """List what is ticked and may be done; do it when that has been confirmed."""
        sent = self.request.POST
        action, keys = sent.get("action", ""), sent.getlist("selection")[:MOST_TICKED]
        rows = self.rows().filter(key__in=[key for key in keys if "\x00" not in key]).order_by("name_order", "id")
        listed = list(rows) if keys else []
        needed = NEEDED.get(action, "view")
        marks = self.look.mark(listed, [needed]) if listed else {}
        chosen = [row for row in listed if needed in marks[row.pk]]
        if not chosen or action not in NEEDED:
            return self.nothing_ticked(len(listed))
        if sent.get("confirmed"):
            return self.do_with(action, chosen)
        return self.ask_about(action, chosen, len(listed) - len(chosen))

    def nothing_ticked(self, ticked: int) -> HttpResponse:
        """What to do when there is nothing to be done."""
        text = _("Tick tokens in the list, then choose what to do with them.")
        if ticked:
            text = _("You may do this with none of the ticked tokens. Tick others, or ask whoever owns them.")
        back: Action = {"label": _("Back to the tokens"), "url": list_address("token"), "icon": "back"}
        page: ListPage = {"empty": {"icon": "token", "title": _("Nothing to do"), "text": text, "action": back}}
        return self.show("generic/nothing_ticked.html", page, title=_("Ticked tokens"), crumbs=self.crumbs())

    def do_with(self, action: str, chosen: Sequence[Token]) -> HttpResponse:
        """The act, all of it or nothing."""
        count = {"count": thin(len(chosen))}
        if action == "disable":
            done = ngettext("%(count)s token is disabled.", "%(count)s tokens are disabled.", len(chosen))
            return self.attempt(
                lambda: services.disable_tokens(self.actor, chosen), list_address("token"), done % count
            )
        done = ngettext("%(count)s token has been revoked.", "%(count)s tokens have been revoked.", len(chosen))
        return self.attempt(lambda: services.remove_tokens(self.actor, chosen), list_address("token"), done % count)

    def ask_about(self, action: str, chosen: Sequence[Token], left_out: int) -> HttpResponse:
        """What goes, in numbers and names."""
        revokes, count = action == "revoke", {"count": thin(len(chosen))}
        if revokes:
            title = ngettext("Revoke %(count)s token?", "Revoke %(count)s tokens?", len(chosen))
            warning = _("They go for good: whoever uses their keys is refused from the next request on.")
        else:
            title = ngettext("Disable %(count)s token?", "Disable %(count)s tokens?", len(chosen))
            warning = _("Whoever uses their keys is refused from the next request on. They can be enabled again.")
        if left_out:
            warning = f"{warning} {_('Those with which you may not do this are left out.')}"
        label = ngettext("token that stops working", "tokens that stop working", len(chosen))
        more = _("and %(count)s more") % {"count": thin(len(chosen) - NAMED)} if len(chosen) > NAMED else ""
        goes: Consequence = {
            "count": len(chosen),
            "label": label,
            "names": [f"{row} ({row.hint}, {row.account})" for row in chosen[:NAMED]],
            "more": more,
        }
        form = TickedForm(initial={"action": action, "selection": [row.key for row in chosen]})
        page: ConfirmPage = {
            "warning": warning, "consequences": [goes], "form": form, "cancel_url": list_address("token"),
            "confirm_label": _("Revoke them") if revokes else _("Disable them"),
            "confirm_style": "danger" if revokes else "primary", "crumbs": self.crumbs((title % count, "")),
        }  # fmt: skip
        return self.show("generic/confirm.html", page, title=title % count)
