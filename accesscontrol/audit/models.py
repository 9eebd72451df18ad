"""The audit log: a keyed hash chain per top-level account, append-only."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accesscontrol.accounts.names import SearchedField
from accesscontrol.json_data import BoundedJSONField


class Event(models.Model):
    """One line of the audit log. Holds ids only; names and addresses stand in `EventDetail`, which can be erased.

    `chain` is the id of the top-level account, or 0 for the platform. `digest` is an HMAC over the line and the digest
    before it. Rows are never changed or deleted: triggers refuse it on both databases.
    """

    id = models.BigAutoField(primary_key=True)
    chain = models.BigIntegerField()
    position = models.BigIntegerField()
    at = models.DateTimeField(default=timezone.now)
    #: What was done, as a permission or a service's name: "account.rename", "item.create", "sign_in".
    action = models.CharField(max_length=80)
    #: The account that the line belongs to, for who may read it.
    account_id = models.BigIntegerField(null=True)
    #: Who acted: "user", "token", "account" or "system", and the row's id.
    actor_type = models.CharField(max_length=16)
    actor_id = models.BigIntegerField(null=True)
    #: The user behind a token, and the account acted as.
    token_id = models.BigIntegerField(null=True)
    acting_account_id = models.BigIntegerField(null=True)
    #: The platform operator's entry into this tree under which it was done; null where no entry was needed.
    entry_id = models.BigIntegerField(null=True)
    #: What it was done to.
    thing_type = models.CharField(max_length=32, blank=True)
    thing_id = models.BigIntegerField(null=True)
    #: The revision that the thing has by it; null where it changed nothing of the thing.
    revision = models.PositiveIntegerField(null=True)
    result = models.CharField(max_length=16, default="done")
    request_id = models.CharField(max_length=64, blank=True)
    #: HMAC of the side table's values, so that a changed detail shows and an erased one is told apart.
    detail_digest = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        indexes = [
            models.Index(fields=["account_id", "-at", "-id"], name="event_account_at"),
            models.Index(fields=["thing_type", "thing_id", "-at"], name="event_thing_at"),
            models.Index(fields=["actor_type", "actor_id", "-at"], name="event_actor_at"),
            models.Index(fields=["action", "-at"], name="event_action_at"),
            models.Index(fields=["-at", "-id"], name="event_at"),
        ]
        constraints = [models.UniqueConstraint(fields=["chain", "position"], name="event_once_a_position")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.action}"


class EventDetail(models.Model):
    """The erasable side of an event: names, address, what was before and after."""

    event = models.OneToOneField(Event, on_delete=models.DO_NOTHING, related_name="detail", primary_key=True)
    actor_name = models.CharField(max_length=200, blank=True)
    acting_account_name = models.CharField(max_length=200, blank=True)
    thing_name = models.CharField(max_length=200, blank=True)
    address = models.CharField(max_length=64, blank=True)
    changes = BoundedJSONField(default=dict)
    erased_at = models.DateTimeField(null=True, blank=True)
    actor_searched = SearchedField("actor_name")
    thing_searched = SearchedField("thing_name")

    def __str__(self) -> str:
        return f"Detail of event {self.event_id}"


class Checkpoint(models.Model):
    """Where a chain starts in the database: the last line that went into an archive, its digest, and the file, sealed
    with the key. Only lines up to here may be deleted."""

    chain = models.BigIntegerField(primary_key=True)
    position = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    file = models.CharField(max_length=200)
    #: The file's SHA-256.
    checksum = models.CharField(max_length=64)
    seal = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"Chain {self.chain} from {self.position}"


class ChainHead(models.Model):
    """The last position and digest of a chain, sealed with the key: truncation shows."""

    chain = models.BigIntegerField(primary_key=True)
    position = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    seal = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"Chain {self.chain} at {self.position}"
