"""What an identity provider shall be; how specs are read stands in `accesscontrol.services`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from accesscontrol.roles.models import Role


@dataclass(slots=True, kw_only=True)
class ProviderSpec:
    """The identity provider of an account. secret None: the one there is stays; "" = none.

    roles: group at the provider → role here, the first that fits counts. Whoever it brings is a `user`.
    """

    PLAIN: ClassVar[tuple[str, ...]] = ("name",)
    ACCESS: ClassVar[tuple[str, ...]] = ("issuer", "client_id", "secret", "domains", "groups_claim", "roles", "enabled")

    name: str
    issuer: str
    client_id: str
    secret: str | None = None
    domains: tuple[str, ...] = ()
    groups_claim: str = "groups"
    roles: tuple[tuple[str, Role], ...] = ()
    enabled: bool = True
