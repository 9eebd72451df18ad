"""Removing a user: what goes, and who gets what a developer owns."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpResponse
from django.utils.translation import gettext as _

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.services.items import assignments
from accesscontrol.services.owning import leaving
from accesscontrol.services.owning.previews import preview_owning
from accesscontrol.services.people.compromised import declare_compromised
from accesscontrol.services.people.owned import owned_by, owns_anything, seen_of
from accesscontrol.services.previews.people import People
from portal.addresses import address, list_address
from portal.frame.forms.owners import DELETE as IT_GOES
from portal.frame.noun_pages import NounPage
from portal.frame.previews import preview_page
from portal.frame.screens import DELETE, WRITE, Route
from portal.frame.shown.pages import FormPage
from portal.frame.shown.parts import Consequence
from portal.open_shapes import Cleaned
from portal.pages.users.forms import EraseForm, RemovalForm
from portal.pages.users.goes import ASSIGNED, ITEMS, MEMBER, PROJECTS, REPORTS, TOKENS, TOKENS_END, Part, counted


class RemovalPage(FormPage):
    """users/remove.html: what the user owns, and what goes with them."""

    owned: Sequence[Consequence]
    consequences: Sequence[Consequence]


class UserLeavingScreen(NounPage):
    """The dialog of removal. Who owns something is removed on a page that asks who gets it."""

    kind = "user"
    lookup = "username"
    joined = ("account", "role")
    routes = (
        DELETE,
        Route("delete_preview", "<str:key>/delete/preview/", "delete", WRITE),
        Route("compromised", "<str:key>/compromised/", "change", WRITE),
    )

    def compromised_page(self) -> HttpResponse:
        """Ask before everything that somebody has is ended at once."""
        user, named = self.thing, {"name": self.thing}
        tokens = self.look.visible("token:view").filter(user=user)
        return self.confirm_page(
            lambda: declare_compromised(self.actor, [user]), title=_("Is %(name)s compromised?") % named,
            warning=_("Somebody else may know their password or hold their device. All their sessions and links end at "
                      "once, and they choose a new password before anything else."),
            consequences=counted((TOKENS_END, tokens)), confirm_label=_("End everything"), to=address(user),
            done=_("Everything of %(name)s has been ended.") % named,
        )  # fmt: skip

    def delete_page(self) -> HttpResponse:
        user = self.thing
        done = _("%(name)s has been removed.") % {"name": user}
        if owns_anything(user):
            return self.form_page(
                self.removal_form(), self.remove, self.removal_words(), title=self.removal_title(), done=done,
                to=lambda _gone: list_address("user"), template="users/remove.html",
            )  # fmt: skip
        return self.delete_confirmed(
            lambda: leaving.remove_user(self.actor, user, erase=bool(self.request.POST.get("erase"))),
            title=self.removal_title(),
            warning=_("The user goes with their own tokens, assignments and reports."), consequences=self.goes(),
            confirm_label=_("Remove"), form=EraseForm(self.request.POST or None), to=list_address("user"), done=done,
        )  # fmt: skip

    def delete_preview_page(self) -> HttpResponse:
        """Who gains and who loses; the act is tried and undone."""
        form = self.removal_form()
        form.fields.pop("typed_name")
        return preview_page(
            self, form, self.tried, self.removal_words(), title=self.removal_title(), template="users/remove.html",
            form_action=self.to("delete"), cancel_url=address(self.thing),
        )  # fmt: skip

    def removal_form(self) -> RemovalForm:
        return RemovalForm(self.request.POST or None, look=self.look, user=self.thing)

    def removal_title(self) -> str:
        return _("Remove %(name)s?") % {"name": self.thing}

    def removal_words(self) -> RemovalPage:
        return {"submit_label": _("Remove"), "submit_style": "danger",
                "preview_url": self.to("delete_preview"), "consequences": self.goes(),
                "owned": counted(*self.owned())}  # fmt: skip

    def remove(self, values: Cleaned) -> None:
        heir = values["hand_items_to"]
        if heir == IT_GOES:
            leaving.remove_user(self.actor, self.thing, delete_items=True, erase=values["erase"])
        else:
            leaving.remove_user(self.actor, self.thing, heir, erase=values["erase"])

    def tried(self, values: Cleaned) -> People | None:
        user, items = self.thing, owned_by(self.thing).items
        return preview_owning(self.actor, user.account, lambda: self.remove(values), items)

    # --- What goes

    def owned(self) -> tuple[Part, ...]:
        """What a developer owns, as far as the caller may view it."""
        items, projects = seen_of(self.look, self.thing)
        return (ITEMS, items.order_by("name_order", "pk")), (PROJECTS, projects.order_by("name_order", "pk"))

    def goes(self) -> list[Consequence]:
        """What goes with the user in any case, as far as the caller may view it."""
        user, see = self.thing, self.look.visible
        made = see(engine.ANY_ITEM_VIEW).filter(kind__in=catalogue.REACHED[catalogue.MADE], made_by=user)
        return counted(
            (TOKENS, see("token:view").filter(user=user)),
            (REPORTS, made),
            (ASSIGNED, see(engine.ANY_ITEM_VIEW).filter(pk__in=assignments.items_of(user))),
            (MEMBER, see("project:view").filter(members__user=user)),
        )
