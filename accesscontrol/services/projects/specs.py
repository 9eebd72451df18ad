"""What a project shall be: the input of the acts and of their bulk forms.

A spec is the complete wished state: what is left out has its default. References are loaded rows, except where a thing
of the same batch is meant. Lists are tuples. Times are aware. `create_<noun>s(actor, specs)` makes them,
`change_<noun>s(actor, [(object, spec)])` brings objects to a spec.

PLAIN and ACCESS say which of its fields carry access: with what others changed meanwhile a change is joined field by
field where they are plain, and as a whole or not at all where they are access (access model §11, Revisions).
"""

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
    """A member: roles by their key in the project, own rules, from when until when, accepted or only invited."""

    user: User
    roles: tuple[str, ...] = ()
    rules: tuple[ProjectRuleSpec, ...] = ()
    starts_at: datetime | None = None
    expires_at: datetime | None = None
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
