"""What a project shall be; how specs are read stands in `accesscontrol.services`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from accesscontrol.accounts.models import Account, User
from accesscontrol.items.models import Item


@dataclass(slots=True, kw_only=True)
class ProjectRuleSpec:
    """Allow or deny × kind (empty = any) × item (None = any) × patterns."""

    effect: str
    permissions: tuple[str, ...]
    kind: str = ""
    item: Item | None = None


@dataclass(slots=True, kw_only=True)
class ProjectRoleSpec:
    """A project role: its key is unique in the project."""

    key: str | None = None
    name: str = ""
    rules: tuple[ProjectRuleSpec, ...] = ()


@dataclass(slots=True, kw_only=True)
class MemberSpec:
    """A member: roles by their key in the project, own rules, from when until when, how many days back, accepted or
    only invited."""

    user: User
    roles: tuple[str, ...] = ()
    rules: tuple[ProjectRuleSpec, ...] = ()
    starts_at: datetime | None = None
    expires_at: datetime | None = None
    history_days: int | None = None
    accepted: bool = False


@dataclass(slots=True, kw_only=True)
class ProjectSpec:
    """A project with everything in it."""

    PLAIN: ClassVar[tuple[str, ...]] = ("name", "description")
    ACCESS: ClassVar[tuple[str, ...]] = ("account", "key", "owner", "items", "roles", "members")

    account: Account
    name: str
    key: str | None = None
    owner: User | None = None
    description: str = ""
    items: tuple[Item, ...] = ()
    roles: tuple[ProjectRoleSpec, ...] = ()
    members: tuple[MemberSpec, ...] = ()
