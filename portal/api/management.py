"""Roles and projects: read-only lists and pages."""

from __future__ import annotations

from rest_framework import serializers

from accesscontrol.projects.models import Project
from accesscontrol.roles.models import Role
from portal.api.frame.base import NounViewSet
from portal.api.frame.payloads import VisibleThing
from portal.api.frame.reading import NounFilters


class RoleShown(serializers.ModelSerializer):
    """A named set of rights that an account gives its users."""

    account = VisibleThing("account", read_only=True)
    rights = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Role
        fields = ("id", "key", "name", "account", "rights", "history_days", "created_at")
        read_only_fields = fields


class ProjectShown(serializers.ModelSerializer):
    """A set of items shared with members."""

    account = VisibleThing("account", read_only=True)
    owner = VisibleThing("user", read_only=True)

    class Meta:
        model = Project
        fields = ("id", "key", "name", "account", "owner", "description", "created_at", "changed_at")
        read_only_fields = fields


class RoleViewSet(NounViewSet[Role]):
    """Roles of the caller's branch and of the accounts above."""

    noun = "role"
    model = Role
    declares = {"list": "role:view", "retrieve": "role:view"}
    serializer_class = RoleShown
    filterset_class = NounFilters


class ProjectViewSet(NounViewSet[Project]):
    """Projects of the caller's branch, and those that the caller is a member of."""

    noun = "project"
    model = Project
    declares = {"list": "project:view", "retrieve": "project:view"}
    serializer_class = ProjectShown
    filterset_class = NounFilters
