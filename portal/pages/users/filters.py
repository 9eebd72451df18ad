"""Search and filters of the list of users."""

from __future__ import annotations

import django_filters
from django.utils.translation import gettext_lazy as _

from accesscontrol import catalogue
from portal.frame.filters import ListFilters, ThingFilter


class UserFilters(ListFilters):
    """Users by account, authority, role and switch."""

    searched = ("username", "first_name", "last_name", "email")

    account = ThingFilter("account:view", label=_("Account"))
    authority = django_filters.ChoiceFilter(
        choices=list(catalogue.AUTHORITIES.items()), label=_("Authority"), empty_label=_("Any")
    )
    role = ThingFilter("role:view", label=_("Role"))
    enabled = django_filters.ChoiceFilter(
        field_name="is_active",
        choices=[("True", _("Enabled")), ("False", _("Disabled"))],
        label=_("State"),
        empty_label=_("Any"),
    )
