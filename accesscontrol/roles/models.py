"""Roles: named sets of rights that an account gives its users."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accesscontrol.accounts.models import Account
from accesscontrol.accounts.names import KeyField, Named
from accesscontrol.accounts.revisions import Revised
from accesscontrol.accounts.spelling import KEY_LENGTH, key_validator
from accesscontrol.json_data import BoundedJSONField


class Role(Named, Revised):
    """A named set of additional rights (codes of `catalogue.RIGHTS`); basic rights are always there (access model §6).

    It may be given to users of its account and of accounts below.
    """

    key = KeyField(max_length=KEY_LENGTH, unique=True, validators=[key_validator])
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="roles")
    name = models.CharField(max_length=200)
    rights = BoundedJSONField(default=list, blank=True)
    #: “Available object history” in days; empty = no limit of its own.
    history_days = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [models.Index(fields=["account", "name_order"], name="role_account_name")]

    def __str__(self) -> str:
        return self.name
