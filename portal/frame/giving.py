"""The pages that give a thing to another owner, with who gains and who loses by it."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import Model
from django.http import HttpResponse
from django.utils.translation import gettext as _

from accesscontrol.accounts.models import Account, User
from accesscontrol.services.previews.people import People
from portal.addresses import address
from portal.frame.forms.owners import OwnerForm
from portal.frame.previews import preview_page
from portal.frame.screens import WRITE, Route, Screen
from portal.frame.shown.pages import FormPage


class GivingScreen(Screen):
    """Gives a thing to a developer of its account, or back to the account. Subclasses say which act it is."""

    routes: ClassVar[tuple[Route, ...]] = (
        Route("give", "<str:key>/give/", "delete", WRITE),
        Route("give_preview", "<str:key>/give/preview/", "delete", WRITE),
    )

    def give(self, heir: User | Account) -> Model:
        """The act."""
        raise NotImplementedError

    def tried(self, heir: User | Account) -> People | None:
        """What the act would do; it is tried and undone."""
        raise NotImplementedError

    def give_form(self) -> OwnerForm:
        self.require_whole()
        return OwnerForm(self.request.POST or None, look=self.look, thing=self.thing)

    def give_words(self) -> FormPage:
        return {"submit_label": _("Give it"), "preview_url": self.to("give_preview")}

    def give_title(self) -> str:
        return _("Give %(name)s to another owner") % {"name": self.thing.name}

    def give_page(self) -> HttpResponse:
        form = self.give_form()
        return self.form_page(form, lambda values: self.give(form.heir(values)), self.give_words(),
                              title=self.give_title(), done=_("Given."), to=self.after)  # fmt: skip

    def give_preview_page(self) -> HttpResponse:
        """Who gains and who loses."""
        form = self.give_form()
        return preview_page(self, form, lambda values: self.tried(form.heir(values)), self.give_words(),
                            title=self.give_title(), form_action=self.to("give"),
                            cancel_url=address(self.thing))  # fmt: skip
