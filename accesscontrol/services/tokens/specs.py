"""What a token shall be; how specs are read stands in `accesscontrol.services`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from accesscontrol.accounts.addresses import plain_networks
from accesscontrol.accounts.models import Account, User
from accesscontrol.items.models import Item


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
    """A token of an account, or of one user of it. idle_ttl: seconds; allowed_addresses: networks in CIDR form, brought
    to their one form however they are written."""

    PLAIN: ClassVar[tuple[str, ...]] = ("name", "preset")
    ACCESS: ClassVar[tuple[str, ...]] = (
        *("account", "key", "type", "user", "enabled", "expires_at", "idle_ttl", "allowed_addresses"),
        *("history_days", "rules", "topics"),
    )

    account: Account
    type: str
    name: str = ""
    key: str | None = None
    user: User | None = None
    preset: str = ""
    enabled: bool = True
    expires_at: datetime | None = None
    idle_ttl: int | None = None
    history_days: int | None = None
    allowed_addresses: tuple[str, ...] = ()
    rules: tuple[TokenRuleSpec, ...] = ()
    topics: tuple[TopicSpec, ...] = ()

    def __post_init__(self) -> None:
        self.allowed_addresses = plain_networks(self.allowed_addresses)
