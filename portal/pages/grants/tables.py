"""The tables of grants, given and received, and of the items that a grant covers."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.db.models import Model
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accesscontrol import catalogue
from accesscontrol.accounts.models import Account
from accesscontrol.grants.models import Grant
from accesscontrol.items.models import Item
from accesscontrol.services.grants.sides import Sides
from portal.addresses import address
from portal.frame.forms.switches import switch_fields
from portal.frame.lists.tables import AccountColumn, ListTable, MenuColumn, StateColumn, ThingColumn, TimeColumn
from portal.frame.shown.parts import Action, State
from portal.pages.grants.words import grant_badge, level_tags, what

#: So many grantees are named in a row.
NAMED = 3


class TickColumn(tables.CheckBoxColumn):
    """A check box for the bulk acts."""

    def __init__(self, **rest: Any):
        head = {"data-select-all": "", "aria-label": _("Tick all on this page")}
        attrs = {"th__input": head, "td": {"class": "pick"}, "th": {"class": "pick"}}
        super().__init__(accessor="key", attrs=attrs, **rest)

    def render(self, value: Any, record: Grant) -> SafeString:
        label = _now("Tick %(name)s") % {"name": record.key}
        return format_html(
            '<input type="checkbox" form="bulk" name="selection" value="{}" aria-label="{}">', value, label
        )


class ActsColumn(MenuColumn):
    """The menu of a row with acts that are sent at once."""

    def render(self, record: Model, table: tables.Table) -> str:
        entries = table.menu_of(record)
        shown = {"more_actions": entries, "csrf_token": get_token(table.request)}
        return render_to_string("components/actions.html", shown) if entries else ""


class GrantTable(ListTable):
    """Grants: what, from whom to whom, how much, from when until when.

    sides: who may be named. item_names: grant id → its chosen items in words.
    """

    sides: Sides
    item_names: dict[int, str]

    covers = tables.Column(verbose_name=_("What"), order_by=("covers", "kind", "id"))
    account = tables.Column(verbose_name=_("From"), order_by=("account__name_order", "id"))
    grantees = tables.Column(verbose_name=_("To"), empty_values=(), orderable=False)
    levels = tables.Column(verbose_name=_("Levels"), empty_values=(), orderable=False)
    starts_at = TimeColumn(verbose_name=_("Starts"), empty=_("at once"), order_by=("starts_at", "id"))
    expires_at = TimeColumn(verbose_name=_("Ends"), ends=True, empty=_("no end"), order_by=("expires_at", "id"))
    state = StateColumn()

    def render_covers(self, record: Grant) -> str:
        label = self.item_names.get(record.pk) or what(record)
        shown = {"label": label, "url": address(record), "icon": "grant", "note": self.line_below(record)}
        return render_to_string("components/thing.html", shown)

    def line_below(self, record: Grant) -> str:
        """What stands below: never the grantor's note, unless this is the grantor's side."""
        return record.key

    def render_account(self, record: Grant) -> str:
        return self.named(record.account)

    def render_grantees(self, record: Grant) -> SafeString:
        links = self.sides.known(record)
        names = ", ".join(link.account.name for link in links[:NAMED])
        rest = len(links) - NAMED
        more = _now("and %(count)s more") % {"count": rest} if rest > 0 else ""
        return (
            format_html("{} {}", names, more)
            if names
            else format_html('<span class="none">{}</span>', _now("nobody has answered"))
        )

    def named(self, account: Account) -> str:
        """An account by name; a link where the caller may open it."""
        seen = account.pk in self.sides.seen
        return render_to_string(
            "components/thing.html", {"label": account.name, "url": address(account) if seen else ""}
        )

    def render_levels(self, record: Grant) -> SafeString:
        return level_tags(record)

    def state_of(self, record: Grant) -> State:
        return grant_badge(record, self.sides.known(record))

    class Meta(ListTable.Meta):
        sequence: tuple[str, ...] = ("covers", "account", "grantees", "levels", "starts_at", "expires_at", "state")


class GivenTable(GrantTable):
    """Grants that accounts of the caller's branch gave, with what may be done with each and with many."""

    tick = TickColumn()
    menu = ActsColumn()

    def line_below(self, record: Grant) -> str:
        return record.note.split("\n")[0] or record.key

    def menu_of(self, record: Grant) -> list[Action]:
        """What the caller may do with the row."""
        marks = self.marks.get(record.pk, ())
        found: list[Action] = []
        if "change" in marks:
            label, icon = (_now("Pause"), "pause") if record.enabled else (_now("Resume"), "play")
            wished = switch_fields(record, "enabled", not record.enabled)
            found = [
                {"label": _now("Change"), "url": address(record, "change"), "icon": "edit"},
                {"label": _now("Extend"), "url": address(record, "extend"), "icon": "clock"},
                {"label": label, "url": address(record, "switch"), "icon": icon, "method": "post", "hidden": wished},
            ]
        if "delete" in marks:
            url = address(record, "delete")
            found.append({"label": _now("Revoke"), "url": url, "icon": "trash", "dialog": True, "style": "danger"})
        return found

    class Meta(GrantTable.Meta):
        sequence = ("tick", *GrantTable.Meta.sequence, "menu")


class ReceivedTable(GrantTable):
    """Grants that accounts of the caller's branch received; the state is that of the caller's own part."""

    def state_of(self, record: Grant) -> State:
        return grant_badge(record, self.sides.received(record))


class CoveredTable(ListTable):
    """The items that a grant covers now, as far as the caller may view them."""

    name = ThingColumn(verbose_name=_("Item"), tags=False, order_by=("name_order", "id"))
    kind = tables.Column(verbose_name=_("Kind"), order_by=("kind", "name_order", "id"))
    account = AccountColumn(verbose_name=_("Account"), order_by=("account__name_order", "name_order", "id"))
    menu = MenuColumn()

    def render_kind(self, record: Item) -> str:
        return _now(catalogue.KINDS[record.kind].label)

    def menu_of(self, record: Item) -> list[Action]:
        """Take it out of the grant, where the caller may change a grant of chosen items."""
        if not self.take_out:
            return []
        url = address(self.take_out, "item_remove", item=record.key)
        return [{"label": _now("Take out of the grant"), "url": url, "icon": "unlink", "dialog": True}]

    class Meta(ListTable.Meta):
        sequence = ("name", "kind", "account", "menu")
