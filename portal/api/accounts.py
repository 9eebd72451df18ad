"""Accounts: list, open, rename, move, block, limit, close."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accesscontrol.accounts.models import Account
from accesscontrol.services.accounts import accounts
from accesscontrol.services.joining.opening import open_account_with_owner
from portal.api.frame.base import NounViewSet
from portal.api.frame.payloads import AccountToCreateIn, Days, Nothing, Payload, VisibleThing
from portal.api.frame.reading import AnyWord, NounFilters, YesOrNo
from portal.api.frame.schema import shown_or_named


class AccountShown(serializers.ModelSerializer):
    """An account; its limits stand in /limits/."""

    parent = VisibleThing("account", read_only=True)  # type: ignore[assignment]
    notes = serializers.SerializerMethodField()

    @extend_schema_field(serializers.CharField(allow_null=True, allow_blank=True))
    def get_notes(self, account: Account) -> str | None:
        """The words of those who may change the account, for them alone."""
        return account.notes if self.context["seen"].look.may("account:change", account) else None

    class Meta:
        model = Account
        fields = ("id", "key", "name", "parent", "notes", "blocked", "created_at")
        read_only_fields = fields


class LimitsShown(serializers.ModelSerializer):
    """What an account may hold, and how far back it sees."""

    limits = serializers.DictField(child=serializers.IntegerField(), read_only=True)

    class Meta:
        model = Account
        fields = ("limits", "history_days")
        read_only_fields = fields


class Limits(Payload):
    """Quotas by name (authorities, kinds of item, token, grant, account, project), and the history depth in days."""

    limits = serializers.DictField(child=serializers.IntegerField(min_value=0, max_value=10**9))
    history_days = Days(default=None)


class FirstOwner(Payload):
    """The owner of an account that is opened: invited by mail."""

    username = serializers.CharField(max_length=150)
    email = serializers.EmailField()
    first_name = serializers.CharField(max_length=150, allow_blank=True, required=False)
    last_name = serializers.CharField(max_length=150, allow_blank=True, required=False)


class NewAccount(Payload):
    """A subaccount to open. parent null: at the top, which only the platform operator may."""

    owner = FirstOwner(required=False, help_text="Who has everything in it; in person only.")

    parent = AccountToCreateIn("account", allow_null=True)  # type: ignore[assignment]
    name = serializers.CharField(max_length=200)
    notes = serializers.CharField(allow_blank=True, required=False, trim_whitespace=False)
    limits = serializers.DictField(child=serializers.IntegerField(min_value=0, max_value=10**9), required=False)
    history_days = Days(required=False)


class AccountChanges(Payload):
    """What can be changed of an account by its own people."""

    name = serializers.CharField(max_length=200)
    notes = serializers.CharField(allow_blank=True, trim_whitespace=False)


class AccountMove(Payload):
    """Where an account goes, with its branch."""

    parent = AccountToCreateIn("account", allow_null=True)  # type: ignore[assignment]


class AccountFilters(NounFilters):
    parent = AnyWord(method="below", help_text="Key of the parent account.")
    blocked = YesOrNo()
    account = None

    def below(self, rows: Any, name: str, keys: list[str]) -> Any:
        return rows.filter(parent__in=self._seen_accounts(keys))

    class Meta:
        model = Account
        fields = ()


class AccountViewSet(NounViewSet[Account]):
    """Accounts of one's own branch, and accounts that granted access to themselves as a whole."""

    noun = "account"
    model = Account
    declares = {
        "list": "account:view",
        "retrieve": "account:view",
        "create": "account:create",
        "partial_update": "account:change",
        "destroy": "account:delete",
        "move": "account.limits:change",
        "block": "account.limits:change",
        "unblock": "account.limits:change",
        "limits": "account.limits:view",
        "change_limits": "account.limits:change",
    }
    serializer_class = AccountShown
    payloads = {
        "create": NewAccount,
        "partial_update": AccountChanges,
        "move": AccountMove,
        "block": Nothing,
        "unblock": Nothing,
        "change_limits": Limits,
    }
    answers = {"limits": LimitsShown, "change_limits": {200: shown_or_named(LimitsShown)}}
    filterset_class = AccountFilters
    orderings = ("name", "created_at")
    shows_state = ("retrieve", "limits")

    def shown(self, thing: Account) -> Any:
        return LimitsShown(thing).data if self.action in ("limits", "change_limits") else super().shown(thing)

    def show(self, rows: Any, serializer: type[serializers.Serializer] | None = None) -> Any:
        self.look.read(rows)
        return super().show(rows, serializer)

    def create(self, request: Request) -> Response:
        """Open a subaccount."""
        data = self.payload()
        parent, owner = data.pop("parent"), data.pop("owner", None)
        if owner is None:
            return self.answer(accounts.open_account(self.actor, parent, **data), 201)
        return self.answer(open_account_with_owner(self.actor, parent, owner=owner, **data)[0], 201)

    def partial_update(self, request: Request, key: str) -> Response:
        """Rename it, or change its notes."""
        account = self.get_object()
        return self.answer(accounts.change_account(self.actor, account, **self.payload()))

    def destroy(self, request: Request, key: str) -> Response:
        """Close it with its whole branch; this cannot be undone."""
        account = self.get_object()
        accounts.close_account(self.actor, account)
        return self.gone()

    def move(self, request: Request, key: str) -> Response:
        """Move it with its branch below another account."""
        account = self.get_object()
        return self.answer(accounts.move_account(self.actor, account, self.payload()["parent"]))

    def block(self, request: Request, key: str) -> Response:
        """Block it: the account, its branch, their users and tokens have nothing until it is unblocked."""
        account = self.get_object()
        self.payload()
        return self.answer(accounts.block_account(self.actor, account))

    def unblock(self, request: Request, key: str) -> Response:
        """End the block."""
        account = self.get_object()
        self.payload()
        return self.answer(accounts.unblock_account(self.actor, account))

    def limits(self, request: Request, key: str) -> Response:
        """Its quotas and history depth."""
        account = self.get_object()
        return self.tagged(account, self.shown(account))

    def change_limits(self, request: Request, key: str) -> Response:
        """Set its quotas and history depth; for an account above."""
        account = self.get_object()
        account = accounts.change_limits(self.actor, account, **self.payload())
        return self.tagged(account, self.shown(account))
