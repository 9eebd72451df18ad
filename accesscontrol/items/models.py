"""Items of every kind, the links between them, the records of their sections, and direct shares."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from guardian.models import UserObjectPermissionBase

from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.names import FoldedField, KeyField, Named, SearchedField, with_letters
from accesscontrol.accounts.revisions import Revised
from accesscontrol.accounts.spelling import KEY_LENGTH, key_validator
from accesscontrol.json_data import BoundedJSONField

#: The longest ident: an IMEI has 15 digits, an EUI-64 23 characters, a name on the wire may be long.
IDENT_LENGTH = 100


class Item(Named, Revised):
    """Anything access is given to (access model §1). `settings` is the item's configuration as JSON.

    `device_count` is the number of devices linked to it, kept by the services beside the links, because
    “linked to no device” decides who sees a vehicle, employee, task, maintenance, alert rule or alarm.
    """

    key = KeyField(max_length=KEY_LENGTH, unique=True, validators=[key_validator])
    #: A kind of the catalogue. Neither choices nor a constraint: a new kind is no migration; whoever writes asks there.
    kind = models.CharField(max_length=32)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="items")
    owner = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="owned_items")
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="made_items")
    name = models.CharField(max_length=200)
    #: Its IMEI, serial or name on the wire, for kinds that have one. It finds the item and never stands for a right.
    ident = models.CharField(max_length=IDENT_LENGTH, blank=True)
    ident_folded = FoldedField("ident", null=True)
    settings = BoundedJSONField(default=dict, blank=True)
    #: The tariff's history depth in days; empty = no limit of its own.
    history_days = models.PositiveIntegerField(null=True, blank=True)
    device_count = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(auto_now=True, editable=False)
    searched = SearchedField("name", "key", "ident")

    class Meta:
        permissions = [("command_item", "Can command item"), ("logs_item", "Can read logs of item")]
        indexes = [
            models.Index(fields=["account", "kind", "name_order", "id"], name="item_account_kind_name"),
            models.Index(fields=["kind", "name_order", "id"], name="item_kind_name"),
            models.Index(fields=["kind", "account", "id"], name="item_kind_account"),
            models.Index(fields=["kind", "created_at", "id"], name="item_kind_created"),
            models.Index(fields=["name_order", "id"], name="item_name"),
            models.Index(fields=["searched", "id"], name="item_searched"),
            models.Index(fields=["ident_folded", "id"], condition=Q(ident_folded__isnull=False), name="item_ident"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["account", "ident_folded"], name="one_ident_an_account"),
        ]

    def __str__(self) -> str:
        return self.name


class ItemLink(models.Model):
    """A direct link from a member to its container (access model §2); accounts may differ.

    Whoever deletes or adds rows keeps `container.device_count` in the same transaction. A link whose maker had one of
    its ends by a grant counts only while that grant lives for that grantee, and goes when they part (§5).
    """

    member = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="container_links")
    container = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="member_links")
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    #: By which grant, and as which of its grantees, the maker had the member and the container; empty = by none.
    member_under = models.ForeignKey(
        "grants.GrantGrantee", on_delete=models.CASCADE, null=True, blank=True, related_name="links_by_member"
    )
    container_under = models.ForeignKey(
        "grants.GrantGrantee", on_delete=models.CASCADE, null=True, blank=True, related_name="links_by_container"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["member", "container"], name="one_link_a_pair"),
            models.CheckConstraint(condition=~Q(member=models.F("container")), name="no_link_to_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.member} in {self.container}"


def few_ids_with_letters(letters: str, most: int = 500) -> list[int] | None:
    """The ids of the items with these letters in their name, key or ident, or None where there are more than `most`.

    Read from one narrow index alone. For narrowing a visible queryset only; it says nothing about who may see them.
    """
    found = Item.objects.filter(with_letters(letters)).order_by().values_list("pk", flat=True)[: most + 1]
    ids = list(found)
    return ids if len(ids) <= most else None


class Record(Revised):
    """One entry of an item's section: a message, a command, a log line, a file, an interval, a property …

    Messages, media, intervals, events and logs are paged by `at`; commands carry a `state`;
    properties, fields and forms carry a `name` and are edited in place.
    """

    class State(models.TextChoices):
        NONE = "", "—"
        QUEUED = "queued", "Queued"
        SENT = "sent", "Sent"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="records")
    section = models.CharField(max_length=32)
    at = models.DateTimeField(default=timezone.now)
    name = models.CharField(max_length=200, blank=True)
    data = BoundedJSONField(default=dict, blank=True)
    state = models.CharField(max_length=16, choices=State.choices, blank=True, default=State.NONE)
    #: A row that names a device shows only to who may view that device (access model §2).
    device = models.ForeignKey(Item, on_delete=models.CASCADE, null=True, blank=True, related_name="named_in")
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["item", "section", "-at", "-id"], name="record_item_section_at"),
            models.Index(fields=["item", "section", "name"], name="record_item_section_name"),
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.section} {self.at:%Y-%m-%d %H:%M:%S}"


class ItemUserObjectPermission(UserObjectPermissionBase):
    """Guardian's direct-foreign-key row: this user, this item, this permission, until when (access model §3, 6–7).

    `view_item` to a `user` is an assignment; the codenames and their meaning stand in `catalogue.SHARE_CODENAMES`.
    """

    content_object = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="shares")
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta(UserObjectPermissionBase.Meta):
        indexes = [models.Index(fields=["content_object", "user"], name="share_item_user")]

    def __str__(self) -> str:
        return f"{self.user} on {self.content_object}"
