"""The table of projects."""

from __future__ import annotations

import django_tables2 as tables
from django.utils.translation import gettext_lazy as _

from accesscontrol.projects.models import Project
from portal.frame.lists.tables import AccountColumn, ListTable, ThingColumn, TimeColumn


class ProjectTable(ListTable):
    """Projects: what they are for, what is in them."""

    name = ThingColumn(verbose_name=_("Project"), note="description", order_by=("name_order", "id"))
    account = AccountColumn(verbose_name=_("Account"), order_by=("account__name_order", "name_order"))
    items = tables.Column(verbose_name=_("Items"), empty_values=(), orderable=False)
    created_at = TimeColumn(verbose_name=_("Created"), order_by=("created_at", "id"))
    changed_at = TimeColumn(verbose_name=_("Modified"), order_by=("changed_at", "id"))

    def render_items(self, record: Project) -> str:
        return str(self.item_counts.get(record.pk, 0))
