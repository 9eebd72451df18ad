"""The table of tokens."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from accesscontrol.tokens.models import Token
from portal.addresses import address
from portal.frame.lists.tables import AccountColumn, ListTable, MenuColumn, StateColumn, ThingColumn, TimeColumn
from portal.frame.lists.ticking import TickColumn
from portal.frame.shown.parts import Action, State
from portal.pages.tokens.words import in_short, token_badge


class ForWhomColumn(AccountColumn):
    """The account, and the user of it when the token acts for one."""

    def render(self, value: Any, record: Token, table: tables.Table) -> str:  # type: ignore[override]  # by name
        whole = super().render(value, table)
        user = record.user
        if user is None:
            return whole
        seen = user.pk in table.seen_users
        shown = {"account": whole, "user": str(user) if seen else "", "url": address(user) if seen else ""}
        return render_to_string("tokens/for_whom.html", shown)


class TokenTable(ListTable):
    """Tokens: which, for whom, what they may, last used when and from where, until when."""

    selection = TickColumn()
    name = ThingColumn(verbose_name=_("Name"), note="hint", order_by=("name_order", "id"))
    account = ForWhomColumn(verbose_name=_("For whom"), order_by=("account__name_order", "name_order", "id"))
    may = tables.Column(verbose_name=_("What it may"), empty_values=(), order_by=("type", "name_order", "id"))
    last_used_at = TimeColumn(verbose_name=_("Last used"), order_by=("last_used_at", "id"))
    expires_at = TimeColumn(verbose_name=_("Ends"), ends=True, empty=_("no date"), order_by=("expires_at", "id"))
    state = StateColumn()
    created_at = TimeColumn(verbose_name=_("Created"), order_by=("created_at", "id"))
    menu = MenuColumn()

    class Meta(ListTable.Meta):
        sequence = ("selection", "name", "account", "may", "state", "last_used_at", "expires_at", "created_at", "menu")

    def render_may(self, record: Token) -> str:
        words, more = in_short(record, self.contents.get(record.pk))
        shown = {"type": record.get_type_display(), "words": words, "more": more, "master": record.type == "master"}
        return render_to_string("tokens/may.html", shown)

    def render_last_used_at(self, value: Any, record: Token) -> str:
        return render_to_string("tokens/last_used.html", {"time": value, "address": record.last_used_address})

    def state_of(self, record: Token) -> State:
        return token_badge(record)

    def menu_of(self, record: Token) -> list[Action]:
        """Change, a new key and revoke, as far as the caller may."""
        marks = self.marks.get(record.pk, ())
        wanted = (
            ("change", "change", _("Change"), "edit", False),
            ("rotate", "change", _("New key"), "refresh", False),
            ("delete", "delete", _("Revoke"), "trash", True),
        )
        return [
            {"label": label, "url": address(record, route), "icon": icon, "dialog": dialog}
            for route, needed, label, icon, dialog in wanted
            if needed in marks
        ]
