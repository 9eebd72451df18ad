"""The table of roles."""

from __future__ import annotations

import django_tables2 as tables
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accesscontrol.roles.models import Role
from portal.frame.lists.tables import AccountColumn, ListTable, ThingColumn, TimeColumn


class RoleTable(ListTable):
    """Roles: what they add, and how many users have them."""

    name = ThingColumn(verbose_name=_("Name"), order_by=("name_order", "id"))
    account = AccountColumn(verbose_name=_("Account"), order_by=("account__name_order", "name_order"))
    rights = tables.Column(verbose_name=_("Additional rights"), empty_values=(), orderable=False)
    users = tables.Column(verbose_name=_("Users"), empty_values=(), orderable=False)
    history_days = tables.Column(verbose_name=_("History"), order_by=("history_days", "id"))
    created_at = TimeColumn(verbose_name=_("Created"), order_by=("created_at", "id"))

    def render_rights(self, record: Role) -> str:
        return str(len(record.rights))

    def render_users(self, record: Role) -> str:
        return str(self.user_counts.get(record.pk, 0))

    def render_history_days(self, value: int) -> str:
        return _now("%(days)s days") % {"days": value}
