"""Search and filters of the list of tokens."""

from __future__ import annotations

from datetime import timedelta
from functools import reduce
from operator import or_

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accesscontrol import catalogue
from accesscontrol.accounts.life import ending_rows
from accesscontrol.tokens.life import USED_AT, TokenState, token_rows
from accesscontrol.tokens.models import ids_with_letters
from portal.actors import look_of
from portal.frame.filters import ListFilters, ThingFilter

SOON, LONG = timedelta(days=7), timedelta(days=90)
TYPES = [(name, _(label)) for name, label in catalogue.TOKEN_TYPES.items()]


class TokenFilters(ListFilters):
    """Tokens by account, owner, type and state, and those that one should look at: ending soon, or never used."""

    account = ThingFilter("account:view", label=_("Account"))
    user = ThingFilter("user:view", lookup="username", label=_("Owner"))
    type = django_filters.ChoiceFilter(choices=TYPES, label=_("Type"), empty_label=_("Any"))
    state = django_filters.ChoiceFilter(
        method="by_state", label=_("State"), empty_label=_("Any"),
        choices=[("enabled", _("Enabled")), ("disabled", _("Disabled")), ("ended", _("Ended"))],
    )  # fmt: skip
    ends = django_filters.ChoiceFilter(
        method="by_end", label=_("Ends"), empty_label=_("Any time"), choices=[("soon", _("within 7 days"))]
    )
    used = django_filters.ChoiceFilter(
        method="by_use", label=_("Used"), empty_label=_("Any time"),
        choices=[("never", _("never")), ("long_ago", _("not for 90 days"))],
    )  # fmt: skip

    def search(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        """Rows with these letters in their name or key."""
        value = value.replace("\x00", "").strip()
        return rows.filter(pk__in=ids_with_letters(value)) if value else rows

    def by_state(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        """As the list shows it: a disabled token is not called ended."""
        now = look_of(self.request).moment
        states = {"disabled": [TokenState.DISABLED], "ended": [TokenState.ENDED, TokenState.UNUSED]}
        found = [token_rows(state, now) for state in states.get(value, [TokenState.ALIVE])]
        return rows.filter(reduce(or_, found))

    def by_end(self, rows: QuerySet, _name: str, _value: str) -> QuerySet:
        """Those that are enabled and end within a week."""
        return rows.filter(ending_rows(look_of(self.request).moment, SOON), enabled=True)

    def by_use(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        """Never used; or not for long, where one that is younger than that does not count."""
        if value == "never":
            return rows.filter(last_used_at=None)
        return rows.alias(used=USED_AT).filter(used__lt=look_of(self.request).moment - LONG)
