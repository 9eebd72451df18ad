"""The screens of the platform operator: all top-level accounts, entering the tree of one, and leaving it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accesscontrol.access.look import Look
from accesscontrol.accounts.models import Account
from accesscontrol.services.accounts import entries as services
from portal.actors import look_of
from portal.addresses import address
from portal.declared import OPERATOR, marked
from portal.frame.lists.listing import Listing
from portal.frame.screens import WRITE, Route, Screen, screens_at
from portal.frame.shown.pages import FormPage, ListPage
from portal.frame.shown.parts import Link
from portal.pages.trees.filters import TreeFilters
from portal.pages.trees.forms import EnterForm
from portal.pages.trees.tables import TreeTable
from portal.requests import SignedInRequest


class EnterPage(FormPage, total=False):
    """trees/enter.html. entered: the name of the account; inside_until: where one is inside already."""

    entered: str
    inside_until: datetime | None


class TreeListing(Listing):
    """The list of top-level accounts."""

    table = TreeTable
    filters = TreeFilters

    def decorate(self, table: TreeTable, rows: list[Account]) -> None:
        licences = self.look.visible("subscription:view").filter(account__in=rows)
        table.licences = dict(licences.values_list("account", "plan"))
        table.inside_until = {entry.account_id: entry.expires_at for entry in services.entries_of(self.actor)}

    def creation(self) -> ListPage:
        return {"may_create": reverse("account_create"), "create_label": _("Open a top-level account")}


class TreeScreen(Screen):
    """The operator acts here in person, whatever account the session acts as elsewhere; for others nothing is here."""

    kind = "account"
    joined = ()
    listing = TreeListing
    routes = (
        Route("trees", "", "view"),
        Route("enter", "<str:key>/enter/", "view", WRITE),
        Route("leave", "<str:key>/leave/", "view", ("POST",)),
    )

    def __init__(self, request: SignedInRequest, *rest: Any):
        super().__init__(request, *rest)
        self.actor = request.actor.itself()

    @classmethod
    def view(cls, kind: str, route: Route) -> Callable[..., HttpResponse]:
        return marked(super().view(kind, route), OPERATOR)

    @property
    def look(self) -> Look:
        return look_of(self.request, self.actor)

    def respond(self, key: str | None = None, **parts: str) -> HttpResponse:
        if not self.look.is_operator:
            raise Http404
        return super().respond(key=key, **parts)

    def rows(self) -> Any:
        return super().rows().filter(parent=None)

    def trees_page(self) -> HttpResponse:
        intro = _(
            "Of each account you see its name, state and licence. Enter one to see and change what is in it: for an "
            "hour, with a reason that its people read in their events."
        )
        page: ListPage = {**self.listing(self).context(), "intro": intro}
        return self.show("generic/list.html", page, title=_("Top-level accounts"))

    def crumbs(self, *more: tuple[str, str]) -> list[Link]:
        found: list[Link] = [{"label": _("Top-level accounts"), "url": reverse("account_trees")}]
        return found + [Link(label=label, url=url) for label, url in more]

    def enter_page(self) -> HttpResponse:
        account = self.thing
        inside = next((one for one in services.entries_of(self.actor) if one.account_id == account.pk), None)
        page: EnterPage = {"inside_until": inside.expires_at if inside else None, "entered": account.name}
        return self.form_page(
            EnterForm(self.request.POST or None),
            lambda values: services.enter_tree(self.actor, account, **values),
            page,
            title=_("Enter %(name)s") % {"name": account.name}, template="trees/enter.html", about=None,
            done=_("You are inside %(name)s now.") % {"name": account.name}, to=lambda _entry: address(account),
            submit_label=_("Enter for an hour"), cancel_url=reverse("account_trees"),
        )  # fmt: skip

    def leave_page(self) -> HttpResponse:
        account = self.thing
        done = _("You have left %(name)s.") % {"name": account.name}
        return self.attempt(lambda: services.leave_tree(self.actor, account), reverse("account_trees"), done)


urlpatterns = [screens_at("trees/", TreeScreen)]
