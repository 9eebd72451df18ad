"""What the rules of registration shall be; how specs are read stands in `accesscontrol.services`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from accesscontrol.roles.models import Role


@dataclass(slots=True, kw_only=True)
class RegistrationSpec:
    """Who may register in an account. Whoever registers is a `user`, with this role or none."""

    PLAIN: ClassVar[tuple[str, ...]] = ()
    ACCESS: ClassVar[tuple[str, ...]] = (
        *("public", "allowed_domains", "barred_domains", "barred_usernames", "role", "password_length"),
    )

    public: bool = False
    allowed_domains: tuple[str, ...] = ()
    barred_domains: tuple[str, ...] = ()
    barred_usernames: tuple[str, ...] = ()
    role: Role | None = None
    password_length: int | None = None
