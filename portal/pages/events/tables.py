"""The table of the audit log."""

from __future__ import annotations

from datetime import datetime

import django_tables2 as tables
from django.utils.timezone import localtime
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accesscontrol.audit.models import Event
from portal.addresses import address
from portal.frame.lists.tables import ListTable, TimeColumn


class EventTable(ListTable):
    """Events: when, what, who, to what."""

    at = TimeColumn(verbose_name=_("Time"), order_by=("at", "id"))
    action = tables.Column(verbose_name=_("What"), linkify=lambda record: address(record), order_by=("action", "-id"))
    actor = tables.Column(verbose_name=_("Who"), empty_values=(), orderable=False)
    thing = tables.Column(verbose_name=_("On"), empty_values=(), orderable=False)
    account = tables.Column(verbose_name=_("Account"), empty_values=(), orderable=False)
    result = tables.Column(verbose_name=_("Result"), order_by=("result", "-id"))

    def render_action(self, record: Event) -> str:
        return entry_in_words(record) or record.action

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


def entry_in_words(event: Event) -> str:
    """The platform operator's coming and going, in words; empty for every other line."""
    if event.action == "account.enter":
        return f"{_now('entered this tree')} {told_entry(event)}".rstrip()
    return _now("left this tree") if event.action == "account.leave" else ""


def told_entry(event: Event) -> str:
    """Until when the platform operator is inside, and why; empty once that was erased."""
    detail = getattr(event, "detail", None)
    changes = detail.changes if detail is not None else {}
    if not {"reason", "until"} <= changes.keys():
        return ""
    end = localtime(datetime.fromisoformat(changes["until"][1]))
    return _now("until %(until)s: “%(reason)s”") % {"until": f"{end:%Y-%m-%d %H:%M}", "reason": changes["reason"][1]}


def on_what(event: Event) -> str:
    """What it was done to."""
    detail = getattr(event, "detail", None)
    name = detail.thing_name if detail else ""
    return f"{event.thing_type.replace('_', ' ')} {name or event.thing_id or ''}".strip()
