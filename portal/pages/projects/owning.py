"""Whose a project is: giving it to a developer of its account, or back to the account."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _

from accesscontrol.accounts.models import Account, User
from accesscontrol.projects.models import Project
from accesscontrol.services.owning import giving
from accesscontrol.services.owning.previews import preview_owning
from accesscontrol.services.previews.people import People
from portal.addresses import address, list_address
from portal.frame.noun_pages import NounPage
from portal.frame.owners import OwnerForm
from portal.frame.previews import preview_page
from portal.frame.screens import WRITE, Route
from portal.frame.shown.pages import FormPage


class ProjectOwningScreen(NounPage):
    """The pages that say whose a project shall be."""

    kind = "project"
    joined = ("account", "owner")
    routes = (
        Route("give", "<str:key>/give/", "delete", WRITE),
        Route("give_preview", "<str:key>/give/preview/", "delete", WRITE),
    )

    def give_form(self) -> OwnerForm:
        self.require_whole()
        return OwnerForm(self.request.POST or None, look=self.look, thing=self.thing)

    def give_words(self) -> FormPage:
        intro = _(
            "In a developer's project only items count that this developer owns; in the account's, all that it has."
        )
        return {"subtitle": intro, "submit_label": _("Give it"), "preview_url": self.to("give_preview")}

    def give_title(self) -> str:
        return _("Give %(name)s to another owner") % {"name": self.thing.name}

    def give_page(self) -> HttpResponse:
        form = self.give_form()
        return self.form_page(form, lambda values: self.give(form.heir(values)), self.give_words(),
                              title=self.give_title(), done=_("Given."), to=self.after)  # fmt: skip

    def after(self, project: Project) -> str:
        """Its page; the list for whoever may view it no longer."""
        seen = self.look.may("project:view", project)
        return address(project) if seen else list_address("project")

    def give_preview_page(self) -> HttpResponse:
        """Who gains and who loses; the act is tried and undone."""
        form = self.give_form()
        return preview_page(self, form, lambda values: self.tried(form.heir(values)), self.give_words(),
                            title=self.give_title(), form_action=self.to("give"),
                            cancel_url=address(self.thing))  # fmt: skip

    def give(self, heir: User | Account) -> Project:
        return giving.give_project(self.actor, self.thing, heir)

    def tried(self, heir: User | Account) -> People | None:
        return preview_owning(self.actor, self.thing.account, lambda: self.give(heir))
