"""Roles, tokens, grants and projects: read-only lists and pages."""

from __future__ import annotations

from django_filters import rest_framework as filters
from rest_framework import serializers

from accesscontrol import catalogue
from accesscontrol.grants.models import Grant
from accesscontrol.projects.models import Project
from accesscontrol.roles.models import Role
from accesscontrol.tokens.models import Token
from portal.api.base import NounViewSet
from portal.api.payloads import VisibleThing
from portal.api.reading import NounFilters


class RoleShown(serializers.ModelSerializer):
    """A named set of rights that an account gives its users."""

    account = VisibleThing("account", read_only=True)
    rights = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Role
        fields = ("id", "key", "name", "account", "rights", "history_days", "created_at")
        read_only_fields = fields


class TokenShown(serializers.ModelSerializer):
    """A token, never its key: `hint` tells keys apart."""

    account = VisibleThing("account", read_only=True)
    user = VisibleThing("user", read_only=True, help_text="For whom it acts; null: for the account.")
    allowed_addresses = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Token
        fields = ("id", "key", "name", "type", "account", "user", "preset", "hint", "enabled", "expires_at", "idle_ttl",
                  "allowed_addresses", "last_used_at", "last_used_address", "created_at")  # fmt: skip
        read_only_fields = fields


class GrantShown(serializers.ModelSerializer):
    """Access that one account gives to others."""

    account = VisibleThing("account", read_only=True, help_text="The grantor; null where the caller may not see it.")
    levels = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Grant
        fields = ("id", "key", "account", "covers", "kind", "include_subaccounts", "levels", "starts_at", "expires_at",
                  "enabled", "note", "created_at")  # fmt: skip
        read_only_fields = fields


class ProjectShown(serializers.ModelSerializer):
    """A set of items shared with members."""

    account = VisibleThing("account", read_only=True)
    owner = VisibleThing("user", read_only=True)

    class Meta:
        model = Project
        fields = ("id", "key", "name", "account", "owner", "description", "created_at", "changed_at")
        read_only_fields = fields


class TokenFilters(NounFilters):
    type = filters.ChoiceFilter(choices=list(catalogue.TOKEN_TYPES.items()))

    class Meta:
        model = Token
        fields = ()


class GrantFilters(NounFilters):
    search = None

    class Meta:
        model = Grant
        fields = ()


class RoleViewSet(NounViewSet):
    """Roles of the caller's branch and of the accounts above."""

    noun = "role"
    model = Role
    declares = {"list": "role:view", "retrieve": "role:view"}
    serializer_class = RoleShown
    filterset_class = NounFilters


class TokenViewSet(NounViewSet):
    """Tokens of the caller's branch, or the caller's own."""

    noun = "token"
    model = Token
    declares = {"list": "token:view", "retrieve": "token:view"}
    serializer_class = TokenShown
    filterset_class = TokenFilters


class GrantViewSet(NounViewSet):
    """Grants given and received."""

    noun = "grant"
    model = Grant
    declares = {"list": "grant:view", "retrieve": "grant:view"}
    serializer_class = GrantShown
    filterset_class = GrantFilters
    orderings = ("created_at",)


class ProjectViewSet(NounViewSet):
    """Projects of the caller's branch, and those that the caller is a member of."""

    noun = "project"
    model = Project
    declares = {"list": "project:view", "retrieve": "project:view"}
    serializer_class = ProjectShown
    filterset_class = NounFilters
