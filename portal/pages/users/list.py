"""The list of users, and the same rows as a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import ClassVar

from django.db.models import OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce
from django.http import HttpResponseBase, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from accesscontrol.accounts.models import User
from accesscontrol.services.people.standing import with_second_factor
from portal.frame.lists.exporting import csv_response
from portal.frame.lists.listing import Listing
from portal.frame.noun_pages import NounPage
from portal.frame.screens import LIST, Route
from portal.frame.shown.pages import ListPage
from portal.frame.shown.parts import Action
from portal.pages.users.filters import UserFilters
from portal.pages.users.tables import UserTable

#: Rows of a file that are read at once.
PIECE = 2000


class UserListing(Listing):
    """The list of users."""

    table = UserTable
    filters = UserFilters
    order = ("name_order", "id")
    row_permissions: ClassVar[tuple[str, ...]] = ("user:change", "user:delete", "user.assignments:change")

    def rows(self) -> QuerySet:
        """Sorted by role, a row whose role the caller may not view stands as one without."""
        if not any(one.strip("-") == "role" for one in self.request.GET.getlist("sort")):
            return super().rows()
        role = self.look.visible("role:view").filter(pk=OuterRef("role")).order_by().values("name_order")[:1]
        return super().rows().annotate(seen_role=Coalesce(Subquery(role), Value(""), output_field=TextField()))

    def found(self) -> QuerySet:
        """The rows that the filters of the address leave, in the order of the list."""
        kept = self.filters(self.request.GET, self.rows(), request=self.request, kind=self.screen.kind_name)
        return kept.qs.order_by(*self.order)

    def is_understood(self) -> bool:
        """Whether every filter of the address is one; a file has no place to say what is not."""
        return not self.filters(self.request.GET, self.rows(), request=self.request, kind=self.screen.kind_name).wrong

    def decorate(self, table: UserTable, rows: list[User]) -> None:
        super().decorate(table, rows)
        table.seen_roles = self.seen_roles(rows)
        table.factors = with_second_factor(rows) if rows else set()
        table.own = self.request.user.pk
        kept = QueryDict(mutable=True)
        kept["back"] = self.request.GET.urlencode()
        table.back = kept.urlencode()
        self.possible = set().union(*table.marks.values()) if table.marks else set()

    def seen_roles(self, rows: list[User]) -> set[int]:
        """The roles of these people that the caller may view."""
        named = {row.role_id for row in rows if row.role_id}
        roles = self.look.visible("role:view").filter(pk__in=named)
        return set(roles.values_list("pk", flat=True)) if named else set()

    def context(self) -> ListPage:
        found = super().context()
        offered = (
            ("enable", "user:change", _("Enable"), "power", ""),
            ("disable", "user:change", _("Disable"), "pause", ""),
            ("role", "user:change", _("Give a role"), "role", ""),
            ("invite", "user:change", _("Invite again"), "mail", ""),
            ("remove", "user:delete", _("Remove"), "trash", "danger"),
        )
        found["bulk_actions"] = [
            {"value": value, "label": label, "icon": icon, "style": style}
            for value, needed, label, icon, style in offered
            if needed in self.possible
        ]
        query = self.request.GET.urlencode()
        export: Action = {"label": _("Export as CSV"), "url": f"{reverse('user_export')}?{query}", "icon": "download"}
        bring: Action = {"label": _("Import people"), "url": reverse("user_import"), "icon": "upload"}
        found["more_actions"] = [*([bring] if self.screen.may_create() else []), export]
        found["bulk_url"] = f"{reverse('user_ticked')}?{query}"
        return found

    def creation(self) -> ListPage:
        """The green round plus: the form stands on a screen of its own."""
        if not self.screen.may_create():
            return {}
        return {"may_create": reverse("user_create"), "create_label": _("Add a user")}


class UserListScreen(NounPage):
    """Users, many at once: as a list, and as a file."""

    kind = "user"
    joined = ("account", "role", "invitation")
    listing = UserListing
    routes = (LIST, Route("export", "~export/", "view"))

    def export_page(self) -> HttpResponseBase:
        """What the list shows, all of it, streamed; an address that nobody understands is told as the list tells it."""
        listing = UserListing(self)
        if not listing.is_understood():
            return self.list_page()
        header = (_("Username"), _("First name"), _("Middle name"), _("Last name"), _("E-mail"), _("Phone"),
                  _("Account"), _("Authority"), _("Role"), _("Enabled"), _("Verified"), _("Second factor"),
                  _("Last seen"), _("Registered"), _("Access ends"), _("External id"))  # fmt: skip
        return csv_response("users", header, self.lines(listing))

    @staticmethod
    def lines(listing: UserListing) -> Iterator[list[str]]:
        """The rows of the file; two statements a piece beside the reading itself."""
        yes, no = _("yes"), _("no")
        found = listing.found().iterator(PIECE)
        while rows := list(islice(found, PIECE)):
            factors, roles = with_second_factor(rows), listing.seen_roles(rows)
            for row in rows:
                role = str(row.role) if row.role_id in roles else ""
                yield [
                    row.username, row.first_name, row.middle_name, row.last_name, row.email, row.phone,
                    str(row.account or ""), row.authority, role, yes if row.is_active else no,
                    yes if row.verified else no, yes if row.pk in factors else no, written(row.last_seen_at),
                    written(row.date_joined), written(row.expires_at), row.external_id,
                ]  # fmt: skip


def written(moment: datetime | None) -> str:
    """A moment as programs and spreadsheets read it."""
    return moment.isoformat(timespec="seconds") if moment is not None else ""
