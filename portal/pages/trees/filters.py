"""Search and filters of the list of top-level accounts."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.frame.lists.filters import ChoiceFilter, ListFilters


class TreeFilters(ListFilters):
    """Top-level accounts by state."""

    blocked = ChoiceFilter([("False", _("Open")), ("True", _("Blocked"))], label=_("State"))
