"""What is done with the ticked people of the list, or with all that it found, after they have been listed once more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accesscontrol.accounts.models import User
from accesscontrol.services.frame.errors import Conflict
from accesscontrol.services.frame.shown import CHANGED, state_of
from accesscontrol.services.jobs.jobs import start_job
from accesscontrol.services.jobs.kinds import USERS_MANY, deed_parameters
from accesscontrol.services.joining.many import INVITE, NEEDED, ROLE, Deed, do_with_users
from accesscontrol.services.owning.previews import preview_people
from portal.addresses import list_address
from portal.frame.jobs import go_to_job
from portal.frame.noun_pages import NounPage
from portal.frame.previews import tried
from portal.frame.screens import WRITE, Route
from portal.frame.shown.pages import ConfirmPage, ListPage
from portal.frame.shown.parts import AccessPreview, Action, Consequence
from portal.pages.users.deeds import FORMS, DeedForm, Said, said
from portal.pages.users.goes import loss
from portal.pages.users.inviting import waits
from portal.pages.users.list import UserListing

#: So many people at once, so many while somebody waits, and of so many it is said who gains and who loses.
MOST, AT_ONCE, LOOKED_AT = 10_000, 1000, 200
NAMED = 12


class TickedPage(ConfirmPage, total=False):
    """users/ticked.html. found_besides: how many people the list found, where these are only some."""

    preview_url: str
    found_besides: int
    action: str


class UserTickedScreen(NounPage):
    """Users, many at once."""

    kind = "user"
    joined = ("account", "role", "invitation")
    routes: ClassVar[tuple[Route, ...]] = (
        Route("ticked", "~ticked/", "view", WRITE),
        Route("ticked_preview", "~ticked/preview/", "view", WRITE),
    )

    def ticked_page(self) -> HttpResponse:
        """List whom it is about; do it when that has been confirmed."""
        what = self.request.POST.get("action", "")
        listed = self.listed()
        chosen = self.chosen(what, listed)
        if not chosen:
            return self.nothing_ticked(len(listed))
        words = said(what, len(chosen))
        form = self.form(what, chosen)
        if not self.request.POST.get("confirmed") or not form.is_valid():
            return self.ask(words, form, chosen, len(listed) - len(chosen))
        if self.request.POST.get("seen") != state_of(chosen):
            form.add_error(None, str(CHANGED()))
            return self.ask(words, form, chosen, len(listed) - len(chosen))
        deed = replace(form.deed(), seen=state_of(chosen))
        if len(chosen) > AT_ONCE:
            return self.hand_over(deed, chosen)
        return self.attempt(lambda: do_with_users(self.actor, chosen, deed), self.back(), words.done)

    def hand_over(self, deed: Deed, chosen: Sequence[User]) -> HttpResponse:
        """Too many to wait for: a job does it."""
        try:
            job = start_job(self.actor, USERS_MANY, None, deed_parameters(chosen, deed), total=len(chosen))
        except Conflict as error:
            messages.error(self.request, str(error))
            return redirect(self.back())
        return go_to_job(self.request, job)

    def ticked_preview_page(self) -> HttpResponse:
        """Who gains and who loses by what the form says; tried and undone."""
        what = self.request.POST.get("action", "")
        chosen = self.chosen(what, self.listed())
        if not chosen:
            return self.nothing_ticked(0)
        form = self.form(what, chosen)
        found = self.preview(chosen, form.deed()) if form.is_valid() else None
        if self.request.htmx:
            return self.show("components/preview.html", TickedPage(preview=found))
        return self.ask(said(what, len(chosen)), form, chosen, 0, preview=found)

    # --- Whom it is about

    def listed(self) -> list[User]:
        """The people who are ticked; or all that the list found, where that was asked for."""
        sent = self.request.POST
        if sent.get("all"):
            return list(UserListing(self).found()[:MOST])
        names = [name for name in sent.getlist("selection")[:MOST] if "\x00" not in name]
        rows = self.rows().filter(username_folded__in=names).order_by("name_order", "id")
        return list(rows) if names else []

    def chosen(self, what: str, listed: Sequence[User]) -> list[User]:
        """Those of them with whom the caller may do this; never themselves, and roles are for users only."""
        if what not in NEEDED or not listed:
            return []
        marks = self.look.mark(listed, [NEEDED[what]])
        others = [row for row in listed if marks[row.pk] and row.pk != self.request.user.pk]
        return [row for row in others if self.fits(what, row)]

    @staticmethod
    def fits(what: str, row: User) -> bool:
        """Whether it makes sense with this person."""
        if what == INVITE:
            return bool(row.email and row.is_active and waits(row))
        return what != ROLE or row.authority == User.Authority.USER

    def found_besides(self, shown: int) -> int:
        """How many people the list found, where these are more than are shown here."""
        if self.request.POST.get("all"):
            return 0
        rows: QuerySet = UserListing(self).found()
        count = min(rows.order_by().count(), MOST)
        return count if count > shown else 0

    # --- Asking

    def form(self, what: str, chosen: Sequence[User]) -> DeedForm:
        data = self.request.POST.copy() if self.request.POST.get("confirmed") or self.route.name != "ticked" else None
        if data is not None:
            data["seen"] = state_of(chosen)  # as they are shown by this answer
        whole = bool(self.request.POST.get("all"))
        names = [] if whole else [row.username for row in chosen]
        initial = {"action": what, "selection": names, "all": "1" if whole else "", "seen": state_of(chosen)}
        return FORMS.get(what, DeedForm)(data, initial=initial, look=self.look, chosen=chosen)

    def ask(
        self, words: Said, form: DeedForm, chosen: Sequence[User], left_out: int, preview: AccessPreview | None = None
    ) -> HttpResponse:
        """What it is about, in numbers and names, and what it would do to access."""
        warning = words.warning
        if left_out:
            warning = f"{warning} {_('Those with whom you may not do this are left out, and you yourself.')}"
        if preview is None and not form.asks_first:
            preview = self.preview(chosen, form.deed_unsaid())
        page: TickedPage = {
            "warning": warning, "form": form, "consequences": [self.who(words, chosen), *form.goes()],
            "preview": preview, "preview_url": self.preview_url() if form.asks_first else "",
            "confirm_label": words.label, "confirm_style": words.style, "cancel_url": self.back(),
            "typed_name": form.phrase, "found_besides": self.found_besides(len(chosen) + left_out),
            "action": self.request.POST.get("action", ""),
        }  # fmt: skip
        return self.show("users/ticked.html", page, title=words.title, crumbs=self.crumbs((words.title, "")))

    def who(self, words: Said, chosen: Sequence[User]) -> Consequence:
        return loss(words.people, [f"{row} ({row.account})" for row in chosen[:NAMED]], len(chosen))

    def preview(self, chosen: Sequence[User], deed: Deed | None) -> AccessPreview | None:
        """Who gains and who loses, for as many as can be looked at while somebody waits."""
        if deed is None or len(chosen) > LOOKED_AT:
            return None
        accounts = {row.account_id: row.account for row in chosen if row.account is not None}
        act = lambda: do_with_users(self.actor, chosen, deed)  # noqa: E731
        return tried(lambda: preview_people(self.actor, list(accounts.values()), act))

    def preview_url(self) -> str:
        return f"{reverse('user_ticked_preview')}?{self.request.GET.urlencode()}"

    def back(self) -> str:
        """The list as it was."""
        query = self.request.GET.urlencode()
        return f"{list_address('user')}?{query}" if query else list_address("user")

    def nothing_ticked(self, ticked: int) -> HttpResponse:
        """What to do when there is nothing to be done."""
        text = _("Tick people in the list, then choose what to do with them.")
        if ticked:
            text = _("You may do this with none of the ticked people. Tick others, or ask an administrator.")
        back: Action = {"label": _("Back to the users"), "url": self.back(), "icon": "back"}
        page: ListPage = {"empty": {"icon": "user", "title": _("Nothing to do"), "text": text, "action": back}}
        return self.show("generic/nothing_ticked.html", page, title=_("Ticked people"), crumbs=self.crumbs())
