"""Whose an account is, and how full: handing the ownership over, what is used of what is allowed, emergencies."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accesscontrol.accounts.models import Account, OwnershipHandover, User
from accesscontrol.services.accounts import ownership
from accesscontrol.services.accounts.quotas import standing_of
from accesscontrol.services.people.compromised import declare_account_compromised
from portal.api.frame.base import NounViewSet
from portal.api.frame.payloads import Nothing, Payload, VisibleThing
from portal.open_shapes import Answered


class OwnershipShown(serializers.Serializer):
    """The owner, and to whom the ownership is offered; null where there is none that the caller may see."""

    owner = serializers.CharField(read_only=True, allow_null=True)
    offered_to = serializers.CharField(read_only=True, allow_null=True)
    offered_at = serializers.DateTimeField(read_only=True, allow_null=True)


class Offer(Payload):
    """To whom the ownership is offered: an administrator of the account."""

    to_user = VisibleThing("user")


class OneLimit(serializers.Serializer):
    """How much there is of something over the branch, how much there may be, and which account says so."""

    used = serializers.IntegerField(read_only=True)
    allowed = serializers.IntegerField(read_only=True, allow_null=True)
    limit_of = serializers.CharField(read_only=True, allow_null=True)


class Usage(serializers.Serializer):
    """By the name of the limit."""

    limits = serializers.DictField(child=OneLimit(), read_only=True)


class Emergency(Payload):
    """tokens: whether those of the account itself end as well."""

    tokens = serializers.BooleanField(default=True)


class Ended(serializers.Serializer):
    """How many people and tokens it was about."""

    people = serializers.IntegerField(read_only=True)
    tokens = serializers.IntegerField(read_only=True)


class OwnershipViewSet(NounViewSet[Account]):
    """One account: whose it is and how full. Offering, confirming and taking back are done in person only."""

    noun = "account"
    model = Account
    declares = {
        "retrieve": "account:view",
        "offer": "account:view",
        "confirm": "account:view",
        "withdraw": "account:view",
        "usage": "account.limits:view",
        "declare_compromised": "account:change",
    }
    serializer_class = OwnershipShown
    payloads = {"offer": Offer, "confirm": Nothing, "declare_compromised": Emergency}
    answers = {"offer": {201: OwnershipShown}, "usage": Usage, "declare_compromised": Ended}
    shows_state = ()
    stateless = ("offer", "confirm", "declare_compromised")

    def retrieve(self, request: Request, *args: object, **kwargs: object) -> Response:
        """Whose the account is."""
        return Response(self.whose(self.get_object()))

    def offer(self, request: Request, key: str) -> Response:
        """Offer one's account to an administrator of it; nothing changes until they confirm."""
        account = self.get_object()
        ownership.offer_ownership(self.actor, self.payload()["to_user"])
        return Response(self.whose(account), 201)

    def confirm(self, request: Request, key: str) -> Response:
        """Take the ownership that was offered; whoever offered it becomes an administrator."""
        offer = self.open_offer(self.get_object())
        self.payload()
        ownership.confirm_ownership(self.actor, offer)
        return Response(self.whose(self.get_object()))

    def withdraw(self, request: Request, key: str) -> Response:
        """Take the offer back, or decline it."""
        offer = self.open_offer(self.get_object())
        ownership.withdraw_ownership(self.actor, offer)
        return self.gone()

    def open_offer(self, account: Account) -> OwnershipHandover:
        offer = ownership.open_offer(self.look, account)
        if offer is None:
            raise NotFound("There is no open offer.")
        return offer

    def whose(self, account: Account) -> Answered:
        owner = self.look.visible("user:view").filter(account=account, authority=User.Authority.OWNER).first()
        offer = ownership.open_offer(self.look, account)
        found = {
            "owner": owner.username if owner is not None else None,
            "offered_to": offer.to_user.username if offer is not None else None,
            "offered_at": offer.created_at if offer is not None else None,
        }
        return OwnershipShown(found).data

    def usage(self, request: Request, key: str) -> Response:
        """How much of everything that can be limited there is over the branch, and how much there may be."""
        account = self.get_object()
        return Response(Usage({"limits": standing_of(self.look, account)}).data)

    def declare_compromised(self, request: Request, key: str) -> Response:
        """End all sessions, tokens and links of the account's people whom the caller may change, and ask them for new
        passwords. Nothing wakes what it ended."""
        account = self.get_object()
        people, tokens = declare_account_compromised(self.actor, account, **self.payload())
        return Response(Ended({"people": people, "tokens": tokens}).data)
