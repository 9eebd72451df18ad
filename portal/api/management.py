"""Roles and projects: lists and pages; a project is given to another owner."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accesscontrol.projects.models import Project
from accesscontrol.roles.models import Role
from accesscontrol.services.owning import giving
from portal.api.frame.base import NounViewSet
from portal.api.frame.payloads import VisibleThing
from portal.api.frame.reading import NounFilters
from portal.api.items.items import Gift


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
    declares = {"list": "project:view", "retrieve": "project:view", "give": "project:delete"}
    serializer_class = ProjectShown
    payloads = {"give": Gift}
    filterset_class = NounFilters

    def give(self, request: Request, key: str) -> Response:
        """Give it to a developer of its account, or back to the account. Takes every permission of a project on it, and
        what its members then have that they did not have before."""
        project = self.get_object()
        return self.answer(giving.give_project(self.actor, project, self.payload()["owner"] or project.account))
