"""Search and filters of the list of tokens."""

from __future__ import annotations

from datetime import timedelta
from functools import reduce
from operator import or_

from django.db.models import Q
from django.db.models.lookups import LessThan
from django.utils.translation import gettext_lazy as _

from accesscontrol import catalogue
from accesscontrol.accounts.life import ending_rows
from accesscontrol.tokens.life import USED_AT, TokenState, token_rows
from accesscontrol.tokens.models import ids_with_letters
from portal.actors import look_of
from portal.frame.lists.filters import ChoiceFilter, ListFilters, ThingFilter

SOON, LONG = timedelta(days=7), timedelta(days=90)
TYPES = [(name, _(label)) for name, label in catalogue.TOKEN_TYPES.items()]


class TokenFilters(ListFilters):
    """Tokens by account, owner, type and state, and those that one should look at: ending soon, or never used."""

    account = ThingFilter("account:view", label=_("Account"))
    user = ThingFilter("user:view", label=_("Owner"))
    type = ChoiceFilter(TYPES, label=_("Type"))
    state = ChoiceFilter(
        [("enabled", _("Enabled")), ("disabled", _("Disabled")), ("ended", _("Ended"))],
        rows_of="in_state", label=_("State"),
    )  # fmt: skip
    ends = ChoiceFilter([("soon", _("within 7 days"))], rows_of="ending", label=_("Ends"))
    used = ChoiceFilter([("never", _("never")), ("long_ago", _("not for 90 days"))], rows_of="unused", label=_("Used"))

    def holding(self, letters: str) -> Q:
        """Which tokens hold these letters, read from one narrow index."""
        return Q(pk__in=ids_with_letters(letters))

    def in_state(self, value: str) -> Q:
        """As the list shows it: a disabled token is not called ended."""
        now = look_of(self.request).moment
        states = {"disabled": [TokenState.DISABLED], "ended": [TokenState.ENDED, TokenState.UNUSED]}
        return reduce(or_, (token_rows(state, now) for state in states.get(value, [TokenState.ALIVE])))

    def ending(self, _value: str) -> Q:
        """Those that are enabled and end within a week."""
        return Q(ending_rows(look_of(self.request).moment, SOON), enabled=True)

    def unused(self, value: str) -> Q:
        """Never used; or not for long, where one that is younger than that does not count."""
        if value == "never":
            return Q(last_used_at=None)
        return Q(LessThan(USED_AT, look_of(self.request).moment - LONG))
