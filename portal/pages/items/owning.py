"""Whose an item is: moving it to another account, giving it to another owner; who does either has all of it."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _

from accesscontrol.accounts.models import Account, User
from accesscontrol.items.models import Item
from accesscontrol.services.owning import giving, moving, previews
from accesscontrol.services.previews.people import People
from portal.addresses import address
from portal.frame.giving import GivingScreen
from portal.frame.previews import people_words, preview_page
from portal.frame.screens import WRITE, Route
from portal.frame.shown.pages import FormPage
from portal.frame.shown.parts import AccessPreview, Thing
from portal.pages.grants.previews import cut_words
from portal.pages.items.forms import ItemMoveForm
from portal.pages.items.page import ItemPage


class ItemOwningScreen(GivingScreen, ItemPage):
    """The pages that say whose an item shall be."""

    routes = (
        Route("move", "<str:key>/move/", "delete", WRITE),
        Route("move_preview", "<str:key>/move/preview/", "delete", WRITE),
        *GivingScreen.routes,
    )

    def move_form(self) -> ItemMoveForm:
        self.require_whole()
        accounts = self.creation_accounts().exclude(pk=self.thing.account_id)
        return ItemMoveForm(self.request.POST or None, accounts=accounts, kind=self.kind_name)

    def move_words(self) -> FormPage:
        return {"submit_label": _("Move"), "preview_url": self.to("move_preview")}

    def move_title(self) -> str:
        return _("Move %(name)s") % {"name": self.thing.name}

    def move_page(self) -> HttpResponse:
        return self.form_page(self.move_form(),
                              lambda values: moving.move_item(self.actor, self.thing, values["account"]),
                              self.move_words(), title=self.move_title(), done=_("Moved."), to=self.after)  # fmt: skip

    def move_preview_page(self) -> HttpResponse:
        """Which accounts and how many of their people gain and lose the item; the act is tried and undone."""
        return preview_page(self, self.move_form(),
                            lambda values: previews.preview_move(self.actor, [self.thing], values["account"]),
                            self.move_words(), title=self.move_title(), words=self.words_of_move,
                            form_action=self.to("move"), cancel_url=address(self.thing))  # fmt: skip

    def words_of_move(self, move: previews.Move) -> AccessPreview:
        named = [*move.gaining, *move.losing]
        seen = {one.pk for one in self.look.visible("account:view").filter(pk__in=[each.pk for each in named])}

        def lines(accounts: tuple[Account, ...]) -> list[Thing]:
            return [{"label": one.name, "url": address(one) if one.pk in seen else "", "icon": "account"}
                    for one in accounts]  # fmt: skip

        found = people_words(move.people) if move.people.changes or not named else AccessPreview()
        found["gains"], found["loses"] = lines(move.gaining), lines(move.losing)
        found["cut"] = cut_words(move.cut, move.more_cut)
        found["more"] = _("Accounts above yours are not named here.") if move.hidden else ""
        return found

    def give(self, heir: User | Account) -> Item:
        return giving.give_item(self.actor, self.thing, heir)

    def tried(self, heir: User | Account) -> People | None:
        item = self.thing
        return previews.preview_owning(self.actor, item.account, lambda: self.give(heir), [item])
