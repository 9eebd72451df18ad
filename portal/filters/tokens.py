"""Search and filters of the list of tokens."""

from __future__ import annotations

import django_filters
from django.utils.translation import gettext_lazy as _

from accesscontrol import catalogue
from portal.filters.base import ListFilters, ThingFilter


class TokenFilters(ListFilters):
    """Tokens by account, user and type."""

    account = ThingFilter("account:view", label=_("Account"))
    user = ThingFilter("user:view", lookup="username", label=_("Acts for"))
    type = django_filters.ChoiceFilter(
        choices=list(catalogue.TOKEN_TYPES.items()), label=_("Access"), empty_label=_("Any")
    )
