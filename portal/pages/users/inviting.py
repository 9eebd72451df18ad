"""Inviting somebody who has been entered: again, by a link to hand over, and not any more."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from accesscontrol.accounts.models import User
from accesscontrol.joining.life import InvitationState, JoinState, invitation_state, join_state
from accesscontrol.services.joining.invitations import (
    invitation_of,
    send_invitation,
    show_invitation,
    withdraw_invitation,
)
from portal.addresses import address
from portal.frame.noun_pages import NounPage
from portal.frame.screens import WRITE, Route, Screen
from portal.frame.shown.parts import Action, Fact
from portal.pages.joining.shown import LinkPage


def waits(user: User) -> bool:
    """Whether somebody can be invited: entered, never here, without a password."""
    joined = join_state(user, invitation_of(user), timezone.now()) is JoinState.JOINED
    return not joined and not user.has_usable_password()


def is_invited(user: User) -> bool:
    """Whether a link of theirs is open."""
    return join_state(user, invitation_of(user), timezone.now()) is JoinState.INVITED


def address_rows(user: User) -> list[Fact]:
    """The two things that are told of an address, each with what it means."""
    return [
        {"label": _("E-mail verified"), "value": _("yes") if user.verified else _("no"),
         "help": _("Whether they may sign in.")},
        {"label": _("Address confirmed"), "time": user.proven_at, "value": _("not by mail yet"),
         "help": _("When they answered a mail to this address.")},
    ]  # fmt: skip


def invitation_rows(user: User) -> list[Fact]:
    """What a person's page tells of their invitation."""
    invitation = invitation_of(user)
    if not waits(user):
        return []
    state = invitation_state(invitation, user, timezone.now()) if invitation is not None else None
    words = {None: _("not sent"), InvitationState.ENDED: _("has ended"), InvitationState.WITHDRAWN: _("withdrawn")}
    if state is InvitationState.OPEN and invitation is not None:
        return [{"label": _("Invited until"), "time": invitation.expires_at, "ends": True}]
    return [{"label": _("Invitation"), "value": words[state]}]


def invitation_acts(screen: Screen) -> list[Action]:
    """What the caller may do about it, for the menu."""
    user = screen.thing
    if not screen.has("change") or not waits(user) or not user.is_active:
        return []
    again = _("Send the invitation again") if is_invited(user) else _("Send an invitation")
    found = [screen.action("invite", again, "mail", dialog=True)] if user.email else []
    if screen.actor.in_person:
        found.append(screen.action("invite_link", _("Show a link to hand over"), "link", dialog=True))
    if is_invited(user):
        found.append(screen.action("uninvite", _("Withdraw the invitation"), "close", dialog=True))
    return found


class UserInvitingScreen(NounPage):
    """The acts on an invitation, each asked for once more."""

    kind = "user"
    joined = ("account", "role", "invitation")
    routes = (
        Route("invite", "<str:key>/invite/", "change", WRITE),
        Route("invite_link", "<str:key>/invite-link/", "change", WRITE),
        Route("uninvite", "<str:key>/uninvite/", "change", WRITE),
    )

    def invite_page(self) -> HttpResponse:
        user = self.thing
        return self.confirm_page(
            lambda: send_invitation(self.actor, user), title=_("Send %(name)s an invitation?") % {"name": user},
            to=address(user), done=_("The invitation has been sent to %(email)s.") % {"email": user.email},
            warning=_("A link sent before stops working. The new one works for seven days."),
            confirm_label=_("Send it"), confirm_style="primary",
        )  # fmt: skip

    def invite_link_page(self) -> HttpResponse:
        """Made when it is asked for, and shown once."""
        user, made = self.thing, []
        title = _("Show a link for %(name)s?") % {"name": user}
        answer = self.confirm_page(
            lambda: made.append(show_invitation(self.actor, user)), title=title,
            to=address(user), done="",
            warning=_("Whoever opens it chooses the password. A link sent before stops working."),
            confirm_label=_("Show it"), confirm_style="primary",
        )  # fmt: skip
        return self.link_page(made[0].link) if made else answer

    def link_page(self, link: str) -> HttpResponse:
        title = _("A link for %(name)s") % {"name": self.thing}
        page: LinkPage = {"link": link, "person": self.thing, "back": address(self.thing)}
        return self.show("users/link.html", page, title=title, crumbs=self.crumbs((title, "")))

    def uninvite_page(self) -> HttpResponse:
        user = self.thing
        return self.confirm_page(
            lambda: withdraw_invitation(self.actor, user), title=_("Withdraw the invitation?"), to=address(user),
            warning=_("The link sent to %(name)s stops working. They stay in the list and can be invited again.")
            % {"name": user}, confirm_label=_("Withdraw it"), done=_("The invitation has been withdrawn."),
        )  # fmt: skip
