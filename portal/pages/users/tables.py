"""The table of users."""

from __future__ import annotations

import django_tables2 as tables
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accesscontrol.accounts.life import PersonState, person_state
from accesscontrol.accounts.models import User
from portal.frame.tables import AccountColumn, ListTable, StateColumn, ThingColumn, TimeColumn


class UserTable(ListTable):
    """Users: who they are, what they may, whether they are switched on."""

    username = ThingColumn(verbose_name=_("User"), note="full_name", order_by=("name_order", "id"))
    email = tables.Column(verbose_name=_("E-mail"), order_by=("email_folded", "id"))
    authority = tables.Column(verbose_name=_("Authority"), order_by=("authority", "name_order"))
    role = tables.Column(verbose_name=_("Role"), order_by=("seen_role", "name_order"))
    account = AccountColumn(verbose_name=_("Account"), order_by=("account__name_order", "name_order"))
    state = StateColumn()
    date_joined = TimeColumn(verbose_name=_("Registered"), order_by=("date_joined", "id"))

    def render_authority(self, record: User) -> str:
        return _now(record.get_authority_display())

    def render_role(self, record: User) -> str:
        return str(record.role) if record.role_id in self.seen_roles else "—"

    def state_of(self, record: User) -> dict[str, str]:
        return user_badge(record)


_STATES = {
    PersonState.ALIVE: (_("Enabled"), "success"),
    PersonState.DISABLED: (_("Disabled"), "danger"),
    PersonState.UNVERIFIED: (_("Not verified"), "warning"),
    PersonState.ENDED: (_("Ended"), "danger"),
}


def user_badge(user: User) -> dict[str, str]:
    """Whether a user can sign in, as far as it stands in the user itself, in words."""
    label, tone = _STATES[person_state(user, timezone.now())]
    return {"label": str(label), "tone": tone}
