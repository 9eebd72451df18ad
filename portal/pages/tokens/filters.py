"""Search and filters of the list of tokens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import django_filters
from django.db.models import DateTimeField, Func, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accesscontrol import catalogue
from accesscontrol.tokens.models import ids_with_letters
from portal.frame.filters import ListFilters, ThingFilter

FOREVER = Value(datetime(9999, 1, 1, tzinfo=UTC), output_field=DateTimeField())
SOON, LONG = timedelta(days=7), timedelta(days=90)
TYPES = [(name, _(label)) for name, label in catalogue.TOKEN_TYPES.items()]


class Later(Func):
    """A moment so many seconds later, in SQL; null without the seconds."""

    output_field = DateTimeField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        return super().as_sql(
            compiler, connection, template="datetime(%(expressions)s || ' seconds')", arg_joiner=", ", **context
        )

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        return super().as_sql(
            compiler, connection, template="(%(expressions)s * interval '1 second')", arg_joiner=" + ", **context
        )


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
        if value == "disabled":
            return rows.filter(enabled=False)
        now, rows = timezone.now(), rows.alias(idle_end=Later(Coalesce("last_used_at", "created_at"), "idle_ttl"))
        if value == "ended":
            return rows.filter(Q(expires_at__lte=now) | Q(idle_end__lte=now), enabled=True)
        # Most rows are alive, so the rows come in the order of the list: an index on the ends would sort them all.
        rows = rows.alias(end=Coalesce("expires_at", FOREVER))
        return rows.filter(Q(idle_ttl=None) | Q(idle_end__gt=now), enabled=True, end__gt=now)

    def by_end(self, rows: QuerySet, _name: str, _value: str) -> QuerySet:
        """Those that live now and end within a week."""
        now = timezone.now()
        return rows.filter(enabled=True, expires_at__gt=now, expires_at__lte=now + SOON)

    def by_use(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        """Never used; or not for long, where one that is younger than that does not count."""
        if value == "never":
            return rows.filter(last_used_at=None)
        return rows.alias(used=Coalesce("last_used_at", "created_at")).filter(used__lt=timezone.now() - LONG)
