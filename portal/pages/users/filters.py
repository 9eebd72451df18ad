"""Search and filters of the list of users."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accesscontrol import catalogue
from accesscontrol.joining.life import JoinState, join_rows
from accesscontrol.services.people import standing
from portal.actors import look_of
from portal.frame.lists.filters import ChoiceFilter, ListFilters, ThingFilter


class UserFilters(ListFilters):
    """Users by account, authority, role and switch, and those that one should look at."""

    account = ThingFilter("account:view", label=_("Account"))
    authority = ChoiceFilter(catalogue.AUTHORITIES.items(), label=_("Authority"))
    role = ThingFilter("role:view", label=_("Role"))
    enabled = ChoiceFilter([("True", _("Enabled")), ("False", _("Disabled"))], field_name="is_active", label=_("State"))
    joined = ChoiceFilter(
        [("invited", _("is invited")), ("waiting", _("waits, with no open invitation"))],
        rows_of="joining", label=_("Has not joined"),
    )  # fmt: skip
    factor = ChoiceFilter([("none", _("none"))], rows_of="by_password_alone", label=_("Second factor"))
    seen = ChoiceFilter([("never", _("never")), ("long_ago", _("not for 90 days"))], rows_of="unseen", label=_("Seen"))
    ends = ChoiceFilter([("soon", _("within 7 days"))], rows_of="ending", label=_("Ends"))

    def joining(self, value: str) -> Q:
        """Those who are still to join, by whether a link of theirs is open."""
        return join_rows(JoinState(value), look_of(self.request).moment)

    def by_password_alone(self, _value: str) -> Q:
        """Those without a second factor."""
        return standing.without_second_factor()

    def unseen(self, value: str) -> Q:
        """Never signed in; or not here for long."""
        return standing.never_seen() if value == "never" else standing.not_seen_for_long(look_of(self.request).moment)

    def ending(self, _value: str) -> Q:
        """Those whose access ends within a week."""
        return standing.ending_soon(look_of(self.request).moment)
