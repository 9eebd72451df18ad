"""Lists: rows the caller may see, searched, filtered, sorted and paged, with the state in the address bar."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import django_tables2 as tables
from django import forms
from django.core.paginator import EmptyPage, PageNotAnInteger, Paginator
from django.db.models import Model, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accesscontrol.access.fresh.things import Ref, ref_of
from portal.addresses import name_in_address
from portal.frame.forms.fields import ThingField
from portal.frame.lists.filters import CHOICES, PAGE_SIZES, ListFilters
from portal.frame.screens import Screen
from portal.frame.shown.pages import ListPage
from portal.frame.shown.parts import Chip, Empty, Kept

#: What stands in the address and is shown elsewhere.
NO_CHIPS = ("q", "per_page")


class Listing:
    """The list of a screen. row_permissions: what each row is marked with, for its menu."""

    table: type[tables.Table]
    filters: ClassVar[type[ListFilters]]
    row_permissions: ClassVar[tuple[str, ...]] = ()
    order: ClassVar[tuple[str, ...]] = ("name_order", "id")
    paginator: ClassVar[type[Paginator]] = Paginator

    def __init__(self, screen: Screen):
        self.screen = screen
        self.request = screen.request
        self.actor, self.look = screen.actor, screen.look

    def context(self) -> ListPage:
        """All that the list's template reads."""
        found = self.filters(self.request.GET, self.rows(), request=self.request, kind=self.screen.kind_name)
        table = self.paged(self.table(found.qs.order_by(*self.order), order_by=None, empty_text=""))
        self.decorate(table, [row.record for row in table.page.object_list])
        return {
            "table": table,
            "filter_form": found.form,
            "filter_keep": self.kept(),
            "chips": self.chips(found),
            "wrong_address": [*found.wrong.values(), *self.wrong_pages(table)],
            "clear_url": self.request.path,
            "choices_url": self.choices_url(),
            "result_note": self.note(table.paginator.count),
            "empty": self.empty(),
            **self.creation(),
        }

    def rows(self) -> QuerySet:
        """What the caller may view of the kind, with what the columns sort by."""
        return self.screen.rows()

    def paged(self, table: tables.Table) -> tables.Table:
        """Sorted and paged as the address bar says; a page that does not exist is the nearest that does."""
        query = self.request.GET
        table.request = self.request
        if query.get("sort"):
            table.order_by = query.getlist("sort")
        size = query.get("per_page", "")
        per_page = int(size) if size in PAGE_SIZES else int(PAGE_SIZES[0])
        try:
            table.paginate(self.paginator, page=query.get("page", 1), per_page=per_page)
        except PageNotAnInteger:
            table.page = table.paginator.page(1)
        except EmptyPage:
            table.page = table.paginator.page(table.paginator.num_pages)
        return table

    def decorate(self, table: tables.Table, rows: list[Any]) -> None:
        """Give the table what its columns need about this page's rows: marks, and whose things they are."""
        self.look.read(self.asked_about(rows))
        table.own_account = own = self.screen.own_account()
        accounts = [getattr(row, "account", None) for row in rows]
        table.seen_accounts = self.seen(account for account in accounts if account is not None and account.pk != own)
        wanted = list(self.row_permissions)
        table.marks = self.look.mark(rows, wanted) if wanted and rows else {}

    def asked_about(self, rows: list[Any]) -> set[Ref]:
        """All that the page asks about, to be read at once: the rows, whose they are, and the caller's own account."""
        accounts = {getattr(row, "account_id", None) for row in rows} | {self.look.account}
        return {("account", pk) for pk in accounts if pk} | {ref_of(row) for row in rows if self.row_permissions}

    def seen(self, things: Iterable[Model | None]) -> set[int]:
        """Which of these related things the caller may view, by id: so they are named, or their names are links."""
        listed = list({thing.pk: thing for thing in things if thing is not None}.values())
        marks = self.look.mark(listed, ["view"]) if listed else {}
        return {number for number, had in marks.items() if had}

    def kept(self) -> list[Kept]:
        """The sort order stays while one filters."""
        return [{"name": "sort", "value": value} for value in self.request.GET.getlist("sort")]

    def wrong_pages(self, table: tables.Table) -> list[str]:
        """What the address says about order and page that cannot be read; the list is shown in its own order."""
        columns = {name for name, column in table.columns.items() if column.orderable}
        found = [
            _("This list has no order “%(name)s”.") % {"name": name[:100]}
            for name in self.request.GET.getlist("sort")
            if name and name.removeprefix("-") not in columns
        ]
        page = self.request.GET.get("page", "1")
        if not (page.isascii() and page.isdigit()):
            found.append(_("“%(page)s” is no number of a page.") % {"page": page[:100]})
        return found

    def chips(self, found: ListFilters) -> list[Chip]:
        """The values that filter, and what is wrong, each with the address of the list without it."""
        shown: list[Chip] = []
        for name in self.request.GET:
            field = found.form.fields.get(name)
            if name in NO_CHIPS or (field is None and name not in found.wrong):
                continue
            words = self.words_of(field, found.form.cleaned_data.get(name))
            for value in dict.fromkeys(self.request.GET.getlist(name)):
                if value or field is None:
                    label = field.label if field is not None else name
                    without = self._without(name, value)
                    shown.append({"label": label, "value": words.get(value, value), "remove_url": without})
        return shown

    @staticmethod
    def words_of(field: forms.Field | None, read: Any) -> dict[str, str]:
        """The values of a field as they stand in addresses, in words. read: what the field made of them."""
        if isinstance(field, ThingField):
            return {name_in_address(thing): str(thing) for thing in read or ()}
        return {value: str(words) for value, words in getattr(field, "choices", ())}

    def choices_url(self) -> str:
        """The address of this list with the choices of its filters in the page, for who has no script."""
        query = self.request.GET.copy()
        query[CHOICES] = "1"
        return f"{self.request.path}?{query.urlencode()}"

    def _without(self, name: str, value: str) -> str:
        query: QueryDict = self.request.GET.copy()
        query.setlist(name, [one for one in query.getlist(name) if one != value])
        query.pop("page", None)
        return f"{self.request.path}?{query.urlencode()}" if query else self.request.path

    def note(self, count: int) -> str:
        """How many there are that the caller may see."""
        return ngettext("%(count)s found", "%(count)s found", count) % {"count": f"{count:,}".replace(",", "\u2009")}

    def empty(self) -> Empty:
        """What an empty list says: what the thing is for."""
        noun = self.screen.noun
        return {
            "icon": noun.name,
            "title": _("No %(plural)s yet") % {"plural": noun.plural.lower()},
            "text": _(noun.about),
        }

    def creation(self) -> ListPage:
        """The green round plus, where the caller may create."""
        if not any(route.name == "create" for route in self.screen.routes) or not self.screen.may_create():
            return {}
        url = reverse(f"{self.screen.kind_name}_create")
        return {"may_create": url, "create_label": _("Create a %(label)s") % {"label": self.screen.noun.label.lower()}}
