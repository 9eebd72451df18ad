"""The way in: what there is, who one is, the OpenAPI document, and the answer to addresses that lead nowhere."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NoReturn, TypedDict

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accesscontrol.accounts.models import User
from accesscontrol.tokens.life import idle_end
from accesscontrol.tokens.models import Token
from portal.api.frame.authentication import TokenCaller
from portal.api.frame.base import View
from portal.api.tokens.shown import may_in_words
from portal.declared import PUBLIC, SIGNED_IN
from portal.signed_in.token_sessions import TokenHolder

NOUNS = ("accounts", "items", "users", "roles", "tokens", "grants", "projects", "events")


class ApiRoot(View):
    """The REST interface. Every list shows what you may see, every act asks what you may do."""

    name = "REST interface"
    declares = {"get": SIGNED_IN}

    @extend_schema(responses={200: dict}, operation_id="root")
    def get(self, request: Request) -> Response:
        """The addresses of all lists."""
        lists = {noun: request.build_absolute_uri(reverse(f"api_{noun}")) for noun in NOUNS}
        others = {name: request.build_absolute_uri(reverse(f"api_{name}")) for name in ("whoami", "schema", "docs")}
        return Response(lists | others)


class CallerShown(serializers.Serializer):
    """Who calls, and as whom."""

    type = serializers.ChoiceField(choices=["user", "token"])
    key = serializers.CharField(help_text="The username, or the token's key in the portal (never the secret).")
    name = serializers.CharField()
    authority = serializers.CharField(allow_null=True, help_text="Of the person; null for a token of an account.")
    token_type = serializers.CharField(allow_null=True)
    account = serializers.CharField(allow_null=True, help_text="Key of the caller's own account.")
    acting_as = serializers.CharField(allow_null=True, help_text="Key of the account operated as.")
    address = serializers.CharField(allow_null=True)
    acts_for = serializers.ChoiceField(
        choices=["account", "user"], allow_null=True, help_text="Whom a token acts for; null for a person."
    )
    may = serializers.ListField(
        child=serializers.CharField(), allow_null=True, help_text="What a token may, in words; null for a person."
    )
    expires_at = serializers.DateTimeField(allow_null=True, help_text="When the caller's access ends.")
    idle_ends_at = serializers.DateTimeField(
        allow_null=True, help_text="When a token ends that is not used before; null without such an end."
    )


class Whoami(View):
    """Who the call is made by."""

    declares = {"get": SIGNED_IN}

    @extend_schema(responses={200: CallerShown}, operation_id="whoami")
    def get(self, request: Request) -> Response:
        """The caller, its account, and the account it operates as."""
        user: Any = request.user
        by_token = isinstance(user, TokenCaller | TokenHolder)
        found = _token(user.token) if by_token else _person(user)
        account = self._key(user.token.account_id if by_token else user.account_id)
        return Response(
            {**found, "account": account, "acting_as": self._key(self.actor.acting), "address": self.actor.address}
        )

    def _key(self, account_id: int | None) -> str | None:
        """The key of one's own account, or of the one operated as."""
        if account_id is None:
            return None
        rows = self.look.visible("account:view")
        return rows.filter(pk=account_id).values_list("key", flat=True).first()


class Caller(TypedDict):
    """Who calls: a person, or a token with whom it acts for and what it may in words."""

    type: str
    key: str
    name: str
    authority: str | None
    token_type: str | None
    acts_for: str | None
    may: list[str] | None
    expires_at: datetime | None
    idle_ends_at: datetime | None


def _token(token: Token) -> Caller:
    authority = token.user.authority if token.user is not None else None
    acts_for = "user" if token.user_id is not None else "account"
    return {"type": "token", "key": token.key, "name": token.name, "authority": authority, "token_type": token.type,
            "acts_for": acts_for, "may": may_in_words(token),
            "expires_at": token.expires_at, "idle_ends_at": idle_end(token)}  # fmt: skip


def _person(user: User) -> Caller:
    name = user.full_name or user.username
    return {"type": "user", "key": user.username, "name": name, "authority": user.authority, "token_type": None,
            "acts_for": None, "may": None, "expires_at": user.expires_at,
            "idle_ends_at": None}  # fmt: skip


class SchemaView(View, SpectacularAPIView):
    """The OpenAPI document; for callers who are signed in."""

    declares = {"get": SIGNED_IN}
    renderer_classes = SpectacularAPIView.renderer_classes

    def parameters(self) -> dict[str, bool]:
        return {"lang": False, "version": False}


class DocsView(View, SpectacularSwaggerSplitView):
    """The OpenAPI document as a page to try it out."""

    declares = {"get": SIGNED_IN}
    renderer_classes = SpectacularSwaggerSplitView.renderer_classes
    url_name = "api_schema"
    template_name = "rest_framework/swagger.html"

    def parameters(self) -> dict[str, bool]:
        return {"lang": False, "version": False, "script": False}


class Nowhere(View):
    """Every address below /api/ and /access/ that leads nowhere."""

    name = ""  # no crumb of the browsable API
    declares = dict.fromkeys(("get", "post", "put", "patch", "delete"), PUBLIC)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.refuse()

    def refuse(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise NotFound("There is nothing at this address. Addresses of lists and things end with a slash.")

    get = post = put = patch = delete = extend_schema(exclude=True)(refuse)
