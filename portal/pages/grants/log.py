"""The log of a grant: what happened with it, by whom, from where; each side reads its own part."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accesscontrol.access.doors.event_names import veil_names
from accesscontrol.access.doors.grant_logs import visible_log
from accesscontrol.audit.models import Event
from portal.frame.lists.listing import Listing
from portal.frame.shown.pages import ListPage
from portal.frame.shown.parts import Empty
from portal.pages.events.screens import account_names
from portal.pages.grants.filters import GrantLogFilters
from portal.pages.grants.log_tables import GrantLogTable


class GrantLogListing(Listing):
    """The lines about one grant, newest first."""

    table = GrantLogTable
    filters = GrantLogFilters
    order = ("-at", "-id")

    def rows(self) -> QuerySet:
        return visible_log(self.look, self.screen.thing).select_related("detail")

    def decorate(self, table: GrantLogTable, rows: list[Event]) -> None:
        super().decorate(table, rows)
        veil_names(self.look, rows)
        table.account_names = account_names(self.screen, rows)
        ids = [row.pk for row in rows]
        table.seen_events = set(self.look.visible("event:view").filter(pk__in=ids).values_list("pk", flat=True))

    def empty(self) -> Empty:
        return {"icon": "log", "title": _("Nothing recorded"), "text": _("What is done with the grant appears here.")}

    def creation(self) -> ListPage:
        """Lines are recorded by acts."""
        return {}
