"""The table of the audit log."""

from __future__ import annotations

import django_tables2 as tables
from django.utils.translation import gettext_lazy as _

from accesscontrol.audit.models import Event
from portal.addresses import address
from portal.frame.tables import ListTable, TimeColumn


class EventTable(ListTable):
    """Events: when, what, who, to what."""

    at = TimeColumn(verbose_name=_("Time"), order_by=("at", "id"))
    action = tables.Column(verbose_name=_("What"), linkify=lambda record: address(record), order_by=("action", "-id"))
    actor = tables.Column(verbose_name=_("Who"), empty_values=(), orderable=False)
    thing = tables.Column(verbose_name=_("On"), empty_values=(), orderable=False)
    account = tables.Column(verbose_name=_("Account"), empty_values=(), orderable=False)
    result = tables.Column(verbose_name=_("Result"), order_by=("result", "-id"))

    def render_actor(self, record: Event) -> str:
        return who_acted(record)

    def render_thing(self, record: Event) -> str:
        return on_what(record)

    def render_account(self, record: Event) -> str:
        return self.account_names.get(record.account_id, "—")


def who_acted(event: Event) -> str:
    """Who acted, and as whom; names that have been erased read as numbers."""
    detail = getattr(event, "detail", None)
    name = (detail.actor_name if detail else "") or f"{event.actor_type} {event.actor_id or ''}".strip()
    acting = (detail.acting_account_name if detail else "") or event.acting_account_id
    return f"{name} → {acting}" if acting else name


def on_what(event: Event) -> str:
    """What it was done to."""
    detail = getattr(event, "detail", None)
    name = detail.thing_name if detail else ""
    return f"{event.thing_type.replace('_', ' ')} {name or event.thing_id or ''}".strip()
