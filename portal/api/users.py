"""Users: list, create, change, enable, give a role or an authority, assign items, remove."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accesscontrol import catalogue
from accesscontrol.access import engine
from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.names import named
from accesscontrol.accounts.signing_in import Session
from accesscontrol.items.models import Item
from accesscontrol.services.items import assignments
from accesscontrol.services.joining.invitations import enter_user
from accesscontrol.services.owning import leaving
from accesscontrol.services.people import live_sessions, standing, users
from accesscontrol.services.people.compromised import declare_compromised
from portal.agents import browser_in_words
from portal.api.frame.base import NounViewSet
from portal.api.frame.payloads import AccountToCreateIn, Days, Moment, Nothing, Payload, VisibleItems, VisibleThing
from portal.api.frame.reading import AnyChoice, AnyWord, NounFilters, YesOrNo
from portal.api.items.items import ItemShown
from portal.open_shapes import Checked

_AUTHORITIES = list(catalogue.AUTHORITIES.items())


class UserShown(serializers.ModelSerializer):
    """A person who signs in."""

    account = VisibleThing("account", read_only=True)
    role = VisibleThing("role", read_only=True)
    email = serializers.EmailField(allow_blank=True, read_only=True)
    enabled = serializers.BooleanField(source="is_active", read_only=True)
    proven = serializers.SerializerMethodField(help_text="Whether this address has answered a mail.")
    limits = serializers.DictField(child=serializers.IntegerField(), read_only=True)

    second_factor = serializers.BooleanField(read_only=True, help_text="Whether they have one beside the password.")

    def get_proven(self, user: User) -> bool:
        return user.proven_at is not None

    class Meta:
        model = User
        fields = ("id", "username", "first_name", "middle_name", "last_name", "email", "phone", "account", "authority",
                  "role", "enabled", "verified", "proven", "expires_at", "history_days", "limits", "time_zone",
                  "external_id", "second_factor", "last_seen_at", "date_joined")  # fmt: skip
        read_only_fields = fields


class UserFields(Payload):
    """What is said of a person, new or not."""

    username = serializers.CharField(max_length=150)
    first_name = serializers.CharField(max_length=150, allow_blank=True, required=False)
    middle_name = serializers.CharField(max_length=150, allow_blank=True, required=False)
    last_name = serializers.CharField(max_length=150, allow_blank=True, required=False)
    email = serializers.EmailField(allow_blank=True, required=False)
    phone = serializers.CharField(max_length=40, allow_blank=True, required=False)
    verified = serializers.BooleanField(required=False)
    expires_at = Moment(allow_null=True, required=False)
    history_days = Days(required=False)
    limits = serializers.DictField(
        child=serializers.IntegerField(min_value=0, max_value=10**9), required=False,
        help_text="How much a developer may create: items by kind, token, project.",
    )  # fmt: skip
    time_zone = serializers.CharField(max_length=64, allow_blank=True, required=False)
    external_id = serializers.CharField(
        max_length=200, allow_blank=True, required=False,
        help_text="What the caller's own program calls them; unique within the account.",
    )  # fmt: skip
    role = VisibleThing("role", required=False, allow_null=True)
    enabled = serializers.BooleanField(required=False)


class NewUser(UserFields):
    """A user to create; with an e-mail address and without a password they are invited by mail and set one themselves.

    A token sets no password and verifies nobody: whom it makes joins by invitation, or waits for an administrator.
    """

    account = AccountToCreateIn("user")
    authority = serializers.ChoiceField(choices=_AUTHORITIES, required=False)
    password = serializers.CharField(write_only=True, required=False, trim_whitespace=False, max_length=4096)


class Enabled(Payload):
    """On or off."""

    enabled = serializers.BooleanField()


class RoleOfUser(Payload):
    """The role that a user gets; null takes it away."""

    role = VisibleThing("role", allow_null=True)


class HandingOver(Payload):
    """Who gets what a developer owns who ceases to be one."""

    hand_items_to = VisibleThing(
        "user", required=False, help_text="Another developer of the account, who gets the items and projects."
    )
    hand_items_to_account = serializers.BooleanField(default=False, help_text="The account itself gets them.")
    #: Names of which one says what becomes of them.
    ways: ClassVar[tuple[str, ...]] = ("hand_items_to", "hand_items_to_account")

    def validate(self, attrs: Checked) -> Checked:
        if sum(bool(attrs.get(name)) for name in self.ways) > 1:
            raise serializers.ValidationError(_("Say one of these only: %(ways)s.") % {"ways": ", ".join(self.ways)})
        return attrs


class UserChanges(HandingOver, UserFields):
    """All of a person, of which a call names what it changes. Who ceases to be a developer hands over what they own."""

    authority = serializers.ChoiceField(choices=_AUTHORITIES, required=False)


class AuthorityOfUser(HandingOver):
    """The authority that a user gets."""

    authority = serializers.ChoiceField(choices=_AUTHORITIES)


class Removal(HandingOver):
    """What becomes of what a removed developer owns; one of these has to be said where there is anything."""

    delete_items = serializers.BooleanField(default=False, help_text="Items and projects are deleted with the user.")
    erase = serializers.BooleanField(
        default=False, help_text="What the log holds of their name and addresses goes, too; in person only."
    )
    ways = (*HandingOver.ways, "delete_items")


def heir_of(user: User, said: Checked) -> User | Account | None:
    """Who gets what a user owns."""
    return user.account if said.pop("hand_items_to_account", False) else said.pop("hand_items_to", None)


class Assignment(Payload):
    """Items to assign, until when."""

    items = VisibleItems()
    expires_at = Moment(allow_null=True, default=None)


class SessionShown(serializers.ModelSerializer):
    """A browser that somebody is signed in with; `id` names it and opens nothing."""

    id = serializers.UUIDField(source="public", read_only=True)
    browser = serializers.SerializerMethodField(help_text="What the browser says that it is.")

    def get_browser(self, session: Session) -> str:
        return browser_in_words(session.agent)

    class Meta:
        model = Session
        fields = ("id", "browser", "address", "started_at", "last_seen_at")
        read_only_fields = fields


class UserFilters(NounFilters):
    search = AnyWord(rows_of="holding", help_text="Part of a name or of the e-mail.")
    authority = AnyChoice(_AUTHORITIES)
    enabled = YesOrNo(field_name="is_active")
    external_id = AnyWord(rows_of="called", help_text="The id of the caller's own program.")
    second_factor = YesOrNo(method="by_factor")
    seen = AnyChoice([("never", "never"), ("long_ago", "not for 90 days")], rows_of="unseen")
    ends = AnyChoice([("soon", "within 7 days")], rows_of="ending")

    def called(self, value: str) -> Q:
        return Q(external_id=value)

    def by_factor(self, rows: QuerySet[User], _name: str, value: bool) -> QuerySet[User]:
        return (
            rows.exclude(standing.without_second_factor()) if value else rows.filter(standing.without_second_factor())
        )

    def unseen(self, value: str) -> Q:
        return standing.never_seen() if value == "never" else standing.not_seen_for_long(timezone.now())

    def ending(self, _value: str) -> Q:
        return standing.ending_soon(timezone.now())

    class Meta:
        model = User
        fields = ()


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
        live_sessions.end_all_sessions(self.actor, self.get_object())
        return self.gone()

    def end_session(self, request: Request, key: str, session: UUID) -> Response:
        """End one session of a user."""
        live_sessions.end_session(self.actor, self.get_object(), session)
        return self.gone()
