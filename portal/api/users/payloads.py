"""What is told of users over REST, and what is said of them."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from accesscontrol import catalogue
from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.signing_in import Session
from accesscontrol.services.people import standing
from portal.api.frame.payloads import AccountToCreateIn, Days, Moment, Payload, VisibleItems, VisibleThing
from portal.api.frame.reading import AnyChoice, AnyWord, NounFilters, YesOrNo
from portal.open_shapes import Checked
from portal.signed_in.agents import browser_in_words

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
