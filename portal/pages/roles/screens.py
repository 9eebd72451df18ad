"""The screens of roles."""

from __future__ import annotations

from django.db.models import Count
from django.http import HttpResponse
from django.utils.translation import gettext as _

from accesscontrol import catalogue
from accesscontrol.accounts.models import Account
from accesscontrol.roles.models import Role
from accesscontrol.services.people import roles as services
from portal.addresses import list_address
from portal.frame.counting import goes
from portal.frame.lists.listing import Listing
from portal.frame.newcomers import seen_at_once
from portal.frame.noun_pages import NounPage
from portal.frame.screens import screens_at
from portal.frame.shown.parts import Fact, Part
from portal.pages.roles.filters import RoleFilters
from portal.pages.roles.forms import RoleForm
from portal.pages.roles.tables import RoleTable


class RoleListing(Listing):
    """The list of roles, with how many of their users the caller may view."""

    table = RoleTable
    filters = RoleFilters

    def decorate(self, table: RoleTable, rows: list[Role]) -> None:
        super().decorate(table, rows)
        users = self.look.visible("user:view").filter(role__in=[row.pk for row in rows]).order_by()
        table.user_counts = dict(users.values_list("role").annotate(Count("pk"))) if rows else {}


class RoleScreen(NounPage):
    """Roles."""

    kind = "role"
    listing = RoleListing

    def create_page(self) -> HttpResponse:
        accounts = self.creation_accounts()
        start = self.start_account(accounts)
        form = RoleForm(
            self.request.POST or None, initial={"account": start}, accounts=accounts, basics=self.basics(start)
        )
        return self.form_page(form, lambda values: services.create_role(self.actor, values.pop("account"), **values),
                              title=_("Add a role"), done=_("The role has been added."),
                              submit_label=_("Add the role"))  # fmt: skip

    def basics(self, account: Account | None) -> str:
        """What everybody has who is let in, whatever their role says besides."""
        if account is None:
            return ""
        said = _("Who has these alone in %(account)s %(sees)s.")
        return said % {"account": account.name, "sees": seen_at_once(self.look, account)}

    def detail_page(self) -> HttpResponse:
        role = self.thing
        rows: list[Fact] = [
            {"label": _("Account"), "value": role.account.name},
            {"label": _("Available object history"), "value": self.depth(role.history_days)},
            {"label": _("Key"), "value": role.key, "copyable": True},
            {"label": _("Created"), "time": role.created_at},
        ]
        users = self.related("user:view", role=role).select_related("account").order_by("name_order", "id")
        return self.thing_page(
            rows, self.rights(), self.things(_("Users with this role"), users, _("Nobody that you may see has it.")),
            actions=self.buttons(("change", "change", _("Change"), "edit")),
            more_actions=self.deletion(_("Delete the role")),
        )  # fmt: skip

    @staticmethod
    def depth(days: int | None) -> str:
        return _("as the account") if days is None else _("%(days)s days") % {"days": days}

    def rights(self) -> Part:
        """The three tiers in words."""
        additional = [right.label for right in catalogue.ADDITIONAL_RIGHTS if right.code in self.thing.rights]
        rows: list[Fact] = [
            {"label": _("Additional rights"), "value": ", ".join(_(label) for label in additional) or _("none")},
            {
                "label": _("Basic rights, always on"),
                "value": ", ".join(_(right.label) for right in catalogue.BASIC_RIGHTS),
            },
            {
                "label": _("Owner rights, never given"),
                "value": ", ".join(_(right.label) for right in catalogue.OWNER_RIGHTS),
            },
        ]
        return {"title": _("Rights"), "template": "portal/pairs.html", "rows": rows}

    def change_page(self) -> HttpResponse:
        role = self.thing
        initial = {"name": role.name, "rights": role.rights, "history_days": role.history_days}
        form = RoleForm(self.request.POST or None, initial=initial, basics=self.basics(role.account))
        return self.form_page(form, lambda values: services.change_role(self.actor, role, **values),
                              title=_("Change %(name)s") % {"name": role}, done=_("Saved."))  # fmt: skip

    def delete_page(self) -> HttpResponse:
        role = self.thing
        users = self.related("user:view", role=role).order_by("name_order", "pk")
        return self.delete_confirmed(
            lambda: services.delete_role(self.actor, role),
            title=_("Delete the role %(name)s?") % {"name": role},
            warning=_("Its users keep the basic rights only."),
            consequences=goes(_("users lose its rights"), users),
            to=list_address("role"), done=_("%(name)s has been deleted.") % {"name": role},
        )  # fmt: skip


urlpatterns = [screens_at("roles/", RoleScreen)]
