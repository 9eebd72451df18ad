"""The table of a grant's log: when, what, by whom, and what changed."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accesscontrol.audit.models import Event
from accesscontrol.json_data import JsonObject
from portal.addresses import address
from portal.frame.depths import days_back
from portal.frame.lists.tables import TimeColumn
from portal.pages.events.tables import who_acted
from portal.pages.grants.words import level_name

_DID = {
    "grant.create": _("Granted"),
    "grant.change": _("Changed"),
    "grant.revoke": _("Revoked"),
    "grant.accept": _("Accepted"),
    "grant.drop": _("Dropped out"),
    "grant.invite": _("Invited by key"),
    "grant.withdraw_invitation": _("Invitation taken back"),
}
_FIELDS = {
    "levels": _("levels"),
    "starts_at": _("start"),
    "expires_at": _("end"),
    "history_days": _("history"),
    "enabled": _("in force"),
    "include_subaccounts": _("with subaccounts"),
    "note": _("note"),
    "items": _("items"),
    "grantees": _("grantees"),
    "links": _("links cut"),
}


class GrantLogTable(tables.Table):
    """The lines about a grant."""

    at = TimeColumn(verbose_name=_("Time"), order_by=("at", "id"))
    action = tables.Column(verbose_name=_("What"), order_by=("action", "-id"))
    changes = tables.Column(verbose_name=_("Change"), empty_values=(), orderable=False)
    actor = tables.Column(verbose_name=_("Who"), empty_values=(), orderable=False)
    address = tables.Column(verbose_name=_("Address"), empty_values=(), orderable=False)
    account = tables.Column(verbose_name=_("Part of"), empty_values=(), orderable=False)

    def render_action(self, record: Event) -> SafeString | str:
        words = str(_DID.get(record.action, record.action))
        if record.pk not in self.seen_events:
            return words
        return format_html('<a href="{}">{}</a>', address(record), words)

    def render_changes(self, record: Event) -> SafeString | str:
        detail = getattr(record, "detail", None)
        told = changed(detail.changes, new=record.action == "grant.create") if detail else []
        return format_html_join("", '<span class="change">{}</span>', ((line,) for line in told)) or "—"

    def render_actor(self, record: Event) -> str:
        return who_acted(record)

    def render_address(self, record: Event) -> str:
        detail = getattr(record, "detail", None)
        return (detail.address if detail else "") or "—"

    def render_account(self, record: Event) -> str:
        return self.account_names.get(record.account_id, "—")

    class Meta:
        attrs: dict[str, str] = {}
        order_by_field = "sort"


def changed(changes: JsonObject, *, new: bool) -> list[str]:
    """The fields that changed, each from what to what; things are counted, not named by their numbers."""
    found = []
    for name, label in _FIELDS.items():
        pair = changes.get(name)
        if pair is None or not _is_pair(name, pair) or (new and pair[1] in (None, [], "", True, False)):
            continue
        if name == "links":
            found.append(f"{label}: {', '.join(map(str, pair[0]))}")
            continue
        words = {"field": label, "before": _value(name, pair[0]), "after": _value(name, pair[1])}
        found.append(_now("%(field)s: %(after)s") % words if new else _now("%(field)s: %(before)s → %(after)s") % words)
    return found


def _is_pair(name: str, value: Any) -> bool:
    """Whether it is [before, after]; a new grant's grantees are a plain list."""
    if not isinstance(value, list) or len(value) != 2:
        return False
    return name != "grantees" or all(isinstance(one, list) for one in value)


def _value(name: str, value: Any) -> str:
    if name in ("items", "grantees"):
        return str(len(value or ()))
    if name == "levels":
        return ", ".join(level_name(level) for level in value or ()) or _now("read only")
    if name in ("starts_at", "expires_at"):
        moment = parse_datetime(value) if value else None
        return date_format(localtime(moment), "j M Y, H:i") if moment else _now("none")
    if name == "history_days":
        return days_back(value, _now("as the items allow"))
    if isinstance(value, bool):
        return _now("yes") if value else _now("no")
    return str(value or "—")
