"""The table of users."""

from __future__ import annotations

import django_tables2 as tables
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accesscontrol.accounts.life import PersonState, person_state
from accesscontrol.accounts.models import User
from portal.addresses import address
from portal.frame.forms.switches import switch_fields
from portal.frame.lists.tables import AccountColumn, ListTable, MenuColumn, TimeColumn
from portal.frame.lists.ticking import TickColumn
from portal.frame.shown.parts import Action, State
from portal.pages.users.inviting import is_invited, waits


class UserTable(ListTable):
    """Users: who they are, what they may, whether they have joined and when they were here, and their switch.

    own: the id of whoever looks at it, who does not switch themselves off. back: the state of the list, to return to.
    """

    selection = TickColumn()
    username = tables.Column(verbose_name=_("User"), order_by=("name_order", "id"))
    email = tables.Column(
        verbose_name=_("E-mail"),
        empty_values=(),
        order_by=("email_folded", "id"),
        attrs={"td": {"class": "people-mail"}},
    )
    authority = tables.Column(verbose_name=_("Authority"), order_by=("authority", "name_order"))
    role = tables.Column(verbose_name=_("Role"), order_by=("seen_role", "name_order"))
    account = AccountColumn(verbose_name=_("Account"), order_by=("account__name_order", "name_order"))
    factor = tables.Column(verbose_name=_("2nd factor"), empty_values=(), orderable=False)
    last_seen_at = TimeColumn(verbose_name=_("Last seen"), order_by=("last_seen_at", "id"))
    date_joined = TimeColumn(verbose_name=_("Registered"), order_by=("date_joined", "id"))
    active = tables.Column(verbose_name=_("Active"), accessor="is_active", orderable=False)
    menu = MenuColumn()

    class Meta(ListTable.Meta):
        sequence = ("selection", "...")

    def render_username(self, record: User) -> str:
        return render_to_string("users/who.html", {"user": record, "url": address(record), "state": user_badge(record)})

    def render_email(self, record: User) -> str:
        shown = {"email": record.email.partition("@"), "verified": record.verified, "invited": is_invited(record)}
        return render_to_string("users/email.html", shown)

    def render_authority(self, record: User) -> str:
        return _now(record.get_authority_display())

    def render_role(self, record: User) -> str:
        return str(record.role) if record.role_id in self.seen_roles else "—"

    def render_factor(self, record: User) -> str:
        return render_to_string("users/factor.html", {"has": record.pk in self.factors})

    def render_active(self, record: User) -> str:
        may = "user:change" in self.marks.get(record.pk, ()) and record.pk != self.own
        shown = {"user": record, "url": self.to(record, "switch"), "may": may, "csrf_token": get_token(self.request),
                 "hidden": switch_fields(record, "enabled", wished=True)}  # fmt: skip
        return render_to_string("users/switch.html", shown)

    def to(self, record: User, route: str) -> str:
        """A page about a person that comes back to this list as it is."""
        url = address(record, route)
        return f"{url}?{self.back}" if self.back else url

    def menu_of(self, record: User) -> list[Action]:
        """What the caller may do with this person, beside the switch."""
        marks = self.marks.get(record.pk, ())
        wanted = (
            ("change", "user:change", _("Change"), "edit", False),
            ("assign", "user.assignments:change", _("Assign items"), "plus", False),
            ("invite", "user:change", _("Send an invitation"), "mail", True),
            ("compromised", "user:change", _("Compromised"), "alert", True),
            ("delete", "user:delete", _("Remove"), "trash", True),
        )
        return [
            {"label": label, "url": address(record, route), "icon": icon, "dialog": dialog,
             "style": "danger" if route == "delete" else ""}
            for route, needed, label, icon, dialog in wanted
            if needed in marks and self.fits(record, route)
        ]  # fmt: skip

    @staticmethod
    def fits(record: User, route: str) -> bool:
        """Whether it makes sense with this person."""
        if route == "assign":
            return record.authority == User.Authority.USER
        return route != "invite" or bool(record.email and record.is_active and waits(record))


_STATES = {
    PersonState.ALIVE: (_("Enabled"), "success"),
    PersonState.DISABLED: (_("Disabled"), "danger"),
    PersonState.UNVERIFIED: (_("Not verified"), "warning"),
    PersonState.ENDED: (_("Ended"), "danger"),
}


def user_badge(user: User) -> State:
    """Whether a user can sign in, as far as it stands in the user itself, in words."""
    state = person_state(user, timezone.now())
    label, tone = (_("Invited"), "info") if state is PersonState.UNVERIFIED and is_invited(user) else _STATES[state]
    return {"label": str(label), "tone": tone}
