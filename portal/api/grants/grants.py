"""Grants given: list, make, preview, change, pause, extend, revoke, their grantees, items and logs."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accesscontrol.access import engine
from accesscontrol.access.doors.grant_logs import visible_log
from accesscontrol.accounts.names import fold
from accesscontrol.audit.models import Event
from accesscontrol.grants.models import Grant
from accesscontrol.items.models import Item
from accesscontrol.services.grants import grants
from accesscontrol.services.grants import invitations as grant_invitations
from accesscontrol.services.grants.links import covered_items
from accesscontrol.services.grants.previews import previews
from accesscontrol.services.grants.previews.previews import Preview
from accesscontrol.services.grants.sides import Sides, with_side_named
from portal.actors import look_of
from portal.api.events import LogViewSet
from portal.api.frame.base import NounViewSet
from portal.api.frame.reading import AnyChoice, AnyWord, NounFilters, TimeFilter, YesOrNo
from portal.api.grants.payloads import AddedGrantees, GrantChanges, GrantPreviewed, GrantShown, NewGrant, PreviewShown
from portal.api.items.items import ItemFilters, ItemShown
from portal.open_shapes import Checked, LibraryContext


class GrantFilters(NounFilters):
    search = AnyWord(rows_of="holding", help_text="Part of the key, or of the name of a side that you may know of.")
    covers = AnyChoice(Grant.Covers.choices)
    enabled = YesOrNo()
    ends_before = TimeFilter(field_name="expires_at", lookup_expr="lt")

    def holding(self, letters: str) -> Q:
        return super().holding(letters) | with_side_named(look_of(self.request), letters)

    class Meta:
        model = Grant
        fields = ()


class GrantSides(NounViewSet[Grant]):
    """What both sides of grants share: how one is shown to who is asking."""

    noun = "grant"
    model = Grant
    serializer_class = GrantShown
    filterset_class = GrantFilters
    related = ("account",)
    prefetched = ("grantee_links__account",)
    orderings = ("created_at", "expires_at")

    def show(self, rows: Any, serializer: type[serializers.Serializer] | None = None) -> Any:
        self.sides = Sides(self.look, rows)
        return super().show(rows, serializer)

    def show_one(self, row: Grant) -> Any:
        self.sides = Sides(self.look, [row])
        return super().show_one(row)

    def counted(self, thing: Grant) -> bool:
        """Only the grantor's side: a number that rises would tell a grantee of others, and of the note."""
        return Sides(self.look, [thing]).gave(thing)

    def get_serializer_context(self) -> LibraryContext:
        return {**super().get_serializer_context(), "sides": getattr(self, "sides", None)}

    def answer_preview(self, preview: Preview) -> Response:
        return Response(PreviewShown(preview).data)


class GrantViewSet(GrantSides):
    """Grants given by accounts of the caller's branch, and those received."""

    declares = {
        "list": "grant:view",
        "retrieve": "grant:view",
        "create": "grant:create",
        "preview_new": "grant:create",
        "partial_update": "grant:change",
        "destroy": "grant:delete",
        "preview": "grant:change",
        "add_grantees": "grant:change",
        "remove_grantee": "grant:change",
    }
    payloads = {
        "create": NewGrant,
        "preview_new": NewGrant,
        "partial_update": GrantChanges,
        "preview": GrantPreviewed,
        "add_grantees": AddedGrantees,
    }
    answers = {"preview_new": PreviewShown, "preview": PreviewShown, "destroy": {200: PreviewShown}}
    stateless = ("preview_new", "preview", "destroy")

    def create(self, request: Request) -> Response:
        """Grant access. A grantee of another tree accepts first."""
        return self.answer(grants.create_grant(self.actor, **self.new_grant()), 201)

    def preview_new(self, request: Request) -> Response:
        """Who would gain what by a new grant; nothing is made."""
        return self.answer_preview(previews.preview_create(self.actor, **self.new_grant()))

    def new_grant(self) -> Checked:
        """The payload as `create_grant` takes it."""
        data = self.payload()
        keys = list(dict.fromkeys(data.pop("grantees")))
        return {**data, "grantee_keys": keys}

    def partial_update(self, request: Request, key: str) -> Response:
        """Change what it covers, its levels or note; extend it, pause it (`enabled`) or let it go on."""
        grant = self.get_object()
        return self.answer(grants.change_grant(self.actor, grant, **self.payload()))

    def destroy(self, request: Request, key: str) -> Response:
        """Revoke it for all its grantees, from the next decision on. The answer says who lost what."""
        grant = self.get_object()
        lost = previews.preview_revoke(self.actor, grant)
        grants.revoke_grant(self.actor, grant)
        return self.answer_preview(lost)

    def preview(self, request: Request, key: str) -> Response:
        """Who would gain and lose what by these changes, or by revoking it; nothing is changed."""
        grant, wanted = self.get_object(), self.payload()
        if wanted["revoke"]:
            return self.answer_preview(previews.preview_revoke(self.actor, grant))
        return self.answer_preview(previews.preview_change(self.actor, grant, **wanted["changes"]))

    def add_grantees(self, request: Request, key: str) -> Response:
        """Grant it to more accounts."""
        grant, keys = self.get_object(), self.payload()["grantees"]
        return self.answer(grant_invitations.add_grantees(self.actor, grant, keys=list(dict.fromkeys(keys))))

    def remove_grantee(self, request: Request, key: str, account: str) -> Response:
        """Take a grantee out, or an invitation back."""
        grant = self.get_object()
        links = Sides(self.look, [grant]).known(grant)
        found = next((link.account for link in links if link.account.key == fold(account)), None)
        if fold(account) in grant.invited:
            grant_invitations.withdraw_invitation(self.actor, grant, account)
        elif found is not None:
            grant_invitations.remove_grantee(self.actor, grant, found)
        else:
            raise NotFound("Not found.")
        return self.gone()


class GrantItemViewSet(NounViewSet[Grant]):
    """The items that a grant covers, as far as the caller sees them."""

    noun = "grant"
    model = Item
    declares = {"list": "grant:view"}
    serializer_class = ItemShown
    filterset_class = ItemFilters
    orderings = ("name", "created_at")

    def get_queryset(self) -> QuerySet:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        seen = self.look.visible(engine.ANY_ITEM_VIEW, covered_items(self.get_object()))
        return seen.prefetch_related("container_links")

    def list(self, request: Request, key: str) -> Response:
        """The items covered now."""
        return super().list(request)


class GrantLogViewSet(LogViewSet[Grant]):
    """What happened with a grant, newest first: each side reads its own part."""

    noun = "grant"
    declares = {"list": "grant.logs:view"}

    def lines(self) -> QuerySet[Event]:
        return visible_log(self.look, self.get_object()).select_related("detail")
