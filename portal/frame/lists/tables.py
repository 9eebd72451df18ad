"""Columns that every list shares: things with their tags, times, states."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.db.models import Model
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from portal.addresses import address, kind_of
from portal.frame.shown.parts import Thing


class ThingColumn(tables.Column):
    """The thing itself: its name as a link, its icon, and tags when it is of another account or came by a grant."""

    def __init__(self, *, tags: bool = False, note: str = "", **rest: Any):
        rest.setdefault("empty_values", ())
        super().__init__(**rest)
        self.tags, self.note = tags, note

    def render(self, record: Model, table: tables.Table) -> str:
        shown: Thing = {"label": str(record), "url": address(record), "icon": kind_of(record)}
        if self.note:
            shown["note"] = getattr(record, self.note)
        account = getattr(record, "account", None)
        if self.tags and account is not None and account.pk != table.own_account:
            shown["grant_tag"] = getattr(table, "grant_tags", {}).get(record.pk)
            if shown["grant_tag"] is None:
                url = address(account) if account.pk in table.seen_accounts else ""
                shown["account_tag"] = {"label": account.name, "url": url}
        return render_to_string("components/thing.html", shown)


class PersonColumn(tables.Column):
    """A user by name, for who may view that user; `seen_users` of the table holds their ids."""

    def render(self, value: Model, table: tables.Table) -> str:
        if value.pk not in table.seen_users:
            return "—"
        return render_to_string("components/thing.html", {"label": str(value), "url": address(value)})


class AccountColumn(tables.Column):
    """The account of a row by name; a link where the caller may open it."""

    def render(self, value: Model, table: tables.Table) -> str:
        seen = value.pk == table.own_account or value.pk in table.seen_accounts
        return render_to_string("components/thing.html", {"label": str(value), "url": address(value) if seen else ""})


class MenuColumn(tables.Column):
    """What the caller may do with the row, behind three dots: the table's `menu_of(record)` gives the entries."""

    def __init__(self, **rest: Any):
        super().__init__(**{"empty_values": (), "orderable": False, "verbose_name": "", **rest})

    def render(self, record: Model, table: tables.Table) -> str:
        entries = table.menu_of(record)
        return render_to_string("components/actions.html", {"more_actions": entries}) if entries else ""


class TimeColumn(tables.Column):
    """A moment, relative with the exact time on hover; `ends` marks an end."""

    def __init__(self, *, ends: bool = False, empty: Any = None, **rest: Any):
        rest.setdefault("empty_values", ())
        super().__init__(**rest)
        self.ends, self.empty = ends, empty

    def render(self, value: Any) -> str:
        return render_to_string("components/time.html", {"time": value, "ends": self.ends, "empty": self.empty})


class StateColumn(tables.Column):
    """A state in words; the table's `state_of(record)` gives {label, tone}."""

    def __init__(self, **rest: Any):
        super().__init__(**{"empty_values": (), "orderable": False, "verbose_name": _("State"), **rest})

    def render(self, record: Model, table: tables.Table) -> str:
        return render_to_string("components/badge.html", table.state_of(record))


class ListTable(tables.Table):
    """A list's table: a row opens by its link, and by a click anywhere with a script."""

    class Meta:
        attrs: dict[str, str] = {}
        order_by_field = "sort"
        row_attrs = {"data-href": lambda record: address(record)}
