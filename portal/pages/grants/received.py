"""The grantee's side of a grant: accept, decline, drop out, hand items on to own users; and revoking, for the other."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accesscontrol.accounts.models import Account
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.errors import Conflict
from accesscontrol.services.grants import grantees as grantee_services
from accesscontrol.services.grants import grants as services
from accesscontrol.services.grants.previews import previews
from accesscontrol.services.items import assignments
from portal.addresses import address, list_address
from portal.frame.screens import DELETE, WRITE, Route
from portal.frame.shown.parts import AccessPreview
from portal.pages.grants.act_forms import HandOnForm
from portal.pages.grants.parts import GrantPage, seen_items
from portal.pages.grants.previews import attempted
from portal.pages.grants.words import title

NOT_THE_INVITED = Wording(
    "not_the_invited", gettext_noop("Only the account that was invited answers. Act as it first.")
)


class GrantEndScreen(GrantPage):
    """Answering a grant, ending it, and passing what it gives on to own users."""

    routes = (
        DELETE,
        Route("accept", "<str:key>/accept/", "view", ("POST",)),
        Route("hand_on", "<str:key>/assign/", "view", WRITE),
    )

    def accept_page(self) -> HttpResponse:
        link, grant = self.own_link, self.thing
        done = _("Accepted. You have this access now.")
        return self.attempt(
            lambda: grantee_services.accept_grant(self.actor, grant, self.own_part(link)), address(grant), done
        )

    @staticmethod
    def own_part(link: Any) -> Account:
        """The account that answers. Raises Conflict when the one acted for is no grantee."""
        if link is None:
            raise Conflict(NOT_THE_INVITED())
        return link.account

    def delete_page(self) -> HttpResponse:
        """Revoke it, on the grantor's side; drop out or decline, on the other."""
        if self.gave:
            return self.revoke_page()
        return self.decline_page() if self.own_link and self.own_link.accepted_at is None else self.drop_page()

    def revoke_page(self) -> HttpResponse:
        grant = self.thing
        return self.confirm_page(
            lambda: services.revoke_grant(self.actor, grant),
            title=_("Revoke this grant?"),
            warning=_("%(what)s ends at once and for good. Pause it to stop it for a while.") % {"what": title(grant)},
            confirm_label=_("Revoke"), preview=self.previewed("revoke"),
            to=list_address("grant"), done=_("The grant has been revoked."),
        )  # fmt: skip

    def drop_page(self) -> HttpResponse:
        return self.confirm_page(
            lambda: grantee_services.drop_grant(self.actor, self.thing, self.own_part(self.own_link)),
            title=_("Drop out of this grant?"), preview=self.previewed("drop"), confirm_label=_("Drop out"),
            warning=_("Your account and its users lose this access at once. Only %(account)s can give it again.")
            % {"account": self.thing.account}, to=reverse("grant_received"), done=_("Your account has dropped out."),
        )  # fmt: skip

    def decline_page(self) -> HttpResponse:
        return self.confirm_page(
            lambda: grantee_services.drop_grant(self.actor, self.thing, self.own_part(self.own_link)),
            title=_("Decline what %(account)s offers?") % {"account": self.thing.account}, confirm_label=_("Decline"),
            warning=_("The other side is not told. It can invite you again."),
            to=reverse("grant_received"), done=_("Declined."),
        )  # fmt: skip

    def previewed(self, act: str) -> AccessPreview | None:
        """Who loses what, and which links are cut; nothing is tried when it is confirmed already."""
        if self.request.method == "POST":
            return None
        if act == "revoke":
            return attempted(lambda: previews.preview_revoke(self.actor, self.thing))
        link = self.own_link
        if link is None:
            return None
        return attempted(lambda: previews.preview_drop(self.actor, self.thing, link.account))

    # --- Own users

    def hand_on_page(self) -> HttpResponse:
        """Assign items of the grant to a user of limited access; what the grant ends, ends for them, too."""
        users = self.look.visible("user.assignments:change").filter(authority="user")
        form = HandOnForm(self.request.POST or None, users=users, items=seen_items(self))
        return self.form_page(
            form, lambda values: assignments.assign_items(
                self.actor, values["user"], values["items"], values["expires_at"]),
            title=_("Assign received items to a user"), done=_("Assigned."), to=lambda shares: address(shares[0].user),
            subtitle=title(self.thing), cancel_url=self.to("items"), submit_label=_("Assign"), about=None,
        )  # fmt: skip
