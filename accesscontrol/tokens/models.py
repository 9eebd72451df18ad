"""Tokens: keys that act for an account or for one user, with the rules that narrow them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accesscontrol import catalogue
from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.names import KeyField, Named, with_letters
from accesscontrol.accounts.revisions import Revised
from accesscontrol.accounts.spelling import KEY_LENGTH, key_validator
from accesscontrol.items.models import Item
from accesscontrol.json_data import BoundedJSONField


def ids_with_letters(letters: str) -> models.QuerySet:
    """The ids of tokens with these letters in their name or key, read from one narrow index: ten times as quick as
    looking through the rows. For narrowing a visible queryset only; it says nothing about who may see them."""
    return Token.objects.filter(with_letters(letters)).order_by().values("pk")


class Token(Named, Revised):
    """A key that acts for `account`, or for `user` of it (access model §4). Only a keyed digest is stored."""

    class Type(models.TextChoices):
        STANDARD = "standard", "Standard"
        MASTER = "master", "Master"
        ACL = "acl", "ACL"

    key = KeyField(max_length=KEY_LENGTH, unique=True, validators=[key_validator])
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="tokens")
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, blank=True, related_name="tokens")
    name = models.CharField(max_length=200)
    type = models.CharField(max_length=16, choices=Type.choices)
    preset = models.CharField(max_length=32, blank=True)
    #: Keyed digest (hex) of the secret; null until a key has been issued.
    digest = models.CharField(max_length=64, unique=True, null=True, blank=True, editable=False)
    #: The digest before the last rotation, good until `previous_until`.
    previous_digest = models.CharField(max_length=64, unique=True, null=True, blank=True, editable=False)
    previous_until = models.DateTimeField(null=True, blank=True, editable=False)
    #: Prefix and last characters, to tell keys apart.
    hint = models.CharField(max_length=24, blank=True, editable=False)
    enabled = models.BooleanField(default=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    #: When the access of whoever issued it was to end, as it was at issue: so long the token gives to others.
    maker_ends_at = models.DateTimeField(null=True, blank=True, editable=False)
    #: Seconds since the last use (or the creation) after which the token is dead.
    idle_ttl = models.PositiveIntegerField(null=True, blank=True)
    #: How many days back it sees; null = as far as whom it acts for.
    history_days = models.PositiveIntegerField(null=True, blank=True)
    #: Networks in CIDR form; empty = any address.
    allowed_addresses = BoundedJSONField(default=list, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_address = models.CharField(max_length=64, blank=True, editable=False)
    #: How often acts have ended the sessions that were opened by this token; see the user's.
    sessions_ended = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["account", "name_order"], name="token_account_name"),
            models.Index(fields=["name_order", "id"], name="token_name"),
            models.Index(fields=["searched", "id"], name="token_searched"),
            models.Index(fields=["type", "name_order", "id"], name="token_type_name"),
            models.Index(fields=["enabled", "name_order", "id"], name="token_enabled_name"),
            models.Index(fields=["created_at", "id"], name="token_created"),
            models.Index(fields=["expires_at"], name="token_expires"),
            models.Index(fields=["last_used_at"], name="token_last_used"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(type__in=list(catalogue.TOKEN_TYPES)), name="token_type_is_known"),
        ]

    def __str__(self) -> str:
        return self.name


class TokenRule(models.Model):
    """One rule of an ACL token: a kind, verbs on all of it, in groups, or on a list, and sections with their verbs."""

    class Reach(models.TextChoices):
        ALL = "all", "All"
        IN_GROUPS = "in_groups", "In groups"
        LIST = "list", "Chosen"

    token = models.ForeignKey(Token, on_delete=models.CASCADE, related_name="rules")
    kind = models.CharField(max_length=32)
    reach = models.CharField(max_length=16, choices=Reach.choices)
    verbs = BoundedJSONField(default=list, blank=True)
    #: "all" (every section with the rule's verbs) or {"messages": ["view"], …}.
    sections = BoundedJSONField(default=dict, blank=True)
    #: Row ids of the things listed, for kinds of access management; items stand in `items`.
    things = BoundedJSONField(default=list, blank=True)
    #: The items listed, or the groups for `in_groups`.
    items = models.ManyToManyField(Item, through="TokenRuleItem", related_name="+")

    def __str__(self) -> str:
        return f"{self.kind} {self.reach}"


class TokenRuleItem(models.Model):
    """An item that a token rule lists, or a group whose members it means."""

    rule = models.ForeignKey(TokenRule, on_delete=models.CASCADE, related_name="rule_items")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "item"], name="token_rule_item_once")]

    def __str__(self) -> str:
        return f"{self.rule} {self.item}"


class TokenTopic(models.Model):
    """A topic rule: an MQTT topic filter and what may be done on it (`publish`, `subscribe`)."""

    token = models.ForeignKey(Token, on_delete=models.CASCADE, related_name="topics")
    filter = models.CharField(max_length=1024)
    actions = BoundedJSONField(default=list)

    def __str__(self) -> str:
        return self.filter
