"""The table of tokens."""

from __future__ import annotations

import django_tables2 as tables
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accesscontrol.tokens.models import Token
from portal.tables.base import AccountColumn, ListTable, PersonColumn, StateColumn, ThingColumn, TimeColumn


class TokenTable(ListTable):
    """Tokens: which, for whom, until when, last used when."""

    name = ThingColumn(verbose_name=_("Name"), note="hint", order_by=("name", "id"))
    type = tables.Column(verbose_name=_("Access"), order_by=("type", "name"))
    account = AccountColumn(verbose_name=_("Account"), order_by=("account__name", "name"))
    user = PersonColumn(verbose_name=_("Acts for"), order_by=("user__username", "name"))
    state = StateColumn()
    expires_at = TimeColumn(verbose_name=_("Ends"), ends=True, empty=_("no date"), order_by=("expires_at", "id"))
    last_used_at = TimeColumn(verbose_name=_("Last used"), order_by=("last_used_at", "id"))

    def state_of(self, record: Token) -> dict[str, str]:
        return token_state(record)


def token_state(token: Token) -> dict[str, str]:
    """Whether a token works, as far as it stands in the token itself."""
    if not token.enabled:
        return {"label": _now("Disabled"), "tone": "quiet"}
    if token.expires_at is not None and token.expires_at <= timezone.now():
        return {"label": _now("Ended"), "tone": "danger"}
    return {"label": _now("Enabled"), "tone": "success"}
