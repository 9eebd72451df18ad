"""Grants: access that one account gives to others."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.names import KeyField, Named, OrderField, SearchedField
from accesscontrol.accounts.revisions import Revised
from accesscontrol.accounts.spelling import KEY_LENGTH, key_validator
from accesscontrol.items.models import Item
from accesscontrol.json_data import BoundedJSONField


class Grant(Named, Revised):
    """From one grantor account to one or more grantees: what it covers, at which levels, from when until when (§5)."""

    class Covers(models.TextChoices):
        ACCOUNT = "account", "Whole account"
        KIND = "kind", "All items of a kind"
        ITEMS = "items", "Chosen items"

    key = KeyField(max_length=KEY_LENGTH, unique=True, validators=[key_validator])
    #: The grantor.
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="grants")
    covers = models.CharField(max_length=16, choices=Covers.choices)
    kind = models.CharField(max_length=32, blank=True)
    include_subaccounts = models.BooleanField(default=False)
    #: Levels besides `read`, which is always there: edit, delete, command, create-<kind>, operate-as.
    levels = BoundedJSONField(default=list, blank=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    #: How many days back the grantees see; null = as far as the items themselves.
    history_days = models.PositiveIntegerField(null=True, blank=True)
    enabled = models.BooleanField(default=True)
    note = models.TextField(blank=True)
    #: Keys of accounts of other trees as they were typed, until one accepts: unknown and unwilling look the same.
    invited = BoundedJSONField(default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    items = models.ManyToManyField(Item, through="GrantItem", related_name="grants")
    grantees = models.ManyToManyField(Account, through="GrantGrantee", related_name="received_grants")
    name_order = OrderField("key")
    searched = SearchedField("key")
    #: The note is the grantor's own, and so is searching in it.
    note_searched = SearchedField("note", longest=20_000)

    class Meta:
        indexes = [
            models.Index(fields=["account", "created_at"], name="grant_account_created"),
            models.Index(fields=["expires_at"], name="grant_expires"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(covers="kind", kind__gt="") | (~Q(covers="kind") & Q(kind="")), name="grant_kind_if_covered"
            ),
        ]

    def __str__(self) -> str:
        return self.key


class GrantGrantee(models.Model):
    """One grantee of a grant. Until it is accepted it gives nothing; a grantee of the same tree accepts at once."""

    grant = models.ForeignKey(Grant, on_delete=models.CASCADE, related_name="grantee_links")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="grant_links")
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["grant", "account"], name="grantee_once_a_grant")]

    def __str__(self) -> str:
        return f"{self.grant} to {self.account}"


class GrantItem(models.Model):
    """One of the items that a grant of chosen items covers."""

    grant = models.ForeignKey(Grant, on_delete=models.CASCADE, related_name="item_links")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="grant_links")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["grant", "item"], name="item_once_a_grant")]

    def __str__(self) -> str:
        return f"{self.grant} {self.item}"


class EndNotice(models.Model):
    """That somebody has been told of an end ahead: of a grant, token, user or membership. One mail a threshold.

    An end that is put off is another end, and is told anew.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="end_notices")
    thing_type = models.CharField(max_length=16)
    thing_id = models.BigIntegerField()
    ends_at = models.DateTimeField()
    #: How many days ahead: the threshold that this notice was for.
    days = models.PositiveSmallIntegerField()
    sent_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [models.Index(fields=["ends_at"], name="end_notice_ends")]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "thing_type", "thing_id", "ends_at", "days"], name="end_told_once_a_threshold"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.thing_type} {self.thing_id} ends {self.ends_at:%Y-%m-%d}, {self.days} days ahead"
