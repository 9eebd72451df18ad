"""Epochs: one value per top-level account, renewed by database triggers when the meaning of access changes."""

from __future__ import annotations

from django.db import models


class AccessEpoch(models.Model):
    """The freshness value of one top-level account's tree (0 = the platform). A value never comes back."""

    root = models.BigIntegerField(primary_key=True)
    value = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.root}: {self.value}"
