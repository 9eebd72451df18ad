"""Grants received: list, accept, drop out, with a preview of what goes; each grantee sees its own part only."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_noop
from rest_framework.request import Request
from rest_framework.response import Response

from accesscontrol.accounts.models import Account
from accesscontrol.sentences import Wording
from accesscontrol.services.frame.errors import Conflict
from accesscontrol.services.grants import grantees
from accesscontrol.services.grants.previews import previews
from accesscontrol.services.grants.sides import own_account, received
from portal.api.frame.payloads import Nothing
from portal.api.grants.grants import GrantLogViewSet, GrantSides
from portal.api.grants.payloads import Acceptance, PreviewShown

OPERATOR_RECEIVES_NOTHING = Wording(
    "operator_receives_nothing",
    gettext_noop("The platform operator receives nothing. Name an account in X-Account-Id."),
)
SEES_NOT_ITSELF = Wording(
    "sees_not_itself", gettext_noop("This takes a caller that may view its own account: give the token account:view.")
)


class ReceivedViewSet(GrantSides):
    """Grants that accounts of the caller's branch received."""

    declares = {
        "list": "grant:view",
        "retrieve": "grant:view",
        "accept": "grant:view",
        "destroy": "grant:delete",
        "preview": "grant:delete",
    }
    payloads = {"accept": Acceptance, "preview": Nothing}
    answers = {"preview": PreviewShown}
    stateless = ("preview",)

    def rows(self, wanted: str) -> QuerySet:
        return received(super().rows(wanted), self.look)

    def accept(self, request: Request, key: str) -> Response:
        """Accept a grant that was offered; it lives from now on. Also asks `grant:create` on the account that does."""
        grant, named = self.get_object(), self.payload().get("account")
        grantees.accept_grant(self.actor, grant, named or self.own())
        return self.answer(grant)

    def destroy(self, request: Request, key: str) -> Response:
        """Drop out of it, or decline it: for the account that calls, not for other grantees."""
        grant = self.get_object()
        grantees.drop_grant(self.actor, grant, self.own())
        return self.gone()

    def preview(self, request: Request, key: str) -> Response:
        """What the account that calls would lose by dropping out."""
        grant = self.get_object()
        self.payload()
        return Response(PreviewShown(previews.preview_drop(self.actor, grant, self.own())).data)

    def own(self) -> Account:
        """The account that calls."""
        number = own_account(self.look)
        if number is None:
            raise Conflict(OPERATOR_RECEIVES_NOTHING())
        found = self.look.visible("account:view").filter(pk=number).first()
        if found is None:
            raise Conflict(SEES_NOT_ITSELF())
        return found


class ReceivedLogViewSet(GrantLogViewSet):
    """What happened with a grant received, newest first: the caller's own part."""

    def rows(self, wanted: str) -> QuerySet:
        return received(super().rows(wanted), self.look)
