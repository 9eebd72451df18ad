"""How people join: invitations of users who have been entered, and who may register in an account without being so."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accesscontrol.accounts.models import Account, User
from accesscontrol.joining.life import JoinState, join_rows, join_state
from accesscontrol.joining.models import RegistrationRules
from accesscontrol.services.joining import invitations
from accesscontrol.services.joining.registration import LISTS, MOST_LENGTH, change_registration, rules_of
from portal.api.frame.base import NounViewSet
from portal.api.frame.payloads import Nothing, Payload, VisibleThing
from portal.api.frame.reading import AnyChoice, NounFilters
from portal.open_shapes import Checked

STATES = [(state.value, state.value) for state in JoinState]


class InvitationShown(serializers.Serializer):
    """How far somebody is who has been entered; never a link."""

    user = serializers.CharField(source="username", read_only=True, help_text="The username.")
    account = VisibleThing("account", read_only=True)
    email = serializers.EmailField(allow_blank=True, read_only=True)
    state = serializers.SerializerMethodField()
    sent_at = serializers.SerializerMethodField()
    expires_at = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ChoiceField(choices=STATES))
    def get_state(self, user: User) -> str:
        return join_state(user, invitations.invitation_of(user), timezone.now())

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_sent_at(self, user: User) -> Any:
        return self._open(user, "created_at")

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_expires_at(self, user: User) -> Any:
        return self._open(user, "expires_at")

    def _open(self, user: User, field: str) -> Any:
        """A time of the invitation, while it is open."""
        invitation = invitations.invitation_of(user)
        opened = join_state(user, invitation, timezone.now()) is JoinState.INVITED
        return serializers.DateTimeField().to_representation(getattr(invitation, field)) if opened else None


class InvitationFilters(NounFilters):
    """By how far people are."""

    state = AnyChoice(STATES, rows_of="in_state")

    def in_state(self, value: str) -> Any:
        return join_rows(JoinState(value), timezone.now())

    class Meta:
        model = User
        fields = ()


class InvitationViewSet(NounViewSet[User]):
    """People who have been entered and have not joined, and the links by which they do."""

    noun = "user"
    model = User
    declares = {"list": "user:view", "retrieve": "user:view", "send": "user:change", "destroy": "user:change"}
    serializer_class = InvitationShown
    payloads = {"send": Nothing}
    filterset_class = InvitationFilters
    related = ("invitation",)
    orderings = ("username", "date_joined")

    def get_queryset(self) -> QuerySet[User]:
        rows = super().get_queryset()
        return rows.exclude(join_rows(JoinState.JOINED, timezone.now())) if self.action == "list" else rows

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Who has been entered and has not joined yet."""
        return self.answer_list(self.get_queryset())

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """How far this person is."""
        user = self.get_object()
        return self.tagged(user, self.shown(user))

    def send(self, request: Request, key: str) -> Response:
        """Send the link by mail, or once more: a link sent before is dead from now on."""
        user = self.get_object()
        self.payload()
        return self.answer(invitations.send_invitation(self.actor, user).user)

    def destroy(self, request: Request, key: str) -> Response:
        """Withdraw the invitation: its link is dead. The person stays entered."""
        user = self.get_object()
        invitations.withdraw_invitation(self.actor, user)
        return self.gone()


class RegistrationShown(serializers.ModelSerializer):
    """Who may register in an account."""

    account = VisibleThing("account", read_only=True)
    role = VisibleThing("role", read_only=True)
    allowed_domains = serializers.ListField(child=serializers.CharField(), read_only=True)
    barred_domains = serializers.ListField(child=serializers.CharField(), read_only=True)
    barred_usernames = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = RegistrationRules
        fields = ("account", "public", *LISTS, "role", "password_length")
        read_only_fields = fields


def _words(help_text: str) -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(max_length=253), required=False, help_text=help_text)


class RegistrationChanges(Payload):
    """Rules of registration; in person only, as far as they let people in."""

    public = serializers.BooleanField(required=False, help_text="Whether anybody may sign up.")
    allowed_domains = _words("Mail domains; empty = any.")
    barred_domains = _words("Mail domains that count before the allowed ones.")
    barred_usernames = _words("Usernames that nobody chooses at the sign-up.")
    role = VisibleThing("role", required=False, allow_null=True)
    password_length = serializers.IntegerField(min_value=8, max_value=MOST_LENGTH, allow_null=True, required=False)


class RegistrationViewSet(NounViewSet[RegistrationRules]):
    """Who may register in an account: for those who may change it and enter people there."""

    noun = "account"
    model = RegistrationRules
    declares = {"retrieve": "account:change", "partial_update": "account:change"}
    serializer_class = RegistrationShown
    payloads = {"partial_update": RegistrationChanges}

    def found(self) -> Any:
        account: Any = super().found()
        self.look.require("user:create", account)
        return rules_of(account)

    def again(self, thing: RegistrationRules) -> RegistrationRules | None:
        account: Any = self.find("account:change", thing.account.key)
        return rules_of(account) if account is not None else None

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The rules as they are; where nobody ever set any, those by which nobody registers."""
        rules = self.get_object()
        return self.tagged(rules, self.shown(rules))

    def partial_update(self, request: Request, key: str) -> Response:
        """Change the rules that the body names."""
        account: Account = self.get_object().account
        change_registration(self.actor, account, **self._said())
        now = rules_of(account)
        return self.tagged(now, self.shown(now))

    def _said(self) -> Checked:
        return {name: tuple(value) if name in LISTS else value for name, value in self.payload().items()}
