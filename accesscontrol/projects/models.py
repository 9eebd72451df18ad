"""Projects: sets of items with members who get allow and deny rules on them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accesscontrol.accounts.models import Account, User
from accesscontrol.accounts.names import KeyField, Named, SearchedField
from accesscontrol.accounts.revisions import Revised
from accesscontrol.accounts.spelling import KEY_LENGTH, key_validator
from accesscontrol.items.models import Item
from accesscontrol.json_data import BoundedJSONField


class Project(Named, Revised):
    """A set of items of an account, and of the developer who made it if one did (access model §7)."""

    key = KeyField(max_length=KEY_LENGTH, unique=True, validators=[key_validator])
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="projects")
    owner = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="owned_projects")
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    #: Usernames and e-mails of people of other accounts as they were typed, until one accepts.
    invited = BoundedJSONField(default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(auto_now=True, editable=False)
    items = models.ManyToManyField(Item, through="ProjectItem", related_name="projects")
    searched = SearchedField("name", "key", "description", longest=20_000)

    class Meta:
        indexes = [models.Index(fields=["account", "name_order"], name="project_account_name")]

    def __str__(self) -> str:
        return self.name


class ProjectItem(models.Model):
    """An item in a project."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="item_links")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="project_links")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "item"], name="item_once_a_project")]

    def __str__(self) -> str:
        return f"{self.project} {self.item}"


class ProjectRole(models.Model):
    """A named set of rules of a project, reusable over its members."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="roles")
    key = KeyField(max_length=KEY_LENGTH, validators=[key_validator])
    name = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "key"], name="role_key_once_a_project")]

    def __str__(self) -> str:
        return self.name


class ProjectMember(models.Model):
    """A user in a project, from when until when; someone of another branch accepts first."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    roles = models.ManyToManyField(ProjectRole, related_name="members", blank=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    #: How many days back the member sees by the rules; null = as far as without.
    history_days = models.PositiveIntegerField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "user"], name="member_once_a_project")]

    def __str__(self) -> str:
        return f"{self.user} in {self.project}"


class ProjectRule(models.Model):
    """Allow or deny × kind (empty = any) × item (empty = any of that kind) × patterns, of a project role or member."""

    class Effect(models.TextChoices):
        ALLOW = "allow", "Allow"
        DENY = "deny", "Deny"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="rules")
    role = models.ForeignKey(ProjectRole, on_delete=models.CASCADE, null=True, blank=True, related_name="rules")
    member = models.ForeignKey(ProjectMember, on_delete=models.CASCADE, null=True, blank=True, related_name="rules")
    effect = models.CharField(max_length=8, choices=Effect.choices)
    kind = models.CharField(max_length=32, blank=True)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    #: Patterns of the catalogue: ["device:view", "device.*:*"].
    permissions = BoundedJSONField(default=list)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(role__isnull=False, member__isnull=True) | Q(role__isnull=True, member__isnull=False),
                name="rule_of_a_role_or_a_member",
            ),
            models.CheckConstraint(condition=Q(effect__in=["allow", "deny"]), name="rule_effect_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.effect} {', '.join(self.permissions)}"
