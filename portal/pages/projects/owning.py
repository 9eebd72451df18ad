"""Whose a project is: giving it to a developer of its account, or back to the account."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accesscontrol.accounts.models import Account, User
from accesscontrol.projects.models import Project
from accesscontrol.services.owning import giving
from accesscontrol.services.owning.previews import preview_owning
from accesscontrol.services.previews.people import People
from portal.frame.giving import GivingScreen
from portal.frame.shown.pages import FormPage


class ProjectOwningScreen(GivingScreen):
    """The pages that say whose a project shall be."""

    kind = "project"
    joined = ("account", "owner")

    def give_words(self) -> FormPage:
        intro = _(
            "In a developer's project only items count that this developer owns; in the account's, all that it has."
        )
        return {**super().give_words(), "subtitle": intro}

    def give(self, heir: User | Account) -> Project:
        return giving.give_project(self.actor, self.thing, heir)

    def tried(self, heir: User | Account) -> People | None:
        return preview_owning(self.actor, self.thing.account, lambda: self.give(heir))
