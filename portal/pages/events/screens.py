"""The screens of the audit log: a list and a line's page; nothing is ever changed here."""

from __future__ import annotations

import json

from django.db.models import Model
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from accesscontrol.access.doors.event_names import veil_names
from accesscontrol.audit.models import Event
from portal.addresses import address
from portal.frame.lists.listing import Listing
from portal.frame.noun_pages import NounPage
from portal.frame.screens import DETAIL, LIST, Screen, screens_at
from portal.frame.shown.pages import ListPage
from portal.frame.shown.parts import Fact
from portal.pages.events.filters import EventFilters
from portal.pages.events.tables import EventTable, entry_in_words, on_what, who_acted


class EventListing(Listing):
    """The audit log, newest first."""

    table = EventTable
    filters = EventFilters
    order = ("-at", "-id")

    def decorate(self, table: EventTable, rows: list[Event]) -> None:
        super().decorate(table, rows)
        veil_names(self.look, rows)
        table.account_names = account_names(self.screen, rows)

    def creation(self) -> ListPage:
        """Events are recorded by acts, never by hand."""
        return {}


def account_names(screen: Screen, events: list[Event]) -> dict[int, str]:
    """The names of the accounts of these lines, as far as the caller may view them."""
    ids = {event.account_id for event in events if event.account_id}
    accounts = screen.look.visible("account:view").filter(pk__in=ids)
    return dict(accounts.values_list("pk", "name")) if ids else {}


class EventScreen(NounPage):
    """Events."""

    kind = "event"
    joined = ("detail",)
    listing = EventListing
    routes = (LIST, DETAIL)

    def get(self, key: str) -> Model:
        """The line of this number. Raises Http404."""
        found = self.rows().filter(pk=key).first() if key.isascii() and key.isdigit() and len(key) < 19 else None
        if found is None:
            raise Http404
        return found

    def account_tag(self) -> None:
        """A line names its account among its facts."""
        return

    def detail_page(self) -> HttpResponse:
        event = self.thing
        veil_names(self.look, [event])
        detail = getattr(event, "detail", None)
        rows: list[Fact] = [
            {"label": _("Time"), "time": event.at},
            {"label": _("What"), "value": event.action, "code": True},
            {"label": _("Who"), "value": who_acted(event)},
            {"label": _("On"), "value": on_what(event)},
            *self.entry_rows(event),
            {"label": _("Account"), "value": account_names(self, [event]).get(event.account_id, "")},
            {"label": _("Address"), "value": detail.address if detail else ""},
            {"label": _("Result"), "value": event.result},
            {"label": _("Request"), "value": event.request_id, "code": True},
        ]
        if detail and detail.changes:
            rows.append({"label": _("Changes"), "json": json.dumps(detail.changes, indent=2, ensure_ascii=False)})
        return self.thing_page(rows, title=event.action)

    def entry_rows(self, event: Event) -> list[Fact]:
        """Under which entry of the platform operator it was done, and the line that says why."""
        if event.entry_id is None:
            return []
        entered = self.look.visible("event:view").filter(action="account.enter", entry_id=event.entry_id)
        line = entered.select_related("detail").first()
        url = address(line) if line is not None and line != event else ""
        told = entry_in_words(line) if line is not None else ""
        return [{"label": _("Entry of the platform operator"), "value": told or event.entry_id, "url": url}]


urlpatterns = [screens_at("events/", EventScreen)]
