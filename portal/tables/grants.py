"""The table of grants."""

from __future__ import annotations

from collections.abc import Iterable

import django_tables2 as tables
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accesscontrol import catalogue
from accesscontrol.grants.models import Grant, GrantGrantee
from portal.tables.base import ListTable, StateColumn, ThingColumn, TimeColumn


class GrantTable(ListTable):
    """Grants: from whom to whom, what, how much, until when."""

    key = ThingColumn(verbose_name=_("Grant"), note="note", order_by=("key",))
    account = tables.Column(verbose_name=_("From"), order_by=("account__name", "id"))
    grantees = tables.Column(verbose_name=_("To"), empty_values=(), orderable=False)
    covers = tables.Column(verbose_name=_("What"), order_by=("covers", "kind", "id"))
    levels = tables.Column(verbose_name=_("Levels"), empty_values=(), orderable=False)
    state = StateColumn()
    expires_at = TimeColumn(verbose_name=_("Ends"), ends=True, empty=_("no end"), order_by=("expires_at", "id"))

    def render_grantees(self, record: Grant) -> str:
        return ", ".join(str(link.account) for link in self.links_of.get(record.pk, ())) or "—"

    def render_covers(self, record: Grant) -> str:
        return what(record)

    def render_levels(self, record: Grant) -> str:
        return levels(record)

    def state_of(self, record: Grant) -> dict[str, str]:
        return grant_state(record, self.links_of.get(record.pk, ()))


def what(grant: Grant) -> str:
    """What a grant covers, in words."""
    if grant.covers == Grant.Covers.KIND:
        words = _now("all %(kind)s") % {"kind": _now(catalogue.KINDS[grant.kind].plural).lower()}
    else:
        words = _now("the whole account") if grant.covers == Grant.Covers.ACCOUNT else _now("chosen items")
    return _now("%(what)s, with subaccounts") % {"what": words} if grant.include_subaccounts else words


def levels(grant: Grant) -> str:
    """The levels of a grant; reading is always there."""
    return ", ".join(["read", *grant.levels])


def grant_state(grant: Grant, links: Iterable[GrantGrantee]) -> dict[str, str]:
    """Whether a grant gives something now. links: the grantees that the caller may know of."""
    now = timezone.now()
    if not grant.enabled:
        return {"label": _now("Paused"), "tone": "quiet"}
    if grant.expires_at is not None and grant.expires_at <= now:
        return {"label": _now("Ended"), "tone": "danger"}
    if grant.starts_at is not None and grant.starts_at > now:
        return {"label": _now("Not yet"), "tone": "info"}
    if not any(link.accepted_at is not None for link in links):
        return {"label": _now("Waits for an answer"), "tone": "info"}
    return {"label": _now("Live"), "tone": "success"}
