"""What a token shall be: the input of the acts and of their bulk forms.

A spec is the complete wished state: what is left out has its default. References are loaded rows, except where a thing
of the same batch is meant. Lists are tuples. Times are aware. `create_<noun>s(actor, specs)` makes them,
`change_<noun>s(actor, [(object, spec)])` brings objects to a spec.

PLAIN and ACCESS say which of its fields carry access: with what others changed meanwhile a change is joined field by
field where they are plain, and as a whole or not at all where they are access (access model §11, Revisions).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

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
    """A token of an account, or of one user of it. idle_ttl: seconds; allowed_addresses: networks in CIDR form."""

    PLAIN: ClassVar[tuple[str, ...]] = ("name", "preset")
    ACCESS: ClassVar[tuple[str, ...]] = (
        *("account", "key", "type", "user", "enabled", "expires_at", "idle_ttl", "allowed_addresses"),
        *("rules", "topics"),
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
    allowed_addresses: tuple[str, ...] = ()
    rules: tuple[TokenRuleSpec, ...] = ()
    topics: tuple[TopicSpec, ...] = ()
