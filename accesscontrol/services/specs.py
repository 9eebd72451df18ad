"""What a thing shall be: one dataclass a noun, the input of the acts and of their bulk forms.

A spec is the complete wished state: what is left out has its default. References are loaded rows, except where a thing
of the same batch is meant (`AccountSpec.parent`, the role keys of a `MemberSpec`). Lists are tuples. Times are aware.
`create_<noun>s(actor, specs)` makes them, `change_<noun>s(actor, [(object, spec)])` brings objects to a spec.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accesscontrol.accounts.models import Account, User
from accesscontrol.items.models import Item
from accesscontrol.roles.models import Role


@dataclass(slots=True, kw_only=True)
class AccountSpec:
    """An account. parent: a row, a spec of the same batch before it, or None for a top-level account.

    limits: quotas by name (authorities, item kinds, token, grant, account, project); history_days stands beside them.
    """

    name: str
    parent: Account | AccountSpec | None = None
    key: str | None = None
    notes: str = ""
    blocked: bool = False
    limits: dict[str, int] = field(default_factory=dict)
    history_days: int | None = None
    public_sign_up: bool = False


@dataclass(slots=True, kw_only=True)
class RoleSpec:
    """A role: codes of `catalogue.RIGHTS`, and its “available object history” in days."""

    account: Account
    name: str
    key: str | None = None
    rights: tuple[str, ...] = ()
    history_days: int | None = None


@dataclass(slots=True, kw_only=True)
class UserSpec:
    """A user. password None: on creation an unusable one (invite by e-mail), on change the one there is."""

    account: Account
    username: str
    authority: str = "user"
    email: str = ""
    first_name: str = ""
    middle_name: str = ""
    last_name: str = ""
    phone: str = ""
    role: Role | None = None
    enabled: bool = True
    verified: bool = False
    expires_at: datetime | None = None
    history_days: int | None = None
    time_zone: str = ""
    password: str | None = None


@dataclass(slots=True, kw_only=True)
class ItemSpec:
    """An item. owner: a developer of its account; made_by: the user whose report (or rule, vehicle …) it is."""

    account: Account
    kind: str
    name: str
    key: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    owner: User | None = None
    made_by: User | None = None
    history_days: int | None = None


@dataclass(slots=True, kw_only=True)
class LinkSpec:
    """A link from a member to its container."""

    member: Item
    container: Item


@dataclass(slots=True, kw_only=True)
class ShareSpec:
    """A guardian row: this user, this item, a codename of `catalogue.SHARE_CODENAMES`, until when.

    `view_item` to a user of authority `user` is an assignment.
    """

    user: User
    item: Item
    codename: str = "view_item"
    expires_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class TokenRuleSpec:
    """A rule of an ACL token. reach: all, in_groups or list; items: the listed items, or the groups meant.

    sections: "all" or {section: verbs}; things: row ids, for a kind of access management with reach list.
    """

    kind: str
    reach: str = "all"
    verbs: tuple[str, ...] = ()
    sections: str | dict[str, tuple[str, ...]] = field(default_factory=dict)
    items: tuple[Item, ...] = ()
    things: tuple[int, ...] = ()


@dataclass(slots=True, kw_only=True)
class TopicSpec:
    """A topic rule: an MQTT topic filter and `publish`, `subscribe` or both."""

    filter: str
    actions: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class TokenSpec:
    """A token of an account, or of one user of it. idle_ttl: seconds; allowed_addresses: networks in CIDR form."""

    account: Account
    type: str
    name: str = ""
    key: str | None = None
    user: User | None = None
    preset: str = ""
    enabled: bool = True
    expires_at: datetime | None = None
    idle_ttl: int | None = None
    allowed_addresses: tuple[str, ...] = ()
    rules: tuple[TokenRuleSpec, ...] = ()
    topics: tuple[TopicSpec, ...] = ()


@dataclass(slots=True, kw_only=True)
class GrantSpec:
    """A grant. covers: account, kind or items.

    accepted: True: every grantee has; False: nobody yet; None: those of the same tree at once, others when they say so.
    """

    account: Account
    grantees: tuple[Account, ...]
    covers: str
    key: str | None = None
    kind: str = ""
    items: tuple[Item, ...] = ()
    include_subaccounts: bool = False
    accepted: bool | None = None
    levels: tuple[str, ...] = ()
    starts_at: datetime | None = None
    expires_at: datetime | None = None
    enabled: bool = True
    note: str = ""


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

    account: Account
    name: str
    key: str | None = None
    owner: User | None = None
    description: str = ""
    items: tuple[Item, ...] = ()
    roles: tuple[ProjectRoleSpec, ...] = ()
    members: tuple[MemberSpec, ...] = ()
