"""Users: list, create, change, enable, give a role or an authority, assign items, remove."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accesscontrol.access import engine
from accesscontrol.accounts.models import User
from accesscontrol.accounts.names import named
from accesscontrol.items.models import Item
from accesscontrol.services.items import assignments
from accesscontrol.services.joining.invitations import enter_user
from accesscontrol.services.owning import leaving
from accesscontrol.services.people import standing, users
from accesscontrol.services.people.compromised import declare_compromised
from accesscontrol.services.signing_in import live_sessions
from portal.api.frame.base import NounViewSet
from portal.api.frame.payloads import Nothing
from portal.api.items.items import ItemShown
from portal.api.users.payloads import (
    Assignment,
    AuthorityOfUser,
    Enabled,
    NewUser,
    Removal,
    RoleOfUser,
    SessionShown,
    UserChanges,
    UserFilters,
    UserShown,
    heir_of,
)


class UserViewSet(NounViewSet[User]):
    """The people of the caller's branch, and the caller."""

    noun = "user"
    model = User
    declares = {
        "list": "user:view",
        "retrieve": "user:view",
        "create": "user:create",
        "partial_update": "user:change",
        "destroy": "user:delete",
        "enable": "user:change",
        "give_role": "user:change",
        "give_authority": "user:change",
        "list_assignments": "user.assignments:view",
        "assign": "user.assignments:change",
        "unassign": "user.assignments:change",
        "list_sessions": "user.sessions:view",
        "end_sessions": "user.sessions:delete",
        "end_session": "user.sessions:delete",
        "declare_compromised": "user:change",
    }
    serializer_class = UserShown
    payloads = {
        "create": NewUser,
        "partial_update": UserChanges,
        "enable": Enabled,
        "give_role": RoleOfUser,
        "give_authority": AuthorityOfUser,
        "assign": Assignment,
        "declare_compromised": Nothing,
    }
    in_address = {"destroy": Removal}
    answers = {
        "list_assignments": ItemShown(many=True), "assign": {204: None}, "list_sessions": SessionShown(many=True),
    }  # fmt: skip
    filterset_class = UserFilters
    orderings = ("username", "date_joined", "last_seen_at")

    def rows(self, wanted: str) -> QuerySet[User]:
        return super().rows(wanted).annotate(second_factor=standing.having_second_factor())

    def create(self, request: Request) -> Response:
        """Create a user in an account."""
        data = self.payload()
        return self.answer(enter_user(self.actor, data.pop("account"), **data), 201)

    def partial_update(self, request: Request, key: str) -> Response:
        """Change whatever the body names of a person. Who ceases to be a developer hands over what they own."""
        user, data = self.get_object(), self.payload()
        heir = heir_of(user, data)
        return self.answer(leaving.change_user(self.actor, user, heir, **data))

    def destroy(self, request: Request, key: str) -> Response:
        """Remove a user. What a developer owns is handed over, which takes every permission of its kind on each thing,
        or deleted, which takes `delete` on each; one of the two has to be said."""
        user, said = self.get_object(), self.said()
        heir = heir_of(user, said)
        leaving.remove_user(self.actor, user, heir, delete_items=said["delete_items"], erase=said["erase"])
        return self.gone()

    def declare_compromised(self, request: Request, key: str) -> Response:
        """End all sessions, tokens and links of somebody, and ask them for a new password. Nothing wakes them."""
        user = self.get_object()
        self.payload()
        declare_compromised(self.actor, [user])
        return self.answer(user)

    def enable(self, request: Request, key: str) -> Response:
        """Switch a user on or off; off means nothing at all, tokens included."""
        user = self.get_object()
        return self.answer(users.set_enabled(self.actor, user, **self.payload()))

    def give_role(self, request: Request, key: str) -> Response:
        """Give a role, or take it away."""
        user = self.get_object()
        return self.answer(users.set_role(self.actor, user, **self.payload()))

    def give_authority(self, request: Request, key: str) -> Response:
        """Give an authority, never beyond one's own. What somebody owns who ceases to be a developer is handed over,
        which takes every permission of its kind on each thing."""
        user, data = self.get_object(), self.payload()
        return self.answer(leaving.set_authority(self.actor, user, data["authority"], heir_of(user, data)))

    # --- Assigned items

    def list_assignments(self, request: Request, key: str) -> Response:
        """The items assigned to a user that the caller may see too."""
        return Response(self.show(self.assigned(self.get_object()), ItemShown))

    def assigned(self, user: User) -> QuerySet[Item]:
        """The visible ones among the items that are assigned to a user."""
        seen = self.look.visible(engine.ANY_ITEM_VIEW).prefetch_related("container_links")
        return seen.filter(shares__user=user, shares__permission__codename="view_item").order_by("name_order", "pk")

    def assign(self, request: Request, key: str) -> Response:
        """Assign items to a user, or set the end of their assignment anew."""
        user, data = self.get_object(), self.payload()
        assignments.assign_items(self.actor, user, data["items"], data["expires_at"])
        return self.gone()

    def unassign(self, request: Request, key: str, item: str) -> Response:
        """Take an assigned item away, with what was shared of it."""
        user = self.get_object()
        found = named(self.assigned(user), item).first()
        if found is None:
            raise NotFound("Not found.")
        assignments.unassign_items(self.actor, user, [found])
        return self.gone()

    def list_sessions(self, request: Request, key: str) -> Response:
        """The browsers in which a user is signed in."""
        return Response(self.show(live_sessions.live_sessions(self.get_object()), SessionShown))

    def end_sessions(self, request: Request, key: str) -> Response:
        """End all sessions of a user, those opened by their tokens too."""
        user = self.get_object()
        live_sessions.end_all_sessions(self.actor, user)
        return self.gone()

    def end_session(self, request: Request, key: str, session: str) -> Response:
        """End one session of a user."""
        user = self.get_object()
        try:
            live_sessions.end_session(self.actor, user, UUID(session))
        except ValueError as error:
            raise NotFound("Not found.") from error
        return self.gone()
