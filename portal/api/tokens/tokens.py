"""Tokens: list, issue, change, rotate, switch off, revoke, their logs; and keys that were found in the open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet, prefetch_related_objects
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accesscontrol import catalogue
from accesscontrol.access.actor import Actor
from accesscontrol.access.doors.token_contents import token_lines
from accesscontrol.accounts.names import named, named_in
from accesscontrol.audit.models import Event
from accesscontrol.services.tokens import tokens
from accesscontrol.services.tokens.leaks import report_leaked
from accesscontrol.services.tokens.rules import CONTENTS
from accesscontrol.services.tokens.tokens import Issued
from accesscontrol.tokens.life import USED_AT
from accesscontrol.tokens.models import Token
from portal.actors import client_address, look_of
from portal.api.events import LogViewSet
from portal.api.frame.base import NounViewSet, View
from portal.api.frame.payloads import refuse_empty
from portal.api.frame.reading import AnyChoice, AnyWord, NounFilters, TimeFilter, YesOrNo
from portal.api.frame.schema import shown_or_named
from portal.api.tokens.payloads import ChosenTokens, LeakedFound, LeakedText, ManyDone, NewToken, Rotation, TokenChanges
from portal.api.tokens.shown import SecretNamed, TokenDetail, TokenIssued, TokenShown
from portal.declared import PUBLIC
from portal.open_shapes import Checked
from portal.requests import beneath

#: So many tokens of a user or an account are disabled or revoked in one call.
MOST_AT_ONCE = 1000


class TokenFilters(NounFilters):
    type = AnyChoice(catalogue.TOKEN_TYPES.items())
    user = AnyWord(method="of_user", help_text="Username of whom it acts for.")
    enabled = YesOrNo()
    ends_before = TimeFilter(field_name="expires_at", lookup_expr="lt")
    unused_since = TimeFilter(method="not_used", help_text="Neither used nor made since this time.")

    def of_user(self, rows: QuerySet, name: str, usernames: list[str]) -> QuerySet:
        seen = named(look_of(self.request).visible("user:view"), *usernames)
        return rows.filter(user__in=seen.values("pk"))

    def not_used(self, rows: QuerySet, name: str, since: Any) -> QuerySet:
        return rows.alias(used=USED_AT).filter(used__lt=since)

    class Meta:
        model = Token
        fields = ()


class TokenViewSet(NounViewSet[Token]):
    """Tokens of the caller's branch, or the caller's own. A key is in the answer that issues it, and nowhere else."""

    noun = "token"
    model = Token
    declares = {
        "list": "token:view",
        "retrieve": "token:view",
        "create": "token:create",
        "partial_update": "token:change",
        "destroy": "token:delete",
        "rotate": "token:change",
        "disable": "token:change",
        "revoke": "token:delete",
    }
    serializer_class = TokenShown
    payloads = {
        "create": NewToken,
        "partial_update": TokenChanges,
        "rotate": Rotation,
        "disable": ChosenTokens,
        "revoke": ChosenTokens,
    }
    answers = {
        "retrieve": TokenDetail,
        "create": {201: shown_or_named(TokenIssued, SecretNamed)},
        "partial_update": shown_or_named(TokenDetail),
        "rotate": shown_or_named(TokenIssued, SecretNamed),
        "disable": ManyDone,
        "revoke": ManyDone,
    }
    filterset_class = TokenFilters
    orderings = ("name", "created_at", "expires_at", "last_used_at")
    stateless = ("disable", "revoke")

    def show_one(self, row: Token) -> Any:
        prefetch_related_objects([row], *CONTENTS)
        return TokenDetail(row, context=self.get_serializer_context()).data

    def create(self, request: Request) -> Response:
        """Issue a token. The answer holds its key, this once."""
        data = self.payload()
        return self.answer_issued(tokens.create_token(self.actor, data.pop("account"), **_columns(data)), 201)

    def partial_update(self, request: Request, key: str) -> Response:
        """Change a token: its name, ends, addresses, rules, topics, or switch it on and off."""
        token = self.get_object()
        return self.answer(tokens.change_token(self.actor, token, **_columns(self.payload())))

    def destroy(self, request: Request, key: str) -> Response:
        """Revoke a token for good, from the next request on."""
        token = self.get_object()
        tokens.revoke_token(self.actor, token)
        return self.gone()

    def rotate(self, request: Request, key: str) -> Response:
        """Give a token a new key with the same rules. The answer holds it, this once."""
        token, overlap = self.get_object(), timedelta(seconds=self.payload()["overlap_seconds"])
        return self.answer_issued(tokens.rotate_token(self.actor, token, overlap), 200)

    def answer_issued(self, issued: Issued, code: int) -> Response:
        """The token with its key; only the key where the caller may not view it."""
        response = self.answer(issued.token, code)
        response.data = {**response.data, "secret": issued.secret}
        return response

    # --- Many at once

    def disable(self, request: Request) -> Response:
        """Disable some tokens, all of a user, or all of an account."""
        return self.with_many(tokens.disable_tokens, "token:change", enabled=True)

    def revoke(self, request: Request) -> Response:
        """Revoke some tokens, all of a user, or all of an account."""
        return self.with_many(tokens.remove_tokens, "token:delete")

    def with_many(self, act: Callable[[Actor, Sequence[Token]], Any], wanted: str, **still: Any) -> Response:
        """Do it with those that the caller may, all of them or, when it fails, none; say which are left."""
        chosen = self.payload()
        may = self.chosen(self.rows(wanted), chosen)
        others = self.chosen(self.rows("token:view"), chosen).exclude(pk__in=may.order_by().values("pk"))
        left = list(others.values_list("key", flat=True)[:MOST_AT_ONCE])
        if "keys" in chosen:
            self.require_found(chosen["keys"], {*may.values_list("key", flat=True), *left})
        listed = list(may.filter(**still)[: MOST_AT_ONCE + 1])
        act(self.actor, listed[:MOST_AT_ONCE])
        more = len(listed) > MOST_AT_ONCE
        return Response({"done": min(len(listed), MOST_AT_ONCE), "left": left, "more": more})

    @staticmethod
    def chosen(rows: QuerySet[Token], chosen: Checked) -> QuerySet[Token]:
        """The tokens meant, among these."""
        if "keys" in chosen:
            rows = rows.filter(pk__in=[row.pk for row in named_in(rows, chosen["keys"]).values()])
        else:
            rows = rows.filter(**chosen)
        return rows.order_by("pk")

    @staticmethod
    def require_found(keys: Sequence[str], found: set[str]) -> None:
        """Raises ValidationError for a key of no token, or of one that the caller does not see: the same words."""
        absent = [key for key in keys if key not in found]
        if absent:
            told = {"keys": [f"There is no token “{key[:100]}” here." for key in absent]}
            raise serializers.ValidationError(told, code="unknown")


def _columns(data: Checked) -> Checked:
    """The fields of a payload as those of a spec."""
    if "allowed_addresses" in data:
        data["allowed_addresses"] = tuple(data["allowed_addresses"])
    return data


class TokenLogViewSet(LogViewSet[Token]):
    """What was done to a token, and with it where the caller may read events; newest first."""

    noun = "token"
    declares = {"list": "token.logs:view"}

    def lines(self) -> QuerySet[Event]:
        return token_lines(self.look, self.get_object())


class LeakedView(View):
    """Keys that were found where others can read them."""

    declares = {"post": PUBLIC}
    payloads = {"post": LeakedText}
    answers = {"post": {202: LeakedFound}}
    http_method_names = ("post",)

    @extend_schema(operation_id="token_leaked")
    def post(self, request: Request) -> Response:
        """Revoke every key that stands in the text, and tell its people by mail. Anybody may: holding a key is proof.

        A key is what matches `pt[sma]_[0-9A-Za-z]{46}` and ends in the right checksum.
        """
        body = LeakedText(data=request.data)
        refuse_empty(request, body.writable())
        body.is_valid(raise_exception=True)
        found = report_leaked(
            body.validated_data["text"], address=client_address(beneath(request)), request_id=self.request.request_id
        )
        return Response({"well_formed": found.well_formed}, status=202)
