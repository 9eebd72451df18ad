"""Revisions: what people and programs change is counted, so that a change can say what it was made from (§11)."""

from __future__ import annotations

from django.db import models


class Revised(models.Model):
    """A thing whose every change is counted by the act that makes it."""

    #: The state it is in, by number. Only the frame of acts counts it up.
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True
