"""What stands around signing in: sessions, what an account asks of its people for it, and lost second factors."""

from __future__ import annotations

import uuid
from importlib import import_module

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accesscontrol.json_data import BoundedJSONField


class Session(AbstractBaseSession):
    """A browser that somebody is signed in with, or that is about to be. Its key is a secret: people and programs name
    it by `public`.

    ended: why somebody ended it; the row stays as long as it would have lived, so that the browser learns it.
    """

    class Ended(models.TextChoices):
        ONESELF = "oneself"
        OTHERS = "others"

    public = models.UUIDField(default=uuid.uuid4, editable=False)  # two rows bear it while the key changes
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, null=True, related_name="sessions")
    started_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    address = models.CharField(max_length=45, blank=True)
    agent = models.CharField(max_length=300, blank=True)
    ended = models.CharField(max_length=16, choices=Ended.choices, blank=True)

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        store: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore
        return store


class SecurityPolicy(models.Model):
    """What an account asks of its people when they sign in (issue People). Of several on a line the strictest counts.

    whole_branch: whether it holds for the accounts below, too. networks: where people may come from; empty = anywhere.
    idle_minutes, absolute_minutes: when sessions end; empty = as the installation says.
    """

    class SecondFactor(models.TextChoices):
        NOBODY = "nobody", "Nobody"
        MANAGERS = "managers", "Owners and administrators"
        EVERYBODY = "everybody", "Everybody"

    account = models.OneToOneField("accounts.Account", on_delete=models.CASCADE, related_name="policy")
    second_factor = models.CharField(max_length=16, choices=SecondFactor.choices, default=SecondFactor.NOBODY)
    provider_only = models.BooleanField(default=False)
    networks = BoundedJSONField(default=list, blank=True)
    idle_minutes = models.PositiveIntegerField(null=True, blank=True)
    absolute_minutes = models.PositiveIntegerField(null=True, blank=True)
    whole_branch = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(second_factor__in=["nobody", "managers", "everybody"]), name="second_factor_is_known"
            )
        ]

    def __str__(self) -> str:
        return f"what {self.account} asks for signing in"


class FactorReset(models.Model):
    """Somebody has lost their second factor: an administrator asked to reset it, the person may object (§6).

    at: when it takes effect; the row goes when it has, or when the person objects.
    """

    user = models.OneToOneField("accounts.User", on_delete=models.CASCADE, related_name="factor_reset")
    asked_by = models.CharField(max_length=200)
    #: Who that is, as an actor: it happens only while they could still ask for it.
    asker = models.BigIntegerField(default=0)
    asker_acting = models.BigIntegerField(null=True)
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"the second factors of {self.user}, lost"
