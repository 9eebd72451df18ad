"""Search and filters of the list of users."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accesscontrol import catalogue
from portal.frame.filters import ChoiceFilter, ListFilters, ThingFilter


class UserFilters(ListFilters):
    """Users by account, authority, role and switch."""

    account = ThingFilter("account:view", label=_("Account"))
    authority = ChoiceFilter(catalogue.AUTHORITIES.items(), label=_("Authority"))
    role = ThingFilter("role:view", label=_("Role"))
    enabled = ChoiceFilter([("True", _("Enabled")), ("False", _("Disabled"))], field_name="is_active", label=_("State"))
