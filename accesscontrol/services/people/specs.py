"""What users and roles shall be: the input of the acts and of their bulk forms.

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
    """A user. password None: on creation an unusable one (invite by e-mail), on change the one there is."""

    PLAIN: ClassVar[tuple[str, ...]] = ("first_name", "middle_name", "last_name", "phone", "time_zone")
    ACCESS: ClassVar[tuple[str, ...]] = (
        *("account", "username", "authority", "email", "role", "enabled", "verified", "expires_at", "history_days"),
        "password",
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
    time_zone: str = ""
    password: str | None = None
