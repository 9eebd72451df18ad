"""Search and filters of the list of projects."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.frame.lists.filters import ListFilters, ThingFilter


class ProjectFilters(ListFilters):
    """Projects by account."""

    account = ThingFilter("account:view", label=_("Account"))
