"""Where the people of an account sign in elsewhere: its identity provider. The secret goes in and never comes out."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accesscontrol.accounts.models import Account
from accesscontrol.joining.models import IdentityProvider
from accesscontrol.services.providers import providers
from portal.api.frame.base import NounViewSet
from portal.api.frame.payloads import Payload, VisibleThing
from portal.open_shapes import Checked

_PLAIN = ("name", "issuer", "client_id", "groups_claim", "enabled")


class GroupRoleShown(serializers.Serializer):
    """Whoever is in the group has the role."""

    group = serializers.CharField(read_only=True)
    role = VisibleThing("role", read_only=True)


class ProviderShown(serializers.ModelSerializer):
    """The identity provider of an account."""

    account = VisibleThing("account", read_only=True)
    has_secret = serializers.SerializerMethodField()
    domains = serializers.ListField(child=serializers.CharField(), read_only=True)
    roles = GroupRoleShown(source="group_roles", many=True, read_only=True)

    def get_has_secret(self, provider: IdentityProvider) -> bool:
        return bool(provider.secret)

    class Meta:
        model = IdentityProvider
        fields = ("account", *_PLAIN, "has_secret", "domains", "roles")
        read_only_fields = fields


class GroupRoleSaid(Payload):
    """A group at the provider and the role that it means here."""

    group = serializers.CharField(max_length=200)
    role = VisibleThing("role")


class ProviderChanges(Payload):
    """A provider; set up and changed in person only."""

    name = serializers.CharField(max_length=60, required=False, help_text="What its button says.")
    issuer = serializers.CharField(max_length=300, required=False, help_text="Its address, as it writes it itself.")
    client_id = serializers.CharField(max_length=255, required=False)
    secret = serializers.CharField(
        max_length=500, required=False, allow_blank=True, write_only=True, help_text="Never shown; empty = none."
    )
    domains = serializers.ListField(
        child=serializers.CharField(max_length=253), required=False, help_text="Mail domains that it speaks for."
    )
    groups_claim = serializers.CharField(max_length=100, required=False, help_text="The claim that lists groups.")
    roles = GroupRoleSaid(many=True, required=False, help_text="The first group that fits counts.")
    enabled = serializers.BooleanField(required=False)


class ProviderViewSet(NounViewSet[IdentityProvider]):
    """The identity provider of an account: for those who may change the account and enter people there."""

    noun = "account"
    model = IdentityProvider
    declares = {"retrieve": "account:change", "partial_update": "account:change", "destroy": "account:change"}
    serializer_class = ProviderShown
    payloads = {"partial_update": ProviderChanges}

    def found(self) -> Any:
        account: Any = super().found()
        self.look.require("user:create", account)
        return providers.provider_or_none_yet(account)

    def again(self, thing: IdentityProvider) -> IdentityProvider | None:
        account: Any = self.find("account:change", thing.account.key)
        return providers.provider_or_none_yet(account) if account is not None else None

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The provider; where none is set up, its fields are empty and nobody signs in by it."""
        provider = self.get_object()
        return self.tagged(provider, self.shown(provider))

    def partial_update(self, request: Request, key: str) -> Response:
        """Set it up, or change what the body names."""
        provider = self.get_object()
        account: Account = provider.account
        said = self._said()
        providers.require_setting_up(self.actor, account)
        if said.get("issuer", provider.issuer) != provider.issuer:
            providers.require_answering(said["issuer"])
        providers.change_provider(self.actor, account, **said)
        now = providers.provider_or_none_yet(account)
        return self.tagged(now, self.shown(now))

    def destroy(self, request: Request, key: str) -> Response:
        """Remove it: nobody signs in by it any more. Who came by it stays."""
        provider = self.get_object()
        providers.remove_provider(self.actor, provider.account)
        return self.gone()

    def _said(self) -> Checked:
        said = self.payload()
        if "domains" in said:
            said["domains"] = tuple(said["domains"])
        if "roles" in said:
            said["roles"] = tuple((one["group"], one["role"]) for one in said["roles"])
        return said
