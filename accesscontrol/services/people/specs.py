"""What users and roles shall be; how specs are read stands in `accesscontrol.services`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from accesscontrol.accounts.models import Account
from accesscontrol.roles.models import Role


@dataclass(slots=True, kw_only=True)
class RoleSpec:
    """A role: codes of `catalogue.RIGHTS`, and its “available object history” in days."""

    PLAIN: ClassVar[tuple[str, ...]] = ("name",)
    ACCESS: ClassVar[tuple[str, ...]] = ("account", "key", "rights", "history_days")

    account: Account
    name: str
    key: str | None = None
    rights: tuple[str, ...] = ()
    history_days: int | None = None


@dataclass(slots=True, kw_only=True)
class UserSpec:
    """A user. password None: on creation an unusable one (invite by e-mail), on change the one there is.

    external_id: what a program of the account calls them; no two of one account are called the same.
    """

    PLAIN: ClassVar[tuple[str, ...]] = (
        *("first_name", "middle_name", "last_name", "phone", "time_zone"),
        *("external_id", "change_mails"),
    )
    ACCESS: ClassVar[tuple[str, ...]] = (
        *("account", "username", "authority", "email", "role", "enabled", "verified", "expires_at", "history_days"),
        *("limits", "password"),
    )

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
    #: How much a developer may create, by name (items by kind, token, project); within what the account has.
    limits: dict[str, int] = field(default_factory=dict)
    time_zone: str = ""
    external_id: str = ""
    change_mails: bool = False
    password: str | None = None
