"""What an account asks of its people when they sign in, by REST: for people signed in, since no token says it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accesscontrol.accounts.models import Account
from accesscontrol.accounts.signing_in import SecurityPolicy
from accesscontrol.services.signing_in.policies import FIELDS, change_policy, policy_of
from portal.api.frame.base import NounViewSet
from portal.api.frame.payloads import Payload, VisibleThing

FACTOR = "Of whom a second factor is asked."
NETWORKS = "Networks that people may come from, as in 203.0.113.0/24; empty = from anywhere. Set by the owner or above."
IDLE = "Minutes without use after which sessions end; null = as the installation says."
ABSOLUTE = "Minutes after which sessions end in any case; null = as the installation says."
BRANCH = "Whether it holds for the accounts below, too; of several policies the strictest counts."


class PolicyShown(serializers.ModelSerializer):
    """What an account asks for."""

    account = VisibleThing("account", read_only=True)
    networks = serializers.ListField(child=serializers.CharField(), read_only=True, help_text=NETWORKS)

    class Meta:
        model = SecurityPolicy
        fields = ("account", *FIELDS)
        read_only_fields = fields


class PolicyChanges(Payload):
    """What an account asks for; in person and freshly signed in only."""

    second_factor = serializers.ChoiceField(SecurityPolicy.SecondFactor.choices, required=False, help_text=FACTOR)
    provider_only = serializers.BooleanField(required=False)
    networks = serializers.ListField(child=serializers.CharField(max_length=50), required=False, help_text=NETWORKS)
    idle_minutes = serializers.IntegerField(min_value=1, required=False, allow_null=True, help_text=IDLE)
    absolute_minutes = serializers.IntegerField(min_value=1, required=False, allow_null=True, help_text=ABSOLUTE)
    whole_branch = serializers.BooleanField(required=False, help_text=BRANCH)


class PolicyViewSet(NounViewSet[Account]):
    """What an account asks of its people who sign in: for those who may change the account."""

    noun = "account"
    model = Account
    declares = {"retrieve": "account:change", "partial_update": "account:change"}
    serializer_class = PolicyShown
    payloads = {"partial_update": PolicyChanges}

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The policy as it is; where none was ever set, one that asks for nothing. Its revision is the account's."""
        account = self.get_object()
        return self.tagged(account, self.shown(policy_of(account)))

    def partial_update(self, request: Request, key: str) -> Response:
        """Change what the body names. It counts at the next request of everybody concerned. An administrator of the
        account itself does not change its networks (409)."""
        account = self.get_object()
        policy = change_policy(self.actor, account, **self.payload())
        account.refresh_from_db()
        return self.tagged(account, self.shown(policy))
