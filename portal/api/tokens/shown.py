"""Tokens as they are shown: never their key, their rules by names that the caller may see, what they may in words."""

from __future__ import annotations

from collections.abc import Iterator

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accesscontrol import catalogue
from accesscontrol.access.fresh.things import MODELS
from accesscontrol.accounts.names import order_of
from accesscontrol.tokens.models import Token, TokenRule, TokenTopic
from portal.api.frame.payloads import VisibleThing
from portal.open_shapes import Answered

SECTIONS_SCHEMA = {
    "oneOf": [
        {"type": "string", "enum": ["all"]},
        {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
    ]
}


class TokenShown(serializers.ModelSerializer):
    """A token, never its key: `hint` tells keys apart."""

    account = VisibleThing("account", read_only=True)
    user = VisibleThing("user", read_only=True, help_text="For whom it acts; null: for the account.")
    allowed_addresses = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Token
        fields: tuple[str, ...] = (
            "id", "key", "name", "type", "account", "user", "preset", "hint", "enabled", "expires_at", "idle_ttl",
            "history_days", "allowed_addresses", "last_used_at", "last_used_address", "previous_until", "created_at",
        )  # fmt: skip
        read_only_fields = fields


@extend_schema_field(SECTIONS_SCHEMA)
class SectionsShown(serializers.JSONField):
    """“all”, or section → verbs."""


@extend_schema_field({"type": "array", "items": {"type": "string"}})
class ListedThings(serializers.Field):
    """The keys of the things that a rule lists, as far as the caller may see them."""

    def get_attribute(self, instance: TokenRule) -> TokenRule:
        return instance

    def to_representation(self, value: TokenRule) -> list[str]:
        seen = self.context["seen"]
        names = [seen.name(noun, row_id) for noun, row_id in listed_things(value)]
        return sorted((name for name in names if name is not None), key=order_of)


def listed_things(rule: TokenRule) -> Iterator[tuple[str, int]]:
    """(noun, row id) of what a rule lists: items or groups, or things of access management."""
    yield from (("item", entry.item_id) for entry in rule.rule_items.all())
    yield from ((rule.kind, row_id) for row_id in rule.things if rule.kind in MODELS)


class TokenRuleShown(serializers.ModelSerializer):
    """What a rule of an ACL token lists."""

    verbs = serializers.ListField(child=serializers.CharField(), read_only=True)
    sections = SectionsShown(read_only=True)
    items = ListedThings(read_only=True)

    class Meta:
        model = TokenRule
        fields = ("kind", "reach", "verbs", "sections", "items")
        read_only_fields = fields


class TokenTopicShown(serializers.ModelSerializer):
    """A topic rule."""

    actions = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = TokenTopic
        fields = ("filter", "actions")
        read_only_fields = fields


class TokenDetail(TokenShown):
    """A token with its rules and topics."""

    rules = TokenRuleShown(many=True, read_only=True)
    topics = TokenTopicShown(many=True, read_only=True)

    class Meta(TokenShown.Meta):
        fields: tuple[str, ...] = (*TokenShown.Meta.fields, "rules", "topics")
        read_only_fields = fields

    def to_representation(self, instance: Token) -> Answered:
        for noun, row_id in (pair for rule in instance.rules.all() for pair in listed_things(rule)):
            self.context["seen"].expect(noun, [row_id])
        return super().to_representation(instance)


_SECRET_HELP = "The key. It is shown this once and kept nowhere; store it now."


class TokenIssued(TokenDetail):
    """A token with its new key, which is shown this once."""

    secret = serializers.CharField(read_only=True, help_text=_SECRET_HELP)

    class Meta(TokenDetail.Meta):
        fields: tuple[str, ...] = (*TokenDetail.Meta.fields, "secret")
        read_only_fields = fields


class SecretNamed(serializers.Serializer):
    """The new key of a token that the caller may not view."""

    key = serializers.CharField(read_only=True)
    secret = serializers.CharField(read_only=True, help_text=_SECRET_HELP)


# --- In words


def may_in_words(token: Token) -> list[str]:
    """What a token may, in sentences for its holder; things are counted, not named."""
    whom = "account" if token.user_id is None else "user"
    if token.type == Token.Type.MASTER:
        return [f"Everything that its {whom} may."]
    if token.type == Token.Type.STANDARD:
        return [f"Everything that its {whom} may, without access management."]
    words = [_rule_in_words(rule) for rule in token.rules.prefetch_related("rule_items").order_by("pk")]
    words += [f"Topic {topic.filter}: {', '.join(topic.actions)}." for topic in token.topics.order_by("pk")]
    return words or ["Nothing: it has no rules."]


def _rule_in_words(rule: TokenRule) -> str:
    parts = [", ".join(rule.verbs)] if rule.verbs else []
    if rule.sections == "all":
        parts.append("the same on every section")
    else:
        parts += [f"{name.replace('_', ' ')}: {', '.join(verbs)}" for name, verbs in rule.sections.items()]
    count = len(list(listed_things(rule)))
    where = {"all": "all", "in_groups": f"in {count} groups", "list": f"{count} chosen"}[rule.reach]
    return f"{catalogue.KINDS[rule.kind].plural} ({where}): {'; '.join(parts) or 'nothing'}."
