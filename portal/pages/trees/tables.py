"""The table of top-level accounts: name, state and licence, and whether one is inside."""

from __future__ import annotations

import django_tables2 as tables
from django.template.loader import render_to_string
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accesscontrol.accounts.models import Account
from portal.addresses import address
from portal.frame.lists.tables import ListTable, StateColumn, ThingColumn, TimeColumn


class TreeTable(ListTable):
    """All that the operator sees of a tree without entering it."""

    name = ThingColumn(verbose_name=_("Account"), order_by=("name_order", "id"))
    state = StateColumn()
    licence = tables.Column(verbose_name=_("Licence"), empty_values=(), orderable=False)
    created_at = TimeColumn(verbose_name=_("Opened"), order_by=("created_at", "id"))
    inside = tables.Column(verbose_name=_("Inside until"), empty_values=(), orderable=False)
    enter = tables.Column(verbose_name="", empty_values=(), orderable=False)

    def state_of(self, record: Account) -> dict[str, str]:
        if record.blocked:
            return {"label": _now("Blocked"), "tone": "danger"}
        return {"label": _now("Open"), "tone": "success"}

    def render_licence(self, record: Account) -> str:
        return self.licences.get(record.pk) or "—"

    def render_inside(self, record: Account) -> str:
        return render_to_string(
            "components/time.html", {"time": self.inside_until.get(record.pk), "exact": True, "empty": "—"}
        )

    def render_enter(self, record: Account) -> str:
        label = _now("Enter again") if record.pk in self.inside_until else _now("Enter")
        url = address(record, "enter")
        return render_to_string(
            "components/row_act.html", {"url": url, "icon": "login", "label": label, "about": record.name}
        )
