"""History depth in words, as the pages of things show it."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def days_back(days: int | None, none: str) -> str:
    """“the last 30 days”. none: what is said where there is no figure."""
    if days is None:
        return none
    if days == 0:
        return _("nothing of the past")
    return ngettext("the last %(days)s day", "the last %(days)s days", days) % {"days": days}
