"""Jobs (long work that goes on while nobody waits for it) and the files that people bring for them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accesscontrol.accounts.models import Account, User
from accesscontrol.json_data import BoundedJSONField


class Upload(models.Model):
    """A file of words that somebody brought, as it came; kept until what it is for is done, at most for a day."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="uploads")
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="uploads")
    token = models.ForeignKey("tokens.Token", on_delete=models.CASCADE, null=True, related_name="uploads")
    name = models.CharField(max_length=200)
    data = models.BinaryField()
    #: How it is to be read: its encoding, its separator, and column → field.
    encoding = models.CharField(max_length=40)
    delimiter = models.CharField(max_length=1)
    mapping = BoundedJSONField(default=dict)
    #: What is meant where a line says nothing.
    defaults = BoundedJSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="upload_created")]

    def __str__(self) -> str:
        return self.name


class Job(models.Model):
    """Long work: who asked for it and as whom, what, how far it is, and what came of it.

    It is done as whoever asked, with what they may when it is done. Nothing here is read by the law.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Not done"
        CANCELLED = "cancelled", "Cancelled"

    kind = models.CharField(max_length=40)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, null=True, related_name="jobs")
    #: Who asked: a person, or a token; nobody where it is the console.
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="jobs")
    token = models.ForeignKey("tokens.Token", on_delete=models.CASCADE, null=True, related_name="jobs")
    #: As which account, from where, and by which request.
    acting_account_id = models.BigIntegerField(null=True)
    address = models.CharField(max_length=45, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    #: How often acts had ended the sessions of whoever asked: under another number nobody stands behind it any more.
    sessions_ended = models.PositiveIntegerField(default=0)
    #: Whether the person had just shown that it was them.
    fresh = models.BooleanField(default=False)
    upload = models.ForeignKey(Upload, on_delete=models.SET_NULL, null=True, related_name="jobs")
    parameters = BoundedJSONField(default=dict)
    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    #: What it is at now, and how much of how much is done.
    step = models.CharField(max_length=40, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    #: What came of it in numbers; and what stopped it: [{"line", "field", "sentence"}].
    result = BoundedJSONField(default=dict)
    problems = BoundedJSONField(default=list)
    cancel_asked = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True)
    #: When it was last heard of while it ran.
    beat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    #: When whoever asked was told what came of it.
    told_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "-created_at"], name="job_of_user"),
            models.Index(fields=["token", "-created_at"], name="job_of_token"),
            models.Index(fields=["finished_at"], name="job_finished"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(user=None) | Q(token=None), name="job_asked_by_one"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
