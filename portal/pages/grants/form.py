"""The forms of grants: give one, change one, make it last longer; each with a preview of who gains and who loses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accesscontrol.grants.models import Grant
from accesscontrol.services.grants import grants as services
from accesscontrol.services.grants.previews import previews
from portal.addresses import address, list_address
from portal.frame.forms.fields import ActForm
from portal.frame.forms.revising import Revising
from portal.frame.forms.switches import exactly
from portal.frame.noun_pages import NounPage
from portal.frame.screens import CHANGE, CREATE, WRITE, Route
from portal.frame.shown.pages import FormPage
from portal.frame.shown.parts import Link
from portal.open_shapes import Cleaned
from portal.pages.grants.act_forms import ExtendForm
from portal.pages.grants.forms import COMMANDED, GrantChangeForm, GrantForm
from portal.pages.grants.previews import attempted
from portal.pages.grants.words import title

#: What the buttons of “Extend” add, in days.
EXTENSIONS = (7, 30)
#: Fields of the request that are no fields of the form.
NOT_KEPT = ("csrfmiddlewaretoken", "confirmed", "back")


class GrantFormPage(FormPage, total=False):
    """grants/form.html, and grants/confirm.html, which keeps what was entered. commanded: kinds that take commands."""

    form_url: str
    commanded: str
    kept: Sequence[tuple[str, str]]
    asked: str
    times: Cleaned


class ExtendPage(FormPage):
    """grants/extend.html. extensions: days that buttons add to the end."""

    grant: Grant
    extensions: Sequence[int]


class GrantFormScreen(NounPage):
    """Giving and changing. A form that is sent is shown once more as a preview; only its confirmation acts."""

    kind = "grant"
    routes = (
        CREATE,
        Route("preview", "~preview/", "create", WRITE),
        CHANGE,
        Route("change_preview", "<str:key>/change/preview/", "change", WRITE),
        Route("extend", "<str:key>/extend/", "change", WRITE),
    )

    def crumbs(self, *more: tuple[str, str]) -> list[Link]:
        """Where am I; a grant is called by what it covers, as on its own page."""
        found = super().crumbs(*more)
        if self.thing is not None:
            found[1]["label"] = title(self.thing)
        return found

    # --- Giving

    def new_form(self) -> GrantForm:
        accounts = self.creation_accounts()
        start = self.start_account(accounts)
        return GrantForm(self.request.POST or None, initial={"account": start}, look=self.look, accounts=accounts)

    def create_page(self) -> HttpResponse:
        return self.two_steps(
            self.new_form(), self.previewed_new, lambda form: services.create_grant(self.actor, **form.values()),
            {"submit_label": _("Grant access"), "preview_url": reverse("grant_preview"),
             "form_url": reverse("grant_create")},
            title=_("Grant access"), done=_("The access has been granted."),
        )  # fmt: skip

    def previewed_new(self, form: GrantForm) -> previews.Preview:
        return previews.preview_create(self.actor, **form.values())

    def preview_page(self) -> HttpResponse:
        """The preview alone for htmx; else the form with it."""
        return self.preview_of(self.new_form(), self.previewed_new, self.create_page)

    # --- Changing

    def change_form(self) -> GrantChangeForm:
        return GrantChangeForm(self.request.POST or None, grant=self.thing)

    def change_page(self) -> HttpResponse:
        return self.two_steps(
            self.change_form(), self.previewed_change,
            lambda form: services.change_grant(self.actor, self.thing, **form.values()),
            {"preview_url": self.to("change_preview"), "form_url": self.to("change"), "subtitle": title(self.thing)},
            title=_("Change the grant"), done=_("Saved."),
        )  # fmt: skip

    def previewed_change(self, form: GrantChangeForm) -> previews.Preview:
        return previews.preview_change(self.actor, self.thing, **form.values())

    def change_preview_page(self) -> HttpResponse:
        return self.preview_of(self.change_form(), self.previewed_change, self.change_page)

    # --- The two steps

    def two_steps(
        self, form: ActForm, preview: Callable[[Any], previews.Preview], act: Callable[[Any], Grant],
        page: GrantFormPage, *, title: str, done: str,
    ) -> HttpResponse:  # fmt: skip
        """Form → confirmation with the preview → act. What changes nobody's access now needs no confirmation, unless
        it is a new grant."""
        sent, revising = self.request.POST, Revising(form, self.thing, self.sent)
        if self.sent is None or not (revising.take_up() and form.is_valid()):
            return self.form_shown(revising, page, title)
        self.actor = revising.actor(self.actor)
        with revising.telling():
            tried = preview(form)
            confirmed = sent.get("confirmed") or (self.thing is not None and tried.changes_nothing)
            if confirmed:
                return self.go(self.after(act(form)), done)
        if form.errors or sent.get("back") or self.only_preview():
            page["preview"] = None if form.errors else attempted(lambda: tried, waits=True)
            return self.form_shown(revising, page, title)
        page["preview"], page["times"] = attempted(lambda: tried, waits=True), form.cleaned_data
        return self.confirmation(page, title)

    def only_preview(self) -> bool:
        """Whether the preview was asked for, without a script."""
        return self.route.name in ("preview", "change_preview")

    def form_shown(self, revising: Revising, page: GrantFormPage, title: str) -> HttpResponse:
        revising.carry()
        page["form"], page["commanded"] = revising.form, " ".join(COMMANDED)
        page["cancel_url"] = address(self.thing) if self.thing is not None else list_address("grant")
        return self.show("grants/form.html", page, title=title, crumbs=self.crumbs((title, "")))

    def confirmation(self, page: GrantFormPage, title: str) -> HttpResponse:
        """The preview once more, with all that was entered kept behind it."""
        sent = self.request.POST.lists()
        page["kept"] = [(name, value) for name, values in sent if name not in NOT_KEPT for value in values]
        page["asked"] = _("Grant this access?") if self.thing is None else _("Change the access like this?")
        return self.show("grants/confirm.html", page, title=title, crumbs=self.crumbs((title, "")))

    def preview_of(
        self, form: ActForm, preview: Callable[[Any], previews.Preview], whole: Callable[[], HttpResponse]
    ) -> HttpResponse:
        """The fragment beside the form; a half-filled form is no error yet."""
        if not self.request.htmx:
            return whole()
        page: GrantFormPage = {}
        revising = Revising(form, self.thing, self.sent)
        if revising.take_up() and form.is_valid():
            self.actor = revising.actor(self.actor)
            page["preview"] = attempted(lambda: preview(form), waits=True)
        else:
            named = ", ".join(str(field.label) for name, field in form.fields.items() if name in form.errors)
            page["preview"] = {
                "missing": _("The preview appears once you have filled in: %(names)s.") % {"names": named}
            }
        return self.show("components/preview.html", page)

    # --- Extending

    def extend_page(self) -> HttpResponse:
        """Another end: +7 or +30 days by a button, or a date."""
        grant, data = self.thing, self.request.POST or None
        if data is not None and "days" in data:
            self.actor = exactly(self.actor, grant, data)
            return self.extend_by(data["days"])
        form = ExtendForm(data, initial={"expires_at": grant.expires_at})
        page: ExtendPage = {"grant": grant, "extensions": EXTENSIONS}
        return self.form_page(
            form, lambda values: services.extend_grant(self.actor, grant, values["expires_at"]), page,
            title=_("Extend the grant"), done=_("The grant has a new end."), submit_label=_("Set this end"),
            template="grants/extend.html", subtitle=title(grant),
        )  # fmt: skip

    def extend_by(self, days: str) -> HttpResponse:
        if days not in map(str, EXTENSIONS):
            raise Http404
        now = timezone.now()
        if self.thing.expires_at is None:
            return self.attempt(lambda: None, address(self.thing), _("It has no end; nothing needs to be extended."))
        end = max(self.thing.expires_at, now) + timedelta(days=int(days))
        done = _("The grant ends %(days)s days later.") % {"days": days}
        return self.attempt(lambda: services.extend_grant(self.actor, self.thing, end), address(self.thing), done)
