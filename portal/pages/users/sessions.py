"""The sessions of somebody whom one manages."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from accesscontrol.services.signing_in import live_sessions as services
from portal.frame.noun_pages import NounPage
from portal.frame.screens import Route
from portal.frame.session_rows import SessionsPage, session_rows

SESSIONS = Route("sessions", "<str:key>/sessions/", "sessions:view")
END_ALL = Route("sessions_end", "<str:key>/sessions/~all/", "sessions:delete", ("POST",))
END_ONE = Route("session_end", "<str:key>/sessions/<str:public>/end/", "sessions:delete", ("POST",))


class UserSessionsScreen(NounPage):
    """Where somebody is signed in, and ending it."""

    kind = "user"
    joined = ("account",)
    routes = (SESSIONS, END_ALL, END_ONE)

    def sessions_page(self) -> HttpResponse:
        """Every browser in which the person is signed in."""
        may, title = self.has("sessions:delete"), _("Sessions of %(name)s") % {"name": self.thing}
        end_url = lambda one: self.to("session_end", public=one.public) if may else ""  # noqa: E731
        rows = session_rows(services.live_sessions(self.thing), self.request.session.session_key, end_url)
        page: SessionsPage = {
            "title": title, "crumbs": self.crumbs((_("Sessions"), "")), "sessions": rows,
            "end_all_url": self.to("sessions_end") if may and rows else "", "end_all_label": _("End all sessions"),
            "about": _("Whoever you sign out here reads so at their next click, and may sign in again."),
        }  # fmt: skip
        return self.show("profile/sessions.html", page, title=title)

    def sessions_end_page(self) -> HttpResponse:
        act = lambda: services.end_all_sessions(self.actor, self.thing)  # noqa: E731
        return self.attempt(act, self.to("sessions"), _("All sessions of %(name)s have ended.") % {"name": self.thing})

    def session_end_page(self, public: str) -> HttpResponse:
        try:
            number = UUID(public)
        except ValueError as error:
            raise Http404 from error
        act = lambda: services.end_session(self.actor, self.thing, number)  # noqa: E731
        return self.attempt(act, self.to("sessions"), _("That session has ended."))
